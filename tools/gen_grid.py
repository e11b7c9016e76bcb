#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn data/carbon_intensity.csv, cloud_regions.csv and zone_aliases.csv into the C tables of src/grid/.

Usage: gen_grid.py CARBON CLOUD ALIASES OUTPUT

Runs at build time. It is also the check of the tables: whatever is cut, doubled, out of range or contradicts another
row stops the build with one line that names file and line. What is decided here, and only here, is which row a name
means; how sure a figure is, is decided in src/grid/grid_table.c.

Names are looked up by a key: the name in lower case, accents dropped, blanks single. The C side folds the same way.
A better kind of name is never shadowed by a lesser one (see RANKS); any other clash of two names is an error.
"""

import csv
import io
import os
import re
import statistics
import sys
import unicodedata

CARBON_COLUMNS = [
    "iso2", "iso3", "electricitymaps_zones", "name", "year", "gco2e_per_kwh_lifecycle", "source",
    "gco2e_per_kwh_direct", "basis",
]
CLOUD_COLUMNS = [
    "provider", "region", "name", "electricitymaps_zone", "lat", "lon", "status", "gco2e_per_kwh_lifecycle", "year",
    "source",
]
ALIAS_COLUMNS = ["alias", "zone"]

# A table that is cut at the end of a row looks whole. Raise these with the tables; a table never shrinks unseen.
LEAST_ROWS = {"carbon": 461, "cloud": 148, "aliases": 60}

# Sizes of the members of struct jb_intensity, terminator included.
LIMITS = {"zone": 64, "name": 96, "source": 160, "note": 192}
LONGEST_KEY = 94  # JB_FOLD_TEXT of fold.h, less a blank and the terminator

# What a name may be, best first.
RANKS = ["zone", "alpha-3", "name", "state", "alias", "cloud"]

# For normally distributed differences the median of |d| is this many standard deviations.
MEDIAN_TO_SIGMA = 0.6745


class TableError(Exception):
    """A table that must not be built in; the text is the one line for the person who changed it."""


def fold(text):
    """The lookup key of a name; src/grid/fold.c does the same."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    key = " ".join(plain.lower().split())
    if not key.isascii() or not key.isprintable():
        raise TableError(f"the name {text!r} does not fold to ASCII")
    if not 0 < len(key) <= LONGEST_KEY:
        raise TableError(f"the name {text!r} is empty or too long")
    return key


def read_table(path, columns, least):
    """The rows of a CSV file as dicts, each with its place in the file under "at"."""
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    base = os.path.basename(path)
    if not text.endswith("\n"):
        raise TableError(f"{base}: the last line has no end: is the file cut?")
    reader = csv.reader(io.StringIO(text), strict=True)
    rows = []
    try:
        header = next(reader, [])
        if header != columns:
            raise TableError(f"{base}:1: the columns are {','.join(header)}, not {','.join(columns)}")
        for fields in reader:
            at = f"{base}:{reader.line_num}"
            if len(fields) != len(columns):
                raise TableError(f"{at}: {len(fields)} fields, not {len(columns)}")
            rows.append(dict(zip(columns, fields), at=at))
    except csv.Error as error:
        raise TableError(f"{base}:{reader.line_num}: {error}") from None
    if len(rows) < least:
        raise TableError(f"{base}: {len(rows)} rows where at least {least} are expected: is the file cut?")
    return rows


def checked(row, column, pattern):
    if not re.fullmatch(pattern, row[column]):
        raise TableError(f"{row['at']}: {column} is {row[column]!r}")
    return row[column]


def intensity(row):
    value = float(checked(row, "gco2e_per_kwh_lifecycle", r"[0-9]{1,4}(\.[0-9]{1,4})?"))
    if not 0 < value <= 2000:  # burning lignite in an old plant gives some 1200
        raise TableError(f"{row['at']}: {value} g/kWh is out of range")
    return value


