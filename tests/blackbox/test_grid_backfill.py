# SPDX-License-Identifier: Apache-2.0
"""What an outage left is filled in later: the same grams as if the network had been there, the old price and its reason kept."""
import csv
import os
import signal
import sqlite3
import subprocess

import grid_server
import pytest
from conftest import BUILD, wait_until
from grid_world import DAY, HOUR, grams, noon_and_night, seconds, steps, whole, world_at

CHANGE = steps(("2026-11-22T11:00:00Z", 100.0), ("2026-11-22T12:00:00Z", 300.0))
NOON = seconds("2026-11-22T12:00:00Z")


@pytest.fixture
def world(joulebook, machine):
    with world_at(joulebook, machine.root, "2026-11-22T11:59:55Z", CHANGE) as made:
        yield made.key("electricitymaps")


def marks(world):
    """How many there are in the database."""
    path = world.joulebook.home / "data" / "joulebook" / "joulebook.db"
    if not path.exists():
        return 0
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        there = database.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'mark'").fetchone()[0]
        return database.execute("SELECT count(*) FROM mark").fetchone()[0] if there else 0


def true_grams(record, intensity):
    """Each segment at what its own time really had."""
    carbon = record["carbon"]
    return carbon["pue"] * sum(s["energy_j"] / 3.6e6 * intensity("KR", seconds(s["start"])) for s in carbon["segments"])


def test_an_outage_in_the_middle_and_then_backfill_is_what_live_would_have_been(world):
    """The first value is there, then the network is gone; two hours later it is back."""
    process = world.start("run", "--quiet", "--name", "train", "--zone", "KR", "--pue", "1.1", "--basis", "machine", "--", "sleep", "12")
    cache = world.joulebook.home / "cache" / "joulebook"
    wait_until(lambda: any(b'"asked_ns": 1' in file.read_bytes() for file in cache.rglob("*.json")), "the first value", 20)
    world.server.modes["*"] = "500"
    assert process.wait(60) == 0
    before = world.record("train")
    assert before["carbon"]["segments"][0]["live"] is True
    assert before["carbon"]["segments"][-1]["live"] is False, before["carbon"]
    assert before["carbon"]["segments"][-1]["estimated"] is True
    assert any("electricitymaps" in step for step in before["carbon"]["steps"])
    assert "backfill" in world("show", "train").stdout, "what would make it better is said"

    world.grid.jump(2 * HOUR)
    result = world("grid", "backfill", "train", status=1)
    assert "electricitymaps" in result.stdout + result.stderr
    assert world.record("train")["carbon"]["emissions_g"] == before["carbon"]["emissions_g"], "nothing was made up meanwhile"

    world.server.modes.clear()
    world.grid.jump(2 * HOUR)
    result = world("grid", "backfill", "train")
    after = world.record("train")
    segments = whole(after)
    assert [s["g_per_kwh"] for s in segments] == [100, 300]
    assert all(s["live"] and not s["estimated"] for s in segments)
    assert after["carbon"]["emissions_g"] == pytest.approx(true_grams(after, CHANGE), rel=1e-3)
    assert after["energy"] == before["energy"], "nothing of the energy changes"
    total = {channel["id"] for channel in after["energy"]["channels"] if channel["in_total"]}
    rows = [row for row in csv.DictReader(world("export", "train", "--format", "csv").stdout.splitlines()) if row["channel"] in total]
    by_hand = sum(float(row["energy_j"]) / 3.6e6 * 1.1 * CHANGE("KR", seconds(row["time"]) - 0.001) for row in rows)
    assert after["carbon"]["emissions_g"] == pytest.approx(by_hand, rel=0.02), "from the series, which has steps of its own"
    assert after["carbon"]["emissions_g"] == pytest.approx(sum(float(row["emissions_g"]) for row in rows), rel=1e-3)

    former = after["carbon"]["former"]
    assert len(former) == 1
    assert former[0]["emissions_g"] == pytest.approx(before["carbon"]["emissions_g"], rel=1e-9)
    assert former[0]["reason"] and former[0]["source"] and former[0]["until"].startswith("2026-11-22T16:0")
    world("grid", "backfill", "train")
    assert len(world.record("train")["carbon"]["former"]) == 1, "nothing better, so nothing is changed"


