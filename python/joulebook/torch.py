# SPDX-License-Identifier: Apache-2.0
"""Names of layers for PyTorch. This module imports torch; `import joulebook` does not."""
from typing import Any, Dict, List

import torch
from torch.nn.modules import module as _module

from joulebook._spans import Span, _open

# False inside code that torch.compile() traces: a call out of it would break its graph in two.
_compiling = getattr(getattr(torch, "compiler", None), "is_compiling", lambda: False)


class Layers:
    """The hooks of one call of ``layers``. Also a context manager that removes them."""

    def __init__(self, model: Any) -> None:
        # The modules are held, so that an id stays that of its module.
        self._modules: List[Any] = []
        self._spans: Dict[int, Span] = {}
        for path, module in model.named_modules():
            self._modules.append(module)
            self._spans[id(module)] = Span("layer", (path or type(module).__name__).encode("utf-8", "replace"))
        self._root = self._spans[id(model)]
        self._hooks = [_module.register_module_forward_pre_hook(self._begin), self._register_end()]

    def _register_end(self) -> Any:
        try:  # torch >= 2.0: also when forward() raises
            return _module.register_module_forward_hook(self._end, always_call=True)
        except TypeError:
            return _module.register_module_forward_hook(self._end)

    def _begin(self, module: Any, inputs: Any) -> None:
        span = self._spans.get(id(module))
        if span is None or _compiling():
            return
        if span is self._root and span in _open.spans:
            span.__exit__()  # an exception left the last forward(), and with it what it had begun
        span.__enter__()

    def _end(self, module: Any, inputs: Any, output: Any) -> None:
        span = self._spans.get(id(module))
        if span is not None and not _compiling():
            span.__exit__()

    def remove(self) -> None:
        """Take the hooks away. Calling it again does nothing."""
        for hook in self._hooks:
            hook.remove()
        self._hooks, self._modules, self._spans = [], [], {}

    def __enter__(self) -> "Layers":
        return self

    def __exit__(self, *exception: Any) -> None:
        self.remove()


def layers(model: torch.nn.Module) -> Layers:
    """Tell the energy of forward() apart by the modules of `model`, under their paths ("features.3"; the model itself by
    its class), until ``remove()``. About 3 us for each call of a module.

    The hooks are global, so that the model itself stays as it is and can be copied and saved; modules of other models
    only cost a look. Nothing is told of the backward pass, of copies of the model (DataParallel), of modules that are
    added later, and of regions that torch.compile() has made into one.
    """
    return Layers(model)
