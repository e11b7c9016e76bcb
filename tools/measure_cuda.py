#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Run examples/train_cuda.py alone and under `joulebook run --ops ...`, and tell what hearing its operators costs and
how much of the GPU's time is tied to an operator.

The text on stdout belongs into docs/measured/. Exit status: 0 at least 9/10 of the GPU's time is tied to operators of
PyTorch and the program did the same, 1 not, 2 nothing could be measured. Only Python's standard library is needed;
PYTHON must have PyTorch with CUDA.
"""

import argparse
import datetime
import json
import pathlib
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent.parent
EXAMPLE = HERE / "examples" / "train_cuda.py"
MODES = ("alone", "off", "phases", "auto", "full")
LOADS = {  # name: (arguments, steps); the second has many short kernels, which cost most to record
    "large step": (["--batch", "256", "--width", "64"], 300),
    "small step": (["--batch", "4", "--width", "8"], 3000),
    "CUDA graph": (["--batch", "64", "--width", "32", "--graph"], 1000),
}


def one(options, mode, arguments, steps, folder):
    """(ms of a step, loss, record or None) of one run."""
    record = pathlib.Path(folder) / "record.json"
    record.unlink(missing_ok=True)
    program = [options.python, str(EXAMPLE), "--steps", str(steps), *arguments]
    if mode != "alone":
        program = [options.joulebook, "run", "--quiet", "--db", "none", "--ops", mode, "--json", str(record), "--", *program]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=900)
    step = re.search(r"^step ([0-9.]+) ms$", done.stdout, re.M)
    loss = re.search(r"^loss (\S+)$", done.stdout, re.M)
    if done.returncode != 0 or not step or not loss:
        print(f"{mode}: exit status {done.returncode}\n{done.stdout}{done.stderr}", file=sys.stderr)
        sys.exit(2)
    return float(step.group(1)), loss.group(1), json.loads(record.read_text()) if record.exists() else None


def of_gpu(record):
    return [row for row in record.get("operators", []) if not row["device"].startswith("cpu")]


def is_tied(name):
    """By the name of an operator of PyTorch, not by that of the kernel."""
    return name.endswith("Backward0") or name.startswith(("aten::", "autograd::", "torch::", "c10d::", "Optimizer."))


def report_operators(record):
    """Prints the table; the share of the GPU's busy time that has an operator."""
    rows = sorted(of_gpu(record), key=lambda row: -(row["time_s"] or 0))
    total = sum(row["time_s"] or 0 for row in rows)
    if total <= 0:
        print("  no kernels were told")
        return 0.0
    print(f"  {'operator':48} {'class':14} {'calls':>8} {'time s':>8} {'share':>6} {'J':>9} {'+-':>8}  confidence")
    for row in rows[:25]:
        joules = "-" if row["energy_j"] is None else f"{row['energy_j']:.2f}"
        doubt = "-" if row.get("uncertainty_j") is None else f"{row['uncertainty_j']:.2f}"
        print(f"  {row['name'][:48]:48} {row['class']:14} {row['calls']:8} {row['time_s']:8.3f} "
              f"{100 * row['time_s'] / total:5.1f}% {joules:>9} {doubt:>8}  {row['confidence']}")
    return sum(row["time_s"] for row in rows if is_tied(row["name"])) / total


def heading(options):
    smi = subprocess.run(["nvidia-smi", "--query-gpu=name,driver_version,mig.mode.current", "--format=csv,noheader"],
                         capture_output=True, text=True, check=False)
    versions = subprocess.run(
        [options.python, "-c", "import torch; print('PyTorch', torch.__version__, 'CUDA', torch.version.cuda)"],
        capture_output=True, text=True, check=False)
    built = subprocess.run([options.joulebook, "--version"], capture_output=True, text=True, check=False)
    print("CUDA kernels tied to operators, and what hearing them costs\n")
    print("date     ", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"))
    print("machine  ", platform.machine(), platform.system(), platform.release())
    print("GPU      ", smi.stdout.strip().replace("\n", " | ") or smi.stderr.strip())
    print("software ", versions.stdout.strip() or versions.stderr.strip().splitlines()[-1:])
    print("joulebook", built.stdout.strip())
    print("command   tools/measure_cuda.sh\n")


def main():
    parser = argparse.ArgumentParser(description="Tie CUDA kernels to operators and measure the cost of it.")
    parser.add_argument("--joulebook", default=shutil.which("joulebook"), help="the built program")
    parser.add_argument("--python", default=sys.executable, help="a Python that has PyTorch with CUDA")
    parser.add_argument("--rounds", type=int, default=5, help="runs of each kind, in turn")
    options = parser.parse_args()
    if not options.joulebook:
        parser.error("no joulebook on the PATH: --joulebook PATH")
    heading(options)
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for load, (arguments, steps) in LOADS.items():
            times, losses, record = {mode: [] for mode in MODES}, {mode: set() for mode in MODES}, None
            for _ in range(options.rounds):  # in turn, so that a GPU that warms up is the same for all
                for mode in MODES:
                    ms, loss, told = one(options, mode, arguments, steps, folder)
                    times[mode].append(ms)
                    losses[mode].add(loss)
                    record = told if mode == "full" else record
            alone = statistics.median(times["alone"])
            print(f"{load}: {' '.join(arguments)}, {steps} steps, {options.rounds} runs of each")
            print(f"  {'--ops':8} {'step ms':>9} {'slower':>8}   lowest and highest run")
            for mode in MODES:
                middle = statistics.median(times[mode])
                print(f"  {mode:8} {middle:9.4f} {100 * (middle / alone - 1):7.2f}%   "
                      f"{min(times[mode]):.4f} {max(times[mode]):.4f}")
            work = (record or {}).get("work") or {}
            print(f"  joulebook's own figure of --ops full: slowdown {work.get('slowdown')}, "
                  f"+-{work.get('slowdown_uncertainty')}, sources {work.get('sources')}, "
                  f"{work.get('steps_caught')} of {work.get('steps')} steps caught")
            share = report_operators(record or {})
            print(f"  tied to an operator: {100 * share:.1f} % of the GPU's busy time\n")
            if load != "CUDA graph":  # a replayed graph has no operators, only its own name
                good = good and share >= 0.9
            if len(losses["alone"]) == 1 and losses["full"] != losses["alone"]:
                print("  the losses differ: the program was changed\n")
                good = False
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
