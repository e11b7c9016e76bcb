#!/usr/bin/env python3
"""Train a small network on made-up images on a GPU: convolutions, normalization, a matrix product, SGD.

An ordinary PyTorch program that knows nothing of joulebook:

    joulebook run --ops full -- python3 examples/train_cuda.py

The last line is the median time of a step, of steps that wait for the GPU.
"""
import argparse
import statistics
import sys
import time

import torch
from torch import nn


def network(width):
    return nn.Sequential(
        nn.Conv2d(3, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(width, 2 * width, 3, padding=1), nn.BatchNorm2d(2 * width), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(2 * width * 16 * 16, 512), nn.ReLU(), nn.Linear(512, 10))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--batch", type=int, default=256)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--graph", action="store_true", help="replay the step as a CUDA graph")
    options = parser.parse_args()
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit("train_cuda.py: PyTorch sees no CUDA device")
    torch.manual_seed(1)
    model = network(options.width).to(options.device)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    loss_of = nn.CrossEntropyLoss()
    images = torch.randn(options.batch, 3, 64, 64, device=options.device)
    labels = torch.randint(0, 10, (options.batch,), device=options.device)
    wait = torch.cuda.synchronize if options.device == "cuda" else lambda: None

    def step():
        optimiser.zero_grad(set_to_none=False)
        loss = loss_of(model(images), labels)
        loss.backward()
        optimiser.step()
        return loss

    replay = step
    if options.graph:
        stream = torch.cuda.Stream()
        with torch.cuda.stream(stream):
            for _ in range(3):
                step()
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            captured = step()

        def replay():
            graph.replay()
            return captured

    times = []
    for _ in range(options.steps):
        begin = time.perf_counter()
        loss = replay()
        wait()
        times.append(time.perf_counter() - begin)
    print(f"loss {loss.item():.4f}")
    print(f"step {1e3 * statistics.median(times[len(times) // 5:]):.4f} ms")


if __name__ == "__main__":
    main()
