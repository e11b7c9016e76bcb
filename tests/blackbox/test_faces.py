# SPDX-License-Identifier: Apache-2.0
"""list, show, compare, rm, export, doctor, grid, hardware, calibrate, completion."""
import csv
import io
import json
import math
import os
import re
import subprocess
import sys

import pytest
from conftest import BUILD
from machines import Machine

CODECARBON = ("timestamp,project_name,run_id,experiment_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,cpu_energy,"
              "gpu_energy,ram_energy,energy_consumed,water_consumed,country_name,country_iso_code,region,cloud_provider,cloud_region,os,"
              "python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,longitude,latitude,ram_total_size,tracking_mode,"
              "cpu_utilization_percent,gpu_utilization_percent,ram_utilization_percent,ram_used_gb,on_cloud,pue,wue").split(",")


@pytest.fixture
def two_runs(joulebook):
    joulebook("run", "--quiet", "--name", "first", "--project", "alpha", "--zone", "KR", "--", "sleep", "0.2")
    joulebook("run", "--quiet", "--name", "second", "--tag", "size=big", "--", "sleep", "1.2")
    return joulebook


def test_list_shows_newest_first_and_filters(two_runs):
    lines = two_runs("list").stdout.splitlines()
    assert "second" in lines[1] and "first" in lines[2]
    assert [r["run"]["name"] for r in two_runs.runs()] == ["second", "first"]
    only = json.loads(two_runs("list", "--json", "--project", "alpha").stdout)["runs"]
    assert [r["run"]["name"] for r in only] == ["first"]
    tagged = json.loads(two_runs("list", "--json", "--tag", "size=big").stdout)["runs"]
    assert [r["run"]["name"] for r in tagged] == ["second"]
    assert len(json.loads(two_runs("list", "--json", "--limit", "1").stdout)["runs"]) == 1


def test_show_by_id_prefix_name_and_last(two_runs):
    newest = two_runs.runs()[0]["run"]["id"]
    for name in (newest, newest[:18], "second", "last"):
        assert json.loads(two_runs("show", name, "--json").stdout)["run"]["id"] == newest
    text = two_runs("show", "first").stdout
    for word in ("machine", "run", "footprint", "carbon", "embodied", "our cost", "±", "South Korea"):
        assert word in text


def test_compare_says_how_much_and_whether_it_is_clear(two_runs):
    text = two_runs("compare", "first", "second").stdout
    assert "reference" in text and "±" in text
    runs = json.loads(two_runs("compare", "first", "second", "--json").stdout)["runs"]
    assert [r["run"]["name"] for r in runs] == ["first", "second"]


def fits(text, columns=80):
    """Everything fits, but for commands, paths and sentences that are there to be copied or searched for."""
    wide = [line for line in text.splitlines() if len(line) > columns and not re.search(r"mend it with|warning:|\S{50}", line)]
    assert wide == []


def test_what_people_read_fits_80_columns(two_runs, machine):
    for command in (["show", "first"], ["show", "second"], ["compare", "first", "second", "last", "first"], ["grid"], ["grid", "US-CA"],
                    ["hardware"], ["hardware", "--root", machine.root], ["hardware", "EPYC 7742"], ["list"], ["--help"]):
        fits(two_runs(*command).stdout)
    fits(two_runs("doctor", "--root", machine.root).stdout)
    result = two_runs("run", "--root", machine.root, "--name", "third", "--", "sleep", "0.3")
    fits(result.stderr)


def test_compare_calls_a_difference_beyond_two_sigma_clear(joulebook):
    """The sigmas of both in quadrature: a run of a hundred times the energy is no tie because its own sigma is large."""
    joulebook("run", "--quiet", "--name", "small", "--", "sleep", "0.3")
    joulebook("run", "--quiet", "--name", "large", "--", sys.executable, "-c",
              "import time\nwhile time.process_time() < 1.5: pass")
    small, large = (joulebook.record(name)["energy"] for name in ("small", "large"))
    distance = large["footprint_j"] - small["footprint_j"]
    sigma = math.hypot(large["footprint_uncertainty_j"], small["footprint_uncertainty_j"])

    def verdict(*runs):
        return re.search(r"^clear +(\w+)$", joulebook("compare", *runs).stdout, re.M).group(1)
    assert verdict("small", "large") == ("no" if distance < 2 * sigma else "yes")
    assert verdict("small", "small") == "no"


