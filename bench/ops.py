#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What hearing a program costs it: CPU time of a training step under each --ops, beside --ops off.

usage: bench/ops.py BUILD [SECONDS] [PAIRS]

Runs of the two are taken in turn and compared pair by pair, because a shared machine is faster at one time than at another; CPU
time and not the clock, because others may be in the way. The figure is the median of the pairs' ratios with its quartiles.
"""
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PYTHON = os.environ.get("PYTHON", "/usr/bin/python3")


def run(exe, home, ops, batch, seconds):
    path = home / "r.json"
    env = dict(os.environ, XDG_DATA_HOME=str(home / "data"), XDG_CONFIG_HOME=str(home / "config"), JOULEBOOK_GRID_LIVE="false")
    out = subprocess.run([exe, "run", "--quiet", "--sensors", "fake:watts=50", "--ops", ops, "--json", path, "--", PYTHON,
                          HERE / "train_steps.py", str(batch), str(seconds)], env=env, check=True, text=True, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE).stdout.split()
    return float(out[1]), json.loads(path.read_text())


def compare(exe, home, ops, batch, seconds, pairs):
    ratios, stated, self_share, steps_s = [], [], [], 0
    for i in range(pairs):
        both = {}
        for mode in (("off", ops) if i % 2 == 0 else (ops, "off")):
            both[mode], record = run(exe, home, mode, batch, seconds)
            if mode == ops:
                stated.append(record["work"]["slowdown"])
                self_share.append(record["self"]["cpu_s"] / record["run"]["duration_s"])
                steps_s = both[mode]
        ratios.append(both[ops] / both["off"] - 1)
    low, middle, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    told = [s for s in stated if s is not None]
    print(f"--ops {ops:<7} step {1e3 * steps_s:6.2f} ms  slower by {100 * middle:6.2f} % (quartiles {100 * low:.2f} .. {100 * high:.2f})"
          f"  it said {100 * statistics.median(told):.2f} %" if told else
          f"--ops {ops:<7} step {1e3 * steps_s:6.2f} ms  slower by {100 * middle:6.2f} % (quartiles {100 * low:.2f} .. {100 * high:.2f})"
          f"  it said nothing", f" our own CPU {100 * statistics.median(self_share):.2f} % of a core", flush=True)


def main():
    exe = pathlib.Path(sys.argv[1]).resolve() / "joulebook"
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10
    pairs = int(sys.argv[3]) if len(sys.argv) > 3 else 5
    with tempfile.TemporaryDirectory() as folder:
        for batch in (1, 32):
            for ops in ("auto", "phases", "full"):
                compare(exe, pathlib.Path(folder), ops, batch, seconds, pairs if ops == "auto" else max(2, pairs // 2))


if __name__ == "__main__":
    main()
