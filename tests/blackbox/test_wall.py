# SPDX-License-Identifier: Apache-2.0
"""The wall: a meter of the whole node beside the sensors, as the total, and as a line fitted from them."""
import csv
import io
import json
import re
import subprocess

import pytest
from conftest import closes

# A machine of 140 W whose plug says 200 W.
SENSORS = "fake:watts=100:device=cpu,fake:watts=40:device=gpu:unit=1"
PLUG = "fake-lane:domain=node:watts=200:kind=power"
# The published machine (arXiv 2509.22092), answering to the load that the calibration makes in its own process.
LOADED = "fake:watts=30:own=40:device=cpu,fake:watts=10:device=gpu:unit=1"
LOADED_PLUG = "fake-lane:domain=node:watts=101.48:own=44.68"  # 56.8 W + 1.117 x the sensors


def uj(value):
    return round(value * 1e6)


def channel(record, name):
    return next(c for c in record["energy"]["channels"] if c["id"] == name)


def rows(joulebook, name):
    text = joulebook("export", "last", "-f", "csv").stdout
    return [r for r in csv.DictReader(io.StringIO(text)) if r["channel"] == name]


def test_the_meter_is_a_check_and_its_coverage_is_told(joulebook):
    record = joulebook.measure("--sensors", f"{SENSORS},{PLUG}", "--", "sleep", "2")
    energy, wall = closes(record), record["energy"]["wall"]
    assert energy["total"] == "sensors"
    assert energy["machine_j"] == pytest.approx(140 * record["run"]["duration_s"], rel=0.05)
    assert wall["source"] == "fake-lane" and wall["channel"] == "node/fake"
    assert wall["energy_j"] == pytest.approx(200 * wall["covered_s"], rel=0.01)
    assert wall["sensors_j"] == pytest.approx(140 * wall["covered_s"], rel=0.02)
    assert wall["coverage"] == pytest.approx(0.7, abs=0.02)
    assert wall["fit"] is None and wall["fitted_j"] is None and wall["filled_j"] == 0
    node = channel(record, "node/fake")
    assert not node["in_total"] and node["parent"] is None
    assert channel(record, "cpu/0/fake")["parent"] == "node/fake"
    assert "% of it" in " ".join(joulebook("show").stdout.split())
    assert joulebook.runs()[0]["wall"] == wall == joulebook.record()["energy"]["wall"]


def test_without_a_meter_the_wall_is_not_known(joulebook):
    record = joulebook.measure("--sensors", SENSORS, "--", "true")
    assert record["energy"]["wall"] is None and record["energy"]["total"] == "sensors"
    assert "wall" not in joulebook("show").stdout and "wall" not in joulebook("list").stdout


def test_a_meter_alone_counts_and_has_no_coverage(joulebook):
    record = joulebook.measure("--sensors", f"{PLUG},cpu-model,ram-model", "--", "sleep", "1")
    energy = closes(record)
    assert [c["id"] for c in energy["channels"] if c["in_total"]] == ["node/fake"], "it beats all models"
    assert energy["wall"]["sensors_j"] is None and energy["wall"]["coverage"] is None


def test_the_wall_as_the_total_is_divided_like_the_sensors(joulebook, machine):
    busy = ["sh", "-c", "while :; do :; done & sleep 3; kill $!"]
    record = joulebook.measure("--root", machine.root, "--total", "wall", "--sensors", f"rapl-powercap,{PLUG}", "--", *busy)
    energy = closes(record)
    assert energy["total"] == "wall" and energy["measured_j"] == energy["machine_j"]
    assert energy["machine_j"] == pytest.approx(200 * record["run"]["duration_s"], rel=0.05)
    node = channel(record, "node/fake")
    assert node["in_total"] and node["parent"] is None and node["idle_source"] == "sensors"
    ids = {c["id"]: c for c in energy["channels"]}
    for c in energy["channels"]:
        up = c
        while up["parent"] or up["twin_of"]:
            up = ids[up["twin_of"] or up["parent"]]
        assert c["in_total"] == (c is node) and up is node, "all others lie in the wall"
    leaves = [c for c in energy["channels"] if c["id"].endswith(("/package", "/dram"))]
    assert len(leaves) == 4
    share = sum(c["run_j"] for c in leaves) / sum(c["energy_j"] for c in leaves)
    assert energy["run_j"] / energy["machine_j"] == pytest.approx(share, abs=0.05)
    assert energy["run_j"] <= energy["footprint_j"] <= energy["run_j"] + energy["idle_j"]
    assert energy["wall"]["coverage"] == pytest.approx(machine.leaves / 200, rel=0.05)