def test_why_a_part_is_not_live_is_not_forgotten(world):
    """The second hour stays without a value of its own: the reason of the outage stays in the record."""
    world.server.modes["*"] = "500"
    dark = world.measure("--zone", "KR", "--basis", "machine", "--", "sleep", "8")
    assert dark["carbon"]["steps"]
    world.server.modes.clear()
    world.grid.intensity = lambda zone, t: 100.0 if t < NOON else None
    world.grid.jump(2 * HOUR)
    world("grid", "backfill", "last")
    carbon = world.record()["carbon"]
    assert [s["live"] for s in carbon["segments"]] == [True, False]
    assert carbon["steps"] == dark["carbon"]["steps"]


def test_live_and_backfilled_come_to_the_same(world, tmp_path):
    """One run priced live, one with the network gone all the time; the second is filled in and both agree to 0.1 % of a joule's price."""
    live = world.measure("--name", "live", "--zone", "KR", "--basis", "machine", "--", "sleep", "9")
    world.grid.set(seconds("2026-11-22T11:59:55Z"))
    for path in (world.joulebook.home / "cache").rglob("*"):
        if path.is_file():
            path.unlink()
    world.server.modes["*"] = "500"
    dark = world.measure("--name", "dark", "--zone", "KR", "--basis", "machine", "--", "sleep", "9")
    assert {s["live"] for s in dark["carbon"]["segments"]} == {False}
    assert "yearly" in dark["carbon"]["segments"][0]["source"]
    world.server.modes.clear()
    world.grid.jump(3 * HOUR)
    world("grid", "backfill", "dark")
    filled = world.record("dark")
    whole(filled)
    assert filled["carbon"]["emissions_g"] == pytest.approx(true_grams(filled, CHANGE), rel=1e-3)
    per_joule = [r["carbon"]["emissions_g"] / r["energy"]["machine_j"] for r in (live, filled)]
    share = [r["carbon"]["segments"][0]["energy_j"] / r["energy"]["machine_j"] for r in (live, filled)]
    expected = [(s * 100 + (1 - s) * 300) / 3.6e6 for s in share]
    assert per_joule == pytest.approx(expected, rel=1e-3)


def test_a_killed_run_is_priced_as_far_as_it_came(world):
    world.server.modes["*"] = "500"
    process = world.start("run", "--quiet", "--name", "lost", "--zone", "KR", "--basis", "machine", "--", "sleep", "60", start_new_session=True)
    wait_until(lambda: marks(world) > 0 and world.record("lost")["run"]["duration_s"] > 8, "energy on both sides of noon", 60)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    world.server.modes.clear()
    world.grid.jump(3 * HOUR)
    assert world.record("lost")["run"]["status"] == "lost"
    world("grid", "backfill", "--all")
    record = world.record("lost")
    assert record["run"]["status"] == "lost", "it stays so"
    segments = whole(record)
    assert [s["g_per_kwh"] for s in segments] == [100, 300]
    assert abs(seconds(segments[0]["end"]) - NOON) < 0.11
    assert record["carbon"]["emissions_g"] == pytest.approx(true_grams(record, CHANGE), rel=1e-3)


def test_a_run_in_progress_is_left_alone(world):
    world.server.modes["*"] = "500"
    process = world.start("run", "--quiet", "--name", "now", "--zone", "KR", "--", "sleep", "60")
    wait_until(lambda: any(r["run"]["name"] == "now" for r in world.joulebook.runs()), "the run in the list")
    assert "running" in world("grid", "backfill", "now", status=1).stderr
    world("grid", "backfill", "--all", status=None)
    process.send_signal(signal.SIGTERM)
    process.wait(20)


def make_run(world, joules, start="2026-11-21T00:00:00Z", zone="KR", step=300, g_per_kwh=250, source="electricitymaps-yearly-2025 (ODbL)"):
    """A run in the database that nobody had to wait for; its id."""
    db = world.joulebook.home / "data/joulebook/joulebook.db"
    out = subprocess.run([BUILD / "tests/blackbox/make_run", db, start, zone, str(step), str(g_per_kwh), source], check=True, text=True,
                         input="".join(f"{j}\n" for j in joules), stdout=subprocess.PIPE)
    return out.stdout.strip()


@pytest.fixture
def later(joulebook, tmp_path):
    """Two days on, with days of 50 at noon and 500 at night behind."""
    with world_at(joulebook, tmp_path / "root", "2026-11-23T09:30:00Z", noon_and_night) as made:
        yield made.key("electricitymaps")


# A night watch: full power from 20 to 8, little by day.
NIGHT = [300 * (400.0 if not 8 <= n / 12 < 20 else 40.0) for n in range(288)]


