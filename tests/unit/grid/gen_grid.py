# SPDX-License-Identifier: Apache-2.0
"""The generator refuses a table that is cut, doubled or at odds with itself, in a line that says where. Speaks TAP."""

import os
import subprocess
import sys
import tempfile

ROOT = os.environ.get("JB_SOURCE_ROOT", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
FILES = ["carbon_intensity.csv", "cloud_regions.csv", "zone_aliases.csv"]
CARBON, CLOUD, ALIASES = FILES
REAL = {}
for name in FILES:
    with open(os.path.join(ROOT, "data", name), encoding="utf-8", newline="") as real:
        REAL[name] = real.read()


def generate(**changed):
    """Run the generator on the real tables, some replaced; (exit status, error text, C source or None)."""
    texts = {name: changed.get(key, REAL[name]) for key, name in zip(["carbon", "cloud", "aliases"], FILES)}
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, name) for name in FILES]
        for path, name in zip(paths, FILES):
            with open(path, "wb") as file:
                text = texts[name]
                file.write(text if isinstance(text, bytes) else text.encode())
        output = os.path.join(folder, "out.c")
        done = subprocess.run([sys.executable, os.path.join(ROOT, "tools", "gen_grid.py"), *paths, output],
                              capture_output=True, text=True, check=False)
        source = None
        if os.path.exists(output):
            with open(output, encoding="ascii") as file:
                source = file.read()
    return done.returncode, done.stderr, source


def refused(*words, **changed):
    status, error, source = generate(**changed)
    assert status == 1, f"exit status {status}"
    assert source is None, "wrote a source all the same"
    assert len(error.splitlines()) == 1, f"not one line: {error!r}"
    for word in words:
        assert word in error, f"{word!r} is not in {error!r}"


def swap(name, old, new):
    assert REAL[name].count(old) == 1, f"{old!r} is {REAL[name].count(old)} times in {name}"
    return REAL[name].replace(old, new)


def lines(name):
    return REAL[name].splitlines(keepends=True)


def the_real_tables_are_taken_and_give_the_same_source_twice():
    first, second = generate(), generate()
    assert first[0] == 0, first[1]
    assert first[2] == second[2]


