#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What joulebook costs: CPU, memory, start-up, bytes and instructions, beside what a rival costs where one is installed.

usage: bench/bench.py BUILD

Figures are medians of several runs on this machine; machines differ, so read the ratios. The budget of each line is the one the project
sets itself; nothing here fails, see the tests for that. A rival is run when its package can be imported (pip install codecarbon).
"""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/blackbox"))
from machines import Machine  # noqa: E402

CODECARBON = """
import resource, time, sys
start = resource.getrusage(resource.RUSAGE_SELF)
from codecarbon import OfflineEmissionsTracker
t = OfflineEmissionsTracker(country_iso_code="KOR", measure_power_secs=float(sys.argv[1]), log_level="error", save_to_file=False)
t.start()
begin = resource.getrusage(resource.RUSAGE_SELF)
time.sleep(float(sys.argv[2]))
end = resource.getrusage(resource.RUSAGE_SELF)
t.stop()
cpu = lambda a, b: b.ru_utime + b.ru_stime - a.ru_utime - a.ru_stime
print(cpu(begin, end) / float(sys.argv[2]), end.ru_maxrss * 1024, cpu(start, begin))
"""


def line(name, value, budget="", rival=""):
    print(f"{name:<66} {value:>14}  {budget:<16} {rival}", flush=True)


def record(exe, home, *args):
    path = home / "record.json"
    env = dict(os.environ, XDG_DATA_HOME=str(home / "data"), XDG_CONFIG_HOME=str(home / "config"))
    subprocess.run([exe, "run", "--quiet", "--json", path, *args], env=env, check=True, stdin=subprocess.DEVNULL)
    return json.loads(path.read_text())


def codecarbon(python, interval, seconds):
    try:
        out = subprocess.run([python, "-c", CODECARBON, str(interval), str(seconds)], text=True, capture_output=True, check=True,
                             timeout=seconds + 120).stdout.split()
        return [float(x) for x in out[-3:]]
    except (subprocess.SubprocessError, OSError, ValueError):
        return None


def floor(exe, interval_ns):
    out = subprocess.run([exe.parent / "bench/timer_floor", str(interval_ns), "5"], text=True, capture_output=True, check=True)
    return float(out.stdout)


def sampling(exe, home, python):
    with Machine(home / "root") as machine:
        costs = {}
        for interval, name, budget, seconds in (("100ms", "10 Hz", "<= 0.1 %", 40), ("1ms", "1 kHz", "<= 2 %", 15)):
            line(f"CPU of an empty timer loop at {name}, which nothing can undercut", f"{floor(exe, 10**8 if name == '10 Hz' else 10**6):.3f} %")
            # The cost of one second more, so that start and end do not count as sampling.
            short, long = (record(exe, home, "--root", machine.root, "--interval", interval, "--", "sleep", str(s)) for s in (1, seconds + 1))
            costs[name] = (long["self"]["cpu_s"] - short["self"]["cpu_s"]) / seconds
            rival = codecarbon(python, 0.1, seconds) if name == "10 Hz" and python else None
            line(f"CPU, sampling {len(long['energy']['channels'])} channels at {name}", f"{100 * costs[name]:.3f} %", budget,
                 f"CodeCarbon {100 * rival[0]:.2f} %, {rival[0] / costs[name]:.0f} times" if rival else "")
            line(f"peak memory at {name}", f"{long['self']['max_rss_bytes'] / 2**20:.1f} MiB", "<= 10 MiB",
                 f"CodeCarbon {rival[1] / 2**20:.0f} MiB, {rival[1] / long['self']['max_rss_bytes']:.0f} times" if rival else "")
            if rival:
                line("CPU to start and stop", f"{short['self']['cpu_s']:.3f} s", "", f"CodeCarbon {rival[2]:.2f} s")


def wall(command, env, runs):
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        subprocess.run(command, env=env, check=True, stdin=subprocess.DEVNULL)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


def startup(exe, home):
    env = dict(os.environ, XDG_DATA_HOME=str(home / "data"), XDG_CONFIG_HOME=str(home / "config"))
    ours = wall([exe, "run", "--quiet", "--", "true"], env, 40)
    plain = wall(["true"], env, 40)
    line("joulebook run --quiet -- true, over plain true", f"{1e3 * (ours - plain):.1f} ms", "<= 30 ms")


def instructions(exe, home):
    if not shutil.which("valgrind"):
        return
    counts = {}
    with Machine(home / "root-valgrind") as machine:
        for seconds in (2, 6):
            out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--trace-children=no", exe, "run", "--db",
                                  "none", "--quiet", "--root", machine.root, "--", "sleep", str(seconds)], text=True, capture_output=True,
                                 stdin=subprocess.DEVNULL)
            found = re.search(r"Collected : (\d+)", out.stderr)
            if out.returncode != 0 or not found:
                return
            counts[seconds] = int(found.group(1))
    line("instructions a reading of 9 channels (user space)", f"{(counts[6] - counts[2]) / 40:,.0f}")


def main():
    build = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "build").resolve()
    exe = build / "joulebook"
    python = next((p for p in (os.environ.get("JB_RIVAL_PYTHON"), sys.executable) if p and subprocess.run(
        [p, "-c", "import codecarbon"], capture_output=True).returncode == 0), None)
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder)
        print(f"{'':<66} {'joulebook':>14}  {'budget':<16} {'rival' if python else ''}")
        subprocess.run(["ninja", "-C", build, "bench/store_bench", "bench/timer_floor"], stdout=subprocess.DEVNULL, check=True)
        startup(exe, home)
        sampling(exe, home, python)
        instructions(exe, home)
    print("\nstore: a run of 24 h at 10 Hz with 10 channels")
    sys.stdout.flush()
    subprocess.run([build / "bench/store_bench"], check=True)


if __name__ == "__main__":
    main()