class Place:
    """One entry of the C table."""

    def __init__(self, kind, zone, name, country, row, value=None):
        self.kind, self.zone, self.name, self.country, self.at = kind, zone, name, country, row["at"]
        self.source, self.iso3, self.note, self.spread = row["source"], "", "", 0.0
        self.listed_zones = row["electricitymaps_zones"].split(";") if row["electricitymaps_zones"] else []
        self.value, self.year = value, 0
        if kind != "NOTHING":
            self.value = intensity(row) if value is None else value
            self.year = int(checked(row, "year", r"(19|20)[0-9]{2}"))


def kind_of(row):
    """What sort of figure a row holds. An unknown source is an error, so that none goes in unjudged."""
    source = row["source"]
    if source == "none":
        return "NOTHING"
    if row["basis"] == "proxy":
        return "PROXY"
    if source.startswith("epa-egrid"):
        return "STATE"
    if source.startswith("electricitymaps-"):
        return "ZONE"
    if source.startswith(("ember", "owid")):
        if row["iso2"]:
            return "COUNTRY"
        return "WORLD" if row["name"] == "World" else "REGION"
    raise TableError(f"{row['at']}: the source {source!r} is not known to gen_grid.py")


def place_of(row):
    kind = kind_of(row)
    zones = [zone for zone in row["electricitymaps_zones"].split(";") if zone]
    for zone in zones:
        if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,5}){0,3}", zone):
            raise TableError(f"{row['at']}: {zone!r} is not the name of a zone")
    if not row["name"].strip() or not row["name"].isprintable():
        raise TableError(f"{row['at']}: the name is {row['name']!r}")
    if kind in ("REGION", "WORLD"):
        checked(row, "iso3", "")
        # No blanks, so that shells can complete it.
        return Place(kind, row["name"].replace(" ", "-"), row["name"], "", row)

    iso2, iso3 = checked(row, "iso2", "[A-Z]{2}"), checked(row, "iso3", "[A-Z]{3}")
    if kind == "STATE":
        match = re.fullmatch(r"(.+) - (.+) \(state ([A-Z]{2}-[A-Z0-9]{1,3})\)", row["name"])
        if not match or not zones:
            raise TableError(f"{row['at']}: not a state: {row['name']!r}")
        place = Place(kind, match[3], f"{match[2]}, {match[1]}", iso2, row)
        place.state_name = match[2]
        place.note = f"figure of the state; its main grid zone is {zones[0]}"
        return place
    if kind == "ZONE":
        if not zones:
            raise TableError(f"{row['at']}: no zone")
        zone = zones[0]
    else:
        zone = iso2  # Ember and the proxies speak of countries, whatever zones these have
    place = Place(kind, zone, row["name"], iso2, row)
    if zone == iso2:
        place.iso3 = iso3
    return place


def add_countries(places):
    """Give each country a row of its own, and say in it what is known of the zones inside."""
    by_country = {}
    for place in places.values():
        if place.country and place.kind != "STATE":
            by_country.setdefault(place.country, []).append(place)
    for country, inside in by_country.items():
        zones = [place for place in inside if place.zone != country]
        if not zones:
            continue
        values = sorted(place.value for place in zones)
        span = f"{len(zones)} zones of it are listed apart" if len(zones) > 1 else "1 zone of it is listed apart"
        span += f", {values[0]:g} to {values[-1]:g} g/kWh" if len(zones) > 1 else f", {values[0]:g} g/kWh"
        if country in places:
            own = places[country]
            own.note = f"the whole country; {span}"
            # Only where the zones make up the country does their spread say something about a place in it: the rest
            # of Spain is not like the 13 islands listed. MEDIAN, because small zones are many and consume little.
            if len(values) >= 3 and values[0] <= own.value <= values[-1]:
                own.spread = statistics.median(abs(v - own.value) / own.value for v in values) / MEDIAN_TO_SIGMA
            continue
        mean = statistics.fmean(values)
        row = {"at": zones[0].at, "source": f"mean of zones: {zones[0].source}", "electricitymaps_zones": "",
               "year": str(min(place.year for place in zones))}
        own = Place("AVERAGE", country, zones[0].name.split(" - ")[0], country, row, mean)
        own.note = f"plain mean of the zones of the country; {span}"
        own.spread = statistics.pstdev(values, mean) / mean
        places[country] = own


