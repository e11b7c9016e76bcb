# SPDX-License-Identifier: Apache-2.0
"""`joulebook run` changes nothing of the command: output, input, signals, exit status."""
import csv
import json
import os
import pty
import signal
import subprocess
import sys
import time

import pytest
from conftest import closes, wait_until


def test_exit_status_is_the_childs(joulebook):
    joulebook("run", "--", "true", status=0)
    joulebook("run", "--", "sh", "-c", "exit 7", status=7)
    joulebook("run", "--quiet", "false", status=1)


def test_signal_that_ends_the_child_is_128_plus_n(joulebook):
    record = joulebook.measure("--", "sh", "-c", "kill -SEGV $$", status=128 + signal.SIGSEGV)
    assert record["run"]["status"] == "killed"
    assert record["run"]["signal"] == signal.SIGSEGV
    assert record["run"]["exit_code"] is None


def test_command_not_found_and_not_executable(joulebook, tmp_path):
    result = joulebook("run", "--", "no-such-command-here", status=127)
    assert "not found" in result.stderr and len(result.stderr.splitlines()) == 1
    script = tmp_path / "plain"
    script.write_text("hello")
    joulebook("run", "--", script, status=126)
    assert joulebook.runs() == [], "a command that never ran is not a run"


def test_stdin_and_stdout_are_the_childs_alone(joulebook):
    result = subprocess.run(joulebook.args("run", "--", "tr", "a-z", "A-Z"), env=joulebook.env, input="hello\n", text=True,
                            capture_output=True, check=True)
    assert result.stdout == "HELLO\n"
    assert "joulebook" in result.stderr


def test_quiet_says_nothing(joulebook):
    result = joulebook("run", "--quiet", "--", "echo", "x")
    assert (result.stdout, result.stderr) == ("x\n", "")


def test_options_after_the_command_are_the_commands(joulebook):
    assert joulebook("run", "--quiet", "echo", "--quiet", "-n").stdout == "--quiet -n\n"


def test_child_sees_no_descriptor_signal_mask_or_variable_of_ours(joulebook):
    script = ("import os,signal,json; print(json.dumps([sorted(os.listdir('/proc/self/fd')), "
              "sorted(int(s) for s in signal.pthread_sigmask(signal.SIG_BLOCK, [])), sorted(os.environ)]))")
    plain = subprocess.run([sys.executable, "-c", script], env=joulebook.env, text=True, capture_output=True, check=True,
                           stdin=subprocess.DEVNULL)
    heard = {"JOULEBOOK_RING", "JOULEBOOK_LIBRARY", "LD_PRELOAD", "ASAN_OPTIONS", "INTEL_LIBITTNOTIFY64", "NVTX_INJECTION64_PATH"}
    for ops, ours in (("off", set()), ("auto", heard)):
        result = joulebook("run", "--quiet", "--ops", ops, "--", sys.executable, "-c", script)
        fds, mask, names = json.loads(result.stdout)
        assert [fds, mask] == json.loads(plain.stdout)[:2]
        assert set(names) - {"CUDA_INJECTION64_PATH"} == set(json.loads(plain.stdout)[2]) | ours | {"JOULEBOOK_RUN"}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT, signal.SIGINT])
def test_signals_reach_the_child(joulebook, tmp_path, number):
    ready = tmp_path / "ready"
    child = f"trap 'echo got; exit 3' {number.name[3:]}; touch {ready}; while :; do sleep 0.05; done"
    process = joulebook.start("run", "--quiet", "--", "sh", "-c", child, stdout=subprocess.PIPE)
    wait_until(ready.exists, "the child")
    process.send_signal(number)
    out, _ = process.communicate(timeout=20)
    assert out == "got\n"
    assert process.returncode == 3


def test_second_interrupt_ends_a_child_that_ignores_the_first(joulebook, tmp_path):
    ready = tmp_path / "ready"
    process = joulebook.start("run", "--quiet", "--", sys.executable, "-c",
                              f"import signal,time; signal.signal(signal.SIGINT, signal.SIG_IGN); open('{ready}','w'); time.sleep(60)")
    wait_until(ready.exists, "the child")
    process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 128 + signal.SIGKILL
    assert joulebook.record()["run"]["status"] == "interrupted"


def test_interrupt_from_the_terminal_arrives_once(joulebook, tmp_path):
    ready, count = tmp_path / "ready", tmp_path / "count"
    script = (f"import signal,time,sys\nn=0\ndef got(*a):\n    global n\n    n+=1\n    open('{count}','w').write(str(n))\n"
              f"signal.signal(signal.SIGINT, got)\nopen('{ready}','w').close()\n"
              "end=time.monotonic()+1.5\nwhile time.monotonic()<end: time.sleep(0.05)\n")
    pid, master = pty.fork()
    if pid == 0:
        os.execve(joulebook.args()[0], joulebook.args("run", "--quiet", "--", sys.executable, "-c", script), joulebook.env)
    wait_until(ready.exists, "the child")
    os.write(master, b"\x03")
    _, status = os.waitpid(pid, 0)
    os.close(master)
    assert count.read_text() == "1"
    assert os.waitstatus_to_exitcode(status) == 0


