# SPDX-License-Identifier: Apache-2.0
"""Epochs, phases, steps and regions: what the current thread is doing.

The library knows a stack of spans for each thread. In Python a span can end out of order: a generator or coroutine is
suspended inside a ``with`` and another one goes on, or is thrown away much later. So each thread has a list of its open
spans here too. A span that ends below others takes them off with it and they are begun again: each span is then told in
pieces, and the library's stack is always right.
"""
import functools
import inspect
import operator
import threading
from typing import Any, AsyncGenerator, Callable, Generator, Iterable, Iterator, List, Optional, TypeVar, Union, overload

from joulebook._library import library

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


class _Open(threading.local):
    """The spans that are open on a thread, the innermost last."""

    def __init__(self) -> None:
        self.spans: List["Span"] = []


_open = _Open()
_ended_elsewhere: List["Span"] = []  # their thread takes them off when it is there next


def _nothing(argument: Any = None) -> None:
    """In the place of the library's functions where there is no library."""


def _end_at(spans: List["Span"], at: int) -> None:
    """End spans[at], and what lies above it for a moment."""
    end = _functions("end")
    above = [span for span in spans[at + 1:] if span._kind != "layer"]  # layers end in order, or by an exception
    for _ in range(len(spans) - at):
        end()
    del spans[at:]
    for span in above:
        span._begin(span._argument)
        spans.append(span)


def _sweep(spans: List["Span"]) -> None:
    for span in list(_ended_elsewhere):
        for at in range(len(spans) - 1, -1, -1):
            if spans[at] is span:
                _ended_elsewhere.remove(span)
                _end_at(spans, at)
                break


def _functions(name: str) -> Callable[..., Any]:
    found = library()
    return getattr(found, name) if found is not None else _nothing


class Span:
    """A named stretch of what a thread does: a context manager and a decorator, to be used as often as one likes.

    As a decorator of a generator function, a coroutine function or an asynchronous generator function it lies around
    the times in which their code runs, and not around those in which they are suspended. A ``with`` in their body
    stays open while they are suspended.
    """

    __slots__ = ("_kind", "_argument", "_begin", "_end")

    def __init__(self, kind: str, argument: Any) -> None:
        self._kind, self._argument = kind, argument
        self._begin = self._first_begin
        self._end = _nothing

    def _first_begin(self, argument: Any) -> None:
        """The library is looked for when it is needed first, so that making a span costs nothing."""
        self._end = _functions("end")
        self._begin = _functions(self._kind)
        self._begin(argument)

    def __enter__(self) -> "Span":
        spans = _open.spans
        if _ended_elsewhere:
            _sweep(spans)
        spans.append(self)
        self._begin(self._argument)
        return self

    def __exit__(self, *exception: Any) -> None:
        spans = _open.spans
        if _ended_elsewhere:
            _sweep(spans)
        if spans and spans[-1] is self:
            spans.pop()
            self._end()
            return
        for at in range(len(spans) - 2, -1, -1):
            if spans[at] is self:
                _end_at(spans, at)
                return
        if self._kind != "layer":
            _ended_elsewhere.append(self)

    def __call__(self, function: F) -> F:
        return _decorate(function, self)

    def __repr__(self) -> str:
        argument = self._argument.decode("utf-8", "replace") if isinstance(self._argument, bytes) else self._argument
        return f"joulebook.{self._kind}({argument!r})"


def _resumed(steps: Any, span: Span) -> Generator[Any, Any, Any]:
    """Drive a generator or coroutine, with the span around each stretch in which it runs (PEP 380, PEP 492)."""
    resume, value = steps.send, None
    while True:
        with span:
            try:
                item = resume(value)
            except StopIteration as stop:
                return stop.value
        try:
            resume, value = steps.send, (yield item)
        except GeneratorExit:
            with span:
                steps.close()
            raise
        except BaseException as error:
            resume, value = steps.throw, error


class _Awaited:
    def __init__(self, steps: Any, span: Span) -> None:
        self._steps, self._span = steps, span

    def __await__(self) -> Generator[Any, Any, Any]:
        return _resumed(self._steps, self._span)