def test_what_is_stored_of_the_wall_adds_up_to_it(joulebook):
    joulebook.measure("--total", "wall", "--sensors", f"{SENSORS},{PLUG}", "--", "sleep", "2.5")
    record = joulebook.record()
    node = channel(record, "node/fake")
    series = rows(joulebook, "node/fake")
    assert sum(uj(float(r["energy_j"])) for r in series) == uj(node["energy_j"])
    assert sum(uj(float(r["run_j"])) for r in series) == uj(node["run_j"])
    assert all(r["emissions_g"] == "" for r in rows(joulebook, "cpu/0/fake")), "only the total is priced"


@pytest.mark.parametrize("fault", ["late:at=1500ms", "nan:at=1s:for=2200ms"])
def test_where_the_meter_was_not_read_the_sensors_tell_and_it_is_said(joulebook, fault):
    record = joulebook.measure("--total", "wall", "--sensors", f"{SENSORS},{PLUG}:fault={fault}", "--", "sleep", "4")
    energy = closes(record)
    wall, node = energy["wall"], channel(record, "node/fake")
    assert energy["machine_j"] == pytest.approx(200 * record["run"]["duration_s"], rel=0.06)
    assert wall["filled_j"] > 150 and uj(node["energy_j"]) >= uj(wall["energy_j"]) + uj(wall["filled_j"]) - 1
    assert wall["energy_j"] == pytest.approx(200 * wall["covered_s"], rel=0.02)
    assert "gap" in node["flags"] and node["coverage"] < 0.75 and energy["coverage"] < 0.75
    assert "put in from the sensors" in node["note"]
    assert any("not covered" in w for w in record["warnings"])
    assert sum(uj(float(r["energy_j"])) for r in rows(joulebook, "node/fake")) == uj(node["energy_j"])
    assert "put in from the sensors" in " ".join(joulebook("show").stdout.split())


def test_a_meter_that_is_not_read_is_no_total_and_strict_fails(joulebook):
    never = f"{SENSORS},{PLUG}:fault=late:at=1h"
    record = joulebook.measure("--total", "wall", "--sensors", never, "--", "sleep", "0.5")
    energy = closes(record)
    assert energy["total"] == "sensors" and energy["wall"] is None
    assert energy["machine_j"] == pytest.approx(140 * record["run"]["duration_s"], rel=0.1)
    assert any("--total wall" in w for w in record["warnings"])
    result = joulebook("run", "--strict", "--total", "wall", "--sensors", SENSORS, "--", "sleep", "0.3", status=125)
    assert "--total wall" in result.stderr
    joulebook("run", "--strict", "--total", "wall", "--sensors", f"{SENSORS},{PLUG}", "--", "sleep", "1.5")


def test_the_total_can_stand_in_the_configuration(joulebook):
    folder = joulebook.home / "config/joulebook"
    folder.mkdir(parents=True)
    (folder / "joulebook.conf").write_text("[run]\ntotal = wall\n")
    record = joulebook.measure("--sensors", f"{SENSORS},{PLUG}", "--", "sleep", "1")
    assert record["energy"]["total"] == "wall"
    record = joulebook.measure("--total", "sensors", "--sensors", f"{SENSORS},{PLUG}", "--", "sleep", "1")
    assert record["energy"]["total"] == "sensors"
    (folder / "joulebook.conf").write_text("[run]\ntotal = walls\n")
    assert "wall" in joulebook("run", "--", "true", status=2).stderr