def test_a_day_is_priced_by_the_hour(later):
    run = make_run(later, NIGHT)
    begin = seconds("2026-11-21T00:00:00Z")
    by_hour = sum(j / 3.6e6 * noon_and_night("KR", begin + 300 * n) for n, j in enumerate(NIGHT))
    mean = sum(noon_and_night("KR", begin + 300 * n) for n in range(288)) / 288
    single = sum(NIGHT) / 3.6e6 * mean
    assert later.record(run)["carbon"]["emissions_g"] == pytest.approx(sum(NIGHT) / 3.6e6 * 250)

    later("grid", "backfill", run)
    record = later.record(run)
    segments = whole(record)
    assert record["carbon"]["emissions_g"] == pytest.approx(by_hour, rel=1e-6)
    assert all(s["live"] for s in segments)
    assert record["carbon"]["intensity_g_per_kwh"] == pytest.approx(by_hour / (sum(NIGHT) / 3.6e6), rel=1e-6)
    # What a single factor would have said, even the right one for the day: a fifth too little.
    assert single < 0.85 * by_hour, (single, by_hour)
    assert record["carbon"]["former"][0]["emissions_g"] == pytest.approx(sum(NIGHT) / 3.6e6 * 250)
    assert "h" in record["carbon"]["former"][0]["reason"]
    for name in ("html", "summary", "codecarbon", "csv", "json"):
        later("export", run, "--format", name)
    table = later("show", run).stdout
    assert "500" in table and "50" in table


