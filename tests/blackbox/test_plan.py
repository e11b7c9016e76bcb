# SPDX-License-Identifier: Apache-2.0
"""A training that says how many epochs it makes: while it runs the machine's meter projects what the whole will use."""
import json
import pathlib
import subprocess
import sys
import textwrap

import pytest

from conftest import BUILD, wait_until
from serving import Serving

LIBRARY = BUILD / "src" / "api" / "libjoulebook.so"
DIGITS = pathlib.Path(__file__).resolve().parents[2] / "examples" / "train_digits.py"
EPOCHS = 8
# Each epoch takes CPU time that differs by up to a tenth, the first half as much again, and a pause lies behind each.
TRAINING = textwrap.dedent(f"""
    import ctypes, sys, time
    library = ctypes.CDLL({str(LIBRARY)!r})
    def busy(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pass
    if "tell" in sys.argv:
        library.jb_epochs({EPOCHS})
    for number in range({EPOCHS}):
        library.jb_epoch(number)
        busy((1.2, 0.8, 0.88, 0.76, 0.84, 0.8, 0.76, 0.84)[number])
        library.jb_end()
        time.sleep(0.15)
    """)


@pytest.fixture
def serving(joulebook, tmp_path):
    with Serving(joulebook, tmp_path, "--sensors", "fake:watts=100,fake:watts=20:device=ram") as daemon:
        yield daemon


def training(joulebook, serving, path, *words, args=()):
    return joulebook.start("run", "-q", "--json", path, *args, "--", sys.executable, "-c", TRAINING, *words, env=serving.env)


def only_run(serving):
    runs = serving.live()["runs"]
    return runs[0] if runs else None


def looks(serving, process):
    """What the document said of the run, each time that it said something else."""
    seen = []

    def ended():
        run = only_run(serving)
        if run is not None and not (seen and all(run[key] == seen[-1][key] for key in ("projected_s", "epoch_nth", "epoch"))):
            seen.append(run)
        return process.poll() is not None
    wait_until(ended, "the end of the training", 60)
    return seen


def test_the_end_is_where_it_was_projected(joulebook, serving, tmp_path):
    """Of the machine's energy: the run's part is its part of the CPU time, which others change on a busy machine."""
    path = tmp_path / "record.json"
    process = training(joulebook, serving, path, "tell", args=["--basis", "machine"])
    seen = looks(serving, process)
    assert process.returncode == 0
    check_projected(json.loads(path.read_text()), seen)


@pytest.mark.parametrize("words, args", [([], ["--epochs", str(EPOCHS)]), (["tell"], ["--epochs", "99"])],
                         ids=["option", "the program goes first"])
def test_the_plan_is_the_programs_or_the_options(joulebook, serving, tmp_path, words, args):
    process = training(joulebook, serving, tmp_path / "record.json", *words, args=args)
    run = wait_until(lambda: (r := only_run(serving)) and r["projected_uncertainty_j"] is not None and r, "a projection", 30)
    process.terminate()
    process.wait(timeout=20)
    assert run["epochs_planned"] == EPOCHS
    assert run["projected_j"] > run["footprint_j"] and run["projected_emissions_g"] > run["emissions_g"] > 0


def check_projected(record, seen):
    assert record["work"]["epochs_planned"] == EPOCHS
    planned = [run for run in seen if run["epochs_planned"] is not None]
    assert {run["epochs_planned"] for run in planned} == {EPOCHS}
    assert [run for run in planned if run["epoch_nth"] == 1 and run["projected_j"] is not None and run["elapsed_s"] < 1.2] == []
    projected = [run for run in planned if run["projected_uncertainty_j"] is not None and 4 <= run["epoch_nth"] < EPOCHS]
    assert projected, seen
    total_j, total_s = record["energy"]["machine_j"], record["run"]["duration_s"]
    for run in projected:
        # Three deviations, and what an interpreter takes to begin and to end beyond them.
        assert abs(run["projected_s"] - total_s) < 3 * run["projected_uncertainty_s"] + 0.03 * total_s, (run, total_s)
        assert abs(run["projected_j"] - total_j) < 3 * run["projected_uncertainty_j"] + 0.03 * total_j, (run, total_j)
        assert run["projected_j"] >= run["machine_j"] and run["projected_s"] >= run["elapsed_s"]
        assert run["projected_emissions_g"] >= run["emissions_g"] > 0
    assert projected[-1]["projected_uncertainty_s"] < projected[0]["projected_uncertainty_s"]


def test_ticks_tell_it_too(joulebook, serving, tmp_path):
    process = training(joulebook, serving, tmp_path / "record.json", "tell")
    for event, data in serving.events():
        if event == "tick" and data["runs"] and data["runs"][0][8] and data["runs"][0][8][2] is not None:
            planned, nth, joules, _, seconds, grams = data["runs"][0][8]
            assert planned == EPOCHS and 1 <= nth <= EPOCHS
            assert joules > data["runs"][0][4] and seconds > 1 and grams > data["runs"][0][3]
            break
    process.terminate()
    process.wait(timeout=20)


def test_without_a_plan_nothing_is_projected(joulebook, serving, tmp_path):
    path = tmp_path / "record.json"
    process = training(joulebook, serving, path)
    seen = looks(serving, process)
    assert any(run["epoch"] is not None for run in seen)
    assert all(run[key] is None for run in seen for key in run if key.startswith("projected") or key in ("epochs_planned", "epoch_nth"))
    assert json.loads(path.read_text())["work"]["epochs_planned"] is None


def test_one_that_is_killed_says_how_far_it_came(joulebook, serving, tmp_path):
    process = training(joulebook, serving, tmp_path / "record.json", "tell", args=["--name", "stopped"])
    wait_until(lambda: (run := only_run(serving)) and (run["epoch_nth"] or 0) >= 3, "the third epoch", 30)
    process.terminate()
    process.wait(timeout=20)
    text = joulebook("show", "stopped").stdout
    assert f"({EPOCHS} were planned)" in text, text


def test_epochs_that_were_guessed_are_projected_too(joulebook, serving, tmp_path):
    """A training that tells nothing: its epochs are those of its loader, its plan is the option's."""
    if subprocess.run(["/usr/bin/python3", "-c", "import torch"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no python3-torch here")
    path = tmp_path / "record.json"
    process = joulebook.start("run", "-q", "--ops", "phases", "--json", path, "--epochs", "400", "--", "/usr/bin/python3", DIGITS, "--epochs", "400",
                              env=serving.env, stdout=subprocess.DEVNULL)
    try:
        run = wait_until(lambda: (r := only_run(serving)) and r["projected_uncertainty_j"] is not None and r, "a projection", 60)
    finally:
        process.terminate()
        process.wait(timeout=30)
    assert run["epochs_planned"] == 400 and 1 < run["epoch_nth"] <= 400
    assert run["projected_j"] > run["footprint_j"] and run["projected_s"] > run["elapsed_s"]
    assert json.loads(path.read_text())["regions"][0]["guessed"]


@pytest.mark.parametrize("value", ["0", "-1", "many", "2147483648", "1.5", ""])
def test_a_plan_is_a_number(joulebook, value):
    result = joulebook("run", f"--epochs={value}", "--", "true", status=2)
    assert "--epochs" in result.stderr