def add_spreads(places):
    """The two spreads that the table itself tells: of countries around the world, of states around their zone."""
    world = places["World"]
    countries = [place for place in places.values() if place.country == place.zone and place.value is not None]
    if len(countries) < 2:
        raise TableError(f"{world.at}: no countries to compare the world with")
    world.spread = (statistics.fmean((place.value - world.value) ** 2 for place in countries) ** 0.5) / world.value
    for place in places.values():
        if place.kind == "REGION":
            place.spread = world.spread  # the table does not say which countries a region has
            place.note = "a region of the world; a country gives a better figure"
    states = [place for place in places.values() if place.kind == "STATE"]
    away = []
    for state in states:
        for zone in state.listed_zones:
            if zone not in places:
                raise TableError(f"{state.at}: the zone {zone} of {state.zone} is not in the table")
        zone = places[state.listed_zones[0]]
        away.append(abs(state.value - zone.value) / zone.value)
    for state in states:
        state.spread = statistics.median(away) / MEDIAN_TO_SIGMA


def read_places(path):
    """All places by zone name. A state whose code is also a zone (US-AK, US-HI) yields to the zone."""
    places, states = {}, []
    for row in read_table(path, CARBON_COLUMNS, LEAST_ROWS["carbon"]):
        place = place_of(row)
        if place.kind == "STATE":
            states.append(place)
        elif place.zone in places:
            raise TableError(f"{place.at}: {place.zone} stood already in {places[place.zone].at}")
        else:
            places[place.zone] = place
    if "World" not in places:
        raise TableError(f"{os.path.basename(path)}: there is no row for the World")
    for place in states:
        if place.zone in places and places[place.zone].kind == "STATE":
            raise TableError(f"{place.at}: {place.zone} stood already in {places[place.zone].at}")
        places.setdefault(place.zone, place)
    add_countries(places)
    add_spreads(places)
    return places


class Keys:
    """Every name that finds a place: key -> (rank, zone, label, note)."""

    def __init__(self, places):
        self.places, self.known = places, {}

    def add(self, rank, label, zone, at, note=""):
        key, rank = fold(label), RANKS.index(rank)
        if key not in self.known:
            self.known[key] = [rank, zone, label, note]
            return
        known = self.known[key]
        if known[1] == zone:
            return
        if rank == RANKS.index("state") and known[0] < rank:
            # "Georgia" is the country, but whoever typed it may have meant the other.
            known[3] = f"the country; for the US state give {zone}"
            return
        raise TableError(f"{at}: {label!r} means both {known[1]} and {zone}")


def region_keys(path, keys):
    rows = read_table(path, CLOUD_COLUMNS, LEAST_ROWS["cloud"])
    seen, providers = {}, {}
    for row in rows:
        checked(row, "provider", "[a-z0-9]{2,16}")
        checked(row, "region", "[a-z0-9][a-z0-9_-]{1,40}")
        providers.setdefault(row["region"], []).append(row["provider"])
    for row in rows:
        zone, label = row["electricitymaps_zone"], f"{row['provider']}:{row['region']}"
        if zone not in keys.places or keys.places[zone].value is None:
            raise TableError(f"{row['at']}: the zone {zone!r} of {label} has no figure in the table")
        if intensity(row) != keys.places[zone].value:
            raise TableError(f"{row['at']}: {label} has {row['gco2e_per_kwh_lifecycle']} g/kWh but its zone {zone} has "
                             f"{keys.places[zone].value:g}")
        if label in seen:
            raise TableError(f"{row['at']}: {label} stood already in {seen[label]}")
        seen[label] = row["at"]
        note = f"cloud region {label}, {row['name']}"
        keys.add("cloud", label, zone, row["at"], note)
        if len(providers[row["region"]]) == 1:
            keys.add("cloud", row["region"], zone, row["at"], note)