def test_unknown_energy_is_unknown_everywhere_and_never_zero(joulebook):
    """On a machine that answers nothing there is no energy, so no emissions either."""
    joulebook("run", "--quiet", "--name", "blind", "--sensors", "nvml", "--", "true")
    record = joulebook.record()
    assert record["energy"]["machine_j"] is None and record["carbon"]["emissions_g"] is None
    assert all(c["energy_j"] is None for c in record["energy"]["channels"])
    assert joulebook.runs()[0]["emissions_g"] is None
    assert "unknown" in joulebook("list").stdout
    assert not re.search(r"\b0 (J|g)\b", joulebook("show").stdout + joulebook("list").stdout)
    for form in ("summary", "codecarbon"):
        row = next(csv.DictReader(io.StringIO(joulebook("export", "last", "-f", form).stdout)))
        for key in ("emissions_g", "emissions", "cpu_j", "machine_j", "energy_consumed"):
            assert row.get(key, "") == "", key


def test_list_keeps_one_run_a_line_whatever_its_name(joulebook):
    joulebook("run", "--quiet", "--name", "a\nb\x1b[31m", "--", "true")
    joulebook("run", "--quiet", "--name", "x" * 5000, "--", "true")
    joulebook("run", "--quiet", "--name", "\u540d" * 70, "--", "true")
    assert len(joulebook("list").stdout.splitlines()) == 4
    ids = joulebook("list", "--ids").stdout.splitlines()
    assert len(ids) == 3 and all(re.fullmatch(r"[0-9A-Z]{26}\t[^\x00-\x1f]+", line) for line in ids)
    names = [line.split("  ")[-1] for line in joulebook("list").stdout.splitlines()[1:]]
    assert names[0] == "\u540d" * 60 + "..." and names[1] == "x" * 60 + "..."


def test_hardware_says_that_there_are_more(joulebook):
    assert "there are more" in joulebook("hardware", "xeon").stdout
    assert "there are more" not in joulebook("hardware", "EPYC 7742").stdout


def test_rm_removes_what_is_named_and_a_typo_removes_nothing(two_runs):
    two_runs("rm", "first", "no-such-run", status=2)
    assert len(two_runs.runs()) == 2
    two_runs("rm", "first")
    assert [r["run"]["name"] for r in two_runs.runs()] == ["second"]


def test_export_json_is_the_record(two_runs):
    assert json.loads(two_runs("export", "last", "--format", "json").stdout) == two_runs.record()


def test_export_csv_series(two_runs):
    rows = list(csv.DictReader(io.StringIO(two_runs("export", "last", "--format", "csv").stdout)))
    assert len(rows) >= 10
    assert {r["method"] for r in rows} <= {"counter", "integrated", "modelled"}
    elapsed = [float(r["elapsed_s"]) for r in rows]
    assert elapsed == sorted(elapsed) and elapsed[-1] >= 1.0


def test_export_codecarbon_has_exactly_its_columns(two_runs):
    rows = list(csv.reader(io.StringIO(two_runs("export", "first", "--format", "codecarbon").stdout)))
    assert rows[0] == CODECARBON and len(rows) == 2 and len(rows[1]) == 38
    row = dict(zip(rows[0], rows[1]))
    record = two_runs.record("first")
    assert float(row["energy_consumed"]) == pytest.approx(record["energy"]["footprint_j"] / 3.6e6, rel=1e-6)
    assert float(row["emissions"]) == pytest.approx(record["carbon"]["emissions_g"] / 1000, rel=1e-6)
    assert row["country_iso_code"] == "KOR"


def test_export_html_is_one_file_that_needs_nothing(two_runs, tmp_path):
    path = tmp_path / "run.html"
    two_runs("export", "last", "--format", "html", "-o", path)
    text = path.read_text()
    assert text.lower().startswith("<!doctype html>") and "</html>" in text
    assert "<svg" in text and "Content-Security-Policy" in text
    assert not re.search(r'(src|href)="(https?:)?//', text)
    assert "<script" not in text or "sha256-" in text