def a_table_cut_within_a_line_is_refused():
    text = REAL[CARBON]
    refused("carbon_intensity.csv", "cut", carbon=text[:len(text) // 2])
    refused("cloud_regions.csv", "cut", cloud=REAL[CLOUD][:-5])


def a_table_cut_at_the_end_of_a_line_is_refused():
    for name, key in ((CARBON, "carbon"), (CLOUD, "cloud"), (ALIASES, "aliases")):
        refused(name, "cut", **{key: "".join(lines(name)[:40])})


def an_empty_table_is_refused():
    refused("carbon_intensity.csv", carbon="")
    refused("cloud_regions.csv", cloud="\n")


def another_header_is_refused():
    refused("carbon_intensity.csv:1", "columns", carbon=swap(CARBON, "iso2,iso3", "iso3,iso2"))


def a_row_with_a_field_missing_is_refused_by_line():
    rows = lines(CARBON)
    rows[9] = rows[9].replace(",", "", 1)
    refused("carbon_intensity.csv:10", "fields", carbon="".join(rows))


def an_open_quote_is_refused():
    rows = lines(CARBON)
    rows[-1] = rows[-1].replace('"lifecycle,production"', '"lifecycle,production')
    refused("carbon_intensity.csv", carbon="".join(rows))


def a_number_that_is_none_is_refused():
    for bad in ("", "x", "-3", "0", "99999", "nan", "1e3", "348 "):
        refused("carbon_intensity.csv:2", carbon=swap(CARBON, "United Arab Emirates,2025,348,",
                                                      f"United Arab Emirates,2025,{bad},"))


def a_year_that_is_none_is_refused():
    refused("carbon_intensity.csv:2", "year", carbon=swap(CARBON, "United Arab Emirates,2025",
                                                          "United Arab Emirates,25"))


def an_unknown_source_is_refused():
    rows = lines(CARBON)
    rows[1] = rows[1].replace("electricitymaps-yearly-2025 (ODbL)", "somebody's blog")
    refused("carbon_intensity.csv:2", "blog", carbon="".join(rows))


def a_zone_that_stands_twice_is_refused():
    rows = lines(CARBON)
    refused("AE stood already", carbon="".join(rows[:2] + rows[1:]))


def a_missing_world_is_refused():
    refused("World", carbon=swap(CARBON, ",,,World,", ",,,Worlds,"))


def a_cloud_region_in_no_zone_is_refused():
    refused("cloud_regions.csv:2", "XX", cloud=swap(CLOUD, "Cape Town,ZA", "Cape Town,XX"))


def a_cloud_region_that_contradicts_its_zone_is_refused():
    refused("cloud_regions.csv:2", "ZA", "700",
            cloud=swap(CLOUD, "-33.9221,18.4231,operational,700", "-33.9221,18.4231,operational,701"))


def a_name_of_two_places_is_refused():
    refused("Burma", "zone_aliases.csv", aliases=REAL[ALIASES] + "Burma,FR\n")
    refused("Germany", aliases=REAL[ALIASES] + "Germany,FR\n")


def an_alias_of_no_zone_is_refused():
    refused("zone_aliases.csv", "QQ", aliases=REAL[ALIASES] + "Atlantis,QQ\n")


def a_name_that_cannot_be_typed_as_ascii_is_refused():
    refused("ASCII", aliases=REAL[ALIASES] + "서울,KR\n")


def bytes_that_are_no_text_are_refused():
    refused("gen_grid.py", carbon=REAL[CARBON].encode() + b"\xff\xfe\n")


def a_text_that_ends_a_c_string_stays_in_it():
    status, error, source = generate(carbon=swap(CARBON, "United Arab Emirates", '"Uni""ted\\Arab??/Emirates"'))
    assert status == 0, error
    assert '"Uni\\042ted\\134Arab\\077\\077/Emirates"' in source


def a_region_of_two_providers_is_found_only_with_its_provider():
    row = lines(CLOUD)[1].replace("aws,", "gcp,", 1)
    status, error, source = generate(cloud=REAL[CLOUD] + row)
    assert status == 0, error
    assert '"aws:af-south-1",' in source and '"gcp:af-south-1",' in source and '    "af-south-1",' not in source


def a_country_without_a_row_of_its_own_gets_the_mean_of_its_zones():
    rows = [row for row in lines(CARBON) if not row.startswith("SE,SWE,SE;")]
    filler = lines(CARBON)[-1].replace("World", "Filler")  # for the number of rows
    status, error, source = generate(carbon="".join(rows) + filler)
    assert status == 0, error
    place = source[source.index('{"SE", "SE", "Sweden"'):]
    place = place[:place.index("}")]
    assert "JB_PLACE_AVERAGE, 2025, 21.75" in place, place  # (15 + 15 + 20 + 37) / 4
    assert "plain mean of the zones" in place and "15 to 37 g/kWh" in place and "mean of zones:" in place, place
    spread = float(place.split("21.75, ")[1].split(",")[0])
    assert abs(spread - 0.4163) < 1e-3, spread  # standard deviation 9.05


def wrong_usage_is_told():
    done = subprocess.run([sys.executable, os.path.join(ROOT, "tools", "gen_grid.py")], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 2 and "usage" in done.stderr


TESTS = [test for name, test in list(globals().items())
         if callable(test) and test.__module__ == __name__ and name not in ("generate", "refused", "swap", "lines")]

print(f"1..{len(TESTS)}")
failed = 0
for number, test in enumerate(TESTS, 1):
    try:
        test()
        print(f"ok {number} - {test.__name__}")
    except AssertionError as error:
        failed += 1
        print(f"not ok {number} - {test.__name__}")
        print(f"# {error}")
sys.exit(1 if failed else 0)
