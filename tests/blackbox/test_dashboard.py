# SPDX-License-Identifier: Apache-2.0
"""The dashboard: its logic (vitest), and the real server's pages in a real browser (Playwright), each case by its own name.

`joulebook serve` reads a made-up machine and a database with trainings that were recorded just now.
"""
import shutil
import subprocess

import pytest
from conftest import EXE, Joulebook
from dashboard_cases import ROOT, Browser, Unit, missing, packages

DIGITS = ROOT / "examples" / "train_digits.py"
MACHINE = ROOT / "tests" / "machines" / "epyc-turin-2s"
PYTHON = "/usr/bin/python3"  # Debian's, which sees Debian's torch
WHY_NOT = missing()
FOLDERS = {}


def folders():
    if not FOLDERS:
        ui, e2e = packages()
        FOLDERS.update(unit=Unit(ui), browser=Browser(e2e))
    return FOLDERS


def pytest_generate_tests(metafunc):
    for kind in ("unit", "browser"):
        if f"{kind}_case" not in metafunc.fixturenames:
            continue
        if WHY_NOT:
            names = [pytest.param(kind, marks=pytest.mark.skip(reason=WHY_NOT))]
        else:
            try:
                names = folders()[kind].names()
            except (RuntimeError, OSError, subprocess.TimeoutExpired) as error:
                names = [pytest.param(RuntimeError(f"the {kind} tests cannot be listed: {error}"), id=f"{kind}-list")]
        metafunc.parametrize(f"{kind}_case", names)


def settle(results, case):
    if isinstance(case, Exception):
        raise case
    assert case in results, "this case has not run"
    state, said = results[case]
    if state == "skipped":
        pytest.skip(said or "no reason given")
    assert state == "passed", said


@pytest.fixture(scope="session")
def unit_results():
    return folders()["unit"].run()


def test_logic(unit_case, unit_results):
    settle(unit_results, unit_case)


@pytest.fixture(scope="session")
def trainings(tmp_path_factory):
    """A database: one training whose operators were caught, and two to compare it with."""
    home = tmp_path_factory.mktemp("dashboard")
    program = Joulebook(home)
    database = home / "runs.db"
    for number, (epochs, accuracy) in enumerate([(2, "0.91"), (3, "0.93"), (4, "0.94")]):
        program("run", "--quiet", "--db", database, "--sensors", "fake:watts=50", "--zone", "KR", "--ops", "full", "--name", f"digits-{number}",
                "--project", "digits", "--tag", f"accuracy={accuracy}", "--", PYTHON, DIGITS, "--epochs", epochs, timeout=180)
    return database


@pytest.fixture(scope="session")
def browser_results(trainings):
    return folders()["browser"].run(E2E_JOULEBOOK=str(EXE), E2E_MACHINE=str(MACHINE), E2E_DB=str(trainings),
                                    E2E_UI=str(folders()["unit"].folder))


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed; tools/setup.sh test installs it")
def test_pages(browser_case, browser_results):
    settle(browser_results, browser_case)
