# SPDX-License-Identifier: Apache-2.0
"""Runs priced by the hour: over a change of the intensity, side by side, with servers that hang, by a tariff, and at the greenest time."""
import csv
import json
import signal
import subprocess
import time

import grid_server
import pytest
from conftest import Joulebook, closes, wait_until
from grid_world import DAY, grams, seconds, steps, whole, world_at

CHANGE = steps(("2026-11-22T11:00:00Z", 100.0), ("2026-11-22T12:00:00Z", 300.0))
NOON = seconds("2026-11-22T12:00:00Z")


@pytest.fixture
def world(joulebook, machine):
    """Quiet times: three minutes past noon, always 200 g/kWh."""
    with world_at(joulebook, machine.root, "2026-11-22T12:03:00Z", lambda zone, t: 200.0) as made:
        yield made


@pytest.fixture
def change(joulebook, machine):
    """From 100 to 300 g/kWh at noon, and noon is soon."""
    with world_at(joulebook, machine.root, "2026-11-22T11:59:50Z", CHANGE) as made:
        yield made


def test_both_sides_of_a_change_have_their_exact_grams(change, machine):
    change.key("electricitymaps")
    change.grid.estimated = lambda zone, t: t >= NOON
    series = change.joulebook.home / "series.csv"
    record = change.measure("--zone", "KR", "--pue", "1.2", "--basis", "machine", "--series", series, "--", "sleep", "20")
    closes(record)
    segments = whole(record)
    assert [s["g_per_kwh"] for s in segments] == [100, 300], segments
    assert abs(seconds(segments[0]["end"]) - NOON) < 0.25, "the mark lies on the hour, to a tick"
    assert [s["source"] for s in segments] == ["electricitymaps"] * 2
    assert [s["estimated"] for s in segments] == [False, True]
    assert [s["age_s"] for s in segments] == [0, 0]
    assert [s["live"] for s in segments] == [True, True]
    for segment in segments:  # the machine draws the same all the time
        lasts = seconds(segment["end"]) - seconds(segment["start"])
        assert segment["energy_j"] == pytest.approx(machine.leaves * lasts, rel=0.03)
        assert segment["emissions_g"] == pytest.approx(segment["energy_j"] / 3.6e6 * segment["g_per_kwh"] * 1.2, rel=1e-12)
        assert segment["uncertainty_g_per_kwh"] > 0
    carbon, energy = record["carbon"], record["energy"]["machine_j"]
    assert carbon["emissions_g"] == pytest.approx(grams(record), rel=1e-12)
    assert carbon["intensity_g_per_kwh"] == pytest.approx(carbon["emissions_g"] / 1.2 / (energy / 3.6e6), rel=1e-9), "weighted by energy"
    assert carbon["uncertainty_g"] > 0
    assert carbon["credits"] and carbon["zone"] == "KR"
    assert not carbon["steps"], carbon["steps"]
    # From the outside: each row of the series at the intensity of its own time.
    total = {channel["id"] for channel in record["energy"]["channels"] if channel["in_total"]}
    rows = [row for row in csv.DictReader(series.open()) if row["channel"] in total]
    by_hand = sum(float(row["energy_j"]) / 3.6e6 * CHANGE("KR", seconds(row["time"]) - 0.001) * 1.2 for row in rows)
    assert carbon["emissions_g"] == pytest.approx(by_hand, rel=0.01)
    assert sum(float(row["emissions_g"]) for row in rows) == pytest.approx(carbon["emissions_g"], rel=1e-3)
    assert len(change.server.asked("electricitymaps")) <= 3, "one in each quarter, and a gap behind"
    stored = change.record()["carbon"]
    assert stored["segments"] == carbon["segments"] and stored["credits"] == carbon["credits"]
    page = change("export", "last", "--format", "html").stdout
    assert carbon["credits"][0].split("(")[0].strip() in page


