# SPDX-License-Identifier: Apache-2.0
"""What a kWh emits, now, before and after: every provider through the program, good and broken, and the way down the chain."""
import concurrent.futures
import json
import pathlib
import re
import tarfile

import pytest
from conftest import Joulebook
from grid_world import DAY, HOUR, noon_and_night, seconds, steps, world_at

NOW = "2026-11-22T12:03:00Z"


@pytest.fixture
def world(joulebook, tmp_path):
    with world_at(joulebook, tmp_path / "root", NOW, lambda zone, t: 200.0) as made:
        yield made


def each(tmp_path, cases, look, intensity=lambda zone, t: 200.0):
    """look(world, case) for all cases at once, each with a home and a server of its own: most of their time they wait."""
    def one(number, case):
        home = tmp_path / f"home{number}"
        home.mkdir()
        with world_at(Joulebook(home), tmp_path / f"root{number}", NOW, intensity) as world:
            look(world, case)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(len(cases)), cases))


def said(answer):
    return "\n".join(answer["steps"])


# zone, provider, its error: mixes are computed from fuel factors that have digits of their own
PROVIDERS = [
    ("KR", "electricitymaps", 1e-9), ("KR", "co2signal", 1e-9), ("GB", "ukgrid", 1e-9), ("DK-DK1", "energinet", 1e-9), ("FR", "rte", 1e-9),
    ("DE", "energycharts", 1e-9), ("ES", "entsoe", 0.02), ("GB", "elexon", 0.02), ("US-CAL-CISO", "eia", 0.02), ("AU-NSW", "openelectricity", 1e-6),
]


def test_each_provider_tells_its_own_figure(tmp_path):
    def look(world, case):
        zone, provider, error = case
        if provider in world.grid.keys:
            world.key(provider)
        world.set(grid_providers=provider)
        answer = world.json("grid", zone)
        assert answer["schema"] == 1
        assert answer["provider"] == provider, (provider, said(answer))
        assert answer["live"] is True, answer
        assert answer["g_per_kwh"] == pytest.approx(200, rel=error), answer
        assert answer["uncertainty_g_per_kwh"] > 0
        assert answer["factor"] in ("lifecycle", "direct")
        assert answer["credits"], "attribution is a duty of the licences"
        assert answer["table"]["g_per_kwh"] > 0 and answer["table"]["g_per_kwh"] != answer["g_per_kwh"]
        text = world("grid", zone).stdout
        assert "200" in text and answer["credits"][0] in " ".join(text.split()), text
        assert len(world.server.seen) <= 4, "the second command found it in the cache"
    each(tmp_path, PROVIDERS, look)


def test_both_versions_and_obsolete_addresses_of_electricitymaps(tmp_path):
    def look(world, case):
        version, period = case
        world.key("electricitymaps").set(grid_electricitymaps_url=world.server.url() + "/electricitymaps/" + version)
        world.grid.period = period
        answer = world.json("grid", "KR")
        assert (answer["provider"], answer["g_per_kwh"]) == ("electricitymaps", 200)
        assert seconds(answer["start"]) == world.grid.now() // period * period
        assert seconds(answer["end"]) - seconds(answer["start"]) == period
        request = world.server.seen[0]
        assert f"/{version.rstrip('/')}/carbon-intensity/" in request.path
        assert "zone=KR" in request.query
        # Else a zone that it does not know is answered with the place of the caller's address.
        assert ("shouldUseFallbackCallerLookup=false" if version[:2] == "v3" else "disableCallerLookup=true") in request.query
    each(tmp_path, [("v3", 3600), ("v3/", 3600), ("v4", 3600), ("v4", 900), ("v4", 300)], look)


def test_a_key_is_asked_before_those_that_need_none(world):
    assert world.json("grid", "GB")["provider"] == "ukgrid"
    world.key("electricitymaps")
    assert world.json("grid", "GB")["provider"] == "electricitymaps"
    world.set(grid_providers="ukgrid, electricitymaps")
    assert world.json("grid", "GB")["provider"] == "ukgrid"


