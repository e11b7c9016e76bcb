# SPDX-License-Identifier: Apache-2.0
"""For the Trainer of Hugging Face transformers (4.0 and later)."""
from typing import Any

from transformers import TrainerCallback

from joulebook._spans import epoch, phase, plan, step
from joulebook.integrations._opened import Opened


class JoulebookCallback(TrainerCallback):  # type: ignore[misc]
    """Epochs, steps and evaluation of a ``transformers.Trainer``.

    The Trainer tells only that an evaluation is over. One that is due after a step or an epoch (control.should_evaluate)
    is taken to begin there; one that was called for by hand, after its first batch.
    """

    def __init__(self) -> None:
        super().__init__()
        self._opened = Opened()

    def on_train_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._opened.end_all()  # of a training that broke off
        # The state's is a whole number and knows of max_steps, too; sys.maxsize where the data have no length.
        plan(getattr(state, "num_train_epochs", None))

    def on_train_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._opened.end_all()

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._opened.end("evaluate")
        self._opened.begin("epoch", epoch(int(state.epoch or 0)))

    def on_epoch_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._opened.end("epoch")
        self._expect_evaluation(control)

    def on_step_begin(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._opened.end("evaluate")
        self._opened.begin("step", step(state.global_step))

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._opened.end("step")
        self._expect_evaluation(control)

    def on_prediction_step(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        if not self._opened.has("evaluate"):
            self._opened.begin("evaluate", phase("evaluate"))

    def on_evaluate(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        self._opened.end("evaluate")

    def on_predict(self, args: Any, state: Any, control: Any, metrics: Any = None, **kwargs: Any) -> None:
        self._opened.end("evaluate")

    def _expect_evaluation(self, control: Any) -> None:
        if getattr(control, "should_evaluate", False):
            self._opened.begin("evaluate", phase("evaluate"))
