#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Train a small network and tell joulebook what is going on, by its Python package.

    python3 examples/train_with_api.py                      # measures itself
    joulebook run -- python3 examples/train_with_api.py     # is measured: the same spans, no run of its own

Needs python3-torch, in Debian 12. Without libjoulebook or the joulebook program it trains all the same, with a warning.
"""
import argparse

import joulebook
import torch
from torch import nn


@joulebook.region("make data")
def make_data(count, seed):
    """Points of two spirals (count, 2) as float32 and their spiral (count,)."""
    generator = torch.Generator().manual_seed(seed)
    label = torch.randint(0, 2, (count,), generator=generator)
    turn = torch.rand(count, generator=generator) * 6.0
    angle = turn + label * torch.pi
    noise = 0.1 * torch.randn(count, 2, generator=generator)
    return torch.stack([turn * torch.cos(angle), turn * torch.sin(angle)], 1) + noise, label


def train_epoch(model, optimiser, points, labels, batch):
    for at in range(0, len(points), batch):
        with joulebook.step():
            with joulebook.phase("forward"):
                loss = nn.functional.cross_entropy(model(points[at:at + batch]), labels[at:at + batch])
            with joulebook.phase("backward"):
                optimiser.zero_grad()
                loss.backward()
            with joulebook.phase("optimise"):
                optimiser.step()


@joulebook.phase("evaluate")
def accuracy(model, points, labels):
    with torch.no_grad():
        return (model(points).argmax(1) == labels).float().mean().item()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--points", type=int, default=20000)
    options = parser.parse_args()

    torch.manual_seed(0)
    with joulebook.run(name="spirals", tags={"example": "train_with_api"}):
        with joulebook.phase("create"):
            model = nn.Sequential(nn.Linear(2, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 2))
            optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
        with joulebook.phase("data"):
            points, labels = make_data(options.points, seed=1)
            test_points, test_labels = make_data(2000, seed=2)
        for number in joulebook.epochs(options.epochs):  # also tells how many: `serve` projects what all will use
            train_epoch(model, optimiser, points, labels, batch=500)
            print(f"epoch {number}: accuracy {accuracy(model, test_points, test_labels):.3f}")

    record = joulebook.report()
    if record is not None and record["energy"]["run_j"] is not None:  # null: no sensor answered
        print(f"{record['energy']['run_j']:.1f} J, {record['carbon']['emissions_g']:.4f} g CO2e")


if __name__ == "__main__":
    main()