def test_export_to_a_place_that_cannot_be_written_leaves_nothing(two_runs, tmp_path):
    result = two_runs("export", "last", "--format", "json", "-o", tmp_path / "no" / "x.json", status=1)
    assert len(result.stderr.splitlines()) == 1


def test_export_writes_through_devices_and_links(two_runs, tmp_path):
    """A rename would put a file in the place of the device: as root that was the end of /dev/null."""
    two_runs("run", "--quiet", "--", "true")
    fifo, link, real, dangling = (tmp_path / name for name in ("fifo", "link", "real.json", "dangling"))
    os.mkfifo(fifo)
    with subprocess.Popen(["cat", fifo], stdout=subprocess.PIPE, text=True) as cat:
        two_runs("export", "last", "-f", "json", "-o", fifo)
        assert json.loads(cat.stdout.read()) == two_runs.record()
    assert fifo.is_fifo()
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    two_runs("export", "last", "-f", "json", "-o", link)
    assert link.is_symlink() and json.loads(real.read_text()) == two_runs.record()
    assert real.stat().st_mode & 0o777 == 0o600
    dangling.symlink_to(tmp_path / "new.json")
    two_runs("export", "last", "-f", "json", "-o", dangling)
    assert dangling.is_symlink() and json.loads((tmp_path / "new.json").read_text()) == two_runs.record()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["dangling", "fifo", "home", "link", "new.json", "real.json"]


def test_export_obeys_the_umask(two_runs, tmp_path):
    line = " ".join(two_runs.args("export", "last", "-f", "json", "-o", tmp_path / "private.json"))
    subprocess.run(["sh", "-c", "umask 077; " + line], env=two_runs.env, check=True)
    assert (tmp_path / "private.json").stat().st_mode & 0o777 == 0o600


def test_help_of_a_command_by_its_name(joulebook):
    assert joulebook("help", "run").stdout == joulebook("run", "--help").stdout
    assert "show" in joulebook("help", "shwo", status=2).stderr


def test_doctor_names_every_channel_and_driver(joulebook, machine):
    result = joulebook("doctor", "--root", machine.root)
    assert "rapl-powercap" in result.stdout and "our cost" in result.stdout
    report = json.loads(joulebook("doctor", "--root", machine.root, "--json").stdout)
    assert report["schema"] == 1 and report["machine"]["cpu"].startswith("Intel")
    counted = [c for c in report["channels"] if c["in_total"]]
    assert sum(c["power_w"] for c in counted) == pytest.approx(machine.leaves, rel=0.02)
    for channel in counted:
        assert channel["update_period_s"] is None or channel["update_period_s"] > 0
    absent = {c["source"]: c for c in report["channels"] if c["status"] == "absent"}
    assert "rapl-perf" in absent and absent["rapl-perf"]["reason"]


def test_doctor_holds_the_sensors_against_each_other(joulebook, machine):
    report = json.loads(joulebook("doctor", "--root", machine.root, "--json").stdout)
    checks = {(c["kind"], c["channel"]): c for c in report["checks"]}
    assert checks["twin", "cpu/0/package"]["against"] == "cpu/0/package-mmio"
    assert checks["parts", "cpu/0/package"]["ratio"] == pytest.approx(0.6, abs=0.03)
    assert checks["parts", "board/psys"]["against_w"] == pytest.approx(machine.leaves, rel=0.03)
    assert {c["verdict"] for c in report["checks"]} == {"agree"}
    package = next(c for c in report["channels"] if c["id"] == "cpu/0/package")
    # The made-up counters move each millisecond, on a busy machine less often; a survey at 50 readings/s would say 20 ms.
    assert 0.0009 < package["update_period_s"] < 0.015 and package["resolution_j"] == pytest.approx(1e-6)