def test_an_estimate_is_called_one(world):
    world.key("electricitymaps")
    world.grid.estimated = lambda zone, t: True
    answer = world.json("grid", "KR")
    assert answer["estimated"] is True
    assert "estimate" in world("grid", "KR").stdout


BROKEN = ["slow", "silent", "cut", "huge", "401", "401 limit", "403", "404", "429", "500", "html", "json", "deep", "empty", "bytes", "echo",
          "wrong zone", "null", "sandbox"]
SAYS = {"403": "403", "404": "", "429": "429", "500": "500", "huge": "1", "sandbox": "sandbox", "401": "401", "401 limit": "401"}


def test_every_failure_falls_down_the_chain_and_is_told(tmp_path):
    def look(world, mode):
        world.key("electricitymaps")
        world.server.modes["electricitymaps"] = mode
        result = world("grid", "GB", "--json")
        answer = json.loads(result.stdout)
        assert answer["provider"] == "ukgrid" and answer["g_per_kwh"] == 200, (mode, answer)
        told = [step for step in answer["steps"] if step.startswith("electricitymaps")]
        assert told, (mode, answer["steps"])
        assert SAYS.get(mode, "").lower() in told[0].lower(), (mode, told)
        assert all(ord(c) >= 32 for step in told for c in step), told
        assert "<" not in told[0], "HTML is not quoted"
        assert world.grid.keys["electricitymaps"] not in result.stdout + result.stderr
    each(tmp_path, BROKEN, look)


def test_with_everybody_down_the_year_stands_and_says_so(world):
    world.key("electricitymaps")
    world.server.modes["*"] = "500"
    answer = world.json("grid", "GB")
    assert answer["live"] is False
    assert "yearly" in answer["source"]
    assert answer["g_per_kwh"] == answer["table"]["g_per_kwh"]
    for provider in ("electricitymaps", "ukgrid"):
        assert f"{provider}" in said(answer), answer["steps"]


def test_a_401_may_be_a_rate_limit_so_it_is_tried_again(world):
    world.key("electricitymaps")
    world.server.modes["electricitymaps"] = "401"
    assert world.json("grid", "KR")["live"] is False
    assert world.json("grid", "KR")["live"] is False
    assert len(world.server.asked("electricitymaps")) == 1, "not twice within a minute"
    world.server.modes.clear()
    world.grid.jump(2 * 60)
    assert world.json("grid", "KR")["g_per_kwh"] == 200
    assert len(world.server.asked("electricitymaps")) == 2


def test_failures_in_a_row_are_asked_less_and_less_often(world):
    world.key("electricitymaps")
    world.server.modes["electricitymaps"] = "500"
    for _ in range(40):
        world("grid", "KR")
        world.grid.jump(60)
    assert 3 <= len(world.server.asked("electricitymaps")) <= 7  # after 1, 2, 4, 8, 16 minutes


def test_retry_after_is_obeyed(world):
    world.key("electricitymaps")
    world.server.modes["electricitymaps"] = "429"
    world("grid", "KR")
    world.grid.jump(29 * 60)
    world("grid", "KR")
    assert len(world.server.asked("electricitymaps")) == 1
    world.grid.jump(2 * 60)
    world("grid", "KR")
    assert len(world.server.asked("electricitymaps")) == 2