def test_doctor_holds_the_sensors_against_the_wall(joulebook):
    report = json.loads(joulebook("doctor", "--json", "--sensors", f"{SENSORS},{PLUG}").stdout)
    assert report["wall"]["coverage"] == pytest.approx(0.7, abs=0.02)
    assert json.loads(joulebook("doctor", "--json", "--sensors", SENSORS).stdout)["wall"] is None


def test_calibration_by_the_meter_finds_the_line_and_runs_use_it(joulebook):
    result = joulebook("calibrate", "wall", "--sensors", f"{LOADED},{LOADED_PLUG}", "--for", "1500ms", "--steps", "4")
    assert "kept for this machine" in result.stdout
    fit = json.loads(joulebook("calibrate", "wall", "--show", "--json").stdout)["fit"]
    assert fit["a_w"] == pytest.approx(56.8, abs=6) and fit["b"] == pytest.approx(1.117, abs=0.1)
    assert fit["meter"] == "fake-lane" and fit["meter_error"] == pytest.approx(0.01) and fit["readings"] == 4
    assert fit["sensors"] == ["cpu/0/fake", "gpu/1/fake"]
    record = joulebook.measure("--sensors", LOADED, "--", "sleep", "1")
    wall, seconds = record["energy"]["wall"], record["run"]["duration_s"]
    assert wall["source"] is None and wall["energy_j"] is None and wall["coverage"] is None
    expected = fit["a_w"] * seconds + fit["b"] * record["energy"]["machine_j"]
    assert wall["fitted_j"] == pytest.approx(expected, rel=0.01)
    assert 0 < wall["fitted_uncertainty_j"] < 0.3 * expected
    assert wall["fit"]["b"] == fit["b"] and record["energy"]["total"] == "sensors"
    assert "wall fit" in joulebook("show").stdout and "wall" in joulebook("list").stdout.splitlines()[0]
    assert "At the wall" in joulebook("export", "last", "-f", "html").stdout
    row = next(csv.DictReader(io.StringIO(joulebook("export", "last", "-f", "summary").stdout)))
    assert float(row["wall_fitted_j"]) == pytest.approx(expected, rel=0.01) and row["wall_j"] == ""


