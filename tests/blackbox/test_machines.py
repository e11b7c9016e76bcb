# SPDX-License-Identifier: Apache-2.0
"""What the doctor says of every machine below tests/machines, held against what is known of it (NAME.json)."""
import json
import os
import pathlib
import shutil
import subprocess

import pytest
from conftest import BUILD, EXE

MACHINES = pathlib.Path(__file__).resolve().parents[1] / "machines"
RANGES = {"power_w", "total_w", "update_period_s", "ratio"}


def names():
    return sorted(path.stem for path in MACHINES.glob("*.json"))


def differences(want, got, where):
    """One line for each key of `want` that `got` does not have so."""
    for key, value in want.items():
        if key not in got:
            yield f"{where}: has no {key}"
        elif key in RANGES and isinstance(value, list):
            low, high = value
            if got[key] is None or not low <= got[key] <= high:
                yield f"{where}: {key} is {got[key]}, not within {low}..{high}"
        elif isinstance(value, float):
            if got[key] != pytest.approx(value, rel=1e-3):
                yield f"{where}: {key} is {got[key]}, not {value}"
        elif got[key] != value:
            yield f"{where}: {key} is {got[key]!r}, not {value!r}"


def compare(expected, report):
    found = {(c["id"], c["source"]): c for c in report["channels"] if c["id"] is not None}
    wanted = {(c["id"], c["source"]): c for c in expected["channels"]}
    lines = [f"{source}: {id_} is not there" for id_, source in wanted if (id_, source) not in found]
    lines += [f"{source}: {id_} is not expected ({found[id_, source]['status']}, {found[id_, source]['reason']})"
              for id_, source in found if (id_, source) not in wanted]
    for key, want in wanted.items():
        if key in found:
            lines += differences(want, found[key], f"{key[1]}: {key[0]}")
    missing = {c["source"]: c for c in report["channels"] if c["id"] is None}
    for source, want in expected.get("missing", {}).items():
        lines += differences(want, missing.get(source, {}), source)
    if "total_w" in expected:
        total = sum(c["power_w"] or 0 for c in report["channels"] if c.get("in_total"))
        lines += differences({"total_w": expected["total_w"]}, {"total_w": total}, "all leaves")
    checks = {(c["kind"], c["channel"]): c for c in report.get("checks", [])}
    for want in expected.get("checks", []):
        lines += differences(want, checks.get((want["kind"], want["channel"]), {}), f"check {want['kind']} {want['channel']}")
    return lines


@pytest.mark.parametrize("name", names())
def test_doctor_is_right_about(name, joulebook, tmp_path):
    expected = json.loads((MACHINES / f"{name}.json").read_text())
    env = {key: value.replace("@MACHINE@", str(MACHINES / name)) for key, value in expected.get("env", {}).items()}
    if "JB_STUB_NVML" in env:
        env["LD_LIBRARY_PATH"] = str(BUILD / "tests/stub")
    result = joulebook("doctor", "--json", "--root", MACHINES / name, *expected.get("args", []), env=env, status=None)
    lines = compare(expected, json.loads(result.stdout))
    if result.returncode != expected.get("exit", 0):
        lines.append(f"exit status {result.returncode}, not {expected.get('exit', 0)}")
    assert not lines, "\n".join([f"{name} ({expected['about']})", *lines, result.stderr])


def test_every_machine_has_its_expectations_and_nothing_of_a_real_one():
    trees = {path.name for path in MACHINES.iterdir() if path.is_dir()}
    assert trees == set(names())
    for path in MACHINES.rglob("*"):
        assert not path.is_symlink(), f"{path} is a link: a clone on another system may not have what it names"
        assert path.stat().st_size < 65536, f"{path} is large"


def test_a_laptop_on_the_mains_is_modelled_and_not_unknown(joulebook, tmp_path):
    """Who may not read RAPL has a battery that tells nothing while it is charged."""
    tree = tmp_path / "laptop"
    shutil.copytree(MACHINES / "laptop", tree)
    shutil.rmtree(tree / "sys/class/powercap")
    (tree / "sys/class/power_supply/BAT0/status").write_text("Charging\n")
    report = json.loads(joulebook("doctor", "--json", "--root", tree, status=1).stdout)
    counted = {c["id"] for c in report["channels"] if c["in_total"]}
    assert counted == {"cpu/model", "ram/model"}


def test_a_meter_that_never_answers_does_not_hide_the_models(joulebook, tmp_path):
    """acpi_power_meter shows 0 where the firmware does not answer."""
    tree = tmp_path / "server"
    shutil.copytree(MACHINES / "laptop", tree)
    shutil.rmtree(tree / "sys/class/powercap")
    shutil.rmtree(tree / "sys/class/power_supply")
    meter = tree / "sys/class/hwmon/hwmon5"
    meter.mkdir()
    (meter / "name").write_text("power_meter\n")
    (meter / "power1_average").write_text("0\n")
    result = joulebook("run", "--db", "none", "--root", tree, "--", "sleep", "0.5")
    assert "modelled (cpu-model)" in result.stderr and "node/acpi: does not answer" in result.stderr


def test_another_vendors_card_does_not_hide_the_model_of_one_that_is_not_measured(joulebook, tmp_path):
    tree = tmp_path / "hybrid"
    shutil.copytree(MACHINES / "arc-desktop", tree)
    shutil.copytree(MACHINES / "h100x8/proc/driver", tree / "proc/driver")
    report = json.loads(joulebook("doctor", "--json", "--root", tree).stdout)
    counted = [c["source"] for c in report["channels"] if c["in_total"]]
    assert "intel-gpu" in counted and "gpu-model" in counted


def test_power_on_a_lane_is_read_however_long_the_interval(joulebook):
    """Power that was read every 60 s would be one gap after the other."""
    result = joulebook("run", "--db", "none", "--interval", "60s", "--root", MACHINES / "orin-nano", "--", "sleep", "2.4")
    assert "integrated (jetson)" in result.stderr and "machine    unknown" not in result.stderr


def test_the_text_for_people_names_every_channel_of_every_machine():
    env = {k: v for k, v in os.environ.items() if not k.startswith("JOULEBOOK_")}
    runs = {name: subprocess.Popen([str(EXE), "doctor", "--root", str(MACHINES / name)], env=env, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True) for name in names()
            if "env" not in json.loads((MACHINES / f"{name}.json").read_text())}
    for name, run in runs.items():
        text, errors = run.communicate(timeout=60)
        for channel in json.loads((MACHINES / f"{name}.json").read_text())["channels"]:
            assert channel["id"] in text, f"{name}: {channel['id']} is not in\n{text}{errors}"
        assert errors == ""
