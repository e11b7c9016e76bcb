# SPDX-License-Identifier: Apache-2.0
"""A made-up machine under a folder, with RAPL counters that a process of its own advances."""
import multiprocessing
import os
import pathlib
import time

XEON = """processor\t: {n}
vendor_id\t: GenuineIntel
cpu family\t: 6
model\t\t: 85
model name\t: Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz
physical id\t: {socket}
siblings\t: 2
core id\t\t: {core}
cpu cores\t: 2
flags\t\t: fpu vme de pse tsc msr

"""
RANGE_UJ = 262143328850


def advance(zones, start_s, stop, late_s, idle_stat):
    """Write each zone's energy as watts x time, until told to stop. Values are fixed-width, so that no reader sees half of one.

    idle_stat: a /proc/stat of four CPUs that do nothing, or None.
    """
    clock = os.open(idle_stat, os.O_WRONLY) if idle_stat else -1
    fds = [(os.open(path, os.O_WRONLY), watts, offset) for path, watts, offset in zones]
    while not stop.is_set():
        elapsed = time.monotonic() - start_s
        for fd, watts, offset in fds:
            os.pwrite(fd, b"%012d\n" % (int(offset + watts * elapsed * 1e6) % (RANGE_UJ + 1)), 0)
        if clock >= 0:
            os.pwrite(clock, b"cpu  1000 0 1000 %012d 0 0 0 0 0 0\n" % int(elapsed * 400), 0)
        time.sleep(late_s)


class Machine:
    """Two packages at 100 W and 20 W with core and dram subzones, an MMIO twin, and a psys that is all of it.

    leaves: watts of the disjoint total (packages and DRAM).
    """

    def __init__(self, root, packages=(100.0, 20.0), dram=(5.0, 1.0), offsets=None, stat="real"):
        self.root = pathlib.Path(root)
        self.stop = multiprocessing.Event()
        self.zones = []
        self.leaves = sum(packages) + sum(dram)
        self.powercap = self.root / "sys/class/powercap"
        for n, watts in enumerate(packages):
            offset = offsets[n] if offsets else 1_000_000_000 * (n + 1)
            self.zone(f"intel-rapl:{n}", f"package-{n}", watts, offset)
            self.zone(f"intel-rapl:{n}:0", "core", watts * 0.6, offset // 2)
            self.zone(f"intel-rapl:{n}:1", "dram", dram[n], offset // 3)
        self.zone("intel-rapl-mmio:0", "package-0", packages[0], offsets[0] if offsets else 1_000_000_000)
        self.zone(f"intel-rapl:{len(packages)}", "psys", self.leaves + 30, 7_000_000)
        self.write("proc/cpuinfo", "".join(XEON.format(n=n, socket=n // 2, core=n % 2) for n in range(4)))
        self.write("proc/meminfo", "MemTotal:       131072000 kB\nMemAvailable:   100000000 kB\n")
        self.write("etc/machine-id", "0123456789abcdef0123456789abcdef\n")
        for n in range(4):
            self.write(f"sys/devices/system/cpu/cpu{n}/topology/physical_package_id", f"{n // 2}\n")
            self.write(f"sys/devices/system/cpu/cpu{n}/topology/core_id", f"{n % 2}\n")
        self.write("sys/devices/system/cpu/online", "0-3\n")
        self.idle_stat = None
        if stat == "real":  # the children are real too
            (self.root / "proc/stat").symlink_to("/proc/stat")
        elif stat == "idle":
            self.write("proc/stat", "cpu  1000 0 1000 %012d 0 0 0 0 0 0\n" % 0)
            self.idle_stat = self.root / "proc/stat"
        self.process = None

    def write(self, path, text):
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)

    def zone(self, folder, name, watts, offset):
        path = f"sys/class/powercap/{folder}"
        self.write(f"{path}/name", name + "\n")
        self.write(f"{path}/energy_uj", "%012d\n" % offset)
        self.write(f"{path}/max_energy_range_uj", f"{RANGE_UJ}\n")
        self.zones.append((self.root / path / "energy_uj", watts, offset))

    def __enter__(self):
        context = multiprocessing.get_context("fork")
        self.process = context.Process(target=advance, args=(self.zones, time.monotonic(), self.stop, 0.001, self.idle_stat), daemon=True)
        self.process.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.process.join(5)
        if self.process.is_alive():
            self.process.kill()