def _decorate(function: F, span: Span) -> F:
    inner: Any
    if inspect.isasyncgenfunction(function):
        @functools.wraps(function)
        async def inner(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            items = function(*args, **kwargs)
            resume, value = items.asend, None
            while True:
                try:
                    item = await _Awaited(resume(value), span)
                except StopAsyncIteration:
                    return
                try:
                    resume, value = items.asend, (yield item)
                except GeneratorExit:
                    await _Awaited(items.aclose(), span)
                    raise
                except BaseException as error:
                    resume, value = items.athrow, error
    elif inspect.iscoroutinefunction(function):
        @functools.wraps(function)
        async def inner(*args: Any, **kwargs: Any) -> Any:
            return await _Awaited(function(*args, **kwargs), span)
    elif inspect.isgeneratorfunction(function):
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            return (yield from _resumed(function(*args, **kwargs), span))
    else:
        @functools.wraps(function)
        def inner(*args: Any, **kwargs: Any) -> Any:
            with span:
                return function(*args, **kwargs)
    return inner  # type: ignore[no-any-return]


def _named(kind: str, name: Any) -> Any:
    if callable(name):
        return Span(kind, getattr(name, "__qualname__", type(name).__name__).encode("utf-8", "replace"))(name)
    return Span(kind, str(name).encode("utf-8", "replace"))


def _indexed(kind: str, index: Any) -> Any:
    if callable(index):
        return _indexed(kind, None)(index)
    if index is None:
        return Span("counted", kind.encode("ascii"))
    return Span(kind, operator.index(index) & 0xFFFFFFFF)


@overload
def region(name: str) -> Span: ...
@overload
def region(name: F) -> F: ...
def region(name: Any) -> Any:
    """A part of the program, under any name: ``with region("augment"):``, ``@region("augment")``, or ``@region``, which
    takes the function's own name. Energy of a region is that of the time in which the thread is in it, and in no region,
    phase, step or epoch inside it.

    Names are for a few hundred different things, and not for numbers: the run keeps 16384 at most. Bytes beyond 255 are
    cut.
    """
    return _named("region", name)


@overload
def phase(name: str) -> Span: ...
@overload
def phase(name: F) -> F: ...
def phase(name: Any) -> Any:
    """What a training program does now: "create", "data", "forward", "backward", "optimise", "evaluate", or a name of
    your own. A phase that is named goes before what joulebook finds out by itself."""
    return _named("phase", name)


@overload
def epoch(index: Optional[int] = None) -> Span: ...
@overload
def epoch(index: F) -> F: ...
def epoch(index: Union[None, int, Any] = None) -> Any:
    """One pass over the training data, number `index` (from 0; modulo 65536). None: one more than the last. TypeError
    for what is no integer."""
    return _indexed("epoch", index)


def plan(planned: Any) -> None:
    """So many epochs are meant to be made; what is no number from 1 to 2147483647 takes back what was told before."""
    try:
        number = operator.index(planned)
    except TypeError:
        number = 0
    _functions("planned")(number if 0 < number <= 0x7FFFFFFF else 0)


def _length(items: Any) -> Optional[int]:
    try:
        return len(items)
    except Exception:  # its own affair, and not that of a measurement
        return None


def _turns(items: Any, first: int, planned: Optional[int]) -> Iterator[Any]:
    plan(planned)
    for index, item in enumerate(items, first):
        with epoch(index):
            yield item


@overload
def epochs(planned: int) -> Iterator[int]: ...
@overload
def epochs(planned: Iterable[T]) -> Iterator[T]: ...
def epochs(planned: Any) -> Iterator[Any]:
    """The loop over the epochs of a training: ``for e in joulebook.epochs(30):``, or over anything that can be iterated.
    Each turn is an ``epoch``; where the length is known it is told, so that joulebook can project what the whole will
    use. A training that is resumed says so by a range: ``joulebook.epochs(range(12, 30))``.

    ``break``, ``return`` and exceptions in the loop end the epoch at once; an iterator that is kept elsewhere ends it
    when it is closed or goes on."""
    try:
        items: Any = range(operator.index(planned))
    except TypeError:
        items = planned
    if isinstance(items, range) and items.step == 1 and items.start > 0:
        return _turns(items, items.start, items.stop - (items.start == 1))
    return _turns(items, 0, _length(items))


@overload
def step(index: Optional[int] = None) -> Span: ...
@overload
def step(index: F) -> F: ...
def step(index: Union[None, int, Any] = None) -> Any:
    """One step of the optimiser with all that belongs to it; `index` as of an epoch."""
    return _indexed("step", index)


def active() -> bool:
    """Is somebody measuring this process right now?"""
    return bool(_functions("active")())
