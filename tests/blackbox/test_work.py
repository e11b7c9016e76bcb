# SPDX-License-Identifier: Apache-2.0
"""What a run did with its energy, from the database to every face: report, JSON, CSV, HTML, compare, rm.

The runs are put into the database by make_run.c, with the text that the store keeps of phases, epochs and operators, so
that a test knows what must come out; what puts it there from a real program is tested elsewhere.
"""
import csv
import io
import json
import re
import sqlite3
import subprocess

import pytest
from conftest import BUILD
from test_html import CHROMIUM, Outline, browser, without_policy  # noqa: F401 (browser is a fixture)

RUN_UJ = 1_200_000_000
START = "2026-11-01T00:00:00Z"


def work(epochs=6, **more):
    """A training run of RUN_UJ in 20 s: two operators that cannot be told apart, one that is hardly known."""
    named = [("aten::mkldnn_convolution", "convolution", "cpu", 1840, 9.5, .50, .01, "high", -1),
             ("aten::native_batch_norm", "normalization", "cpu", 920, 2.5, .12, .005, "medium", 3, .003),
             ("aten::threshold_backward", "activation", "cpu", 920, 1.5, .08, .004, "medium", 3, .003),
             ("aten::addmm", "matmul", "cpu", 1840, 1.0, .06, .002, "high", -1),
             ("aten::bernoulli_", "dropout", "cpu", 920, .5, .03, .03, "low", -1)]
    operators = [[*o[:5], int(o[5] * RUN_UJ), o[6] * RUN_UJ, *o[7:9], *(sigma * RUN_UJ for sigma in o[9:])] for o in named]
    parts = {"create": .03, "data": .05, "forward": .32, "backward": .55}
    phases = [[name, 20 * part, int(part * RUN_UJ), .01 * RUN_UJ] for name, part in parts.items()]
    phases.append(["other", 1.0, RUN_UJ - sum(p[2] for p in phases), .02 * RUN_UJ])
    each = int(.9 * RUN_UJ / epochs)
    regions = [[i + 1, 0, "epoch", "epoch", i, 1 + 18 / epochs * i, 18 / epochs, each - 1_000_000 * i, 500_000, 0]
               for i in range(epochs)]
    made = {"ops": "auto", "attribution": "estimated", "sources": "pytorch, itt", "steps": 920, "steps_caught": 214,
            "caught_s": 4.5, "slowdown": .004, "slowdown_sd": .002, "lag_s": .0013, "edge_s": None,
            "outside_uj": RUN_UJ - 6_000_000 - sum(o[5] for o in operators), "outside_uncertainty_uj": .01 * RUN_UJ,
            "outside_s": 2.0, "unattributed_uj": 6_000_000, "phases": phases, "regions": regions,
            "groups": [["layer", "features.0", 1840, 5.0, int(.3 * RUN_UJ), 1e6], ["region", "augment", 920, .9, 60_000_000, None]],
            "operators": operators}
    return made | more


@pytest.fixture
def make(joulebook, tmp_path):
    """Put a run into the database; its id."""
    database = joulebook.home / "data" / "joulebook" / "joulebook.db"

    def made(content, start=START):
        joulebook.home.joinpath("data", "joulebook").mkdir(parents=True, exist_ok=True)
        path = tmp_path / "work.json"
        path.write_text(json.dumps(content))
        joules = "".join(f"{RUN_UJ / 1e6 / 20}\n" for _ in range(20))
        return subprocess.run([BUILD / "tests/blackbox/make_run", database, start, "KR", "1", "436", "made up",
                               *([] if content is None else [path])],
                              input=joules, text=True, check=True, capture_output=True).stdout.strip()
    made.database = database
    return made


def shown(line):
    return re.sub(" +", " ", line).strip()