def test_record_closes_and_names_its_methods(joulebook):
    record = joulebook.measure("--name", "first", "--project", "p", "--tag", "a=1", "--zone", "KR", "--", "sleep", "0.3")
    energy = closes(record)
    assert record["schema"] == 1
    assert record["run"]["name"] == "first" and record["run"]["project"] == "p" and record["run"]["tags"] == {"a": "1"}
    assert record["run"]["command"] == ["sleep", "0.3"]
    assert 0.3 <= record["run"]["duration_s"] < 5
    assert len(record["run"]["machine_id"]) == 64
    assert energy["machine_j"] > 0
    for channel in energy["channels"]:
        assert channel["method"] in ("counter", "integrated", "modelled")
        assert channel["uncertainty_j"] > 0 or channel["energy_j"] == 0
    assert record["carbon"]["zone"] == "KR"
    assert record["carbon"]["segments"][0]["source"]
    assert record["self"]["cpu_s"] > 0 and record["self"]["max_rss_bytes"] > 0


def test_emissions_are_energy_times_intensity_times_pue(joulebook):
    record = joulebook.measure("--zone", "DE", "--pue", "1.5", "--basis", "machine", "--", "sleep", "0.2")
    grams = record["energy"]["machine_j"] / 3.6e6 * record["carbon"]["intensity_g_per_kwh"] * 1.5
    assert record["carbon"]["emissions_g"] == pytest.approx(grams, rel=1e-9)
    assert record["carbon"]["uncertainty_g"] > 0


def test_a_run_of_50_ms_has_a_figure_with_its_doubt(joulebook, machine):
    record = joulebook.measure("--root", machine.root, "--", "sleep", "0.05")
    energy = closes(record)
    duration = record["run"]["duration_s"]
    assert energy["machine_j"] == pytest.approx(machine.leaves * duration, abs=4 * energy["uncertainty_j"] + 0.01 * machine.leaves)


def test_json_to_stdout_comes_after_the_child(joulebook):
    result = joulebook("run", "--quiet", "--json", "-", "--", "echo", "from the child")
    first, rest = result.stdout.split("\n", 1)
    assert first == "from the child"
    assert json.loads(rest)["schema"] == 1


def test_csv_row_and_series_are_written(joulebook, tmp_path):
    table, series = tmp_path / "runs.csv", tmp_path / "series.csv"
    for _ in range(2):
        joulebook("run", "--quiet", "--csv", table, "--series", series, "--", "sleep", "0.3")
    rows = list(csv.reader(table.open()))
    assert len(rows) == 3 and len({len(row) for row in rows}) == 1
    lines = series.read_text().splitlines()
    assert lines[0] == "time,elapsed_s,channel,device,power_w,energy_j,run_j,method,intensity_g_per_kwh,emissions_g,region"
    total = sum(float(line.split(",")[5]) for line in lines[1:])
    energy = joulebook.record()["energy"]
    assert total == pytest.approx(sum(c["energy_j"] for c in energy["channels"]), rel=1e-6)


def test_nothing_is_kept_with_db_none(joulebook):
    joulebook("run", "--quiet", "--db", "none", "--", "true")
    assert not (joulebook.home / "data").exists()


def test_strict_fails_when_nothing_can_be_kept(joulebook, tmp_path):
    bad = tmp_path / "not-a-folder"
    bad.write_text("")
    joulebook("run", "--quiet", "--db", bad / "x.db", "--", "true", status=0)
    result = joulebook("run", "--quiet", "--strict", "--db", bad / "x.db", "--", "true", status=125)
    assert "--strict" in result.stderr
    joulebook("run", "--quiet", "--strict", "--db", bad / "x.db", "--", "sh", "-c", "exit 9", status=9)


def test_live_line_only_on_a_terminal(joulebook):
    result = joulebook("run", "--live", "--quiet", "--", "sleep", "1.3")
    assert result.stderr == ""
    pid, master = pty.fork()
    if pid == 0:
        os.execve(joulebook.args()[0], joulebook.args("run", "--live", "--quiet", "--", "sleep", "1.3"), joulebook.env)
    seen = b""
    try:
        while chunk := os.read(master, 4096):
            seen += chunk
    except OSError:
        pass
    os.waitpid(pid, 0)
    assert b"machine" in seen and seen.endswith(b"\x1b[K")