def read_keys(places, cloud_path, alias_path):
    keys = Keys(places)
    for place in places.values():
        keys.add("zone", place.zone, place.zone, place.at)
    for place in places.values():
        if place.iso3:
            keys.add("alpha-3", place.iso3, place.zone, place.at)
    for place in places.values():
        keys.add("name", place.name, place.zone, place.at)
    for place in places.values():
        if place.kind == "STATE":
            keys.add("state", place.state_name, place.zone, place.at)
    for row in read_table(alias_path, ALIAS_COLUMNS, LEAST_ROWS["aliases"]):
        if row["zone"] not in places:
            raise TableError(f"{row['at']}: no zone {row['zone']!r}")
        keys.add("alias", row["alias"], row["zone"], row["at"])
    region_keys(cloud_path, keys)
    return keys.known


def literal(text):
    """A C string literal; everything but plain ASCII as octal, which cannot swallow the character after it."""
    out = "".join(chr(b) if 32 <= b < 127 and chr(b) not in '"\\?' else f"\\{b:03o}" for b in text.encode())
    return f'"{out}"'


def write_c(places, keys):
    # Places with a figure first, sorted by bytes: the index of jb_grid_zone_name(). Then those without.
    order = sorted(places.values(), key=lambda p: (p.kind == "NOTHING", p.zone.encode()))
    index = {place.zone: i for i, place in enumerate(order)}
    out = ["/* Generated by tools/gen_grid.py from data/carbon_intensity.csv (ODbL, CC BY and public domain: see",
           "   data/LICENSES.md), cloud_regions.csv and zone_aliases.csv. Do not edit. */",
           '#include "grid/grid_table.h"', "", "const struct jb_grid_place jb_grid_places[] = {"]
    for p in order:
        for column, text in (("zone", p.zone), ("name", p.name), ("source", p.source), ("note", p.note)):
            if len(text.encode()) >= LIMITS[column]:
                raise TableError(f"{p.at}: the {column} is too long: {text!r}")
        live = "" if p.kind in ("REGION", "WORLD") else p.listed_zones[0] if p.kind == "STATE" else p.zone
        out.append(f"    {{{literal(p.zone)}, {literal(live)}, {literal(p.name)}, {literal(p.country)}, JB_PLACE_{p.kind}, {p.year}, "
                   f"{p.value or 0:.6g}, {p.spread:.4f},\n     {literal(p.source)}, {literal(p.note)}}},")
    out += ["};", f"const size_t jb_grid_place_count = {len(order)};",
            f"const size_t jb_grid_listed_count = {sum(p.kind != 'NOTHING' for p in order)};",
            f"const size_t jb_grid_world_index = {index['World']};",
            f"const int jb_grid_newest_year = {max(p.year for p in order)};", ""]
    keyed = sorted(keys.items(), key=lambda item: item[0].encode())
    out.append("const char *const jb_grid_keys[] = {")
    out += [f"    {literal(key)}," for key, _ in keyed]
    out += ["    0,", "};", f"const size_t jb_grid_key_count = {len(keyed)};", "",
            "const struct jb_grid_key jb_grid_key_infos[] = {"]
    for key, (_, zone, label, note) in keyed:
        if len(note.encode()) >= LIMITS["note"]:
            raise TableError(f"the note of {key!r} is too long")
        out.append(f"    {{{index[zone]}, {literal(label)}, {literal(note)}}},")
    return "\n".join(out + ["};", ""])


def main(argv):
    if len(argv) != 5:
        print("usage: gen_grid.py CARBON CLOUD ALIASES OUTPUT", file=sys.stderr)
        return 2
    try:
        places = read_places(argv[1])
        text = write_c(places, read_keys(places, argv[2], argv[3]))
        with open(argv[4], "w", encoding="ascii") as file:
            file.write(text)
    except (TableError, OSError, UnicodeDecodeError) as error:
        print(f"gen_grid.py: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
