# SPDX-License-Identifier: Apache-2.0
"""doctor --record: a machine as files, and what they say when they are replayed."""
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import tempfile
import time

import pytest
from conftest import EXE, wait_until
from machines import Machine

FACTS = ("id", "source", "method", "in_total", "parent", "twin_of", "status")


def doctor(joulebook, root, *args):
    return json.loads(joulebook("doctor", "--root", root, "--json", *args, status=None).stdout)


def record(joulebook, root, kept, *args, **more):
    """The result of recording, and what the doctor said then."""
    result = joulebook("doctor", "--root", root, "--record", kept, "--json", *(args or ("--for", "2s")), **more)
    return result, json.loads(result.stdout)


def by_id(said):
    return {(c["id"], c["source"]): c for c in said["channels"] if c["id"]}


def texts(folder):
    """All that is in a recording, names too."""
    for path in sorted(folder.rglob("*")):
        yield str(path.relative_to(folder))
        if path.is_file() and stat.S_IMODE(path.stat().st_mode):
            yield path.read_bytes().decode("latin-1")


def test_a_recorded_machine_says_the_same_again(joulebook, tmp_path):
    with Machine(tmp_path / "root", stat="idle") as machine:
        result, then = record(joulebook, machine.root, tmp_path / "kept")
    assert re.search(r"recorded in \S+: \d+ files, [1-9]\d* of them over 2\.0\d s", result.stderr), result.stderr
    assert f"joulebook doctor --root {tmp_path / 'kept'}" in result.stderr
    again = doctor(joulebook, tmp_path / "kept")
    before, after = by_id(then), by_id(again)
    assert before.keys() == after.keys() and len(before) == 8
    for key, channel in before.items():
        assert {f: after[key][f] for f in FACTS} == {f: channel[f] for f in FACTS}
        if channel["power_w"]:
            assert after[key]["power_w"] == pytest.approx(channel["power_w"], rel=0.05), key
    assert again["machine"] == then["machine"]
    kept = json.loads((tmp_path / "kept/doctor.json").read_text())
    assert by_id(kept).keys() == before.keys()
    series = (tmp_path / "kept/sys/class/powercap/intel-rapl:0/energy_uj.series").read_text()
    assert series.startswith("# joulebook series 1 linear every=1 wrap=262143328851\n0 ")
    assert len(series.splitlines()) > 50


@pytest.mark.parametrize("name", ["mi300x", "cray-ex", "laptop", "epyc-turin-2s"])
def test_a_made_up_machine_says_the_same_when_it_was_recorded(joulebook, tmp_path, name):
    """Bytes, values with their units, gauges, and answers to calls."""
    root = pathlib.Path(__file__).parents[1] / "machines" / name
    _, then = record(joulebook, root, tmp_path / "kept")
    before, after = by_id(then), by_id(doctor(joulebook, tmp_path / "kept"))
    assert before.keys() == after.keys() and before
    for key, channel in before.items():
        assert {f: after[key][f] for f in FACTS} == {f: channel[f] for f in FACTS}
        if channel["power_w"]:
            assert after[key]["power_w"] == pytest.approx(channel["power_w"], rel=0.05), key


def test_a_recording_of_a_recording_says_the_same(joulebook, tmp_path):
    with Machine(tmp_path / "root", stat="idle") as machine:
        _, first = record(joulebook, machine.root, tmp_path / "one")
    _, second = record(joulebook, tmp_path / "one", tmp_path / "two")
    third = doctor(joulebook, tmp_path / "two")
    for key, channel in by_id(first).items():
        if channel["power_w"]:
            assert by_id(second)[key]["power_w"] == pytest.approx(channel["power_w"], rel=0.05)
            assert by_id(third)[key]["power_w"] == pytest.approx(channel["power_w"], rel=0.05)


def test_perf_counters_are_files_then(joulebook, tmp_path):
    root = tmp_path / "root"
    with Machine(root, stat="idle") as machine:
        power = "sys/bus/event_source/devices/power"
        machine.write(f"{power}/type", "32\n")
        machine.write(f"{power}/cpumask", "0,2\n")
        machine.write(f"{power}/events/energy-pkg", "event=0x02\n")
        machine.write(f"{power}/events/energy-pkg.unit", "Joules\n")
        machine.write(f"{power}/events/energy-pkg.scale", "2.3283064365386962890625e-10\n")
        for cpu, watts in ((0, 100), (2, 20)):
            machine.write(f"perf/cpu{cpu}/20:2", "0\n")
            machine.write(f"perf/cpu{cpu}/20:2.series", f"# joulebook series 1 linear\n0 0\n1000 {watts * 2**32}\n")
        record(joulebook, root, tmp_path / "kept")
    assert (tmp_path / "kept/perf/cpu2/20:2.series").exists()
    channels = by_id(doctor(joulebook, tmp_path / "kept"))
    assert channels["cpu/0/package", "rapl-perf"]["power_w"] == pytest.approx(100, rel=0.05)
    assert channels["cpu/1/package", "rapl-perf"]["power_w"] == pytest.approx(20, rel=0.05)


