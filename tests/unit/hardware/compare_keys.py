#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The C matcher against its oracle, name by name (TAP).

    compare_keys.py PRINT_KEYS NAMES_TXT DATA_DIR

Names: the written-down corpus, every model of the power table under the forms in which kernels and drivers write
names, every driver alias, and names shuffled together from the words of all these with a fixed seed. Further: every
model of the table leads to its own key in at least one of its forms, and every alias and real string that the corpus
marks as known finds a row.
"""
import csv
import os
import random
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "tools"))
import match_names  # noqa: E402

SEED = 20260407
CPU_FORMS = ["%(model)s", "%(vendor)s %(model)s", "%(vendor)s(R) %(model)s CPU @ 2.50GHz",
             "%(vendor)s %(model)s 16-Core Processor", "%(model)s with Radeon Graphics",
             "12th Gen %(vendor)s(R) %(model)s", "%(vendor)s %(model)s (ES)", "%(model)s 0 @ 3.00GHz"]
GPU_FORMS = ["%(model)s", "%(vendor)s %(model)s", "%(vendor)s(R) %(model)s", "%(model)s Laptop GPU",
             "%(vendor)s %(model)s [Code Name]", "%(vendor)s Corporation %(model)s (rev a1)"]
EXTRA_WORDS = ("CPU Processor (R) (TM) @ with Radeon Gen 11th 0 X v2 M ES GB Laptop GPU [x] (y) Core2 quad-core - , "
               "black PCIe PCI-Express AMD Intel nvidia core i7 xeon e5 w ti super pro and low mobile supporting HT "
               "technology 8-core M128-30 Q64-22 altra aws amazon graviton (16GB) (Hawaii) \u00ae \u2122 \u2013 i9 "
               "x").split()


def read_names(path):
    """Lines "cpu|gpu<TAB>known|free<TAB>name"."""
    names = {"cpu": [], "gpu": []}
    known = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            line = line.rstrip("\n")
            if line and not line.startswith("#"):
                kind, status, name = line.split("\t")
                names[kind].append(name)
                if status == "known":
                    known.append((kind, name))
    return names, known


def c_keys(program, kind, names):
    text = "".join(name + "\n" for name in names)
    out = subprocess.run([program, kind], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
    return [tuple(line.split("\t")) for line in out.decode().splitlines()]


def compare(number, what, program, kind, names):
    oracle = match_names.cpu_key if kind == "cpu" else match_names.gpu_key
    differences = [(name, got, oracle(name)) for name, got in zip(names, c_keys(program, kind, names))
                   if got != oracle(name)]
    for name, got, wanted in differences[:10]:
        print("# %r: C says %s, the oracle %s" % (name, got, wanted))
    print("%s %d - %s: %d names agree" % ("not ok" if differences or not names else "ok", number, what, len(names)))


def main():
    program, names_path, data = sys.argv[1:]
    with open(os.path.join(data, "hardware_power.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(os.path.join(data, "gpu_aliases.csv"), encoding="utf-8", newline="") as file:
        aliases = [row["driver_name"] for row in csv.DictReader(file)]
    corpus, known = read_names(names_path)
    cpus = [form % row for row in rows if row["kind"] in ("cpu", "soc") for form in CPU_FORMS]
    gpus = [form % row for row in rows if row["kind"] in ("gpu", "accelerator", "soc") for form in GPU_FORMS]
    words = sorted({word for row in rows for word in row["model"].split()}) + EXTRA_WORDS * 20
    source = random.Random(SEED)
    shuffled = [" ".join(source.choice(words) for _ in range(source.randint(1, 7))) for _ in range(3000)]
    shuffled += [name.lower() for name in shuffled] + [name.upper() for name in shuffled[:1000]]
    print("# seed %d" % SEED)
    print("1..10")
    compare(1, "written-down CPU names", program, "cpu", corpus["cpu"])
    compare(2, "written-down GPU names", program, "gpu", corpus["gpu"] + aliases)
    compare(3, "CPUs of the table", program, "cpu", cpus)
    compare(4, "GPUs of the table", program, "gpu", gpus)
    compare(5, "shuffled words as CPUs", program, "cpu", shuffled)
    compare(6, "shuffled words as GPUs", program, "gpu", shuffled)

    total = sum(len(names) for names in corpus.values()) + len(aliases)
    print("%s 7 - the corpus has at least 300 names (%d)" % ("ok" if total >= 300 else "not ok", total))

    keys = {(row["kind"] in ("cpu", "soc"), row["match_key"]) for row in rows}
    lost = [row["model"] for row in rows if row["kind"] == "cpu" and
            (True, match_names.cpu_key("%(vendor)s %(model)s" % row)[0]) not in keys]
    print("# lost: %s" % lost)
    print("%s 8 - all but two CPUs of the table are found by maker and model" % ("ok" if len(lost) <= 2 else "not ok"))
    lost = [row["model"] for row in rows if row["kind"] == "gpu" and
            (False, match_names.gpu_key("%(vendor)s %(model)s" % row)[0]) not in keys]
    print("# lost: %s" % lost)
    print("%s 9 - every GPU of the table is found by maker and model" % ("not ok" if lost else "ok"))
    lost = [name for kind, name in known if name not in aliases and (kind == "cpu", (
        match_names.cpu_key if kind == "cpu" else match_names.gpu_key)(name)[0]) not in keys]
    print("# lost: %s" % lost)
    print("%s 10 - what the corpus calls known is in the table (%d)" % ("not ok" if lost or not known else "ok",
                                                                        len(known)))


if __name__ == "__main__":
    main()
