# SPDX-License-Identifier: Apache-2.0
"""Runs on a made-up two-socket machine whose counters advance at known power."""
import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time

import pytest
from conftest import closes, wait_until
from machines import RANGE_UJ, Machine


def test_ten_seconds_report_the_disjoint_total_within_one_percent(joulebook, machine):
    record = joulebook.measure("--root", machine.root, "--", "sleep", "10")
    energy = closes(record)
    true_j = machine.leaves * record["run"]["duration_s"]
    assert energy["machine_j"] == pytest.approx(true_j, rel=0.01)
    by_id = {c["id"]: c for c in energy["channels"]}
    counted = sorted(i for i, c in by_id.items() if c["in_total"])
    assert len(counted) == 4, counted
    assert all(c["source"] == "rapl-powercap" and c["method"] == "counter" for c in energy["channels"])
    for channel in energy["channels"]:
        assert abs(channel["energy_j"]) > 0, "everything is booked, also what is not counted"
    assert energy["measured_j"] == energy["machine_j"]
    assert energy["coverage"] == pytest.approx(1, abs=0.02)


def test_killing_the_meter_keeps_what_was_measured_and_the_child_goes_on(joulebook, machine, tmp_path):
    done = tmp_path / "done"
    meter = joulebook.start("run", "--root", machine.root, "--basis", "machine", "--name", "killed", "--", "sh", "-c", f"sleep 8; touch {done}")
    time.sleep(5)
    meter.send_signal(signal.SIGKILL)
    meter.wait()
    assert not done.exists()
    record = joulebook.record("killed")
    assert record["run"]["status"] == "lost"
    assert record["run"]["duration_s"] >= 4
    energy = closes(record)
    assert energy["machine_j"] == pytest.approx(machine.leaves * record["run"]["duration_s"], rel=0.03)
    assert record["carbon"]["emissions_g"] > 0, "what is known is priced"
    assert "lost" in joulebook("list").stdout
    assert "lost" in joulebook("show", "killed").stdout
    wait_until(done.exists, "the child, which outlives its meter")


def test_a_counter_that_wraps_in_mid_run_loses_nothing(joulebook, tmp_path):
    soon = RANGE_UJ - 50_000_000  # half a second at 100 W
    with Machine(tmp_path / "root", offsets=(soon, 1_000_000_000)) as machine:
        record = joulebook.measure("--root", machine.root, "--", "sleep", "2")
    energy = closes(record)
    assert energy["machine_j"] == pytest.approx(machine.leaves * record["run"]["duration_s"], rel=0.03)
    wrapped = [c["id"] for c in energy["channels"] if "wrapped" in c["flags"]]
    assert wrapped, "the wrap is told"


def busy_s():
    """CPU seconds that the whole machine has been busy with processes, and those of our children that were waited for."""
    fields = open("/proc/stat").readline().split()
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(map(int, fields[1:4])) / os.sysconf("SC_CLK_TCK"), used.ru_utime + used.ru_stime


def measure_share(joulebook, machine, *command):
    """The run's part of active energy, and the part that its CPU time was of the machine's (the machine may be busy elsewhere)."""
    before = busy_s()
    record = joulebook.measure("--root", machine.root, "--", *command)
    after = busy_s()
    energy = closes(record)
    active = energy["run_j"] + energy["others_j"] + energy["unattributed_j"]
    return energy["run_j"] / active, (after[1] - before[1]) / (after[0] - before[0])


def test_short_lived_children_are_the_runs(joulebook, machine):
    """Processes that are born and die between two looks still count as the run's CPU time."""
    loop = "for i in $(seq 100); do (i=0; while [ $i -lt 6000 ]; do i=$((i+1)); done) ; done"
    share, truth = measure_share(joulebook, machine, "sh", "-c", loop)
    assert share == pytest.approx(truth, rel=0.25)


def test_double_forked_orphans_are_the_runs(joulebook, machine):
    # The first process waits until the orphan has closed the pipe, so that nobody is idle for long meanwhile.
    spin = ("import os,time\nr,w=os.pipe()\nif os.fork()==0:\n  os.setsid()\n  if os.fork()==0:\n    end=time.process_time()+3\n"
            "    while time.process_time()<end: pass\n    os._exit(0)\n  os._exit(0)\nos.close(w)\nos.wait()\nos.read(r,1)\ntime.sleep(0.05)\n")
    share, truth = measure_share(joulebook, machine, sys.executable, "-c", spin)
    assert share == pytest.approx(truth, rel=0.25)


def test_a_sleeping_run_is_not_charged_for_a_busy_neighbour(joulebook, machine):
    neighbour = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        record = joulebook.measure("--root", machine.root, "--", "sleep", "3")
    finally:
        neighbour.kill()
        neighbour.wait()
    energy = closes(record)
    assert energy["others_j"] > 5 * energy["run_j"]
    assert energy["footprint_j"] < 0.1 * energy["machine_j"], "nor for memory and cores that stayed idle while the neighbour ran"
    assert energy["run_uncertainty_j"] < 0.1 * energy["machine_j"]


def test_two_runs_at_once_share_the_file_and_the_machine(joulebook, machine):
    spin = [sys.executable, "-c", "import time\nend=time.monotonic()+3\nwhile time.monotonic()<end: pass"]
    both = [joulebook.start("run", "--quiet", "--root", machine.root, "--name", name, "--", *spin) for name in ("one", "two")]
    assert [p.wait(timeout=60) for p in both] == [0, 0]
    one, two = (closes(joulebook.record(name)) for name in ("one", "two"))
    assert one["run_j"] + two["run_j"] <= max(one["machine_j"], two["machine_j"]) * 1.02
    assert one["run_j"] > 0.2 * (one["run_j"] + one["others_j"])


