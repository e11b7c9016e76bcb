# SPDX-License-Identifier: Apache-2.0
"""Bad input: one clear line on stderr with a hint, the documented exit status, nothing lost or half-written."""
import os
import sqlite3
import subprocess
import sys

import pytest


def one_line(result):
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    return result.stderr


@pytest.mark.parametrize("args,words", [
    (["run", "--intervall", "1s", "--", "true"], ["--intervall", "--interval"]),
    (["run", "--interval", "-5ms", "--", "true"], ["-5ms"]),
    (["run", "--interval", "5", "--", "true"], ["5", "100ms"]),
    (["run", "--interval", "0ms", "--", "true"], ["1 ms"]),
    (["run", "--interval", "2h", "--", "true"], ["60 s"]),
    (["run", "--zone", "KX", "--", "true"], ["KX"]),
    (["run", "--zone", "Germani", "--", "true"], ["Germani", "Germany"]),
    (["run", "--basis", "wall", "--", "true"], ["wall", "footprint"]),
    (["run", "--pue", "0.3", "--", "true"], ["0.3"]),
    (["run", "--sensors", "rapl-perv", "--", "true"], ["rapl-perv", "rapl-perf"]),
    (["run", "--tag", "novalue", "--", "true"], ["KEY=VALUE"]),
    (["run"], ["joulebook run --"]),
    (["export", "last", "--format", "xml"], ["xml", "json"]),
    (["export", "last"], ["format"]),
    (["grid", "Atlantis"], ["Atlantis"]),
    (["hardware", "qqqqqqqqq"], ["qqqqqqqqq"]),
    (["shwo"], ["shwo", "show"]),
    (["calibrate", "wind"], ["idle"]),
    (["list", "--limit", "many"], ["many"]),
    (["run", "--root", "/no/such/folder", "--", "true"], ["/no/such/folder"]),
])
def test_bad_usage_is_one_line_and_2(joulebook, args, words):
    text = one_line(joulebook(*args, status=2))
    for word in words:
        assert word in text
    assert joulebook.runs() == []


def test_unknown_run_is_2_with_a_hint(joulebook):
    joulebook("run", "--quiet", "--name", "resnet", "--", "true")
    text = one_line(joulebook("show", "resnett", status=2))
    assert "resnett" in text


def test_no_run_yet_says_how_to_begin(joulebook):
    assert "joulebook run" in one_line(joulebook("list", status=1))


def test_unknown_config_key_is_an_error_with_its_line(joulebook):
    conf = joulebook.home / "config/joulebook/joulebook.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("# mine\n[grid]\nzone = KR\nzoom = 3\n")
    text = one_line(joulebook("run", "--", "true", status=2))
    assert f"{conf}:4" in text and "zoom" in text and "zone" in text


def test_config_and_environment_are_read_in_order(joulebook):
    conf = joulebook.home / "config/joulebook/joulebook.conf"
    conf.parent.mkdir(parents=True)
    conf.write_text("[grid]\nzone = KR\n")
    assert joulebook.measure("--", "true")["carbon"]["zone"] == "KR"
    assert joulebook.measure("--", "true", env={"JOULEBOOK_GRID_ZONE": "FR"})["carbon"]["zone"] == "FR"
    assert joulebook.measure("--zone", "DE", "--", "true", env={"JOULEBOOK_GRID_ZONE": "FR"})["carbon"]["zone"] == "DE"
    assert one_line(joulebook("run", "--", "true", status=2, env={"JOULEBOOK_GRID_PUE": "lots"})).count("JOULEBOOK_GRID_PUE") == 1


