#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What live intensities cost: CPU of the thread that asks, time and memory of a run, instructions of the parts.

usage: bench/grid.py BUILD

A made-up machine and a provider on this machine, which closes its connection after each answer as those far away have done after a quarter of
an hour. The thread's CPU is the kernel's own account of it in nanoseconds, so that the noise of the rest of the meter is not in it: its first
request (with libcurl to be opened), and what the next quarter of an hour adds. Nothing here fails; the budget is the one the project sets itself.
"""
import contextlib
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
import grid_server  # noqa: E402
from grid_shapes import iso, parse  # noqa: E402
from machines import Machine  # noqa: E402

THREAD = "jb-grid"


def line(name, value, budget=""):
    print(f"{name:<66} {value:>14}  {budget}", flush=True)


class Home:
    """Where a run keeps its things, and whom it asks: Denmark's values of 5 minutes, which need no key."""

    def __init__(self, exe, folder, server, authority=None):
        self.exe, self.home, self.server = exe, folder, server
        self.env = dict(os.environ, XDG_DATA_HOME=str(folder / "data"), XDG_CONFIG_HOME=str(folder / "config"), XDG_CACHE_HOME=str(folder / "cache"),
                        no_proxy="*", JOULEBOOK_GRID_LIVE="true", JOULEBOOK_GRID_ENERGINET_URL=server.url("energinet"))
        if authority:
            self.env["JOULEBOOK_GRID_CA"] = str(authority)

    def forget(self):
        shutil.rmtree(self.home / "cache", ignore_errors=True)

    def begin(self, root, start, *command):
        self.server.grid.set(parse(start))
        (root / "clock").write_text(iso(self.server.grid.now()))
        return subprocess.Popen([self.exe, "run", "--quiet", "--db", "none", "--root", root, "--zone", "DK-DK1", "--json", self.home / "record.json",
                                 "--", *command], env=self.env, stdin=subprocess.DEVNULL)


def thread_ms(pid):
    """CPU of the thread that asks so far; None: there is none."""
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            if (task / "comm").read_text().strip() == THREAD:
                return int((task / "schedstat").read_text().split()[0]) / 1e6
    return None


def request_cpu(home, root):
    """CPU of the first request and of the next, in ms: the run begins shortly before an hour."""
    home.forget()
    home.server.seen.clear()
    run = home.begin(root, "2026-11-22T11:59:57Z", "sleep", "60")  # the end is not waited for
    found = []
    for count in (1, 2):
        end = time.monotonic() + 45
        while len(home.server.seen) < count and time.monotonic() < end:
            time.sleep(0.05)
        time.sleep(0.5)
        found.append(thread_ms(run.pid) or 0)
    run.terminate()
    run.wait()
    return found[0], found[1] - found[0]


def threads(exe, folder, root, tls):
    grid = grid_server.Grid(lambda zone, t: 200.0, parse("2026-11-22T12:03:00Z"))
    with grid_server.Server(grid, tls) as server:
        first, next_ = request_cpu(Home(exe, folder, server, tls and tls[0]), root)
    name = "https" if tls else "http"
    line(f"{name}: CPU of the first request of a run", f"{first:.2f} ms")
    line(f"{name}: CPU of the next, a quarter of an hour later", f"{next_:.2f} ms")
    line(f"{name}: that is, a minute", f"{next_ / 15:.2f} ms", "<= 1 ms")


def wall_ms(home, runs, forget=False, **env):
    times = []
    for _ in range(runs):
        if forget:
            home.forget()
        begin = time.perf_counter()
        subprocess.run([home.exe, "run", "--quiet", "--zone", "DK-DK1", "--", "true"], env=dict(home.env, **env), check=True, stdin=subprocess.DEVNULL)
        times.append(time.perf_counter() - begin)
    return 1e3 * statistics.median(times)


def startup(home):
    """The real calendar and machine: joulebook run -- true."""
    home.server.grid.set(time.time())
    off = wall_ms(home, 30, JOULEBOOK_GRID_LIVE="false")
    line("joulebook run -- true, live off", f"{off:.1f} ms", "<= 30 ms")
    line("... with nothing in the cache", f"{wall_ms(home, 20, forget=True) - off:+.1f} ms")
    subprocess.run([home.exe, "grid", "DK-DK1", "--history", "7d"], env=home.env, stdout=subprocess.DEVNULL, check=True)
    line("... with a week of 5 minutes in the cache", f"{wall_ms(home, 30) - off:+.1f} ms")


def memory(home, root):
    peaks = {}
    for live in ("false", "true"):
        home.forget()
        home.env["JOULEBOOK_GRID_LIVE"] = live
        home.begin(root, "2026-11-22T12:03:00Z", "sleep", "1.5").wait()
        peaks[live] = json.loads((home.home / "record.json").read_text())["self"]["max_rss_bytes"] / 2**20
    line("peak memory without a request", f"{peaks['false']:.1f} MiB")
    line("peak memory with one, which opens libcurl", f"{peaks['true']:.1f} MiB")


def parts(bench):
    """Microseconds and instructions of the parts by themselves."""
    for name, args in (("the cache's file of a day of 5 minutes, read", "load 1 5"), ("the cache's file of 8 days of 5 minutes, read", "load 8 5"),
                       ("a week of 12 channels, priced by the hour", "price 7 60 12"), ("30 days of 12 channels, priced by 5 minutes", "price 30 5 12")):
        command = [bench, *args.split()]
        column = 3 if args.startswith("load") else 2
        cpu = statistics.median(float(subprocess.run(command, text=True, capture_output=True, check=True).stdout.split()[column]) for _ in range(7))
        line(name, f"{cpu / 1e3:.2f} ms")
        if shutil.which("valgrind"):
            function = "jb_cache_parse" if args.startswith("load") else "jb_price"
            out = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", f"--toggle-collect={function}", *command], text=True,
                                 capture_output=True)
            count = re.search(r"Collected : (\d+)", out.stderr)
            line("... instructions", f"{int(count.group(1)):,}" if count else "?")


def main():
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    build = pathlib.Path(sys.argv[1]).resolve()
    exe = build / "joulebook"
    grid_server.Handler.protocol_version = "HTTP/1.0"
    subprocess.run(["ninja", "-C", build, "bench/grid_bench"], stdout=subprocess.DEVNULL, check=True)
    with tempfile.TemporaryDirectory() as name, Machine(pathlib.Path(name) / "root") as machine:
        folder = pathlib.Path(name)
        threads(exe, folder, machine.root, None)
        if shutil.which("openssl"):
            tls = [str(folder / "cert.pem"), str(folder / "key.pem")]
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=grid", "-addext",
                            "subjectAltName=IP:127.0.0.1", "-out", tls[0], "-keyout", tls[1]], check=True, capture_output=True)
            threads(exe, folder, machine.root, tls)
        grid = grid_server.Grid(lambda zone, t: 200.0, time.time())
        with grid_server.Server(grid) as server:
            startup(Home(exe, folder, server))
            memory(Home(exe, folder, server), machine.root)
    parts(build / "bench/grid_bench")
    return 0


if __name__ == "__main__":
    sys.exit(main())