def test_links_become_what_they_name_and_nothing_is_written_elsewhere(joulebook, tmp_path):
    root = tmp_path / "root"
    with Machine(root, stat="idle") as machine:
        real = root / "sys/devices/virtual/powercap/intel-rapl"
        real.mkdir(parents=True)
        zone = root / "sys/class/powercap/intel-rapl:0"
        zone.rename(real / "intel-rapl:0")
        zone.symlink_to("../../devices/virtual/powercap/intel-rapl/intel-rapl:0")
        outside = tmp_path / "outside"
        outside.mkdir()
        before = {p for p in tmp_path.rglob("*") if "home" not in p.parts}
        _, then = record(joulebook, root, tmp_path / "kept")
    written = {p for p in tmp_path.rglob("*") if "home" not in p.parts} - before
    assert all(p.is_relative_to(tmp_path / "kept") for p in written)
    kept = tmp_path / "kept/sys/class/powercap/intel-rapl:0"
    assert kept.is_dir() and not kept.is_symlink()
    assert not any(p.is_symlink() for p in (tmp_path / "kept").rglob("*"))
    assert by_id(doctor(joulebook, tmp_path / "kept")).keys() == by_id(then).keys()


@pytest.fixture
def unprivileged():
    """Arguments for subprocess that make a user of us who can be denied something, and a folder of theirs."""
    with tempfile.TemporaryDirectory(prefix="joulebook-") as folder:
        os.chmod(folder, 0o777)
        user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
        if user and subprocess.run([EXE, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False, **user).returncode:
            pytest.skip("the program is out of other users' reach")
        yield pathlib.Path(folder), user


def test_what_was_denied_is_denied_again(joulebook, unprivileged):
    folder, user = unprivileged
    env = {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    with Machine(folder / "root", stat="idle") as machine:
        for path, _, _ in machine.zones:
            path.chmod(0)
        _, then = record(joulebook, folder / "root", folder / "kept", "--for", "1s", env=env, **user)
    again = by_id(json.loads(joulebook("doctor", "--root", folder / "kept", "--json", status=None, env=env, **user).stdout))
    denied = {key for key, c in by_id(then).items() if c["status"] == "denied"}
    assert len(denied) == 8
    assert {key for key, c in again.items() if c["status"] == "denied"} == denied
    energy = folder / "kept/sys/class/powercap/intel-rapl:0/energy_uj"
    assert stat.S_IMODE(energy.stat().st_mode) == 0
    assert "denied: /sys/class/powercap/intel-rapl:0/energy_uj: Permission denied" in (folder / "kept/RECORD.txt").read_text()


@pytest.mark.parametrize("known_by", ["etc/machine-id", "sys/class/dmi/id/product_serial"])
def test_a_report_carries_no_secrets(joulebook, tmp_path, known_by):
    secrets = {
        "etc/machine-id": "5ec2e7c0ffee5ec2e7c0ffee5ec2e7c0",
        "sys/class/dmi/id/product_serial": "SECRET1234",
        "sys/class/dmi/id/product_uuid": "5ec2e7aa-0001-4002-8003-5ec2e7bb0004",
        "sys/class/dmi/id/board_serial": ".SECRET5.678.",
        "sys/class/dmi/id/chassis_serial": "SECRET9012",
        "proc/sys/kernel/hostname": "secrethost42",
        "proc/cmdline": "quiet root=UUID=5ec2e7cc-0001-4002-8003-5ec2e7bb0004 password=secretword1",
    }
    root = tmp_path / "root"
    with Machine(root, stat="idle") as machine:
        for path, text in secrets.items():
            machine.write(path, text + "\n")
        if known_by != "etc/machine-id":  # then the serial numbers are asked for
            (root / "etc/machine-id").unlink()
        machine.write("etc/joulebook.conf", "[plug]\npassword = secretword2\n")
        machine.write("proc/4711/environ", "TOKEN=secretword3\n")
        result, _ = record(joulebook, root, tmp_path / "kept", "--for", "1s",
                           env={"JOULEBOOK_REDFISH_URL": "https://secret-bmc.example.edu:1/redfish/v1"})
    everything = "\n".join(texts(tmp_path / "kept")).lower()
    assert "secret" not in everything
    assert "5ec2e7" not in everything
    assert "/4711" not in everything
    kept = tmp_path / "kept"
    shapes = {"etc/machine-id": r"\d[a-f]{2}\d[a-f]\d[a-f]\d[0-9a-f]{24}\n", "sys/class/dmi/id/product_serial": r"[A-Z]{6}\d{4}\n"}
    assert re.fullmatch(shapes[known_by], (kept / known_by).read_text())
    assert not (kept / "etc/joulebook.conf").exists()
    assert f"changed: /{known_by} " in (kept / "RECORD.txt").read_text()
    for word in ("Serial numbers", "machine id", "RECORD.txt"):
        assert word in result.stderr


def test_the_hosts_of_meters_are_nobodys(joulebook, tmp_path):
    """libcurl repeats in its messages whom it could not reach."""
    result = joulebook("doctor", "--record", tmp_path / "kept", "--for", "1s", "--sensors", "redfish,plug", "--json", status=None,
                       env={"JOULEBOOK_REDFISH_URL": "https://127.31.32.33:9", "JOULEBOOK_PLUG_KIND": "shelly",
                            "JOULEBOOK_PLUG_ADDRESS": "http://secret-plug.example.invalid"})
    if "no libcurl" in result.stdout:
        pytest.skip("needs libcurl")
    assert "to 127.31.32.33" in result.stdout  # who runs it is told
    kept = (tmp_path / "kept/doctor.json").read_text()
    assert "127.31.32.33" not in kept and "secret" not in kept


def test_a_folder_that_is_in_use_is_refused(joulebook, machine, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "mine").write_text("precious")
    result = joulebook("doctor", "--root", machine.root, "--record", kept, status=2)
    assert "is there already and not empty" in result.stderr
    assert [p.name for p in kept.iterdir()] == ["mine"]
    (kept / "mine").unlink()
    joulebook("doctor", "--root", machine.root, "--record", kept, "--for", "1s")  # an empty one will do
    assert (kept / "RECORD.txt").exists()
    assert joulebook("doctor", "--root", machine.root, "--record", tmp_path / "no/such/place", status=2).stderr.count("\n") == 1


def test_a_folder_that_was_there_is_its_owners_alone_from_then_on(joulebook, machine, tmp_path):
    """Who could write into it could put in the place of a series the path of a file that only we may read."""
    kept = tmp_path / "kept"
    kept.mkdir()
    kept.chmod(0o777)
    joulebook("doctor", "--root", machine.root, "--record", kept, "--for", "1s")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o700


@pytest.mark.skipif(os.getuid() != 0, reason="needs root, to make a folder that belongs to another")
def test_a_folder_of_somebody_else_is_refused(joulebook, machine, tmp_path):
    kept = tmp_path / "kept"
    kept.mkdir()
    os.chown(kept, 4001, 4001)
    result = joulebook("doctor", "--root", machine.root, "--record", kept, "--for", "1s", status=2)
    assert "belongs to somebody else" in result.stderr
    assert list(kept.iterdir()) == []


def test_bad_durations_are_refused(joulebook, machine, tmp_path):
    for bad in ("0s", "11m", "x", "10"):
        joulebook("doctor", "--root", machine.root, "--record", tmp_path / "kept", "--for", bad, status=2)
    joulebook("doctor", "--root", machine.root, "--for", "5s", status=2)
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_recording_that_is_interrupted_is_kept(joulebook, machine, tmp_path, number):
    kept = tmp_path / "kept"
    meter = joulebook.start("doctor", "--root", machine.root, "--record", kept, "--for", "5m", stdout=-3, stderr=-1)
    wait_until((kept / "RECORD.txt").exists, "the beginning of the recording")
    time.sleep(1)
    meter.send_signal(number)
    _, said = meter.communicate(timeout=30)
    assert meter.returncode == 0
    assert "stopped early" in said
    assert (kept / "doctor.json").exists()
    assert by_id(doctor(joulebook, kept))


def test_the_real_machine_is_recorded(joulebook, tmp_path):
    result = joulebook("doctor", "--record", tmp_path / "kept", "--json", "--for", "2s")
    then, again = json.loads(result.stdout), doctor(joulebook, tmp_path / "kept")
    files = {c["source"] for c in then["channels"] if c["id"]} - {"nvml", "hsmp", "ipmi", "rapl-msr", "apple"}
    before = {k: c for k, c in by_id(then).items() if c["source"] in files}
    after = by_id(again)
    if files & {c["source"] for c in then["channels"] if c["id"]} == {c["source"] for c in then["channels"] if c["id"]}:
        assert before.keys() == after.keys()
    for key in before.keys() & after.keys():
        assert after[key]["status"] == before[key]["status"]
    for key in ("cpu", "sockets", "cores", "threads", "virtual", "ram_bytes"):
        assert again["machine"][key] == then["machine"][key]
    hostname = os.uname().nodename
    if len(hostname) > 6:
        assert hostname not in "\n".join(texts(tmp_path / "kept"))
