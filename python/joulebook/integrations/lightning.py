# SPDX-License-Identifier: Apache-2.0
"""For Lightning (2.0 and later), under either of its names."""
import sys
from typing import Any

# A Trainer takes callbacks of its own package only: that of the one that the program uses.
if "pytorch_lightning" in sys.modules and "lightning.pytorch" not in sys.modules:
    from pytorch_lightning import Callback
else:
    try:
        from lightning.pytorch import Callback
    except ImportError:
        from pytorch_lightning import Callback

from joulebook._spans import epoch, phase, plan, step
from joulebook.integrations._opened import Opened


class JoulebookCallback(Callback):  # type: ignore[misc]
    """Epochs, steps, evaluation (validation, test, prediction) and the backward phase of a Lightning ``Trainer``.

    A step is a training batch; its number is the Trainer's global_step, that of the optimiser.
    """

    def __init__(self) -> None:
        super().__init__()
        self._opened = Opened()

    def on_fit_start(self, trainer: Any, pl_module: Any) -> None:
        self._opened.end_all()
        plan(getattr(trainer, "max_epochs", None))  # -1 and None: until something else ends it

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        self._opened.end_all()

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self._opened.end_all()

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        self._opened.begin("epoch", epoch(trainer.current_epoch))

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        self._opened.end("epoch")

    def on_train_batch_start(self, trainer: Any, pl_module: Any, batch: Any, batch_idx: int) -> None:
        self._opened.begin("step", step(trainer.global_step))

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        self._opened.end("step")

    def on_before_backward(self, trainer: Any, pl_module: Any, loss: Any) -> None:
        self._opened.begin("backward", phase("backward"))

    def on_after_backward(self, trainer: Any, pl_module: Any) -> None:
        self._opened.end("backward")

    def on_validation_start(self, trainer: Any, pl_module: Any) -> None:
        self._opened.begin("evaluate", phase("evaluate"))

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        self._opened.end("evaluate")

    def on_test_start(self, trainer: Any, pl_module: Any) -> None:
        self._opened.begin("evaluate", phase("evaluate"))

    def on_test_end(self, trainer: Any, pl_module: Any) -> None:
        self._opened.end("evaluate")

    def on_predict_start(self, trainer: Any, pl_module: Any) -> None:
        self._opened.begin("evaluate", phase("evaluate"))

    def on_predict_end(self, trainer: Any, pl_module: Any) -> None:
        self._opened.end("evaluate")
