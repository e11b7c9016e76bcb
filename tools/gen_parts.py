#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Turn the hardware tables of data/ into one C source of sorted, constant arrays (src/hardware/parts_table.h).

Runs at build time. A table that is cut short, reordered by hand into duplicates, or holds a number that is none stops
the build with the file and line: a silently smaller table would only show as wrong watts. A row count after ':' must
be met exactly, because a file cut at a line's end looks whole.

    gen_parts.py --power hardware_power.csv:6796 --aliases gpu_aliases.csv:116 --specpower specpower_cpu.csv:196 -o OUT
"""
import argparse
import csv
import math
import os
import sys

sys.dont_write_bytecode = True  # the sources stay as they are
import match_names  # noqa: E402

POWER_COLUMNS = ("kind,vendor,model,match_key,tdp_w,tdp_min_w,tdp_max_w,max_turbo_w,cores,idle_w,n_sources,"
                 "source").split(",")
ALIAS_COLUMNS = "driver_name,vendor,model,tdp_w".split(",")
SPEC_COLUMNS = ("vendor,model,tdp_w,n_results,system_idle_w_per_socket,system_max_w_per_socket,idle_over_max,"
                "max_over_tdp,latest_year,source").split(",")
KINDS = ("cpu", "gpu", "soc", "accelerator")
# Room in struct jb_part and its like, terminator included: texts are stored in the arrays themselves, so that the
# table needs no relocation and is paged in only where it is searched.
ROOM = {"kind": 12, "vendor": 12, "model": 64, "match_key": 48, "source": 128, "driver_name": 72}


class TableError(Exception):
    pass


def read(spec, columns):
    """The rows of FILE[:COUNT] as dicts with their line number under "line"."""
    path, _, count = spec.rpartition(":")
    if not path or not count.isdigit():
        path, count = spec, ""
    name = os.path.basename(path)
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    if not text.endswith("\n"):
        raise TableError("%s: the last line does not end: the file is cut short" % name)
    reader = csv.reader(text.splitlines(keepends=True), strict=True)
    rows = []
    try:
        header = next(reader, None)
        if header != list(columns):
            raise TableError("%s:1: expected the columns %s" % (name, ",".join(columns)))
        for fields in reader:
            if len(fields) != len(columns):
                raise TableError("%s:%d: %d fields, expected %d" % (name, reader.line_num, len(fields), len(columns)))
            row = dict(zip(columns, fields))
            row["line"] = "%s:%d" % (name, reader.line_num)
            rows.append(row)
    except csv.Error as error:
        raise TableError("%s:%d: %s" % (name, reader.line_num, error)) from error
    if not rows or count and len(rows) != int(count):
        raise TableError("%s: %d rows, expected %s: the file is cut short, or the count in data/meson.build is old"
                         % (name, len(rows), count or "at least one"))
    return rows


def number(row, column, required=False):
    text = row[column]
    if text == "" and not required:
        return 0.0
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < 1e6 or required and value == 0:
        raise TableError("%s: %s is %r, not a number that can be" % (row["line"], column, text))
    return value


def text(row, column):
    value = row[column]
    if not value or len(value.encode()) >= ROOM[column] or not value.isprintable():
        raise TableError("%s: %s %r is empty, too long or not printable" % (row["line"], column, value))
    return value


def c_string(value):
    out = []
    for byte in value.encode():
        char = chr(byte)
        out.append("\\" + char if char in '"\\?' else char if 32 <= byte < 127 else "\\%03o" % byte)
    return '"%s"' % "".join(out)


def read_parts(spec):
    parts = []
    for row in read(spec, POWER_COLUMNS):
        if row["kind"] not in KINDS:
            raise TableError("%s: kind %r is none of %s" % (row["line"], row["kind"], ", ".join(KINDS)))
        key = text(row, "match_key")
        if key != match_names.squeeze(key):
            raise TableError("%s: %r is not a key" % (row["line"], key))
        parts.append({
            "kind": row["kind"], "vendor": text(row, "vendor"), "model": text(row, "model"), "key": key,
            "tdp": number(row, "tdp_w", required=True), "min": number(row, "tdp_min_w"),
            "max": number(row, "tdp_max_w"), "turbo": number(row, "max_turbo_w"), "idle": number(row, "idle_w"),
            "cores": number(row, "cores"), "source": text(row, "source"), "line": row["line"]})
        if parts[-1]["cores"] != int(parts[-1]["cores"]):
            raise TableError("%s: cores is %r" % (row["line"], row["cores"]))
    parts.sort(key=lambda p: (p["kind"], p["key"]))
    for one, next_one in zip(parts, parts[1:]):
        if (one["kind"], one["key"]) == (next_one["kind"], next_one["key"]):
            raise TableError("%s: %s %s is also in %s" % (next_one["line"], next_one["kind"], next_one["key"],
                                                          one["line"]))
    return parts


def read_aliases(spec, parts):
    place = {(p["vendor"], p["model"]): i for i, p in enumerate(parts) if p["kind"] != "cpu"}
    aliases = {}
    for row in read(spec, ALIAS_COLUMNS):
        name = text(row, "driver_name")
        part = place.get((row["vendor"], row["model"]))
        if part is None:
            raise TableError("%s: no %s %r in the power table" % (row["line"], row["vendor"], row["model"]))
        if parts[part]["tdp"] != number(row, "tdp_w", required=True):
            raise TableError("%s: %s W, but %s says %g W" % (row["line"], row["tdp_w"], parts[part]["line"],
                                                            parts[part]["tdp"]))
        if aliases.setdefault(name, part) != part:
            raise TableError("%s: %r is listed twice" % (row["line"], name))
    return sorted(aliases.items(), key=lambda item: item[0].encode())


def read_spec(spec):
    found = {}
    for row in read(spec, SPEC_COLUMNS):
        key, _ = match_names.cpu_key("%s %s" % (row["vendor"], row["model"]))
        idle = number(row, "system_idle_w_per_socket", required=True)
        most = number(row, "system_max_w_per_socket", required=True)
        results = int(number(row, "n_results", required=True))
        if idle >= most:
            raise TableError("%s: idle power is not below full power" % row["line"])
        if len(key) >= ROOM["match_key"]:
            raise TableError("%s: the key is too long" % row["line"])
        if key not in found or found[key][2] < results:  # "E3-1240V2" and "E3-1240 v2" are one model
            found[key] = (idle, most, results)
    return sorted(found.items())


def write(out, parts, aliases, specs):
    out.write('/* Made by tools/gen_parts.py from data/: not to be edited. */\n#include "hardware/parts_table.h"\n\n')
    out.write("const size_t jb_parts_count = %d;\nconst struct jb_part jb_parts[] = {\n" % len(parts))
    for p in parts:
        out.write("    {%s, %s, %s, %s, %g, %g, %g, %g, %g, %d, %s},\n" % (
            c_string(p["kind"]), c_string(p["vendor"]), c_string(p["model"]), c_string(p["key"]), p["tdp"], p["min"],
            p["max"], p["turbo"], p["idle"], p["cores"], c_string(p["source"])))
    out.write("};\n\nconst size_t jb_gpu_aliases_count = %d;\n" % len(aliases))
    out.write("const struct jb_gpu_alias jb_gpu_aliases[] = {\n")
    for name, part in aliases:
        out.write("    {%s, %d},\n" % (c_string(name), part))
    out.write("};\n\nconst size_t jb_spec_powers_count = %d;\n" % len(specs))
    out.write("const struct jb_spec_power jb_spec_powers[] = {\n")
    for key, (idle, most, results) in specs:
        out.write("    {%s, %g, %g, %d},\n" % (c_string(key), idle, most, results))
    out.write("};\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("power", "aliases", "specpower"):
        parser.add_argument("--" + name, required=True, metavar="FILE[:ROWS]")
    parser.add_argument("-o", "--output", required=True)
    args = parser.parse_args()
    try:
        parts = read_parts(args.power)
        aliases = read_aliases(args.aliases, parts)
        specs = read_spec(args.specpower)
    except (OSError, UnicodeDecodeError, TableError) as error:
        sys.exit("gen_parts: %s" % error)
    temporary = args.output + ".new"
    with open(temporary, "w", encoding="ascii") as out:
        write(out, parts, aliases, specs)
    os.replace(temporary, args.output)


if __name__ == "__main__":
    main()
