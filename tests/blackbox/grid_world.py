# SPDX-License-Identifier: Apache-2.0
"""A made-up world for joulebook: providers that a test rules, a machine of known power, and a calendar of its own.

What time it is for the program stands in ROOT/clock (src/base/clock.h): the server's own virtual time is written there before
each start, so that both show the same to some milliseconds.
"""
import contextlib
import datetime
import json
import pathlib
import threading

import grid_server
import grid_shapes
from grid_shapes import iso, parse

NO_PROXY = {"no_proxy": "*", "http_proxy": "", "https_proxy": "", "all_proxy": ""}
URLS = ("electricitymaps", "co2signal", "ukgrid", "energinet", "rte", "energycharts", "watttime", "entsoe", "elexon", "eia", "openelectricity")
HOUR, DAY = 3600, 86400


def steps(*pairs):
    """An intensity that changes: steps(("2026-11-22T11:00Z", 100), ("2026-11-22T12:00Z", 300)); before the first it is the first."""
    table = [(parse(when), value) for when, value in pairs]

    def at(_zone, t):
        return next((value for when, value in reversed(table) if when <= t), table[0][1])
    return at


def noon_and_night(_zone, t):
    """50 at noon, 500 at night, in steps of an hour."""
    hour = t % DAY // HOUR
    return {10: 150, 11: 75, 12: 50, 13: 50, 14: 75, 15: 150}.get(hour, 300 if 8 <= hour < 18 else 500)


class World:
    """joulebook at a place and a time with these providers. Calls are those of Joulebook, below a root of its own."""

    def __init__(self, joulebook, server, root):
        self.joulebook, self.server, self.grid = joulebook, server, server.grid
        self.root = pathlib.Path(root)
        self.root.mkdir(parents=True, exist_ok=True)
        self.env = dict(NO_PROXY, JOULEBOOK_GRID_LIVE="true", JOULEBOOK_ROOT=str(self.root))
        for name in URLS:
            self.env[f"JOULEBOOK_GRID_{name}_URL".upper()] = server.url(name)

    def key(self, *names):
        """Configure these providers' keys."""
        for name in names:
            if name == "watttime":
                self.env.update(JOULEBOOK_GRID_WATTTIME_USER="someone", JOULEBOOK_GRID_WATTTIME_PASSWORD=self.grid.keys[name],
                                JOULEBOOK_GRID_WATTTIME_REGION="CAISO_NORTH")
            else:
                self.env[f"JOULEBOOK_GRID_{name}_TOKEN".upper()] = self.grid.keys[name]
        return self

    def set(self, **settings):
        """world.set(grid_providers="file", tariff_price="0.3")"""
        self.env.update({f"JOULEBOOK_{name}".upper(): str(value) for name, value in settings.items()})
        return self

    def clock(self):
        """At once, so that a program that starts just now reads the old time or the new."""
        new = self.root / f"clock.{threading.get_ident()}"
        new.write_text(iso(self.grid.now(), "%Y-%m-%dT%H:%M:%S.%fZ") + "\n")
        new.replace(self.root / "clock")

    def __call__(self, *args, env=None, **more):
        self.clock()
        return self.joulebook(*args, env=dict(self.env, **(env or {})), **more)

    def start(self, *args, env=None, **more):
        self.clock()
        return self.joulebook.start(*args, env=dict(self.env, **(env or {})), **more)

    def json(self, *args, **more):
        return json.loads(self(*args, "--json", **more).stdout)

    def measure(self, *args, status=0, env=None, **more):
        """`run --json` and the record it wrote."""
        path = self.joulebook.home / "record.json"
        path.unlink(missing_ok=True)
        self("run", "--json", path, *args, status=status, env=env, **more)
        return json.loads(path.read_text())

    def record(self, run="last"):
        return self.json("show", run)

    def texts(self):
        """All that joulebook has written, by file."""
        return {path: path.read_bytes() for path in self.joulebook.home.rglob("*") if path.is_file()}


@contextlib.contextmanager
def world_at(joulebook, root, start, intensity, tls=None):
    grid = grid_server.Grid(intensity, parse(start))
    with grid_server.Server(grid, tls) as server:
        yield World(joulebook, server, root)


def seconds(text):
    """Of a time in a record."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def grams(record):
    """What the segments of a record come to, by hand."""
    carbon = record["carbon"]
    return sum(s["energy_j"] / 3.6e6 * s["g_per_kwh"] for s in carbon["segments"]) * carbon["pue"]


def whole(record):
    """The segments follow each other without a hole and hold the energy of the basis; its emissions are theirs."""
    carbon, energy = record["carbon"], record["energy"]
    segments = carbon["segments"]
    for one, next_one in zip(segments, segments[1:]):
        assert one["end"] == next_one["start"], segments
    basis = {"machine": "machine_j", "run": "run_j", "footprint": "footprint_j"}[carbon["basis"]]
    assert round(sum(s["energy_j"] for s in segments) * 1e6) == round(energy[basis] * 1e6)
    assert abs(carbon["emissions_g"] - grams(record)) <= 1e-9 * grams(record) + 1e-12
    for segment in segments:
        assert segment["source"] and segment["factor"] in ("lifecycle", "direct") and isinstance(segment["estimated"], bool)
        assert "age_s" in segment and "live" in segment
    return segments


__all__ = ["World", "world_at", "steps", "noon_and_night", "grid_shapes", "seconds", "grams", "whole", "HOUR", "DAY"]