def test_show_tells_phases_epochs_operators_and_layers(joulebook, make):
    make(work())
    text = joulebook("show").stdout
    lines = [shown(line) for line in text.splitlines()]
    assert all(len(line) <= 80 for line in text.splitlines()), text
    assert any(line.startswith("backward 11.0 s 660 J ± 12.0 J 55.0 █") for line in lines), text
    assert any(line.startswith("epochs 6, of 3.00 s ± 0 s and 178 J ± 1.87 J each") for line in lines)
    assert "their energy falls by 2.8 %" in " ".join(lines)
    assert "conv mkldnn_convolution 1840 9.50 s 600 J 326 mJ 50.0 ±2.0 high" in lines
    at = lines.index("norm native_batch_norm 1840 4.00 s 240 J 130 mJ 20.0 ±0.6 med")
    assert lines[at + 1] == "+ threshold_backward"
    assert "drop bernoulli_ 920 500 ms ~40 J ~40 mJ ~3 ±5.9 LOW" in lines
    assert "outside operators 2.00 s 246 J 20.5 ±2.0" in lines
    assert "unattributed 6.00 J 0.5" in lines
    assert "operators from 214 of 920 steps, told by pytorch, itt; catching slowed the run by 0.4 % ± 0.2 %" in " ".join(lines)
    assert "features.0 1840 5.00 s 360 J ± 1.00 J 196 mJ 30.0" in lines
    assert "augment 920 900 ms 60.0 J ± unknown 65.2 mJ 5.0" in lines


def test_show_without_utf8_is_ascii_there_and_colours_tell_confidence(joulebook, make):
    make(work())
    text = joulebook("show", env={"LC_ALL": "C"}).stdout
    assert text.isascii() or all(c in "±" for c in text if not c.isascii())  # of the parts that every run has
    assert "50.0 +-2.0" in text and "####" in text
    coloured = joulebook("show", "--color=always").stdout
    assert "\033[32mhigh\033[0m" in coloured and "\033[33mmed\033[0m" in coloured and "\033[31mLOW\033[0m" in coloured


def test_show_limit_is_how_long_the_tables_are(joulebook, make):
    many = [[f"op{i}", "matmul", "cpu", 1, 1, 10_000_000 - i, 1, "high", -1] for i in range(30)]
    make(work(operators=many))
    for options, first_missing, more in (((), "op12 ", "18 more"), (("--limit", "20"), "op20 ", "10 more"), (("-n", "3"), "op3 ", "27 more")):
        text = joulebook("show", *options).stdout
        assert first_missing not in text and more in text
    assert "op29 " in joulebook("show", "--limit", "0").stdout
    for wrong in ("-1", "x", "", "1.5", "99999999999999999999"):
        assert "--limit" in joulebook("show", "--limit", wrong, status=2).stderr


def test_json_is_complete_and_sums_to_the_microjoule(joulebook, make):
    made = work()
    make(made)
    record = joulebook.record()

    def uj(value):
        return round(value * 1e6)
    run_uj = uj(record["energy"]["run_j"])
    assert run_uj == RUN_UJ
    assert sum(uj(p["energy_j"]) for p in record["phases"]) == run_uj
    assert sum(uj(o["energy_j"]) for o in record["operators"]) + uj(record["work"]["outside_j"]) + uj(record["work"]["unattributed_j"]) == run_uj
    assert record["work"] == {"ops": "auto", "attribution": "estimated", "sources": ["pytorch", "itt"], "epochs_planned": None, "steps": 920, "steps_caught": 214,
                              "caught_s": 4.5, "slowdown": .004, "slowdown_uncertainty": .002, "outside_j": 246.0,
                              "outside_uncertainty_j": 12.0, "outside_s": 2.0, "unattributed_j": 6.0, "sensor_lag_s": .0013,
                              "sensor_edge_s": None}
    assert [(o["name"], o["merged_with"]) for o in record["operators"] if o["merged_with"]] == [
        ("aten::native_batch_norm", ["aten::threshold_backward"]), ("aten::threshold_backward", ["aten::native_batch_norm"])]
    assert {o["confidence"] for o in record["operators"]} == {"high", "medium", "low"}
    epoch = record["regions"][2]
    assert epoch["kind"] == "epoch" and epoch["index"] == 2 and epoch["energy_j"] == 178.0 and epoch["guessed"] is False
    assert epoch["emissions_g"] == pytest.approx(record["carbon"]["emissions_g"] * 178 / 1200)
    assert [layer["name"] for layer in record["layers"]] == ["features.0"]
    assert record["region_totals"] == [{"kind": "region", "name": "augment", "calls": 920, "time_s": .9, "energy_j": 60.0, "uncertainty_j": None}]


def test_a_run_that_nothing_is_known_of_says_nothing_of_it(joulebook, make):
    make(None)
    record = joulebook.record()
    assert record["work"] is None
    assert record["regions"] == record["region_totals"] == record["phases"] == record["layers"] == record["operators"] == []
    assert "operators" not in joulebook("show").stdout
    assert "Operators" not in joulebook("export", "last", "-f", "html").stdout