def test_one_request_a_quarter_of_an_hour_for_all(world):
    world.key("electricitymaps")
    world.clock()
    running = [world.start("grid", "KR", "--json", stdout=-1) for _ in range(8)]
    for process in running:
        out, _ = process.communicate(timeout=30)
        assert process.returncode == 0 and json.loads(out)["g_per_kwh"] in (200, json.loads(out)["table"]["g_per_kwh"])
    assert len(world.server.asked("electricitymaps")) == 1
    world.grid.jump(8 * 60)  # 12:11
    assert world.json("grid", "KR")["live"] is True
    assert len(world.server.asked("electricitymaps")) == 1
    world.grid.jump(5 * 60)  # 12:16: the value of the hour may be known better, and holds
    world("grid", "KR")
    before = len(world.server.asked("electricitymaps"))
    assert before <= 2
    world.grid.jump(45 * 60)  # 13:01: another hour
    for _ in range(3):
        assert seconds(world.json("grid", "KR")["start"]) == seconds("2026-11-22T13:00:00Z")
    assert len(world.server.asked("electricitymaps")) == before + 1
    world("grid", "JP-TK")
    assert len(world.server.asked("electricitymaps")) == before + 2, "another place is another question"


def test_a_value_of_the_hour_before_does_not_keep_the_next_provider_from_being_asked(world):
    """What one that fails said an hour ago is no reason to leave the others alone."""
    world.key("electricitymaps")
    assert world.json("grid", "GB")["provider"] == "electricitymaps"
    world.server.modes["electricitymaps"] = "500"
    world.grid.jump(3600)
    answer = world.json("grid", "GB")
    assert answer["provider"] == "ukgrid", answer
    assert "electricitymaps" in said(answer)


def test_a_cache_that_cannot_be_read_counts_as_none(world):
    world.key("electricitymaps")
    world("grid", "KR")
    cached = [path for path in (world.joulebook.home / "cache").rglob("*.json")]
    assert cached
    for garbage in (b"", b"{", b"[" * 100000, b'{"points": 3}', b"\xff" * 1000, b"null"):
        for path in cached:
            assert path.stat().st_mode & 0o077 == 0
            path.write_bytes(garbage)
        assert world.json("grid", "KR")["g_per_kwh"] == 200, garbage
    assert len(world.server.asked("electricitymaps")) == 7


def test_nobody_is_asked_about_the_world_or_a_figure_of_ones_own(world):
    world.key("electricitymaps")
    answer = world.json("grid")  # the time zone is UTC
    assert (answer["zone"], answer["origin"], answer["live"]) == ("World", "world", False)
    world("grid", "Europe")
    answer = world.json("grid", env={"JOULEBOOK_GRID_INTENSITY": "42", "JOULEBOOK_GRID_ZONE": "KR"})
    assert answer["g_per_kwh"] == 42
    assert world.server.seen == []


def test_live_can_be_turned_off(world):
    world.key("electricitymaps").set(grid_live="false")
    answer = world.json("grid", "KR")
    assert answer["live"] is False and answer["steps"]
    assert world.server.seen == []


def test_a_state_and_a_cloud_region_are_asked_by_their_zone(world):
    world.key("electricitymaps")
    for place, zone in (("US-CA", "US-CAL-CISO"), ("aws:eu-west-3", "FR"), ("KOR", "KR")):
        assert world.json("grid", place)["live"] is True
        assert f"zone={zone}" in world.server.seen[-1].query


def test_a_file_of_ones_own_comes_first(world, tmp_path):
    world.key("electricitymaps")
    path = tmp_path / "mine.csv"
    path.write_text("start,g_per_kwh\n2026-11-22T11:00:00Z,33.5\n2026-11-22T12:00:00Z,44.5\n2026-11-22T13:00:00Z,55.5\n")
    world.set(grid_file=path)
    answer = world.json("grid", "KR")
    assert (answer["provider"], answer["g_per_kwh"]) == ("file", 44.5)
    assert world.server.seen == []
    path.write_text("start,g_per_kwh\n2026-11-22T12:00:00Z,lots\n")
    answer = world.json("grid", "KR")
    assert answer["provider"] == "electricitymaps"
    assert "line 2" in said(answer) or ":2" in said(answer), answer["steps"]


