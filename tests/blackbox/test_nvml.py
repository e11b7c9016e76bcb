# SPDX-License-Identifier: Apache-2.0
"""NVIDIA GPUs over the stub library, while the machine changes under a run."""
import pytest
from conftest import BUILD, closes

STUB = BUILD / "tests/stub"


def prepare(tmp_path, script):
    path = tmp_path / "nvml.txt"
    path.write_text(script)
    return path, {"LD_LIBRARY_PATH": str(STUB), "JB_STUB_NVML": str(path)}


def becomes(path, script, argument="0"):
    """Shell: the machine is so from now on; "%d" in the script is `argument`."""
    text = script.replace("\n", "\\n")
    return f"printf '{text}' {argument} > {path}.new; mv {path}.new {path}; "


def channel(record, end):
    found = [c for c in record["energy"]["channels"] if c["id"].endswith(end) and c["device"] == "gpu"]
    assert len(found) == 1
    return found[0]


def test_what_an_idle_context_costs_is_told_apart(joulebook, tmp_path):
    # The table's idle of an H100 is 71 W, give or take 30 %: 110 W with nobody at work is more than that.
    path, env = prepare(tmp_path, "watts 0 110\nutil 0 0\n")
    child = becomes(path, "watts 0 110\nutil 0 0\nprocess 0 pid=%d\n", "$$") + "sleep 6"
    record = joulebook.measure("--sensors", "nvml", "--", "sh", "-c", child, env=env)
    closes(record)
    gpu = channel(record, "/energy")
    assert gpu["context_w"] == pytest.approx(39, abs=1)
    assert 0 < gpu["context_tax_j"] <= gpu["run_j"]


def test_without_a_second_at_rest_the_cost_of_a_context_is_null(joulebook, tmp_path):
    path, env = prepare(tmp_path, "watts 0 300\nutil 0 90\n")
    child = becomes(path, "watts 0 300\nutil 0 90\nprocess 0 pid=%d util=90\n", "$$") + "sleep 4"
    record = joulebook.measure("--sensors", "nvml", "--", "sh", "-c", child, env=env)
    gpu = channel(record, "/energy")
    assert gpu["context_w"] is None and gpu["context_tax_j"] is None


def test_a_container_with_one_mig_instance_is_not_charged_for_the_board(joulebook, tmp_path):
    one = "watts 0 300\nmig 0 on\nprocesses 0 denied\ninstance 0 gi=2 ci=0 slices=2\n"
    path, env = prepare(tmp_path, one)
    child = becomes(path, one + "process 0 pid=%d gi=2 ci=0\n", "$$") + "sleep 6"
    record = joulebook.measure("--sensors", "nvml", "--", "sh", "-c", child, env=env)
    closes(record)
    gpu = channel(record, "/energy")
    assert "MIG" in gpu["note"] and "not seen here" in gpu["note"]
    active = gpu["energy_j"] - gpu["idle_j"]
    assert 0.1 * active < gpu["run_j"] <= 2 / 7 * active * 1.01
    assert gpu["others_j"] >= 5 / 2 * gpu["run_j"] * 0.99  # and what there was before the run had a context
    assert gpu["footprint_j"] < 0.4 * gpu["energy_j"]


def test_a_driver_reloaded_in_mid_run_is_found_again(joulebook, tmp_path):
    path, env = prepare(tmp_path, "watts 0 110\n")
    child = ("sleep 1.5; " + becomes(path, "watts 0 110\nsession 2\ninit driver_not_loaded\n") + "sleep 1.5; " +
             becomes(path, "watts 0 110\nsession 2\n") + "sleep 5")
    record = joulebook.measure("--sensors", "nvml", "--", "sh", "-c", child, env=env)
    closes(record)
    gpu = channel(record, "/energy")
    assert "failed" in gpu["flags"]
    # The stub's counter goes on through the reload, so that nothing is missing in the end.
    assert gpu["energy_j"] == pytest.approx(110 * record["run"]["duration_s"], rel=0.1)
