# SPDX-License-Identifier: Apache-2.0
"""For Keras: version 3, or the one inside TensorFlow."""
from typing import Any

try:
    from keras.callbacks import Callback
except ImportError:
    from tensorflow.keras.callbacks import Callback

from joulebook import _spans
from joulebook.integrations._opened import Opened


class JoulebookCallback(Callback):  # type: ignore[misc]
    """Epochs, steps and evaluation (of ``fit``'s validation, ``evaluate``, ``predict``) of a Keras model.

    A step is a training batch, counted on over the epochs; where the model runs several batches at once
    (steps_per_execution) it is that many.
    """

    def __init__(self) -> None:
        super().__init__()
        self._opened = Opened()
        self._steps = 0

    def on_train_begin(self, logs: Any = None) -> None:
        self._opened.end_all()
        self._steps = 0
        _spans.plan((getattr(self, "params", None) or {}).get("epochs"))

    def on_train_end(self, logs: Any = None) -> None:
        self._opened.end_all()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._opened.begin("epoch", _spans.epoch(epoch))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self._opened.end("epoch")

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._opened.begin("step", _spans.step(self._steps))
        self._steps += 1

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._opened.end("step")

    def on_test_begin(self, logs: Any = None) -> None:
        self._opened.begin("evaluate", _spans.phase("evaluate"))

    def on_test_end(self, logs: Any = None) -> None:
        self._opened.end("evaluate")

    def on_predict_begin(self, logs: Any = None) -> None:
        self._opened.begin("evaluate", _spans.phase("evaluate"))

    def on_predict_end(self, logs: Any = None) -> None:
        self._opened.end("evaluate")
