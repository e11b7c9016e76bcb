#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every test of joulebook, and one closing line: N passed, N failed.

Stages, each in a build folder of its own below build/:
  checks      tools/check_* and lint (layers, sizes, banned functions, format, clang-tidy, cppcheck, spelling)
  gcc         unit tests, gcc -Werror
  asan        unit tests and the fuzz corpora, clang -Werror with AddressSanitizer and UBSan
  tsan        the tests that have threads, clang with ThreadSanitizer
  blackbox    the installed program as users have it (pytest)

usage: tools/run_tests.py [STAGE...]
A failing test prints its output. A test that could not run counts as failed; a skipped one prints its reason.
"""
import functools
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build"
WAITING = {"test_machines.py", "test_wall.py", "test_jetson.py", "test_nvml.py", "test_sensors.py"}
WAITING_TOO = {"test_record.py", "test_plug.py", "test_top.py"}
WAITING_AGAIN = {"test_grid_run.py", "test_grid_backfill.py", "test_serve.py", "test_prometheus.py"}
BUSY_TOO = {"test_operators.py", "test_python.py", "test_probe.py"}
BROWSER = {"test_dashboard.py"}
NO_DASHBOARD = ["-Dui=disabled"]
TSAN_TESTS = ["unit/meter/", "unit/trace/", "unit/engine/", "unit/nvml/", "unit/sensor/", "unit/grid/feed", "unit/grid/fetch", "unit/grid/exchange",
              "unit/server/events", "unit/server/server", "unit/server/stream"]


class Tally:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0

    def add(self, name, state, text=""):
        if state == "passed":
            self.passed += 1
        elif state == "skipped":
            self.skipped += 1
            print(f"  skipped: {name}: {text.strip().splitlines()[0] if text.strip() else 'no reason given'}")
        else:
            self.failed += 1
            print(f"  FAILED: {name}\n" + "\n".join("    | " + line for line in text.strip().splitlines()[-60:]))

    def junit(self, path, stage):
        """Count the test cases of a JUnit file; False when it cannot be read."""
        try:
            tree = ElementTree.parse(path)
        except (OSError, ElementTree.ParseError) as error:
            self.add(stage, "failed", f"no test results: {error}")
            return
        cases = 0
        # Meson keeps the reason of a skipped TAP subtest only in the test's output.
        reasons = dict(re.findall(r"^ok (\d+ - \S+) # SKIP (.*)$", "\n".join(e.text or "" for e in tree.iter("system-out")), re.M))
        for case in tree.iter("testcase"):
            cases += 1
            name = f"{stage}: {case.get('classname') or ''} {case.get('name')}"
            bad = case.find("failure") if case.find("failure") is not None else case.find("error")
            skipped = case.find("skipped")
            if bad is not None:
                self.add(name, "failed", (bad.get("message") or "") + "\n" + (bad.text or ""))
            elif skipped is not None:
                self.add(name, "skipped", skipped.get("message") or skipped.text or reasons.get(case.get("name"), ""))
            else:
                self.add(name, "passed")
        if cases == 0:
            self.add(stage, "failed", "not one test ran")


def run(command, env=None, quiet=True):
    full = dict(os.environ, **(env or {}))
    result = subprocess.run(command, cwd=ROOT, env=full, stdin=subprocess.DEVNULL, text=True, errors="replace",
                            stdout=subprocess.PIPE if quiet else None, stderr=subprocess.STDOUT if quiet else None)
    return result.returncode, result.stdout or ""


def build(tally, folder, compiler, options, only=None):
    """Configure (once) and compile what the tests of `only` need, or everything. Returns the folder; None and one failed test
    when that does not go without a warning."""
    path = BUILD / folder
    if not (path / "build.ninja").exists():
        code, text = run(["meson", "setup", str(path), "-Dwerror=true"] + options, {"CC": compiler})
        if code != 0:
            tally.add(f"{folder}: configure", "failed", text)
            return None
    code, text = run(["ninja", "-C", str(path)] + (needed_by(path, only) if only else []))
    tally.add(f"{folder}: compiles with {compiler} -Werror", "passed" if code == 0 else "failed", text)
    return path if code == 0 else None


def introspect(path, what):
    return json.loads(run(["meson", "introspect", f"--{what}", str(path)])[1])


def chosen(path, only):
    """Meson matches tests by name, not by prefix: those whose name begins with one of `only`."""
    return [test for test in introspect(path, "tests") if any(test["name"].startswith(prefix) for prefix in only)]


def needed_by(path, only):
    wanted = {target for test in chosen(path, only) for target in test["depends"]}
    files = [file for target in introspect(path, "targets") if target["id"] in wanted for file in target["filename"]]
    return [os.path.relpath(file, path) for file in files]


@functools.lru_cache(maxsize=None)
def dashboard(tally):
    """Meson's options for a stage that has the dashboard: it is built once for all of them."""
    dist = BUILD / "ui-dist"
    if not shutil.which("npm"):
        tally.add("dashboard: builds", "skipped", "npm is not installed; tools/setup.sh ui installs it")
        return NO_DASHBOARD
    code, text = run([str(ROOT / "tools" / "build_ui.sh"), str(ROOT / "ui"), str(BUILD / "ui-work"), str(dist)])
    tally.add("dashboard: builds", "passed" if code == 0 else "failed", text)
    return ["-Dui=prebuilt", f"-Dui_dist={dist}"] if code == 0 else NO_DASHBOARD


