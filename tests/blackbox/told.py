# SPDX-License-Identifier: Apache-2.0
"""What a program told through the probe: run it under probe_run, read the events."""
import json
import os
import pathlib
import subprocess

BUILD = pathlib.Path(os.environ.get("JOULEBOOK_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
PROBE = BUILD / "src" / "probe" / "libjoulebook-probe.so"
OPERATOR, RANGE, LEVEL = 1, 4, 11
ITT, NVTX, CUPTI = 4, 8, 16


class Told:
    """`result` of the program; `spans` as (thread, kind, name, depth), by their begins; `end` as the ring saw it."""

    def __init__(self, folder, command, level=3, preload=False, env=None):
        out = folder / "told.json"
        self.result = subprocess.run(
            [str(BUILD / "tests" / "blackbox" / "probe_run"), str(out), str(level), "1000", str(PROBE) if preload else "-",
             *map(str, command)],
            env=dict(os.environ, **(env or {})), text=True, timeout=120, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        *lines, self.end = map(json.loads, out.read_text().splitlines())
        self.events = [line for line in lines if "kind" in line]
        self.kernels = [line for line in lines if "kernel" in line]
        self.spans = []
        self.open = {}
        for event in self.events:
            if event["kind"] == LEVEL:
                continue
            stack = self.open.setdefault(event["thread"], [])
            if event["end"]:
                stack.pop()
            else:
                self.spans.append((event["thread"], event["kind"], event["name"], len(stack)))
                stack.append(event["name"])

    def names(self, kind=None):
        return [name for _, k, name, _ in self.spans if kind in (None, k)]


def plain(command, env=None):
    """The same program without any of it."""
    return subprocess.run(list(map(str, command)), env=dict(os.environ, **(env or {})), text=True, timeout=120,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
