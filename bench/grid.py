#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What live intensities cost a run: CPU of the meter with and without them, beside the budget of 1 ms a minute.

usage: bench/grid.py BUILD [MINUTES]

Runs of an idle command in a made-up machine at 10 Hz, priced by a server on this machine, each with an empty cache. A short run of each kind
is taken off, so that start (opening libcurl, the first request) and end do not count; what they cost is a line of its own. The long run begins
half a minute before an hour, so that one more request is in it, which otherwise comes four times an hour at most. The machine's noise is
some milliseconds: read the lines with several minutes.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests/blackbox"))
from grid_server import Grid, Server  # noqa: E402
from grid_shapes import iso, parse  # noqa: E402
from machines import Machine  # noqa: E402


def cpu_s(exe, home, machine, server, seconds, live, start="2026-11-22T12:03:00Z"):
    path = home / "record.json"
    shutil.rmtree(home / "cache", ignore_errors=True)
    server.grid.set(parse(start))
    (machine.root / "clock").write_text(iso(server.grid.now()))
    env = dict(os.environ, XDG_DATA_HOME=str(home / "data"), XDG_CONFIG_HOME=str(home / "config"), XDG_CACHE_HOME=str(home / "cache"),
               no_proxy="*", JOULEBOOK_GRID_LIVE="true" if live else "false", JOULEBOOK_GRID_ELECTRICITYMAPS_TOKEN=server.grid.keys["electricitymaps"],
               JOULEBOOK_GRID_ELECTRICITYMAPS_URL=server.url("electricitymaps"))
    subprocess.run([exe, "run", "--quiet", "--db", "none", "--root", machine.root, "--zone", "KR", "--json", path, "--", "sleep", str(seconds)],
                   env=env, check=True, stdin=subprocess.DEVNULL)
    return json.loads(path.read_text())["self"]["cpu_s"]


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    exe = pathlib.Path(sys.argv[1]).resolve() / "joulebook"
    minutes = float(sys.argv[2]) if len(sys.argv) == 3 else 1
    grid = Grid(lambda zone, t: 200.0, parse("2026-11-22T12:03:00Z"))
    with tempfile.TemporaryDirectory() as folder, Server(grid) as server:
        home = pathlib.Path(folder)
        with Machine(home / "root") as machine:
            short, long = {}, {}
            for live in (False, True):
                short[live] = statistics.median(cpu_s(exe, home, machine, server, 2, live) for _ in range(3))
                long[live] = cpu_s(exe, home, machine, server, 2 + 60 * minutes, live, "2026-11-22T11:59:30Z")
        requests = len(server.seen)
    cost = {live: (long[live] - short[live]) / minutes for live in (False, True)}
    print(f"CPU of the meter a minute, prices from the table   {1e3 * cost[False]:8.2f} ms")
    print(f"CPU of the meter a minute, prices from a provider  {1e3 * cost[True]:8.2f} ms")
    print(f"what live intensities add a minute                 {1e3 * (cost[True] - cost[False]):8.2f} ms   budget 1 ms")
    print(f"what they add at start and end, once               {1e3 * (short[True] - short[False]):8.2f} ms")
    print("requests of the four runs that asked                     " + f"{requests:8d}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
