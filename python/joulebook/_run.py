# SPDX-License-Identifier: Apache-2.0
"""A run: from here to there this process and its children are measured, without `joulebook run`."""
import atexit
import functools
import inspect
import json
import os
from typing import Any, Callable, Dict, List, Mapping, Optional, TypeVar, overload

from joulebook._library import library, warn_once

F = TypeVar("F", bound=Callable[..., Any])

_last: Optional[Dict[str, Any]] = None  # the record of the last run that ended here


class Run:
    """What ``run`` returns: a context manager and a decorator; or call ``start`` and ``stop`` yourself."""

    def __init__(self, options: List[str]) -> None:
        self._options = options
        self._ours = False  # started here, to be ended here
        self._before: Optional[str] = None  # of JOULEBOOK_RING

    def start(self) -> None:
        """Begin to measure. Does nothing under ``joulebook run`` and inside another run. Takes as long as opening the
        sensors does, 10 s at most."""
        found = library()
        if found is None or self._ours or found.active():
            return
        why = found.run_begin(self._options)
        if why is not None:
            if why:
                warn_once(why)
            return
        self._ours = True
        atexit.register(self.stop)  # of a program that ends inside
        place = found.place()
        if place:
            # Children that are started, and not forked, find the ring by this.
            self._before = os.environ.get("JOULEBOOK_RING")
            os.environ["JOULEBOOK_RING"] = os.fsdecode(place)

    def stop(self, failed: bool = False) -> Optional[Dict[str, Any]]:
        """End the run and wait for its record, 10 s at most. The record; None when there is none, and in a process
        that was forked off since, whose run it is not."""
        global _last
        found = library()
        if found is None or not self._ours:
            return None
        self._ours = False
        atexit.unregister(self.stop)
        if found.place():
            if self._before is None:
                os.environ.pop("JOULEBOOK_RING", None)
            else:
                os.environ["JOULEBOOK_RING"] = self._before
        text = found.run_end(1 if failed else 0)
        try:
            record = json.loads(text) if text else None
        except ValueError:
            record = None
        _last = record if record is not None else _last
        return record

    def __enter__(self) -> "Run":
        self.start()
        return self

    def __exit__(self, kind: Any, exception: Any, traceback: Any) -> None:
        ended_well = kind is None or (isinstance(exception, SystemExit) and exception.code in (None, 0))
        self.stop(failed=not ended_well)

    def __call__(self, function: F) -> F:
        inner: Any
        if inspect.iscoroutinefunction(function):
            @functools.wraps(function)
            async def inner(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await function(*args, **kwargs)
        else:
            @functools.wraps(function)
            def inner(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return function(*args, **kwargs)
        return inner  # type: ignore[no-any-return]


@overload
def run(name: F) -> F: ...
@overload
def run(name: Optional[str] = None, *, project: Optional[str] = None, tags: Optional[Mapping[str, Any]] = None,
        zone: Optional[str] = None, interval: Optional[str] = None, sensors: Optional[str] = None,
        db: Optional[str] = None) -> Run: ...
def run(name: Any = None, *, project: Optional[str] = None, tags: Optional[Mapping[str, Any]] = None,
        zone: Optional[str] = None, interval: Optional[str] = None, sensors: Optional[str] = None,
        db: Optional[str] = None) -> Any:
    """Measure this process and its children from here on: ``with run(name="resnet"):`` or ``@run``.

    Under ``joulebook run`` it is an empty shell: that run has its own name and record. The arguments are the options of
    ``joulebook meter``: the run's name, project and tags; where the electricity comes from ("KR"); the time between
    readings ("100ms"); sensors; the database. An option that joulebook does not accept, like anything else that keeps it
    from measuring, is one RuntimeWarning, and the program goes on. An exception of the body passes through; the run is
    then kept as failed.
    """
    if callable(name):
        return Run(["--name", getattr(name, "__qualname__", "run")])(name)
    given = {"--name": name, "--project": project, "--zone": zone, "--interval": interval, "--sensors": sensors, "--db": db}
    # In one word, so that a value may begin with a dash.
    options = [f"{flag}={value}" for flag, value in given.items() if value is not None]
    options += [f"--tag={key}={value}" for key, value in (tags or {}).items()]
    return Run(options)


def report() -> Optional[Dict[str, Any]]:
    """The run record of the last run that ended in this process, as ``joulebook show --json`` prints it: energy in
    joules, emissions in grams, times in seconds. None before, under ``joulebook run``, and when nothing was measured."""
    return _last
