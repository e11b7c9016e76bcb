# SPDX-License-Identifier: Apache-2.0
"""Sensors that fail, hang and lie, seen from the command line."""
import json
import os
import subprocess
import time

import pytest
from conftest import BUILD, closes

STUB = BUILD / "tests/stub"


def nvml(script, tmp_path):
    path = tmp_path / "nvml.txt"
    path.write_text(script)
    return {"LD_LIBRARY_PATH": str(STUB), "JB_STUB_NVML": str(path)}


def gpus(record):
    return [c for c in record["energy"]["channels"] if c["device"] == "gpu" and c["in_total"]]


def test_gpu_energy_counter_is_used_when_it_is_sound(joulebook, tmp_path):
    env = nvml("gpus 2\nname 0 NVIDIA H100 80GB HBM3\nwatts 0 300\nwatts 1 100\n", tmp_path)
    record = joulebook.measure("--", "sleep", "4", env=env)
    closes(record)
    found = gpus(record)
    assert [c["method"] for c in found] == ["counter", "counter"]
    watts = sorted(c["energy_j"] / record["run"]["duration_s"] for c in found)
    assert watts == pytest.approx([100, 300], rel=0.05)


def test_frozen_gpu_counter_yields_to_its_power_for_the_whole_run(joulebook, tmp_path):
    env = nvml("gpus 1\nwatts 0 250\nenergy 0 frozen\n", tmp_path)
    record = joulebook.measure("--", "sleep", "5", env=env)
    found = gpus(record)
    assert [c["method"] for c in found] == ["integrated"]
    assert found[0]["energy_j"] == pytest.approx(250 * record["run"]["duration_s"], rel=0.1)
    assert any("stands still" in w for w in record["warnings"])


def test_gpu_without_counter_is_integrated_and_never_zero(joulebook, tmp_path):
    env = nvml("gpus 1\nwatts 0 120\nenergy 0 absent\n", tmp_path)
    record = joulebook.measure("--", "sleep", "3", env=env)
    found = gpus(record)
    assert [c["method"] for c in found] == ["integrated"]
    assert found[0]["energy_j"] == pytest.approx(120 * record["run"]["duration_s"], rel=0.15)


def test_gpu_used_by_the_run_alone_is_the_runs(joulebook, tmp_path):
    # The child tells the stub its own pid before the meter asks who uses the card.
    path = tmp_path / "nvml.txt"
    path.write_text("gpus 1\nwatts 0 300\n")
    env = {"LD_LIBRARY_PATH": str(STUB), "JB_STUB_NVML": str(path)}
    child = f"printf 'gpus 1\\nwatts 0 300\\nprocess 0 pid=%d util=80\\n' $$ > {path}.new; mv {path}.new {path}; sleep 5"
    record = joulebook.measure("--", "sh", "-c", child, env=env)
    gpu = gpus(record)[0]
    assert gpu["run_j"] > 0.4 * gpu["energy_j"]
    assert gpu["others_j"] == 0


def test_gpu_used_by_others_is_not_the_runs(joulebook, tmp_path):
    env = nvml("gpus 1\nwatts 0 300\nprocess 0 pid=1 util=90\n", tmp_path)
    record = joulebook.measure("--", "sleep", "4", env=env)
    gpu = gpus(record)[0]
    assert gpu["run_j"] == 0 and gpu["others_j"] > 0


def test_lost_gpu_is_told_and_the_rest_goes_on(joulebook, tmp_path):
    env = nvml("gpus 2\nwatts 0 200\nwatts 1 100\nlost 0 after=1s\n", tmp_path)
    record = joulebook.measure("--", "sleep", "4", env=env)
    closes(record)
    assert any("went away" in w for w in record["warnings"])
    other = [c for c in gpus(record) if c["energy_j"] > 300]
    assert len(other) == 1 and other[0]["energy_j"] == pytest.approx(100 * record["run"]["duration_s"], rel=0.1)


def test_vendor_call_that_hangs_costs_the_run_nothing(joulebook, machine, tmp_path):
    env = nvml("gpus 1\nwatts 0 200\nhang 0 after=1s\n", tmp_path)
    machine.write("proc/driver/nvidia/version", "")  # below a root the library is opened only where the driver is
    begin = time.monotonic()
    record = joulebook.measure("--root", machine.root, "--", "sleep", "8", env=env, timeout=40)
    took = time.monotonic() - begin
    assert took < 8 + 6, "the end of the run waits for nobody that hangs"
    cpu = [c for c in record["energy"]["channels"] if c["in_total"] and c["device"] != "gpu"]
    assert sum(c["energy_j"] for c in cpu) == pytest.approx(machine.leaves * record["run"]["duration_s"], rel=0.02)
    assert any("does not answer" in w for w in record["warnings"])


@pytest.mark.parametrize("fault", ["stall", "gone", "backwards", "frozen", "nan", "reset", "wild"])
def test_every_fault_of_a_sensor_closes_the_ledger(joulebook, fault):
    record = joulebook.measure("--sensors", f"fake:watts=100:fault={fault}:at=1s,ram-model", "--", "sleep", "2.5")
    energy = closes(record)
    assert energy["machine_j"] < 100 * 2.5 * 1.5 + 100, "no fault invents energy"


def test_modelled_virtual_machine_says_so(joulebook):
    record = joulebook.measure("--sensors", "cpu-model,ram-model", "--", "sleep", "0.5")
    energy = closes(record)
    assert energy["measured_j"] == 0 and energy["modelled_j"] == energy["machine_j"]
    if record["hardware"]["virtual"]:
        notes = " ".join(c["note"] or "" for c in energy["channels"])
        assert "virtual machine" in notes


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_counters_that_only_root_may_read_are_named_with_the_mending_command(joulebook, machine, tmp_path):
    for path in [tmp_path, *tmp_path.parents]:
        if str(path).startswith("/tmp/") and path.stat().st_uid == 0:
            path.chmod(path.stat().st_mode | 0o055)
    for path, _, _ in machine.zones:
        path.chmod(0o400)
    result = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", *joulebook.args("doctor", "--json", "--root", machine.root)],
                            env=joulebook.env, text=True, capture_output=True)
    report = json.loads(result.stdout)
    denied = [c for c in report["channels"] if c["status"] == "denied"]
    assert denied and all(c["fix"] for c in denied)