def meson_tests(tally, path, stage, env=None, only=None):
    names = []
    if only is not None:
        names = [test["name"] for test in chosen(path, only)]
        if not names:
            tally.add(stage, "failed", "no test chosen")
            return
    results = path / "meson-logs" / "testlog-tap_skip.junit.xml"  # Meson puts the wrapper's name into it
    results.unlink(missing_ok=True)
    run(["meson", "test", "-C", str(path), "--no-rebuild", "--print-errorlogs", "--timeout-multiplier", "4",
         "--wrapper", str(ROOT / "tools" / "tap_skip")] + names, env)
    tally.junit(results, stage)


def stage_checks(tally):
    for check in ["check_layers", "check_size", "check_banned"]:
        code, text = run([str(ROOT / "tools" / check)])
        tally.add(check, "passed" if code == 0 else "failed", text)
    for part in ["format", "spelling", "shell", "cppcheck", "tidy"]:
        code, text = run([str(ROOT / "tools" / "lint.sh"), part])
        tally.add(f"lint: {part}", "passed" if code == 0 else "failed", text)
    build(tally, "test-release", "gcc", ["--buildtype=release", "-Dtests=false"] + NO_DASHBOARD)  # warnings that come with optimising
    code, text = run([str(ROOT / "tools" / "cross_macos.sh")])
    tally.add("cross_macos", {0: "passed", 77: "skipped"}.get(code, "failed"), text)


def stage_gcc(tally):
    path = build(tally, "test-gcc", "gcc", dashboard(tally))
    if path:
        meson_tests(tally, path, "gcc")


def stage_asan(tally):
    path = build(tally, "test-asan", "clang", ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dfuzzers=true"] + NO_DASHBOARD)
    if path:
        meson_tests(tally, path, "asan", {"UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1", "ASAN_OPTIONS": "detect_leaks=1"})


def stage_tsan(tally):
    path = build(tally, "test-tsan", "clang", ["-Db_sanitize=thread", "-Db_lundef=false"] + NO_DASHBOARD, TSAN_TESTS)
    if path:
        meson_tests(tally, path, "tsan", {"TSAN_OPTIONS": "halt_on_error=1"}, TSAN_TESTS)


def stage_blackbox(tally):
    path = build(tally, "test-gcc", "gcc", dashboard(tally))
    if not path:
        return
    # Five parts beside each other: most tests wait for counters to move and leave the processors to those that do not. A
    # browser leaves nothing: it comes after those that measure time.
    folder = ROOT / "tests" / "blackbox"
    files = sorted(folder.glob("test_*.py"))
    parts = {"waiting": [f for f in files if f.name in WAITING], "waiting-too": [f for f in files if f.name in WAITING_TOO],
             "waiting-again": [f for f in files if f.name in WAITING_AGAIN],
             "busy-too": [f for f in files if f.name in BUSY_TOO],
             "busy": [f for f in files if f.name not in WAITING | WAITING_TOO | WAITING_AGAIN | BUSY_TOO | BROWSER]}
    pytest_parts(tally, path, parts)
    pytest_parts(tally, path, {"browser": [f for f in files if f.name in BROWSER]})


def pytest_parts(tally, path, parts):
    """Each part is a pytest of its own; all at once."""
    running = []
    for name, tests in parts.items():
        results = BUILD / f"blackbox-{name}.xml"
        results.unlink(missing_ok=True)
        running.append((results, subprocess.Popen(
            ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={results}", *map(str, tests)], cwd=ROOT,
            env=dict(os.environ, JOULEBOOK_BUILD=str(path), PYTHONDONTWRITEBYTECODE="1"), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)))
    for results, process in running:
        process.wait()
        tally.junit(results, f"blackbox {results.stem}")


STAGES = {"checks": stage_checks, "gcc": stage_gcc, "asan": stage_asan, "tsan": stage_tsan, "blackbox": stage_blackbox}


def main():
    wanted = sys.argv[1:] or list(STAGES)
    for name in wanted:
        if name not in STAGES:
            print(f"tools/run_tests.py: there is no stage '{name}'; known: {', '.join(STAGES)}", file=sys.stderr)
            return 2
    tally = Tally()
    for name in wanted:
        start = time.monotonic()
        before = tally.passed, tally.failed
        print(f"{name} ...", flush=True)
        STAGES[name](tally)
        print(f"{name}: {tally.passed - before[0]} passed, {tally.failed - before[1]} failed in {time.monotonic() - start:.0f} s",
              flush=True)
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    print(f"{tally.passed} passed, {tally.failed} failed{skipped}")
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