def test_a_file_that_is_no_database_is_left_alone(joulebook, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("dear diary " * 1000)
    before = path.read_bytes()
    result = joulebook("run", "--db", path, "--", "echo", "ran")
    assert result.stdout == "ran\n" and "not kept" in result.stderr
    one_line(joulebook("list", "--db", path, status=1))
    assert path.read_bytes() == before


def test_somebody_elses_database_is_left_alone(joulebook, tmp_path):
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as other:
        other.execute("create table mine (x)")
        other.execute("insert into mine values (1)")
    before = path.read_bytes()
    one_line(joulebook("list", "--db", path, status=1))
    assert "not kept" in joulebook("run", "--db", path, "--", "true").stderr
    assert path.read_bytes() == before


def test_a_newer_database_is_refused(joulebook):
    joulebook("run", "--quiet", "--", "true")
    path = joulebook.home / "data/joulebook/joulebook.db"
    with sqlite3.connect(path) as db:
        db.execute("pragma user_version = 999")
    assert "newer" in one_line(joulebook("list", status=1))


def test_terminal_escapes_in_names_are_not_printed(joulebook):
    joulebook("run", "--quiet", "--name", "evil\x1b[31mname", "--", "true")
    for command in (["list"], ["show", "last"]):
        assert "\x1b" not in joulebook(*command).stdout


def test_csv_with_another_header_is_never_appended_to(joulebook, tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text("a,b,c\n1,2,3\n")
    result = joulebook("run", "--quiet", "--csv", path, "--", "true")
    assert path.read_text() == "a,b,c\n1,2,3\n"
    others = [p for p in tmp_path.iterdir() if p.name.startswith("runs") and p != path]
    assert len(others) == 1 and others[0].name in result.stderr


@pytest.mark.parametrize("args", [["show"], ["list", "--json"], ["grid", "--json"], ["hardware"], ["export", "last", "-f", "html"],
                                  ["--help"], ["--version"], ["help"], ["list", "--help"]])
def test_a_full_stdout_is_told_in_one_line(joulebook, args):
    joulebook("run", "--quiet", "--", "true")
    with open("/dev/full", "w") as full:
        result = subprocess.run(joulebook.args(*args), env=joulebook.env, stdout=full, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1 and "No space left" in result.stderr


def test_a_full_or_closed_stdout_does_not_change_the_status_of_a_run(joulebook):
    with open("/dev/full", "w") as full:
        result = subprocess.run(joulebook.args("run", "--quiet", "--json", "-", "--", "sh", "-c", "exit 3"), env=joulebook.env,
                                stdout=full, stderr=subprocess.PIPE, text=True)
        assert result.returncode == 3 and len(result.stderr.splitlines()) == 1
        strict = subprocess.run(joulebook.args("run", "--quiet", "--strict", "--json", "-", "--", "true"), env=joulebook.env,
                                stdout=full, stderr=subprocess.PIPE, text=True)
        assert strict.returncode == 125
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(joulebook.args("run", "--quiet", "--json", "-", "--", "true"), env=joulebook.env, stdout=writer,
                            stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert result.returncode == 0 and "Broken pipe" in result.stderr


def test_standard_files_that_are_closed_stay_closed_for_the_command_and_are_not_reused(joulebook, tmp_path):
    script = tmp_path / "standard.py"
    script.write_text("import os, sys\nopened = [n for n in range(3) if os.path.exists(f'/proc/self/fd/{n}')]\n"
                      "open(sys.argv[1], 'w').write(str(opened))\n")
    line = " ".join(joulebook.args("run", "--json", "-", "--", sys.executable, script, tmp_path / "opened"))
    result = subprocess.run(["sh", "-c", line + " <&- >&-"], env=joulebook.env, stderr=subprocess.PIPE, text=True)
    assert result.returncode == 0 and "Bad file descriptor" in result.stderr
    assert (tmp_path / "opened").read_text() == "[2]"
    assert len(joulebook.runs()) == 1


def test_quiet_still_tells_that_a_run_is_not_kept(joulebook, tmp_path):
    result = joulebook("run", "--quiet", "--db", tmp_path, "--", "echo", "ran")
    assert result.stdout == "ran\n"
    assert len(result.stderr.splitlines()) == 1 and "not kept" in result.stderr


@pytest.mark.parametrize("text", ["kind,vendor\n", "kind,vendor,model,match_key,tdp_w,tdp_min_w,tdp_max_w,max_turbo_w,cores,idle_w,n_sources,"
                                  "source\ncpu,AMD,EPYC 7742,,22"])
def test_a_truncated_table_is_told_before_anything_runs(joulebook, tmp_path, text):
    table, ran = tmp_path / "parts.csv", tmp_path / "ran"
    table.write_text(text)
    env = {"JOULEBOOK_HARDWARE_TABLE": str(table)}
    for command in (["run", "--quiet", "--", "touch", ran], ["doctor"], ["hardware"]):
        said = one_line(joulebook(*command, status=2, env=env))
        assert str(table) in said and "; " in said
    assert not ran.exists() and joulebook.runs() == []


def test_a_damaged_database_is_no_bad_usage(joulebook):
    """It is 1, not 2, and no empty table is printed as if there were no runs."""
    for _ in range(3):
        joulebook("run", "--quiet", "--", "true")
    path = joulebook.home / "data/joulebook/joulebook.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:8192] + b"\xa5" * (len(whole) - 16384) + whole[-8192:])
    for command in (["list"], ["show"], ["export", "last", "-f", "json"], ["rm", "last"]):
        assert ".recover" in one_line(joulebook(*command, status=1))


def test_a_database_that_is_not_there_is_named(joulebook, tmp_path):
    assert str(tmp_path / "x.db") in one_line(joulebook("list", "--db", tmp_path / "x.db", status=1))


def test_config_mistakes_are_told_with_their_place(joulebook):
    conf = joulebook.home / "config/joulebook/joulebook.conf"
    conf.parent.mkdir(parents=True)
    for setting, word in (("sensors = rapl-perv", "rapl-perv"), ("baseline = 1h", "600 s")):
        conf.write_text(f"[run]\n{setting}\n")
        said = one_line(joulebook("run", "--", "true", status=2))
        assert f"{conf}:2" in said and word in said