def test_five_minutes_are_told_apart(later):
    """Energy in buckets of 5 minutes against values of 5 minutes: exact."""
    later.grid.period = 300
    later.grid.intensity = lambda zone, t: 100.0 + t // 300 % 7 * 50
    joules = [1000.0 * (1 + n % 3) for n in range(48)]
    run = make_run(later, joules, start="2026-11-23T02:00:00Z")
    begin = seconds("2026-11-23T02:00:00Z")
    later("grid", "backfill", run)
    expected = sum(j / 3.6e6 * (100 + (begin + 300 * n) // 300 % 7 * 50) for n, j in enumerate(joules))
    assert later.record(run)["carbon"]["emissions_g"] == pytest.approx(expected, rel=1e-6)


def test_a_run_of_three_weeks_is_asked_for_piece_by_piece(later):
    days = 21
    run = make_run(later, [3.6e5] * (24 * days), start="2026-11-01T00:00:00Z", step=3600)
    later("grid", "backfill", run)
    record = later.record(run)
    mean = sum(noon_and_night("KR", h * HOUR) for h in range(24)) / 24
    assert record["carbon"]["emissions_g"] == pytest.approx(0.1 * 24 * days * mean, rel=1e-3)
    requests = later.server.asked("electricitymaps")
    assert 3 <= len(requests) <= 6, [r.path for r in requests]


def test_hours_that_are_missing_stay_with_the_year_and_come_later(later):
    gap = seconds("2026-11-21T04:00:00Z"), seconds("2026-11-21T06:00:00Z")
    later.grid.intensity = lambda zone, t: None if gap[0] <= t < gap[1] else noon_and_night(zone, t)
    run = make_run(later, NIGHT)
    later("grid", "backfill", run, status=None)
    segments = whole(later.record(run))
    for segment in segments:
        inside = gap[0] <= seconds(segment["start"]) < gap[1]
        assert segment["live"] is not inside, segment
        assert segment["estimated"] is inside
    later.grid.intensity = noon_and_night
    later.grid.jump(DAY)
    later("grid", "backfill", run)
    record = later.record(run)
    assert all(s["live"] for s in whole(record))
    assert len(record["carbon"]["former"]) == 2
    assert record["carbon"]["emissions_g"] == pytest.approx(grams(record), rel=1e-9)


def test_backfill_of_all_takes_what_wants_it_and_only_that(later):
    runs = [make_run(later, NIGHT[:12 * hours], start=f"2026-11-2{1 + n}T00:00:00Z") for n, hours in enumerate((3, 5))]
    nowhere = make_run(later, NIGHT[:12], zone="World")
    result = later.json("grid", "backfill", "--all", status=None)
    assert result["schema"] == 1
    assert {row["id"] for row in result["runs"] if row["changed"]} == set(runs), result
    assert later.record(nowhere)["carbon"]["emissions_g"] == pytest.approx(sum(NIGHT[:12]) / 3.6e6 * 250)
    before = len(later.server.seen)
    later("grid", "backfill", "--all", status=None)
    assert len(later.server.seen) == before, "what has all its values asks nobody"


def test_a_run_of_too_long_ago_is_no_failure_for_ever(later):
    later.set(grid_providers="rte")  # its past is that of a month
    run = make_run(later, NIGHT[:24], start="2026-08-01T00:00:00Z", zone="FR")
    later("grid", "backfill", "--all")
    assert later.record(run)["carbon"]["former"] == []
    later("grid", "backfill", run, status=1)


def test_under_another_zone(later):
    later.grid.intensity = lambda zone, t: 77.0 if zone == "FR" else 400.0
    run = make_run(later, NIGHT[:24])
    later("grid", "backfill", run, "--zone", "FR")
    carbon = later.record(run)["carbon"]
    assert carbon["zone"] == "FR" and {s["g_per_kwh"] for s in carbon["segments"]} == {77.0}
    assert later("grid", "backfill", run, "--zone", "Atlantis", status=2).stderr


def test_a_live_price_is_not_replaced_by_nothing(later):
    """Once priced by the hour, an outage or a provider that has forgotten takes nothing away."""
    run = make_run(later, NIGHT)
    later("grid", "backfill", run)
    good = later.record(run)["carbon"]["emissions_g"]
    later.server.modes["*"] = "404"
    for path in (later.joulebook.home / "cache").rglob("*.json"):
        path.unlink()
    later("grid", "backfill", run, status=None)
    assert later.record(run)["carbon"]["emissions_g"] == good


def test_a_forecast_is_better_than_an_older_value(joulebook, machine):
    """What the run was priced at by forecast stays, where the hour itself never became known."""
    earlier = {"from": "2026-11-22T11:30Z", "to": "2026-11-22T12:00Z", "intensity": {"forecast": 900, "actual": 900, "index": "high"}}
    with world_at(joulebook, machine.root, "2026-11-22T12:17:00Z", lambda zone, t: 200.0) as world:
        before = world.measure("--zone", "GB", "--", "sleep", "2")
        assert [(s["g_per_kwh"], s["live"]) for s in whole(before)] == [(200, False)]
        world.server.modes.update(ukgrid=grid_server.says(200, {"data": [earlier]}), elexon="404")
        world.grid.jump(9 * DAY)  # the cache has forgotten it
        world("grid", "backfill", "last", status=1)
        assert world.record()["carbon"]["emissions_g"] == before["carbon"]["emissions_g"]
        assert world.record()["carbon"]["former"] == []


def test_what_another_kwh_causes_and_what_it_costs_come_later_too(joulebook, machine):
    """The average was there all the time; the marginal one and the tariff are brought by a backfill, and the price stays."""
    with world_at(joulebook, machine.root, "2026-11-22T12:03:00Z", lambda zone, t: 200.0) as world:
        world.key("electricitymaps", "watttime")
        world.server.modes["watttime"] = "500"
        before = world.measure("--zone", "US-CAL-CISO", "--", "sleep", "2")
        assert before["carbon"]["marginal"] is None and before["cost"] is None
        world.server.modes.clear()
        world.grid.jump(2 * HOUR)
        world.set(tariff_price="0.3", tariff_currency="EUR")
        world("grid", "backfill", "last")
        after = world.record()
        assert after["carbon"]["marginal"]["intensity_g_per_kwh"] == pytest.approx(700, rel=1e-3)
        assert after["cost"]["amount"] == pytest.approx(0.3 * after["energy"]["footprint_j"] / 3.6e6)
        assert after["carbon"]["emissions_g"] == before["carbon"]["emissions_g"] and after["carbon"]["former"] == []
        # And what covers less than what is known takes nothing away.
        prices = joulebook.home / "prices.csv"
        prices.write_text("start,price,end\n2026-11-22T12:03:01Z,9,2026-11-22T12:03:01.5Z\n")
        world.set(tariff_price="", tariff_file=prices)
        world("grid", "backfill", "last")
        assert world.record()["cost"] == after["cost"]


def test_runs_without_marks_of_an_older_joulebook_keep_their_price(later):
    """An older database has no marks: the whole of such a run is one bucket, and nothing breaks."""
    run = make_run(later, NIGHT)
    path = later.joulebook.home / "data/joulebook/joulebook.db"
    with sqlite3.connect(path) as db:
        db.execute("DELETE FROM mark")
    later("grid", "backfill", run, status=None)
    record = later.record(run)
    whole(record)
    assert record["carbon"]["emissions_g"] > 0


def test_which_run(later):
    assert later("grid", "backfill", "nothing-of-that-name", status=1).stderr
    make_run(later, NIGHT[:12])
    later("grid", "backfill", "last")
    assert later("grid", "backfill", status=2).stderr