def test_marginal_is_told_apart_and_never_mixed(world):
    world.key("electricitymaps", "watttime")
    answer = world.json("grid", "US-CAL-CISO")
    assert (answer["provider"], answer["g_per_kwh"]) == ("electricitymaps", 200)
    assert answer["marginal"]["g_per_kwh"] == pytest.approx(700, rel=1e-3)
    assert world.json("grid", "KR")["marginal"] is None
    world.server.modes["electricitymaps"] = "500"
    world.grid.jump(16 * 60)
    answer = world.json("grid", "US-CAL-CISO")
    assert answer["g_per_kwh"] != pytest.approx(700, rel=0.01), "an average that is missing is not replaced by a marginal one"
    assert answer["provider"] != "watttime"


def test_history_is_every_hour_of_it(joulebook, tmp_path):
    with world_at(joulebook, tmp_path / "root", NOW, noon_and_night) as world:
        world.key("electricitymaps")
        for length in (24 * HOUR, 15 * DAY):
            answer = world.json("grid", "KR", "--history", f"{length // HOUR}h")
            points = answer["points"]
            first, last = seconds(points[0]["start"]), seconds(points[-1]["end"])
            assert first <= world.grid.now() - length + HOUR and last >= world.grid.now() - HOUR
            for point, after in zip(points, points[1:]):
                assert point["end"] == after["start"]
            for point in points:
                assert point["g_per_kwh"] == noon_and_night("KR", seconds(point["start"])), point
                assert point["forecast"] is False
                assert point["factor"] == "lifecycle"
        text = world("grid", "KR", "--history", "24h").stdout
        assert "500" in text and "50" in text
        assert all(len(line) <= 80 for line in text.splitlines()), text
        assert "\x1b" not in text


def hourly(_zone, t):
    """Another figure each hour, in whole grams, between those of wind and coal."""
    return 100.0 + t // HOUR % 24 * 20


