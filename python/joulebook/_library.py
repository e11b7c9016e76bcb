# SPDX-License-Identifier: Apache-2.0
"""libjoulebook.so by ctypes: found once, at the first use.

Looked for in this order: the file that JOULEBOOK_LIBRARY names (`joulebook run` sets it), lib/ of this package, the path
of the dynamic loader. One that does not open, or is of another version, is passed over.
"""
import ctypes
import os
import threading
import warnings
from typing import Any, Callable, List, Optional

PRIVATE_VERSION = 1  # src/api/private.h

_lock = threading.Lock()
_library: Optional["Library"] = None
_looked = False
_warned = False


def warn_once(why: str) -> None:
    """One RuntimeWarning in the life of the process, at the line of the program that called us."""
    global _warned
    if _warned:
        return
    _warned = True
    package = os.path.dirname(__file__) + os.sep
    import sys
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(package):
        level, frame = level + 1, frame.f_back
    warnings.warn(f"joulebook: not measured: {why}", RuntimeWarning, stacklevel=level)


class Library:
    """The functions that are used, ready to be called.

    Those of spans hold the interpreter's lock while they run: they never block, and giving it up and taking it again
    would cost more than they do. Starting and stopping a run may take seconds and gives it up.
    """

    def __init__(self, path: str) -> None:
        quick, slow = ctypes.PyDLL(path), ctypes.CDLL(path)
        if quick.jb_private_version() != PRIVATE_VERSION:
            raise OSError(f"{path} is of another version than this package")
        self.path = path
        self.epoch = self._function(quick.jb_epoch, [ctypes.c_uint])
        self.step = self._function(quick.jb_step, [ctypes.c_uint])
        self.phase = self._function(quick.jb_phase, [ctypes.c_char_p])
        self.region = self._function(quick.jb_region, [ctypes.c_char_p])
        self.layer = self._function(quick.jb_begin_layer, [ctypes.c_char_p])
        begin = self._function(quick.jb_begin, [ctypes.c_char_p, ctypes.c_char_p])
        self.counted = lambda kind: begin(kind, None)
        self.end = self._function(quick.jb_end, [])
        # Libraries of before this function have the same private version and do all else.
        planned = getattr(quick, "jb_epochs", None)
        self.planned = self._function(planned, [ctypes.c_uint]) if planned is not None else lambda number: None
        self.active = self._function(quick.jb_active, [], ctypes.c_int)
        self.place = self._function(quick.jb_run_place, [], ctypes.c_char_p)
        self._begin = self._function(slow.jb_run_begin, [ctypes.POINTER(ctypes.c_char_p), ctypes.c_char_p, ctypes.c_size_t], ctypes.c_int)
        self._end = self._function(slow.jb_run_end, [ctypes.c_int, ctypes.POINTER(ctypes.c_void_p)], ctypes.c_int)
        self._free = self._function(quick.jb_free, [ctypes.c_void_p])

    @staticmethod
    def _function(function: Any, arguments: List[Any], result: Any = None) -> Callable[..., Any]:
        function.argtypes, function.restype = arguments, result
        return function  # type: ignore[no-any-return]

    def run_begin(self, options: List[str]) -> Optional[str]:
        """Start a meter with these words for it. None: it was started; empty: there is one already; else why not."""
        words = [os.fsencode(word) for word in options]
        array = (ctypes.c_char_p * (len(words) + 1))(*words, None)
        why = ctypes.create_string_buffer(600)
        result = self._begin(array, why, len(why))
        if result >= 0:
            return None if result > 0 else ""
        return why.value.decode("utf-8", "replace") or "the meter did not start"

    def run_end(self, exit_code: int) -> Optional[str]:
        """End the run that was started here, if any; its record as JSON text."""
        text = ctypes.c_void_p()
        self._end(exit_code, ctypes.byref(text))
        if not text.value:
            return None
        try:
            return ctypes.string_at(text.value).decode("utf-8", "replace")
        finally:
            self._free(text)


def _candidates() -> List[str]:
    named = os.environ.get("JOULEBOOK_LIBRARY")
    own = os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib")
    files = [os.path.join(own, name) for name in ("libjoulebook.so.1", "libjoulebook.so")]
    return ([named] if named else []) + [file for file in files if os.path.exists(file)] + ["libjoulebook.so.1"]


def _look() -> Optional[Library]:
    reasons = []
    for path in _candidates():
        try:
            return Library(path)
        except (OSError, AttributeError) as error:  # AttributeError: a library of that name without our functions
            reasons.append(str(error))
    warn_once("no libjoulebook.so: " + "; ".join(reasons))
    return None


def library() -> Optional[Library]:
    """The library, or None: then everything does nothing."""
    global _library, _looked
    if not _looked:
        with _lock:
            if not _looked:
                _library = _look()
                _looked = True
    return _library
