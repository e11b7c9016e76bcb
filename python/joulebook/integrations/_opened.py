# SPDX-License-Identifier: Apache-2.0
"""The spans that a callback has open. Frameworks leave out ends where a training breaks off, and nest evaluation into
epochs or not, so each is known by its kind, and ending one ends what lies inside."""
from typing import Any, Dict, List, Tuple

from joulebook._spans import Span


class Opened:
    def __init__(self) -> None:
        self._spans: List[Tuple[str, Span]] = []

    def begin(self, kind: str, span: Span) -> None:
        """Begin a span; one of its kind that is open still is ended first."""
        self.end(kind)
        span.__enter__()
        self._spans.append((kind, span))

    def end(self, kind: str) -> None:
        """End the span of this kind with all inside it; nothing if there is none."""
        for at, (open_kind, _) in enumerate(self._spans):
            if open_kind == kind:
                while len(self._spans) > at:
                    self._spans.pop()[1].__exit__(None, None, None)
                return

    def has(self, kind: str) -> bool:
        return any(open_kind == kind for open_kind, _ in self._spans)

    def end_all(self) -> None:
        while self._spans:
            self._spans.pop()[1].__exit__(None, None, None)

    def __getstate__(self) -> Dict[str, Any]:
        """A copy, or what another process gets, has nothing open: frameworks copy and send callbacks."""
        return {"_spans": []}
