# SPDX-License-Identifier: Apache-2.0
"""A small network trained for so many seconds on noise, on one thread: python3 cnn.py SECONDS"""
import sys
import time

import torch
from torch import nn

torch.manual_seed(1)
torch.set_num_threads(1)
net = nn.Sequential(
    nn.Conv2d(3, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2),
    nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
    nn.Flatten(), nn.Dropout(0.25), nn.Linear(32 * 8 * 8, 512), nn.ReLU(), nn.Linear(512, 10), nn.LogSoftmax(1))
optimiser = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)
images, labels = torch.randn(64, 3, 32, 32), torch.randint(0, 10, (64,))
steps, end = 0, time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    optimiser.zero_grad()
    loss = nn.functional.nll_loss(net(images), labels)
    loss.backward()
    optimiser.step()
    steps += 1
print(f"{steps} steps, loss {loss.item():.3f}")
