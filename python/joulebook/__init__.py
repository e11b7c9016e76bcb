# SPDX-License-Identifier: Apache-2.0
"""Tell joulebook what a program is doing, and get its energy by epoch, phase, step and region.

    import joulebook
    with joulebook.run(name="resnet"):
        for e in joulebook.epochs(10):
            with joulebook.phase("forward"):
                ...
    record = joulebook.report()                     # None under `joulebook run`, and when nothing was measured
    if record is not None:
        print(record["energy"]["run_j"])            # joules

``run`` starts a meter for this process; under ``joulebook run`` it does nothing, since that measures already. The others
name what the current thread does, and nest; they cost about a microsecond, and less when nobody measures. All are
context managers and decorators. Nothing here raises into the program, prints, or changes what it does; where
libjoulebook or the joulebook program is missing there is one RuntimeWarning, and then nothing.

Threads, generators, coroutines and forks are seen to: see ``region``. Frameworks: ``joulebook.integrations``; names of
layers: ``joulebook.torch.layers``.
"""
from typing import Any

from joulebook._run import Run, report, run
from joulebook._spans import Span, active, epoch, epochs, phase, region, step

__all__ = ["Run", "Span", "active", "epoch", "epochs", "phase", "region", "report", "run", "step", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "__version__":  # read when asked for: the import of every training program should not pay for it
        import os
        with open(os.path.join(os.path.dirname(__file__), "VERSION"), encoding="ascii") as file:
            return file.read().strip()
    raise AttributeError(f"module 'joulebook' has no attribute {name!r}")
