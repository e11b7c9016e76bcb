# SPDX-License-Identifier: Apache-2.0
"""Measuring without root: the privileged helper, and `doctor --fix`, which makes it usable."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import pytest
from conftest import BUILD, closes

WORLD = pathlib.Path(__file__).parent / "privileged_world.py"


def reason_not_to():
    if os.getuid() != 0:
        return "needs root, to make files that only root may read"
    for program in ("unshare", "setpriv", "setcap", "pkill"):
        if shutil.which(program) is None:
            return f"needs {program}"
    if not (BUILD / "tests/unit/helper/helper_at_root").exists():
        return "needs helper_at_root, which is built with the tests"
    if subprocess.run(["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True, check=False).returncode != 0:
        return "needs a mount namespace of its own"
    return None


REASON = reason_not_to()
in_a_world = pytest.mark.skipif(REASON is not None, reason=REASON or "")


def tell(story):
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(["unshare", "-m", "/usr/bin/python3", str(WORLD), str(BUILD), folder, story], text=True, check=False,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=240)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@in_a_world
def test_an_ordinary_user_measures_after_doctor_fix():
    found = tell("helper_for_its_owner")
    helper = found["helper"]
    steps = [["/usr/bin/chown", "root:ada", helper], ["/usr/bin/chmod", "0750", helper],
             ["/usr/sbin/setcap", "cap_perfmon,cap_dac_read_search=ep", helper]]
    assert "mend it with: joulebook doctor --fix" in found["doctor"]
    assert f"sudo /usr/sbin/setcap cap_perfmon,cap_dac_read_search=ep {helper}" in found["doctor"]
    assert found["plan"]["way"] == "helper" and [s["argv"] for s in found["plan"]["steps"]] == steps
    assert not found["plan"]["new_login"]
    assert found["before"]["status"] == "denied"

    # Without a person to ask, and without --yes, nothing happens.
    assert found["unasked"]["status"] == 1 and found["unasked"]["commands"] == []
    assert "--yes" in found["unasked"]["stderr"] and "would run" in found["unasked"]["stdout"]
    assert not found["state_before"]["capable"]

    assert found["fixed"]["status"] == 0 and found["fixed"]["commands"] == steps
    assert "rapl-powercap: can be read" in found["fixed"]["stdout"]
    assert found["state"] == {"mode": "0o750", "uid": 0, "group": "ada", "capable": True}
    assert found["after"]["status"] == "ok" and 40 < found["after"]["power_w"] < 60
    assert found["others"]["status"] == "denied"
    assert found["again"]["status"] == 0 and found["again"]["commands"] == []

    measured = found["measured"]
    assert measured["status"] == 7
    energy = closes(measured["record"])
    assert 35 < energy["measured_j"] < 75 and energy["modelled_j"] == 0
    assert [c["source"] for c in energy["channels"] if c["in_total"]] == ["rapl-powercap"]
    # A copy moves 20 times a second; the ledger saw that by itself.
    assert 0.04 < energy["channels"][0]["update_period_s"] < 0.2

    # A helper that is killed is no part of the run, and takes nothing with it but the readings.
    assert found["killed"]["status"] == 0
    closes(found["killed"]["record"])
    assert found["left"] == ""
    assert found["without"]["status"] == 0 and found["without"]["record"]["energy"]["measured_j"] in (0, None)


@in_a_world
def test_a_user_without_a_group_of_their_own_joins_one():
    found = tell("helper_for_a_group")
    commands = [c[0].split("/")[-1] for c in found["fixed"]["commands"]]
    assert commands == ["groupadd", "usermod", "chown", "chmod", "setcap"]
    assert found["plan"]["group"] == "joulebook" and found["plan"]["new_login"]
    assert found["fixed"]["status"] == 0 and "log out and in again" in found["fixed"]["stdout"]
    assert found["state"] == {"mode": "0o750", "uid": 0, "group": "joulebook", "capable": True}
    assert found["after"]["status"] == "ok"  # each command here is a new login
    assert [s["argv"][0].split("/")[-1] for s in found["second_plan"]["steps"]] == ["usermod"]
    assert found["second"]["status"] == 0 and found["state_2"] == found["state"]
    assert found["after_2"]["status"] == "ok" and found["after_1"]["status"] == "ok"


@in_a_world
def test_without_the_helper_a_udev_rule_does():
    found = tell("rule_without_helper")
    assert found["plan"]["way"] == "udev" and "not installed" in found["plan"]["why"]
    assert [c[0].split("/")[-1] for c in found["fixed"]["commands"]] == ["tee", "udevadm", "udevadm"]
    assert found["fixed"]["status"] == 0 and "at any rate" in found["fixed"]["stdout"]
    assert "/bin/chgrp ada /sys%p/energy_uj" in found["rule"] and 'SUBSYSTEM=="powercap"' in found["rule"]
    assert found["after"]["status"] == "ok" and found["others"]["status"] == "denied"


@in_a_world
def test_the_helper_gets_no_capabilities_where_others_could_change_it():
    found = tell("places_that_are_no_good")
    assert found["good"]["way"] == "helper"
    for place, why in [("writable", "others than root"), ("users_own", "others than root"), ("nosuid", "nosuid"), ("linked", "others than root")]:
        assert found[place]["way"] == "udev" and why in found[place]["why"], place
    # A file system that keeps no capabilities shows when it is tried; then the other way is taken.
    assert [c[0].split("/")[-1] for c in found["setcap_fails"]["commands"]] == ["chown", "chmod", "setcap", "tee", "udevadm", "udevadm"]
    assert found["setcap_fails"]["status"] == 0
    assert not found["state"]["capable"]


@in_a_world
def test_perf_counters_come_through_the_helper_too():
    found = tell("perf_counters")
    if not 1 <= found["paranoid"] <= 2:
        pytest.skip("kernel.perf_event_paranoid is not 1 or 2: CAP_PERFMON is not needed, or not enough")
    assert {c["status"] for c in found["before"]["channels"] if c["id"]} == {"denied"}
    assert found["fixed"]["status"] == 0 and "rapl-perf: can be read" in found["fixed"]["stdout"]
    energy = closes(found["record"])
    assert found["status"] == 0
    joules = {c["id"]: c["energy_j"] for c in energy["channels"] if c["source"] == "rapl-perf"}
    assert len(joules) == 2 and all(c["in_total"] for c in energy["channels"])
    package, memory = sorted(joules.values(), reverse=True)
    assert 35 < package < 75 and 4.5 < package / memory < 5.5


@in_a_world
def test_it_asks_first_and_needs_somebody_who_may():
    found = tell("answers")
    assert found["no_sudo"]["status"] == 1 and "administrator" in found["no_sudo"]["stderr"]
    assert "setcap cap_perfmon" in found["no_sudo"]["stdout"]
    for answer in ("no", "empty"):
        assert found[answer]["status"] == 1 and found[answer]["commands"] == [], answer
    assert found["state"]["mode"] == "0o755" and not found["state"]["capable"]
    assert found["yes"]["status"] == 0 and found["state_yes"]["capable"]


def test_fix_is_for_this_machine_only(joulebook, tmp_path):
    assert "--root" in joulebook("doctor", "--fix", "--root", tmp_path, status=2).stderr
    assert "--root" in joulebook("doctor", "--fix", status=2, env={"JOULEBOOK_ROOT": str(tmp_path)}).stderr
    assert "--fix" in joulebook("doctor", "--yes", status=2).stderr
    assert "--record" in joulebook("doctor", "--fix", "--record", tmp_path / "new", status=2).stderr


def test_fix_prints_its_plan_as_json_and_does_nothing(joulebook):
    plan = json.loads(joulebook("doctor", "--fix", "--json", "--sensors", "fake", status=None).stdout)
    assert plan["schema"] == 1 and plan["way"] == "nothing" and plan["steps"] == [] and not plan["missing"]


def test_the_helper_does_not_run_by_hand():
    result = subprocess.run([str(BUILD / "src/helper/joulebook-sensors")], stdin=subprocess.DEVNULL, text=True, check=False,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30)
    assert result.returncode == 2 and "joulebook-sensors(8)" in result.stderr


@in_a_world
def test_a_group_that_is_somebody_elses_first_is_not_my_own():
    """Who has it as the group of the login stands in no list of members."""
    plan = tell("somebody_else_in_my_group")["plan"]
    assert plan["way"] == "helper" and plan["group"] == "joulebook"


@in_a_world
def test_a_sudo_in_the_current_folder_is_not_run():
    found = tell("sudo_of_the_folder")
    assert not found["ran"]
    assert found["fixed"]["status"] == 0 and len(found["fixed"]["commands"]) == 3
