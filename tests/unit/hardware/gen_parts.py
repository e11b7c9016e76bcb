#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""tools/gen_parts.py against whole and broken tables (TAP). gen_parts.py DATA_DIR"""
import os
import subprocess
import sys
import tempfile

DATA = sys.argv[1]
TOOL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "tools", "gen_parts.py")
TABLES = {"power": "hardware_power.csv", "aliases": "gpu_aliases.csv", "specpower": "specpower_cpu.csv"}


def load(table):
    with open(os.path.join(DATA, TABLES[table]), encoding="utf-8", newline="") as file:
        return file.read()


def run(changes, counts=None):
    """The generator's exit status, message and output, with some tables replaced by the given text."""
    with tempfile.TemporaryDirectory() as folder:
        args = [sys.executable, TOOL, "-o", os.path.join(folder, "out.c")]
        for table, name in TABLES.items():
            path = os.path.join(DATA, name)
            if table in changes:
                path = os.path.join(folder, name)
                with open(path, "w", encoding="utf-8", newline="") as file:
                    file.write(changes[table])
            args += ["--" + table, path + ((":%d" % counts[table]) if counts and table in counts else "")]
        done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        made = os.path.exists(os.path.join(folder, "out.c"))
        return done.returncode, done.stderr.decode(), made


def replace_line(table, number, change):
    lines = load(table).splitlines(keepends=True)
    lines[number - 1] = change(lines[number - 1])
    return "".join(lines)


POWER = load("power")
CASES = [
    ("whole tables are taken", {}, None, 0, ""),
    ("a file cut within a row", {"power": POWER[:len(POWER) // 2].rstrip("\n")}, None, 1, "cut short"),
    ("a file cut at a line's end", {"power": "".join(POWER.splitlines(keepends=True)[:3000])}, {"power": 6796}, 1,
     "expected 6796"),
    ("an empty file", {"aliases": ""}, None, 1, "gpu_aliases.csv"),
    ("a header alone", {"specpower": load("specpower").splitlines(keepends=True)[0]}, None, 1, "specpower_cpu.csv"),
    ("columns in another order", {"power": replace_line("power", 1, lambda l: l.replace("kind,vendor", "vendor,kind"))},
     None, 1, "hardware_power.csv:1"),
    ("a row with a field too few", {"power": replace_line("power", 7, lambda l: l.replace(",", "", 1))}, None, 1,
     "hardware_power.csv:7"),
    ("a number that is none", {"power": replace_line("power", 5, lambda l: "cpu,AMD,X,x,many,,,,,,1,s\n")}, None, 1,
     "hardware_power.csv:5"),
    ("watts of zero", {"power": replace_line("power", 5, lambda l: "cpu,AMD,X,x,0,,,,,,1,s\n")}, None, 1, "tdp_w"),
    ("an unknown kind", {"power": replace_line("power", 5, lambda l: "tea,AMD,X,x,1,,,,,,1,s\n")}, None, 1, "kind"),
    ("a key twice", {"power": POWER + "cpu,AMD,EPYC 7742,epyc7742,1,,,,,,1,s\n"}, None, 1, "epyc7742"),
    ("a key that is none", {"power": POWER + "cpu,AMD,X,Not A Key,1,,,,,,1,s\n"}, None, 1, "is not a key"),
    ("no source", {"power": POWER + "cpu,AMD,X,x,1,,,,,,1,\n"}, None, 1, "source"),
    ("control bytes", {"power": POWER + "cpu,AMD,X\033[31m,x,1,,,,,,1,s\n"}, None, 1, "model"),
    ("an open quote", {"power": POWER + 'cpu,AMD,"X,x,1,,,,,,1,s\n'}, None, 1, "hardware_power.csv"),
    ("an alias of nothing", {"aliases": load("aliases") + "NVIDIA Z9,NVIDIA,Z9,5\n"}, None, 1, "Z9"),
    ("an alias with other watts", {"aliases": load("aliases") + "Tesla T4b,NVIDIA,Tesla T4,71\n"}, None, 1, "71"),
    ("idle above full power", {"specpower": load("specpower") + "AMD,EPYC 1,1,1,9,8,1,1,2020,s\n"}, None, 1, "idle"),
]

print("1..%d" % len(CASES))
for number, (what, changes, counts, wanted, words) in enumerate(CASES, 1):
    status, message, made = run(changes, counts)
    good = status == wanted and words in message and made == (wanted == 0) and "Traceback" not in message
    if not good:
        print("# status %d, output %s, message %s" % (status, made, message.replace("\n", " | ")))
    print("%s %d - %s" % ("ok" if good else "not ok", number, what))
