#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What catching events of PyTorch costs: the same loop with the probe at each level, turn by turn in one process.

usage: probe_run - 0 1000000 PROBE python3 bench/probe.py [add | train BATCH] [TURNS]

The levels take turns of a few milliseconds, so that what else the machine does falls on all of them alike; it prints the
median of the turns, and the median of the differences from the turn before at level off; then the same of the least.
"""
import mmap
import os
import statistics
import struct
import sys
import time

import torch

LEVEL_AT = 68  # of jb_wire_header
NAMES = ("off", "marks", "phases", "full")


def main():
    what = sys.argv[1] if len(sys.argv) > 1 else "add"
    batch = int(sys.argv[2]) if what == "train" else 0
    turns = int(sys.argv[3 if what == "train" else 2]) if len(sys.argv) > (3 if what == "train" else 2) else 60
    torch.set_num_threads(1)
    torch.manual_seed(0)
    work, count, unit = adding() if what == "add" else training(batch)
    ring = mmap.mmap(os.open(os.environ["JOULEBOOK_RING"], os.O_RDWR), 4096)

    def turn(level):
        # In the place of the meter, which stays at its first level. The probe notices at a mark, or where there are
        # optimisers' steps at the end of one.
        struct.pack_into("I", ring, LEVEL_AT, level)
        with torch.autograd.profiler.record_function("level"):
            pass
        work()
        begin = time.perf_counter()
        for _ in range(count):
            work()
        return (time.perf_counter() - begin) / count * 1e9

    for level in range(4):
        turn(level)
    times = [[turn(level) for level in range(4)] for _ in range(turns)]
    for level in range(4):
        cost = statistics.median(row[level] - row[0] for row in times)
        least = min(row[level] for row in times) - min(row[0] for row in times)
        print(f"{NAMES[level]:7} {statistics.median(row[level] for row in times):12.0f} ns/{unit} {cost:+10.0f} ns "
              f"{cost / statistics.median(row[0] for row in times):+.2%}  least {min(row[level] for row in times):12.0f} {least:+10.0f} ns "
              f"{least / min(row[0] for row in times):+.2%}")


def adding():
    x, y = torch.zeros(1), torch.zeros(1)
    return lambda: x.add_(y), 2000, "op"


def training(batch):
    """Two convolutions with batch norm, dropout, two linear layers, SGD with momentum."""
    nn = torch.nn
    net = nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Dropout(0.25), nn.Flatten(), nn.Linear(32 * 64, 128), nn.ReLU(), nn.Linear(128, 10), nn.LogSoftmax(1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
    x, y = torch.randn(batch, 3, 32, 32), torch.randint(0, 10, (batch,))

    def step():
        optimizer.zero_grad()
        nn.functional.nll_loss(net(x), y).backward()
        optimizer.step()
    return step, max(1, 4 // batch), "step"


if __name__ == "__main__":
    main()