def test_the_report_names_source_and_segments(change):
    change.key("electricitymaps")
    change.grid.ahead += 7
    result = change("run", "--zone", "KR", "--", "sleep", "5")
    assert "electricitymaps" in result.stderr
    assert "sekrit" not in result.stderr
    assert "estimate" not in result.stderr.split("emissions", 1)[-1].split("\n\n")[0]


def test_parallel_runs_share_one_request(world):
    world.key("electricitymaps")
    world.clock()
    paths = [world.joulebook.home / f"record{n}.json" for n in range(8)]
    running = [world.start("run", "--quiet", "--zone", "KR", "--json", path, "--", "sleep", "4") for path in paths]
    for process in running:
        assert process.wait(60) == 0
    assert len(world.server.asked("electricitymaps")) == 1
    for path in paths:
        segments = whole(json.loads(path.read_text()))
        assert {s["g_per_kwh"] for s in segments} == {200.0}, segments


def test_runs_where_the_newest_is_a_forecast_share_it_too(world):
    """ukgrid settles a half hour when it is over; till then nobody asks for it a second time."""
    running = [world.start("run", "--quiet", "--zone", "GB", "--", "sleep", "3") for _ in range(4)]
    for process in running:
        assert process.wait(60) == 0
    world("grid", "GB")
    world("run", "--quiet", "--zone", "GB", "--", "sleep", "1.5")
    assert len(world.server.asked("ukgrid")) == 1, [request.path for request in world.server.asked("ukgrid")]


def spent(world, *command):
    """Seconds until the child has begun, and of the whole run."""
    begin = time.time()
    out = world("run", "--quiet", "--zone", "KR", "--", *command).stdout
    return float(out.split()[0]) - begin, time.time() - begin


def test_a_server_that_hangs_delays_neither_child_nor_end(world):
    world.key("electricitymaps")
    for mode in ("silent", "slow"):
        child = ("sh", "-c", "date +%s.%N; sleep 1.5")
        world.set(grid_live="false")
        usual = max(spent(world, *child) for _ in range(2))
        world.set(grid_live="true")
        world.server.modes["electricitymaps"] = mode
        world.grid.jump(3600)
        began, ended = spent(world, *child)
        assert began < usual[0] + 1, (mode, usual, began)
        assert ended < usual[1] + 1, (mode, usual, ended)
        assert world.server.asked("electricitymaps"), mode
    carbon = world.record()["carbon"]
    assert "yearly" in carbon["segments"][0]["source"] and carbon["segments"][0]["live"] is False


def test_a_short_run_is_not_held_up_by_asking(world):
    """It is over before anybody has answered; a record is there all the same, and can be priced later."""
    world.key("electricitymaps")
    world.server.modes["electricitymaps"] = "slow"
    begin = time.monotonic()
    record = world.measure("--zone", "KR", "--", "sleep", "0.05")
    assert time.monotonic() - begin < 4  # its patience with a server is 5 s
    assert [s["live"] for s in whole(record)] == [False]
    assert record["carbon"]["emissions_g"] > 0


def test_commands_of_a_moment_ask_nobody(world):
    """An answer would come too late for each of them, and none of them would keep it for the next."""
    world.key("electricitymaps")
    world.server.modes["electricitymaps"] = "slow"
    for _ in range(5):
        assert [s["live"] for s in whole(world.measure("--zone", "KR", "--", "sleep", "0.05"))] == [False]
    assert world.server.asked("electricitymaps") == []
    world.server.modes["electricitymaps"] = "good"
    world.measure("--zone", "KR", "--", "sleep", "1.5")
    assert [s["live"] for s in whole(world.measure("--zone", "KR", "--", "sleep", "0.2"))] == [True], "what is known serves them too"
    assert len(world.server.asked("electricitymaps")) == 1


def test_no_zone_is_the_world_and_nobody_is_asked(world):
    world.key("electricitymaps", "watttime")
    carbon = world.measure("--", "sleep", "0.5")["carbon"]
    assert carbon["zone"] == "World" and carbon["zone_note"]
    assert carbon["segments"][0]["estimated"] is True
    assert world.server.seen == []