def test_without_proc_stat_active_energy_is_unattributed_and_said_so(joulebook, tmp_path):
    with Machine(tmp_path / "root", stat=None) as machine:
        record = joulebook.measure("--root", machine.root, "--", "sleep", "1")
    energy = closes(record)
    assert energy["run_j"] == 0 and energy["unattributed_j"] > 0
    assert any("/proc/stat" in w for w in record["warnings"])


def test_interval_of_one_millisecond(joulebook, machine):
    record = joulebook.measure("--root", machine.root, "--interval", "1ms", "--", "sleep", "2.5")
    energy = closes(record)
    assert energy["machine_j"] == pytest.approx(machine.leaves * record["run"]["duration_s"], rel=0.02)



def rewrite(zones, start_s, stop, every_s, replace):
    """As a shell or a careful script would: the file is emptied and written, or a new one put in its place."""
    while not stop.is_set():
        elapsed = time.monotonic() - start_s
        for path, watts, offset in zones:
            new = path.with_suffix(".new") if replace else path
            new.write_text(str(int(offset + watts * elapsed * 1e6) % (RANGE_UJ + 1)))
            if replace:
                os.replace(new, path)
        time.sleep(every_s)


class RewrittenMachine(Machine):
    """One whose counter files are written anew, at leisure, and lie as their maker likes."""

    def __init__(self, root, every_s=0.005, replace=False, **more):
        super().__init__(root, **more)
        self.every_s, self.replace = every_s, replace

    def __enter__(self):
        self.process = multiprocessing.get_context("fork").Process(
            target=rewrite, args=(self.zones, time.monotonic(), self.stop, self.every_s, self.replace), daemon=True)
        self.process.start()
        return self


@pytest.mark.parametrize("replace", [False, True], ids=["emptied", "replaced"])
def test_counter_files_that_are_rewritten_lose_nothing(joulebook, tmp_path, replace):
    with RewrittenMachine(tmp_path / "root", replace=replace) as machine:
        record = joulebook.measure("--root", machine.root, "--", "sleep", "3")
    energy = closes(record)
    assert energy["machine_j"] == pytest.approx(machine.leaves * record["run"]["duration_s"], rel=0.03)
    assert len([c for c in energy["channels"] if c["in_total"]]) == 4


def test_a_run_with_a_long_interval_is_kept_up_to_the_last_one(joulebook, tmp_path):
    with Machine(tmp_path / "root") as machine:
        meter = joulebook.start("run", "--quiet", "--root", machine.root, "--interval", "2s", "--name", "long", "--", "sleep", "9")
        time.sleep(5)
        meter.kill()
        meter.wait()
    assert joulebook.record("long")["run"]["duration_s"] >= 2


def test_a_caller_that_ignores_sigchld_hears_of_the_end(joulebook, machine):
    result = joulebook("run", "--quiet", "--root", machine.root, "--", "sh", "-c", "exit 3", status=None, timeout=20,
                       preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN))
    assert result.returncode == 3


def test_nobody_who_reads_the_report_does_not_cost_the_exit_status(joulebook, machine):
    reader, writer = os.pipe()
    meter = subprocess.Popen(joulebook.args("run", "--root", machine.root, "--", "sh", "-c", "exit 3"), env=joulebook.env, stderr=writer)
    os.close(writer)
    os.close(reader)
    assert meter.wait(timeout=20) == 3


def test_mirrored_dies_that_were_caught_between_two_updates_count_once(joulebook, tmp_path):
    """At the start the second die lags behind the first, as if they were two counters; soon both show the same."""
    with Machine(tmp_path / "root", packages=(100.0,), dram=(5.0,)) as machine:
        machine.stop.set()
        machine.process.join()
        machine.zones = [z for z in machine.zones if z[0].parent.name == "intel-rapl:0"]
        for path in machine.powercap.iterdir():
            if path.name != "intel-rapl:0":
                (path / "name").write_text("not of interest\n")
        machine.write("sys/class/powercap/intel-rapl:0/name", "package-0-die-0\n")
        machine.zone("intel-rapl:5", "package-0-die-1", 100.0, 1_000_000_000)
        machine.write("sys/class/powercap/intel-rapl:5/energy_uj", "000000000001\n")
        meter = joulebook.start("run", "--quiet", "--root", machine.root, "--name", "dies", "--basis", "machine", "--", "sleep", "4")
        time.sleep(0.3)
        machine.stop.clear()
        machine.zones = [(path, watts, 1_000_000_000) for path, watts, _ in machine.zones]
        with machine:
            assert meter.wait(timeout=20) == 0
    energy = closes(joulebook.record("dies"))
    assert len([c for c in energy["channels"] if c["in_total"] and c["name"].startswith("package")]) == 1


def test_quiet_seconds_teach_the_idle_power_that_the_next_run_uses(joulebook, tmp_path):
    with Machine(tmp_path / "root", stat="idle") as machine:
        first = joulebook.measure("--root", machine.root, "--", "sleep", "5")
        second = joulebook.measure("--root", machine.root, "--", "sleep", "1")
        joulebook("calibrate", "idle", "--for", "1s", "--root", machine.root)
        third = joulebook.measure("--root", machine.root, "--", "sleep", "1")

    def idle(record):
        return {c["idle_source"] for c in record["energy"]["channels"] if c["in_total"]}
    assert idle(first) == {"model"} and idle(second) == {"learned"} and idle(third) == {"calibrated"}
    assert closes(second)["idle_j"] == pytest.approx(second["energy"]["machine_j"], rel=0.1), "it draws idle what it always draws"