def test_doctor_says_when_parts_exceed_the_whole(joulebook, tmp_path):
    made = Machine(tmp_path / "root", packages=(100.0, 20.0))
    made.zones = [(path, watts * 3 if path.parent.name == "intel-rapl:0:0" else watts, start) for path, watts, start in made.zones]
    with made:
        report = json.loads(joulebook("doctor", "--root", made.root, "--json").stdout)
        text = joulebook("doctor", "--root", made.root).stdout
    verdicts = {c["channel"]: c["verdict"] for c in report["checks"] if c["kind"] == "parts"}
    assert verdicts == {"cpu/0/package": "disagree", "cpu/1/package": "agree", "board/psys": "agree"}
    assert "the parts exceed the whole" in text


def test_doctor_fails_where_nothing_is_measured(joulebook, tmp_path):
    (tmp_path / "empty").mkdir()
    result = joulebook("doctor", "--root", tmp_path / "empty", status=1)
    assert "nothing is measured" in result.stdout


def test_grid_by_many_names(joulebook):
    def zone(*args):
        return json.loads(joulebook("grid", *args, "--json").stdout)
    assert zone("KR")["zone"] == zone("south korea")["zone"] == zone("KOR")["zone"]
    assert zone("aws:eu-west-3")["country"] == "FR"
    assert zone("US-CA")["g_per_kwh"] > 0
    world = zone()
    assert world["zone"] == "World" and world["estimated"] and world["uncertainty_g_per_kwh"] > 0.3 * world["g_per_kwh"]
    seoul = json.loads(joulebook("grid", "--json", env={"TZ": "Asia/Seoul"}).stdout)
    assert seoul["zone"] == "KR" and "guessed from the time zone" in seoul["note"]
    assert "KR" in joulebook("grid", "--list-zones").stdout.split()


def test_hardware_of_this_and_of_a_named_part(joulebook, machine):
    text = joulebook("hardware", "--root", machine.root).stdout
    assert "Gold 6248" in text and "150 W" in text
    assert "225 W" in joulebook("hardware", "EPYC 7742").stdout
    joulebook("hardware", "zzzz-no-such-part", status=2)


def test_calibrated_idle_is_used_and_named(joulebook, machine):
    joulebook("calibrate", "idle", "--for", "2s", "--root", machine.root, status=None)
    record = joulebook.measure("--root", machine.root, "--baseline", "1s", "--", "sleep", "0.5")
    sources = {c["idle_source"] for c in record["energy"]["channels"] if c["in_total"]}
    assert sources == {"measured before the run"}


def test_help_of_every_command_goes_to_stdout(joulebook):
    commands = re.findall(r"^  (\w+)  ", joulebook("--help").stdout, re.M)
    assert {"run", "list", "show", "compare", "rm", "export", "doctor", "grid", "hardware", "calibrate"} <= set(commands)
    for command in commands:
        result = joulebook(command, "--help")
        assert "usage" in result.stdout.lower() and result.stderr == ""


@pytest.mark.parametrize("shell,check", [("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])])
def test_completion_scripts_are_valid(joulebook, tmp_path, shell, check):
    script = tmp_path / "completion"
    script.write_text(joulebook("completion", shell).stdout)
    subprocess.run(check + [str(script)], check=True, env=joulebook.env)


def test_bash_completes_commands_options_and_choices(joulebook, tmp_path):
    script = tmp_path / "completion"
    script.write_text(joulebook("completion", "bash").stdout)

    def complete(*words):
        line = " ".join(words)
        code = (f'source {script}; COMP_WORDS=({" ".join(repr(w) if w else chr(39) * 2 for w in words)}); '
                f'COMP_CWORD={len(words) - 1}; COMP_LINE="{line}"; COMP_POINT=${{#COMP_LINE}}; '
                'f=$(complete -p joulebook | sed "s/.*-F \\([^ ]*\\).*/\\1/"); $f joulebook "${COMP_WORDS[COMP_CWORD]}" "" ; '
                'printf "%s\\n" "${COMPREPLY[@]}"')
        env = dict(joulebook.env, PATH=f"{BUILD}:/usr/bin:/bin")
        return subprocess.run(["bash", "-c", code], text=True, capture_output=True, check=True, env=env).stdout.split()
    assert "run" in complete("joulebook", "ru")
    assert "--baseline" in complete("joulebook", "run", "--ba")
    assert set(complete("joulebook", "export", "--format", "")) >= {"json", "csv", "codecarbon", "html"}
    assert "KR" in complete("joulebook", "grid", "KR")