def test_a_fit_is_only_for_the_sensors_that_it_was_made_with(joulebook, tmp_path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("sensors_w,wall_w,seconds\n60,124.2,10\n150,224,20\n\n300, 392 ,15\n")
    joulebook("calibrate", "wall", "--pairs", pairs, "--sensors", SENSORS)
    record = joulebook.measure("--sensors", SENSORS.split(",")[0] + ",ram-model", "--", "sleep", "0.3")
    assert record["energy"]["wall"] is None
    warning = next(w for w in record["warnings"] if "fit of the wall" in w)
    assert "without gpu/1/fake" in warning and "here with ram" in warning
    record = joulebook.measure("--sensors", SENSORS, "--", "sleep", "0.3")
    assert record["energy"]["wall"]["fit"]["meter"] == "pairs" and not any("fit" in w for w in record["warnings"])
    # Beside a meter both are told; beyond the readings the error grows.
    record = joulebook.measure("--sensors", f"{SENSORS},{PLUG}", "--", "sleep", "1")
    assert record["energy"]["wall"]["energy_j"] and record["energy"]["wall"]["fitted_j"]


def test_the_error_of_the_fit_grows_beyond_its_readings(joulebook, tmp_path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("60,120\n80,150\n100,168\n120,195\n")
    relative = []
    for watts in (90, 2000):
        sensors = f"fake:watts={watts}:device=cpu"
        joulebook("calibrate", "wall", "--pairs", pairs, "--sensors", sensors)
        wall = joulebook.measure("--sensors", sensors, "--", "sleep", "0.5")["energy"]["wall"]
        relative.append(wall["fitted_uncertainty_j"] / wall["fitted_j"])
    assert relative[1] > 2 * relative[0]


def test_a_meter_can_be_typed(joulebook):
    result = joulebook("calibrate", "wall", "--typed", "--sensors", LOADED, "--for", "1s",
                       input="101.5\nhm\n112 W\n\n", stdin=None, status=1)
    assert "no number of watts" in result.stderr and "needs 3 readings" in result.stderr
    # Where no node meter answers it is asked for all the same.
    process = subprocess.Popen(joulebook.args("calibrate", "wall", "--sensors", LOADED, "--for", "1s", "--error", "2"), env=joulebook.env,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)
    said = [process.stderr.readline()]
    for _ in range(5):
        while "the sensors saw" not in said[-1]:
            said.append(process.stderr.readline())
        watts = float(re.search(r"saw ([0-9.]+) W", said[-1])[1])
        process.stdin.write(f"{56.8 + 1.117 * watts:.4f}\n")
        said.append("")
    out, err = process.communicate("", timeout=30)
    assert process.returncode == 0, err
    assert "no meter of the whole machine answers" in "".join(said)
    fit = json.loads(joulebook("calibrate", "wall", "--show", "--json").stdout)["fit"]
    assert fit["meter"] == "typed" and fit["readings"] == 5 and fit["meter_error"] == 0.02
    assert fit["a_w"] == pytest.approx(56.8, abs=3) and fit["b"] == pytest.approx(1.117, abs=0.05)


@pytest.mark.parametrize("rows,why", [
    ("10,70\n20,80\n", "3 readings"),
    ("10,70\n10.1,70\n10.2,70.4\n", "nearly the same power"),
    ("10,70\n20,75\n30,80\n", "rises by 0.500 W"),
    ("10,70\n20,110\n30,150\n", "rises by 4.00 W"),
])
def test_readings_that_make_no_line_are_refused_with_the_reason(joulebook, tmp_path, rows, why):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(rows)
    result = joulebook("calibrate", "wall", "--pairs", pairs, "--sensors", SENSORS, status=1)
    assert why in result.stderr and "nothing was kept" in result.stderr
    joulebook("calibrate", "wall", "--show", status=1)


@pytest.mark.parametrize("text", ["10\n20,30\n", "a,b\nc,d\n", "1,2,3,4\n", "10,70\n20,-5\n", "10,70,0\n", '10,"70\n', "10,1e99\n"])
def test_pairs_that_are_none_are_named_with_their_line(joulebook, tmp_path, text):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text(text)
    assert "pairs.csv:" in joulebook("calibrate", "wall", "--pairs", pairs, "--sensors", SENSORS, status=2).stderr


def test_a_line_from_below_zero_is_kept_with_a_warning(joulebook, tmp_path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("100,90\n200,200.5\n300,310\n400,420\n")
    result = joulebook("calibrate", "wall", "--pairs", pairs, "--sensors", SENSORS)
    assert "below zero" in result.stderr and "kept" in result.stdout


def test_a_fit_can_be_forgotten(joulebook, tmp_path):
    pairs = tmp_path / "pairs.csv"
    pairs.write_text("10,70\n20,81\n30,92\n")
    joulebook("calibrate", "wall", "--pairs", pairs, "--sensors", SENSORS)
    joulebook("calibrate", "wall", "--forget")
    joulebook("calibrate", "wall", "--forget", status=1)
    record = joulebook.measure("--sensors", SENSORS, "--", "true")
    assert record["energy"]["wall"] is None and not any("fit" in w for w in record["warnings"])


def test_bad_usage_of_calibrate_wall(joulebook, tmp_path):
    for args, word in [(["wall", "--typed", "--show"], "at a time"), (["idle", "--show"], "calibrate wall"),
                       (["wall", "--steps", "2"], "3"), (["wall", "--error", "-1"], "percent"),
                       (["wall", "--pairs", tmp_path / "none"], "none"), (["wall", "--db", "none"], "database"),
                       (["wall", "--sensors", "flux"], "flux")]:
        assert word in joulebook("calibrate", *args, status=2).stderr
