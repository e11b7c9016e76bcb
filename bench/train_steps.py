# SPDX-License-Identifier: Apache-2.0
"""Train a small network for SECONDS with batches of BATCH and print: steps, CPU seconds per step.

usage: train_steps.py BATCH SECONDS
"""
import sys
import time

import torch
from torch import nn

batch, seconds = int(sys.argv[1]), float(sys.argv[2])
torch.manual_seed(0)
torch.set_num_threads(1)
net = nn.Sequential(
    nn.Conv2d(1, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(4 * 16, 10), nn.LogSoftmax(1)) if batch == 1 else nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Dropout(0.25), nn.Linear(32 * 8 * 8, 128), nn.ReLU(), nn.Linear(128, 10), nn.LogSoftmax(1))
images = torch.randn(batch, 1, 8, 8) if batch == 1 else torch.randn(batch, 3, 32, 32)
labels = torch.randint(0, 10, (batch,))
optimiser = torch.optim.SGD(net.parameters(), lr=0.001)


def step():
    optimiser.zero_grad()
    nn.functional.nll_loss(net(images), labels).backward()
    optimiser.step()


for _ in range(50):
    step()
steps, begin, end = 0, time.process_time(), time.monotonic() + seconds
while time.monotonic() < end:
    step()
    steps += 1
print(steps, (time.process_time() - begin) / steps)