def test_a_figure_of_ones_own_asks_nobody(world):
    world.key("electricitymaps").set(grid_intensity="42", grid_zone="KR")
    carbon = world.measure("--", "sleep", "0.5")["carbon"]
    assert [s["g_per_kwh"] for s in carbon["segments"]] == [42]
    assert world.server.seen == []


def test_steps_down_the_chain_are_in_the_record(world):
    world.key("electricitymaps")
    world.server.modes["electricitymaps"] = "403"
    carbon = world.measure("--zone", "GB", "--", "sleep", "2")["carbon"]
    assert {s["source"] for s in carbon["segments"]} == {"ukgrid"}, carbon
    assert any(step.startswith("electricitymaps") and "403" in step for step in carbon["steps"]), carbon["steps"]
    assert world.record()["carbon"]["steps"] == carbon["steps"]


def test_a_provider_that_is_a_day_behind_is_a_step_down_too(world):
    rows = [{"period": f"2026-11-21T{hour:02}", "respondent": "CISO", "fueltype": "NG", "value": "100", "value-units": "megawatthours"} for hour in range(6, 11)]
    world.key("eia").server.modes["eia"] = grid_server.says(200, {"response": {"total": len(rows), "data": rows}})
    carbon = world.measure("--zone", "US-CAL-CISO", "--", "sleep", "2")["carbon"]
    assert carbon["segments"][0]["age_s"] is None
    assert carbon["steps"] == ["eia: its values end at 2026-11-21T10:00Z"]


def test_a_yearly_figure_of_another_kind_than_was_wanted_is_said(world):
    """The tables are of the life cycle: who wants direct figures only is told when there was none."""
    world.set(grid_factor="direct")
    assert not [s for s in world.measure("--zone", "GB", "--", "sleep", "2")["carbon"]["steps"] if "factor" in s]
    world.server.modes["*"] = "500"
    world.grid.jump(DAY)
    carbon = world.measure("--zone", "GB", "--", "sleep", "2")["carbon"]
    assert [s["factor"] for s in carbon["segments"]] == ["lifecycle"]
    assert any("factor = direct" in step for step in carbon["steps"]), carbon["steps"]


def test_an_old_value_is_held_with_its_age(world):
    """A quarter that nobody answered for is priced at the last value known, called an estimate, with its age."""
    world.key("electricitymaps")
    world.grid.period = 300
    world.measure("--zone", "KR", "--", "sleep", "1.5")
    world.server.modes["electricitymaps"] = "500"
    world.grid.jump(15 * 60)
    segments = whole(world.measure("--zone", "KR", "--", "sleep", "1.5"))
    assert segments[-1]["live"] is False and segments[-1]["estimated"] is True
    assert segments[-1]["age_s"] is None or segments[-1]["age_s"] > 300


def test_marginal_stands_beside_and_is_not_mixed_in(world):
    world.key("electricitymaps", "watttime")
    record = world.measure("--zone", "US-CAL-CISO", "--basis", "machine", "--", "sleep", "3")
    carbon, marginal = record["carbon"], record["carbon"]["marginal"]
    assert {s["g_per_kwh"] for s in whole(record)} == {200.0}
    assert marginal["source"] == "watttime"
    assert marginal["intensity_g_per_kwh"] == pytest.approx(700, rel=1e-3)
    assert marginal["emissions_g"] == pytest.approx(record["energy"]["machine_j"] / 3.6e6 * 700 * marginal["coverage"], rel=1e-3)
    assert carbon["emissions_g"] == pytest.approx(grams(record), rel=1e-9)