def test_a_new_price_is_that_of_the_epochs_too(joulebook, make):
    run = make(work())
    before = joulebook.record()
    with sqlite3.connect(make.database) as db:
        db.execute("UPDATE run SET emissions_g = emissions_g * 2")  # as `grid backfill` leaves it
    after = joulebook.record()
    assert after["run"]["id"] == run and after["carbon"]["emissions_g"] != before["carbon"]["emissions_g"]
    assert after["regions"][0]["emissions_g"] == pytest.approx(after["carbon"]["emissions_g"] * 180 / 1200)


def test_csv_names_the_epoch(joulebook, make):
    make(work())
    rows = list(csv.DictReader(io.StringIO(joulebook("export", "last", "-f", "csv").stdout)))
    assert [row["region"] for row in rows] == ["", *(f"epoch {i // 3}" for i in range(18)), ""]


def test_compare_has_phases_and_classes(joulebook, make):
    first = make(work())
    second = make(work(phases=[["forward", 20, RUN_UJ, 1e6]]), start="2026-11-02T00:00:00Z")
    lines = [shown(line) for line in joulebook("compare", first, second).stdout.splitlines()]
    assert "forward 384 J ± 12.0 J 1.20 kJ ± 1.00 J" in lines
    assert "backward 660 J ± 12.0 J" in lines
    assert "convolution 600 J, 50.0 % 600 J, 50.0 %" in lines


def test_a_lost_run_shows_what_was_kept_last(joulebook, make):
    half = work()
    half["phases"] = [[name, seconds / 2, energy // 2, sigma] for name, seconds, energy, sigma in half["phases"]]
    make(half)
    with sqlite3.connect(make.database) as db:
        db.execute("UPDATE run SET status = 'running', ended_ns = 0, meter_start = meter_start + 1")
    text = joulebook("show").stdout
    assert "lost" in text and "as of when they were kept last: 600 J of the run's 1.20 kJ" in text
    page = joulebook("export", "last", "-f", "html").stdout
    assert "As of when they were kept last" in page


def test_rm_removes_it(joulebook, make):
    run = make(work())
    joulebook("rm", run)
    with sqlite3.connect(make.database) as db:
        assert db.execute("SELECT count(*) FROM run_text").fetchone() == (0,)


@pytest.mark.parametrize("text", ["[]", "7", "{", '{"phases": 7, "operators": [[], 7, null, {}], "regions": [[1, 1]]}',
                                  json.dumps({"operators": [["\x1b[2J" + "x" * 500] * 9] * 50, "phases": [["\x1b]0;x\x07"] * 4] * 50})],
                         ids=["list", "number", "cut", "kinds", "escapes"])
def test_hostile_text_in_the_database_breaks_no_face(joulebook, make, text):
    make(work())
    with sqlite3.connect(make.database) as db:
        db.execute("UPDATE run_text SET work = ?", (text,))
    for face in (["show"], ["show", "--json"], ["export", "last", "-f", "html"], ["export", "last", "-f", "csv"], ["compare", "last", "last"]):
        result = joulebook(*face)
        assert "\x1b" not in result.stdout
    json.loads(joulebook("show", "--json").stdout)


def attack():
    words = '"><script>console.log(1)</script><img src=http://elsewhere.invalid/x onerror=console.log(2)>'
    hostile = work(epochs=30, sources=words[:90])
    for row in hostile["operators"]:
        row[0] = words + "W" * 60
        row[1], row[2] = words[:15], words[:15]
    for row in hostile["groups"]:
        row[1] = words + "W" * 60
    return hostile


@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; tools/setup.sh test installs it")
@pytest.mark.parametrize("content", [work(), attack(), work(epochs=900)], ids=["usual", "hostile", "long"])
def test_the_page_breaks_no_rule_and_fits_a_telephone(browser, joulebook, make, content):  # noqa: F811
    make(content)
    page = joulebook("export", "last", "-f", "html").stdout
    document, console, _ = browser.open(page)
    assert console == []
    _, console, asked = browser.open(without_policy(page))
    assert console == [] and asked == set()
    outline = Outline(document)
    assert "script" not in outline.tags and "img" not in outline.tags
    assert any("epoch" in picture for figure in outline.figures for picture in figure["pictures"])
    for figure in outline.figures:
        assert len(figure["pictures"]) == 1 and "table" in figure["pictures"][0]
        assert figure["summary"] and figure["cells"] >= 2
    for pixels in (335, 400, 1200):
        wanted, there = browser.width(page, pixels)
        assert wanted <= there <= pixels
