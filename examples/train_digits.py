#!/usr/bin/env python3
"""Train a small convolutional network on the UCI handwritten digits (1797 images of 8 x 8).

An ordinary PyTorch program that knows nothing of joulebook:

    joulebook run -- python3 examples/train_digits.py

Needs python3-torch and python3-sklearn, both in Debian 12; the data set comes with sklearn, nothing is downloaded.
"""
import argparse
import time

import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import nn
from torch.utils.data import DataLoader, TensorDataset


def load(seed):
    """Images as float32 (N, 1, 8, 8) in 0..1 and labels (N,), split 80:20 into training and test set."""
    digits = load_digits()
    images = torch.tensor(digits.images, dtype=torch.float32).unsqueeze(1) / 16
    labels = torch.tensor(digits.target)
    train, test = train_test_split(range(len(labels)), test_size=0.2, random_state=seed, stratify=digits.target)
    return (images[train], labels[train]), (images[test], labels[test])


def network():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(),
        nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Dropout(0.25), nn.Linear(64 * 2 * 2, 64), nn.ReLU(), nn.Linear(64, 10))


def accuracy(model, images, labels):
    model.eval()
    with torch.no_grad():
        return (model(images).argmax(1) == labels).float().mean().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()

    torch.manual_seed(args.seed)
    (images, labels), (test_images, test_labels) = load(args.seed)
    loader = DataLoader(TensorDataset(images, labels), batch_size=args.batch, shuffle=True)
    model = network()
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
    loss_of = nn.CrossEntropyLoss()
    start = time.monotonic()
    for epoch in range(1, args.epochs + 1):
        model.train()
        total = 0.0
        for batch, wanted in loader:
            optimiser.zero_grad()
            loss = loss_of(model(batch), wanted)
            loss.backward()
            optimiser.step()
            total += loss.item() * len(wanted)
        if epoch % 5 == 0 or epoch == args.epochs:
            print(f"epoch {epoch:3d}  loss {total / len(labels):.4f}  test accuracy "
                  f"{accuracy(model, test_images, test_labels):.3f}  {time.monotonic() - start:.1f} s", flush=True)


if __name__ == "__main__":
    main()
