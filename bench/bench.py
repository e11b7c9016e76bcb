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


def forty_channels(root):
    """A machine of 40 channels of 6 drivers: four sockets by perf and by powercap, a Cray node, its BMC, a battery, a made-up one."""
    machine = Machine(root, packages=(100.0, 90.0, 80.0, 70.0), dram=(5.0, 4.0, 3.0, 2.0))
    power = "sys/bus/event_source/devices/power"
    machine.write(f"{power}/type", "20\n")
    machine.write(f"{power}/cpumask", "0-3\n")
    for event, config in (("energy-pkg", 2), ("energy-ram", 3), ("energy-cores", 1)):
        machine.write(f"{power}/events/{event}", f"event=0x0{config}\n")
        machine.write(f"{power}/events/{event}.scale", "2.3283064365386962890625e-10\n")
        machine.write(f"{power}/events/{event}.unit", "Joules\n")
        for cpu in range(4):
            machine.write(f"perf/cpu{cpu}/14:{config}", "%012d\n" % 0)
            machine.zones.append((machine.root / f"perf/cpu{cpu}/14:{config}", 50e3, 0))
    for cpu in range(4):
        machine.write(f"sys/devices/system/cpu/cpu{cpu}/topology/physical_package_id", f"{cpu}\n")
    counters = "sys/cray/pm_counters"
    for name in ("energy", "cpu_energy", "memory_energy", *(f"accel{n}_energy" for n in range(4))):
        machine.write(f"{counters}/{name}", "1000 J 1700000000000000 us\n")
    machine.write(f"{counters}/freshness", "1\n")
    machine.write(f"{counters}/generation", "1\n")
    machine.write(f"{counters}/version", "2\n")
    for source, folder in (("laptop", "sys/class/power_supply"), ("server-ipmi", "ipmi")):
        shutil.copytree(ROOT / "tests/machines" / source / folder, machine.root / folder)
    return machine


def tick(exe, home):
    """CPU of one look at 40 channels, with what books and attributes them."""
    sensors = "rapl-perf,rapl-powercap,cray,ipmi,battery,fake:watts=10:channels=5"
    with forty_channels(home / "forty") as machine:
        for interval, ticks, budget in (("1", "3000", "<= 60 us"), ("10", "500", "<= 60 us"), ("100", "60", "<= 60 us")):
            out = [subprocess.run([exe.parent / "bench/tick_bench", machine.root, sensors, interval, ticks], text=True, capture_output=True,
                                  check=True).stdout.split() for _ in range(5)]
            within, all_ = (statistics.median(float(row[column]) for row in out) for column in (1, 2))
            line(f"CPU of a tick each {interval} ms, {out[0][0]} channels of 6 drivers (all threads, sleep and wake-up)",
                 f"{within:.0f} ({all_:.0f}) us", budget)


def burst(exe):
    """A burst on a made-up counter of 1 kHz: how many updates are found, how well, and what that costs while it lasts."""
    out = subprocess.run([exe.parent / "bench/edges_bench", "fake", "update=1ms:jitter=20us", "5"], text=True, capture_output=True,
                         check=True).stdout
    found = re.search(r"(\d+) edges +(\d+) missed .* edge ([\d.]+) us +cpu ([\d.]+) %", out)
    edges, missed, error, cpu = (float(x) for x in found.groups())
    line("CPU of a burst on a counter of 1 kHz", f"{cpu:.1f} %", "<= 15 %")
    line("updates found in it, standard error of their time", f"{100 * edges / (edges + missed):.1f} %, {error:.1f} us")


def scrape(exe):
    """What a scrape, the live document and a tick of the events cost the server, with 40 channels and 8 runs."""
    said = subprocess.run([exe.parent / "bench/metrics_bench", "40", "8", "1000"], text=True, capture_output=True, check=True).stdout
    us = {words[0]: float(words[1]) for words in map(str.split, said.splitlines())}
    line("CPU of a scrape of 40 channels", f"{us['text']:.0f} us", "<= 1000 us")
    line("CPU of the live document, of a tick for the dashboards", f"{us['live']:.0f} us, {us['tick']:.1f} us")


def wire(exe):
    """What a measured program pays for telling, and the meter for listening; each beside the clock, which neither can do without."""
    out = [subprocess.run([exe.parent / "bench/trace_bench"], text=True, capture_output=True, check=True).stdout.split() for _ in range(5)]
    cost = {name: min(float(row[i + 1]) for row in out) for i, name in enumerate(out[0]) if i % 2 == 0}
    clock = cost["clock"]
    for name, key, budget in (("one call of the clock", "clock", ""), ("begin and end of a span", "pair", "<= 80 ns"),
                              ("the same, nobody listens", "unheard", "<= 20 ns"), ("the same, the ring is full", "full", ""),
                              ("number of a name that was seen", "name", ""), ("reading an event of 1 thread", "drain", "<= 200 ns"),
                              ("reading an event of 64 threads", "drain64", "<= 200 ns")):
        line(f"wire: {name}", f"{cost[key]:.1f} ns", budget, "" if key == "clock" else f"{cost[key] / clock:.2f} clocks")


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
        subprocess.run(["ninja", "-C", build] + ["bench/" + name for name in ("store_bench", "timer_floor", "tick_bench", "edges_bench", "metrics_bench",
                       "trace_bench", "attribution/attribution_bench")], stdout=subprocess.DEVNULL, check=True)
        startup(exe, home)
        wire(exe)
        tick(exe, home)
        scrape(exe)
        sampling(exe, home, python)
        burst(exe)
        instructions(exe, home)
    print("\nstore: a run of 24 h at 10 Hz with 10 channels")
    sys.stdout.flush()
    subprocess.run([build / "bench/store_bench"], check=True)
    print("\ngrid: live intensities")
    sys.stdout.flush()
    subprocess.run([sys.executable, ROOT / "bench/grid.py", build], check=True)
    print("\nattribution: energy of operators on simulated machines; mean error / worst operator in %, by time and by the estimator")
    sys.stdout.flush()
    subprocess.run([build / "bench/attribution/attribution_bench", "short"], check=False)


if __name__ == "__main__":
    main()