def test_the_past_of_each_provider(tmp_path):
    """Each value at its own time: offsets, ends of hours for beginnings, local times and pages go wrong here."""
    def look(world, case):
        zone, provider, error = case
        if provider in world.grid.keys:
            world.key(provider)
        world.set(grid_providers=provider)
        answer = world.json("grid", zone, "--history", "40h")
        points = [p for p in answer["points"] if seconds(p["end"]) <= world.grid.now()]
        assert len(points) >= 10, (provider, answer["steps"])
        for point in points:
            assert point["source"] == provider
            assert point["g_per_kwh"] == pytest.approx(hourly(zone, seconds(point["start"])), rel=error), (provider, point)
            assert seconds(point["end"]) - seconds(point["start"]) <= HOUR
        hours = {seconds(point["start"]) // HOUR for point in points}
        late = {"eia": 1, "entsoe": 2, "energycharts": 3}.get(provider, 1)
        first, now = world.grid.now() - 40 * HOUR, world.grid.now()
        missing = [h for h in range(int(first // HOUR) + 1, int(now // HOUR) - late) if h not in hours]
        assert not missing, (provider, missing)
    each(tmp_path, [case for case in PROVIDERS if case[1] != "co2signal"], look, hourly)


def test_what_each_provider_foretells(tmp_path):
    def look(world, case):
        zone, provider, least = case
        if provider in world.grid.keys:
            world.key(provider)
        world.set(grid_providers=provider)
        points = world.json("grid", zone, "--forecast", "24h")["points"]
        assert seconds(points[-1]["end"]) >= world.grid.now() + least * HOUR - HOUR
        for point in points:
            assert point["g_per_kwh"] == hourly(zone, seconds(point["start"])), point
            assert point["forecast"] or seconds(point["start"]) <= world.grid.now(), point
    each(tmp_path, [("KR", "electricitymaps", 24), ("GB", "ukgrid", 24), ("DK-DK1", "energinet", 9), ("DE", "energycharts", 11)], look, hourly)


def test_a_region_of_great_britain_and_both_of_denmark(world):
    world.grid.intensity = lambda zone, t: {"DK-DK1": 100.0, "DK-DK2": 300.0}.get(zone, 150.0)
    for region in ("3", "RG10"):
        answer = world.json("grid", "GB", env={"JOULEBOOK_GRID_UKGRID_REGION": region})
        assert (answer["provider"], answer["g_per_kwh"], answer["estimated"]) == ("ukgrid", 150, True)
        world.grid.jump(3600)
    assert any("/regionid/3" in request.path for request in world.server.seen)
    assert any("/postcode/RG10" in request.path for request in world.server.seen)
    answer = world.json("grid", "DK")
    assert answer["g_per_kwh"] == pytest.approx(200) and answer["estimated"] is True
    assert answer["uncertainty_g_per_kwh"] > 50, "half of what is between them is in the doubt"


def test_a_factor_that_is_asked_for_is_the_one_that_is_given(world):
    world.key("electricitymaps")
    answer = world.json("grid", "KR", env={"JOULEBOOK_GRID_FACTOR": "direct"})
    assert answer["factor"] == "direct" and "emissionFactorType=direct" in world.server.seen[-1].query
    answer = world.json("grid", "KR", env={"JOULEBOOK_GRID_FACTOR": "lifecycle"})
    assert answer["factor"] == "lifecycle" and "emissionFactorType=lifecycle" in world.server.seen[-1].query
    world.server.seen.clear()
    answer = world.json("grid", "FR", env={"JOULEBOOK_GRID_FACTOR": "lifecycle", "JOULEBOOK_GRID_PROVIDERS": "rte"})
    assert answer["live"] is False and world.server.seen == [], "rte tells direct emissions alone"


def test_an_hour_that_is_missing_is_a_hole(world):
    world.grid.intensity = lambda zone, t: None if seconds("2026-11-22T05:00:00Z") <= t < seconds("2026-11-22T07:00:00Z") else 200.0
    world.key("electricitymaps")
    points = world.json("grid", "KR", "--history", "12h")["points"]
    assert all(point["g_per_kwh"] == 200 for point in points)
    assert any(seconds(a["end"]) == seconds("2026-11-22T05:00:00Z") and seconds(b["start"]) == seconds("2026-11-22T07:00:00Z")
               for a, b in zip(points, points[1:])), points
    world("grid", "KR", "--history", "12h")


def test_forecast_and_the_greenest_window(joulebook, tmp_path):
    with world_at(joulebook, tmp_path / "root", NOW, noon_and_night) as world:
        world.key("electricitymaps")
        points = world.json("grid", "KR", "--forecast", "48h")["points"]
        assert seconds(points[-1]["end"]) >= world.grid.now() + 47 * HOUR
        for point in points:
            assert point["g_per_kwh"] == noon_and_night("KR", seconds(point["start"]))
            assert point["forecast"] is (seconds(point["start"]) > world.grid.now())
        answer = world.json("grid", "KR", "--forecast", "--length", "4h", "--within", "30h")
        window = answer["window"]
        assert window["start"].startswith("2026-11-23T11:00:00"), window  # 75 50 50 75
        assert window["g_per_kwh"] == pytest.approx(62.5)
        text = world("grid", "KR", "--forecast", "--length", "4h", "--within", "30h").stdout
        assert "11:00" in text and "62.5" in text, text


def test_nobody_foretells_this_place(world):
    result = world("grid", "FR", "--forecast", status=1)
    assert "forecast" in result.stderr and len(result.stderr.splitlines()) <= 2
    result = world("grid", "--history", "24h", status=1)
    assert "zone" in result.stderr


def test_providers_are_listed_and_no_key_is(world):
    world.key("electricitymaps", "eia")
    result = world("grid", "GB", "--providers")
    for name in ("electricitymaps", "ukgrid", "elexon", "watttime", "entsoe", "file"):
        assert name in result.stdout
    assert "sekrit" not in result.stdout + result.stderr
    assert world.server.seen == []


def test_each_provider_is_in_the_documents(world):
    """docs/grid.md: a row each, with the key that it needs, and a word where it has to be named to be asked."""
    text = (pathlib.Path(__file__).resolve().parents[2] / "docs/grid.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` (\|.*)$", text, re.M))
    providers = {row["name"]: row for row in world.json("grid", "GB", "--providers")["providers"]}
    assert set(rows) == set(providers)
    for name, provider in providers.items():
        if provider["needs"]:
            assert f"`{name}_{provider['needs']}`" in rows[name], name
        if provider["opt_in"]:
            assert "must be named" in rows[name], name
        if not provider["forecast_s"]:
            assert "none" in rows[name], name


def test_an_unknown_provider_is_an_error(world):
    result = world("grid", "KR", status=2, env={"JOULEBOOK_GRID_PROVIDERS": "electricitymap"})
    assert "electricitymaps" in result.stderr


YEARLY = ('const data = {{ "KR": {{ "zone": {{ "zoneName": "South Korea" }}, "carbonIntensity": {{ "value": {kr}, "unit": "gCO2eq/kWh" }}, '
          '"renewableEnergy": {{ "value": 9, "unit": "%" }}, "carbonFreeEnergy": {{ "value": 31, "unit": "%" }} }} }};\n'
          'const type = "average";\nexport {{ data, type, year }};\nvar year = {year};\n')


def test_refresh_takes_newer_years_from_the_package(world, tmp_path):
    before = world.json("grid", "KR", env={"JOULEBOOK_GRID_LIVE": "false"})
    folder = tmp_path / "package/dist/esm/data/electricity-maps"
    folder.mkdir(parents=True)
    for year, value in ((before["year"] - 1, 999), (before["year"] + 1, 123)):
        (folder / f"yearly_{year}.js").write_text(YEARLY.format(kr=value, year=year))
    package = tmp_path / "tgwf-co2-9.9.9.tgz"
    with tarfile.open(package, "w:gz") as tar:
        tar.add(tmp_path / "package", "package")
    result = world("grid", "refresh", package)
    table = world.joulebook.home / "data/joulebook/carbon_intensity.csv"
    assert "ODbL" in result.stdout and str(table) in result.stdout
    assert "ODbL" in table.read_text().split("\nzone")[0] and "Electricity Maps" in table.read_text()
    after = world.json("grid", "KR", env={"JOULEBOOK_GRID_LIVE": "false"})
    assert (after["g_per_kwh"], after["year"]) == (123, before["year"] + 1)
    assert world.json("grid", "FR", env={"JOULEBOOK_GRID_LIVE": "false"})["year"] == before["year"]
    table.unlink()
    assert world.json("grid", "KR", env={"JOULEBOOK_GRID_LIVE": "false"})["g_per_kwh"] == before["g_per_kwh"]


def test_refresh_from_what_is_no_package(world, tmp_path):
    for name, content in (("a.tgz", b"\x1f\x8b garbage"), ("b.js", b"process.exit(1)"), ("c.tgz", b""), ("yearly_2027.js", b"const data = {")):
        path = tmp_path / name
        path.write_bytes(content)
        result = world("grid", "refresh", path, status=None)
        assert result.returncode in (1, 2) and str(tmp_path) in result.stderr, result
    world("grid", "refresh", tmp_path / "nothing", status=None)
    assert not (world.joulebook.home / "data/joulebook/carbon_intensity.csv").exists()


def test_tests_ask_nobody_unless_they_say_so(joulebook):
    assert joulebook.env["JOULEBOOK_GRID_LIVE"] == "false"
    assert "JOULEBOOK_GRID_ELECTRICITYMAPS_TOKEN" not in joulebook.env


__all__ = ["steps"]
