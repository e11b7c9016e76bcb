#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measure a matrix-multiplication loop on a real NVIDIA GPU and compare what tells its energy.

Three figures of the same seconds: the energy counter of NVML and the integral of NVML's power, both as
`joulebook run` booked them, and the integral of what nvidia-smi says beside it. The text on stdout belongs into
docs/measured/. Exit status: 0 the counter agrees with the integral, 1 it does not, 2 nothing could be measured.

Only Python's standard library is needed; the load itself wants PyTorch with CUDA and idles, saying so, without.
"""

import argparse
import bisect
import datetime
import json
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time

SMI_TIME = "%Y/%m/%d %H:%M:%S.%f"


def load(seconds, marks_path):
    """What is measured: bf16 matrix products for `seconds`. Writes when it began and ended, and what it did."""
    note = "PyTorch is not importable: the GPU idled"
    step = finish = None
    try:
        import torch

        if torch.cuda.is_available():
            size = 8192
            left, right = (torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2))
            step, finish = (lambda: torch.mm(left, right)), torch.cuda.synchronize
            note = f"PyTorch {torch.__version__}, {size}x{size} bf16 matrix products"
        else:
            note = f"PyTorch {torch.__version__} sees no CUDA device: the GPU idled"
    except ImportError:
        pass
    begin, products = time.time(), 0
    while time.time() - begin < seconds:
        if step is None:
            time.sleep(0.05)
            continue
        for _ in range(20):
            step()
        finish()
        products += 20
    with open(marks_path, "w", encoding="utf-8") as file:
        json.dump({"begin": begin, "end": time.time(), "products": products, "note": note}, file)


def integrate(samples, begin, end):
    """Joules between two times from (time, watts), linear between samples and level beyond the outermost ones.

    None when there are fewer than two samples or they leave more than a second at either end uncovered.
    """
    samples = sorted(samples)
    times = [t for t, _ in samples]
    if len(samples) < 2 or times[0] > begin + 1 or times[-1] < end - 1:
        return None

    def watts(t):
        i = bisect.bisect_right(times, t)
        if i in (0, len(times)):
            return samples[min(i, len(times) - 1)][1]
        (t0, w0), (t1, w1) = samples[i - 1], samples[i]
        return w0 + (w1 - w0) * (t - t0) / (t1 - t0)

    points = [(begin, watts(begin))] + [s for s in samples if begin < s[0] < end] + [(end, watts(end))]
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in zip(points, points[1:]))


def smi(*arguments):
    return subprocess.run(["nvidia-smi", *arguments], capture_output=True, text=True, check=False)


def power_field():
    """The field that is not a mean over a second, where the driver has it (since 530)."""
    return "power.draw.instant" if smi("--query-gpu=power.draw.instant", "--format=csv").returncode == 0 else "power.draw"


def read_smi(path):
    """{uuid: [(unix time, watts)]} of an nvidia-smi log; lines without a number ("[N/A]", cut short) are left out."""
    series = {}
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            try:
                stamp, uuid, watts = (part.strip() for part in line.split(","))
                t = datetime.datetime.strptime(stamp, SMI_TIME).timestamp()  # nvidia-smi writes local time
                series.setdefault(uuid, []).append((t, float(watts)))
            except ValueError:
                continue
    return series


def unix(iso):
    return datetime.datetime.fromisoformat(iso.replace("Z", "+00:00")).timestamp()


def measure(options, folder):
    """Run the load under joulebook with nvidia-smi beside it: (record, marks, smi series, command)."""
    record_path, marks_path, smi_path = (os.path.join(folder, name) for name in ("record.json", "marks.json", "smi.csv"))
    command = [options.joulebook, "run", "--quiet", "--db", "none", "--sensors", "nvml", "--json", record_path, "--",
               sys.executable, os.path.abspath(__file__), "--load", str(options.seconds), "--marks", marks_path]
    field = power_field()
    with open(smi_path, "w", encoding="utf-8") as log:
        beside = subprocess.Popen(["nvidia-smi", f"--query-gpu=timestamp,uuid,{field}",
                                   "--format=csv,noheader,nounits", "-lms", "100"], stdout=log)
        try:
            time.sleep(1)  # so that the samples begin before the run
            status = subprocess.run(command, check=False).returncode
            time.sleep(1)
        finally:
            beside.terminate()
            beside.wait()
    if status != 0:
        raise RuntimeError(f"{' '.join(command)}: exit status {status}")
    with open(record_path, encoding="utf-8") as file:
        record = json.load(file)
    with open(marks_path, encoding="utf-8") as file:
        marks = json.load(file)
    return record, marks, read_smi(smi_path), field, command


def by_gpu(record):
    """{uuid: {"energy": channel, "power": channel}} of the NVML channels of a run record."""
    gpus = {}
    for channel in record["energy"]["channels"]:
        parts = channel["id"].split("/")
        # "module/0/power" of a superchip is no GPU's.
        if (channel.get("source") == "nvml" and len(parts) == 3 and parts[0] == "gpu"
                and channel.get("energy_j") is not None):
            gpus.setdefault(parts[1], {})[parts[2]] = channel
    return gpus


def compare(name, first, second, stated):
    """One line, and whether two figures differ by no more than the stated error."""
    if first is None or second is None:
        return f"  {name}: cannot be compared, one of them is missing", None
    difference = second - first
    relative = f"{100 * difference / first:+.2f} %" if first else "no relative figure"
    agrees = abs(difference) <= stated
    return (f"  {name}: {difference:+.1f} J ({relative}), stated error {stated:.1f} J: "
            f"{'agrees' if agrees else 'DISAGREES'}"), agrees


def report(record, marks, series, field, command):
    begin, end = unix(record["run"]["started"]), unix(record["run"]["ended"])
    verdicts = []
    print(f"date:     {datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC")
    print(f"machine:  {platform.system()} {platform.release()} {platform.machine()}")
    print(f"command:  {' '.join(command)}")
    print(f"load:     {marks['note']}, {marks['products']} of them in {marks['end'] - marks['begin']:.2f} s")
    print(f"run:      {record['run']['duration_s']:.2f} s")
    for uuid, channels in sorted(by_gpu(record).items()):
        about = smi(f"--id={uuid}", "--query-gpu=name,driver_version,power.limit", "--format=csv,noheader").stdout.strip()
        print(f"\nGPU {uuid}: {about or 'nvidia-smi does not know it'}")
        figures = {kind: channels.get(kind, {}).get("energy_j") for kind in ("energy", "power")}
        errors = {kind: channels.get(kind, {}).get("uncertainty_j") or 0.0 for kind in ("energy", "power")}
        beside = integrate(series.get(uuid, []), begin, end)
        for kind, title in (("energy", "NVML energy counter"), ("power", "integral of NVML power")):
            if figures[kind] is None:
                print(f"  {title}: absent")
            else:
                flags = ", ".join(channels[kind].get("flags") or []) or "none"
                print(f"  {title}: {figures[kind]:.1f} J +- {errors[kind]:.1f} J (flags: {flags})")
        print(f"  integral of nvidia-smi {field}: " + ("absent" if beside is None else f"{beside:.1f} J") +
              f" ({len(series.get(uuid, []))} samples)")
        stated = math.hypot(errors["energy"], errors["power"])
        line, agrees = compare("integral minus counter", figures["energy"], figures["power"], stated)
        print(line)
        verdicts.append(agrees)
        print(compare("nvidia-smi minus counter", figures["energy"], beside, stated)[0])
    return verdicts


def main():
    parser = argparse.ArgumentParser(description="Compare NVML's energy counter with the integral of its power.")
    parser.add_argument("--joulebook", default=shutil.which("joulebook"), help="the built program")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--load", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--marks", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load is not None:
        load(options.load, options.marks)
        return 0
    if not options.joulebook:
        parser.error("joulebook is not on the PATH: name it with --joulebook")
    if not shutil.which("nvidia-smi"):
        print("measure_gpu: no nvidia-smi here: this needs a machine with an NVIDIA GPU", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        try:
            verdicts = report(*measure(options, folder))
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            print(f"measure_gpu: nothing was measured: {error}", file=sys.stderr)
            return 2
    if not any(verdict is not None for verdict in verdicts):
        print("measure_gpu: no GPU told both energy and power", file=sys.stderr)
        return 2
    return 0 if all(verdict is not False for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