def test_cost_follows_the_tariff_of_the_hour(change):
    change.key("electricitymaps").set(tariff_currency="EUR", tariff_hours="0-12 0.10, 12-24 0.30")
    change.grid.ahead += 6
    record = change.measure("--zone", "KR", "--pue", "1.5", "--basis", "machine", "--", "sleep", "8")
    before, after = (s["energy_j"] / 3.6e6 for s in whole(record))
    assert record["cost"]["currency"] == "EUR" and record["cost"]["coverage"] == pytest.approx(1)
    assert record["cost"]["amount"] == pytest.approx(1.5 * (before * 0.10 + after * 0.30), rel=1e-3)
    assert change.record()["cost"] == record["cost"]


def test_without_a_tariff_there_is_no_cost(world):
    assert world.measure("--", "sleep", "0.3")["cost"] is None


def test_a_tariff_that_is_wrong_is_told_before_anything_starts(world, tmp_path):
    result = world("run", "--", "touch", tmp_path / "ran", status=2, env={"JOULEBOOK_TARIFF_HOURS": "0-6 0.21, 7-24 0.30"})
    assert "hours" in result.stderr and not (tmp_path / "ran").exists()


def seconds_file(world, points):
    """A file of one's own that foretells each second."""
    path = world.joulebook.home / "seconds.csv"
    begin = int(world.grid.now()) - 2
    rows = [f"{world_time(begin + n)},{points(begin + n - int(world.grid.now()))}" for n in range(40)]
    path.write_text("start,g_per_kwh\n" + "\n".join(rows) + "\n")
    world.set(grid_file=path, grid_zone="KR")


def world_time(t):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))


def test_greenest_waits_for_its_second(world):
    seconds_file(world, lambda n: 50 if 6 <= n < 9 else 400)
    base = int(world.grid.now())
    result = world("run", "--when", "greenest:2s,within:20s", "--", "date", "+%s.%N")
    began = float(result.stdout) + world.grid.ahead - base
    assert 5.9 <= began <= 7.2, (began, result.stderr)
    assert "50" in result.stderr and "wait" in result.stderr.lower(), result.stderr
    record = world.record()
    assert record["run"]["duration_s"] < 1.5, "the wait is no part of the run"


def test_greenest_is_now(world):
    seconds_file(world, lambda n: 50 if n < 4 else 400)
    begin = time.time()
    world("run", "--quiet", "--when", "greenest:2s,within:20s", "--", "true")
    assert time.time() - begin < 3


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_waiting_can_be_interrupted(world, tmp_path, number, status):
    seconds_file(world, lambda n: 50 if n > 20 else 400)
    process = world.start("run", "--when", "greenest:2s,within:30s", "--", "touch", str(tmp_path / "ran"), stderr=subprocess.PIPE)
    line = process.stderr.readline()
    assert line, "it says what it waits for"
    process.send_signal(number)
    process.communicate(timeout=5)
    assert process.returncode == status
    assert not (tmp_path / "ran").exists()
    assert world.joulebook.runs() == []


def test_when_needs_a_forecast_and_a_length(world, tmp_path):
    ran = tmp_path / "ran"
    result = world("run", "--when", "greenest:2h,within:6h", "--zone", "FR", "--", "touch", ran, status=125)
    assert "forecast" in result.stderr
    for text in ("greenest", "greenest:4h,within:2h", "greenest:0s", "brownest:4h", "greenest:4h,within:100h", "greenest:4h,within:24h,x"):
        world("run", "--when", text, "--", "touch", ran, status=2)
    assert not ran.exists()


def test_the_feed_costs_next_to_nothing(world):
    """Not a gate on the figure of the issue (bench/grid.py prints it), but on what would be plainly wrong."""
    world.key("electricitymaps")
    with_feed = world.measure("--zone", "KR", "--", "sleep", "6")["self"]["cpu_s"]
    world.set(grid_live="false")
    without = world.measure("--zone", "KR", "--", "sleep", "6")["self"]["cpu_s"]
    assert with_feed < without + 0.2, (with_feed, without)


__all__ = ["Joulebook", "wait_until"]
