# SPDX-License-Identifier: Apache-2.0
"""Runs on made-up Jetsons: the total is right once, and the log of jtop has what the board said."""
import csv
import io
import pathlib

import pytest
from conftest import closes

MACHINES = pathlib.Path(__file__).resolve().parents[1] / "machines"


def log_of(joulebook):
    return list(csv.DictReader(io.StringIO(joulebook("export", "last", "--format", "jtop").stdout)))


@pytest.mark.parametrize("name, watts", [("agx-orin", 13.608), ("agx-xavier", 8.381), ("jetson-nano", 2.246), ("thor", 26.999)])
def test_the_board_is_counted_once_and_no_model_is_added(joulebook, name, watts):
    record = joulebook.measure("--root", MACHINES / name, "--", "sleep", "1")
    energy = closes(record)
    leaves = [c["id"] for c in energy["channels"] if c["in_total"]]
    assert len(leaves) == 1 and leaves[0].startswith("board/")
    assert energy["modelled_j"] == 0
    assert energy["machine_j"] / record["run"]["duration_s"] == pytest.approx(watts, rel=0.1)


def test_the_log_of_jtop_has_loads_temperatures_and_power(joulebook):
    joulebook.measure("--root", MACHINES / "agx-orin", "--", "sleep", "2.5")
    rows = log_of(joulebook)
    assert 3 <= len(rows) <= 5
    for column in ("time", "uptime", "CPU1", "CPU12", "RAM", "SWAP", "GPU", "Fan pwmfan0", "Temp cpu", "Power VDD_CPU_CV"):
        assert column in rows[0]
    assert not any(column.startswith(("Power cpu", "Power ram", "Power board", "EMC", "CPU13")) for column in rows[0])
    full = rows[1]
    assert full["GPU"] == "41.2" and full["Temp cpu"] == "47.531" and full["nvp model"] == "MAXN"
    assert full["CPU1"] == ""  # the clock of this machine stands still: not known, and not 0
    # A reading of 100 ms may come to lie in the second after, on a busy machine.
    assert float(full["Power TOT"]) == pytest.approx(13608, rel=0.12)
    assert float(full["Power VDDQ_VDD2_1V8AO"]) == pytest.approx(1006, rel=0.12)


def test_cores_that_are_off_are_said_to_be(joulebook):
    joulebook.measure("--root", MACHINES / "tx2", "--", "sleep", "1.3")
    row = log_of(joulebook)[0]
    assert (row["CPU2"], row["CPU3"], row["Temp BCPU"]) == ("OFF", "OFF", "32.5")
    assert "Temp PMIC" not in row and "Power VDD_MUX" in row and row["Power VDD_MUX"] == ""


def test_on_other_machines_the_log_has_time_and_power(joulebook, machine):
    joulebook.measure("--root", machine.root, "--sensors", "rapl-powercap", "--", "sleep", "1")
    row = log_of(joulebook)[0]
    assert list(row)[0] == "time" and list(row)[-1] == "Power TOT" and "GPU" not in row
    assert any(column.startswith("Power cpu/0/package") for column in row)
