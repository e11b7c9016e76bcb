# SPDX-License-Identifier: Apache-2.0
"""The program as users have it: run in a home of its own, on the real machine or on a made-up one."""
import json
import os
import pathlib
import signal
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

# nohup and shells without job control start their children with these ignored, and so would be ours.
for _number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM):
    signal.signal(_number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

BUILD = pathlib.Path(os.environ.get("JOULEBOOK_BUILD", pathlib.Path(__file__).resolve().parents[2] / "build"))
EXE = BUILD / "joulebook"


class Joulebook:
    """joulebook with a home, a database and an environment of its own."""

    def __init__(self, home):
        self.home = home
        self.env = {k: v for k, v in os.environ.items() if not k.startswith(("JOULEBOOK_", "XDG_"))}
        self.env.update(HOME=str(home), XDG_DATA_HOME=str(home / "data"), XDG_CONFIG_HOME=str(home / "config"),
                        XDG_CACHE_HOME=str(home / "cache"), TZ="UTC", LC_ALL="C.UTF-8",
                        JOULEBOOK_GRID_LIVE="false",  # no test but those of the grid asks anybody
                        JOULEBOOK_SOCKET="none")  # and none but those of the daemon attaches to one

    def args(self, *args):
        return [str(EXE), *map(str, args)]

    def __call__(self, *args, status=0, timeout=60, env=None, **more):
        """Run to the end; the result. status None: any."""
        result = subprocess.run(self.args(*args), env=dict(self.env, **(env or {})), text=True, errors="replace", timeout=timeout,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                **({"stdin": subprocess.DEVNULL} | more))
        if status is not None:
            assert result.returncode == status, f"exit {result.returncode}, not {status}:\n{result.stdout}\n{result.stderr}"
        return result

    def start(self, *args, env=None, **more):
        return subprocess.Popen(self.args(*args), env=dict(self.env, **(env or {})), text=True, stdin=subprocess.DEVNULL, **more)

    def record(self, run="last"):
        return json.loads(self("show", run, "--json").stdout)

    def runs(self):
        result = self("list", "--json", status=None)
        return json.loads(result.stdout)["runs"] if result.returncode == 0 else []

    def measure(self, *args, status=0, **more):
        """`run --json FILE ... -- ...` and the record it wrote."""
        path = self.home / "record.json"
        path.unlink(missing_ok=True)
        self("run", "--json", path, *args, status=status, **more)
        return json.loads(path.read_text())


@pytest.fixture
def joulebook(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    return Joulebook(home)


@pytest.fixture
def machine(tmp_path):
    """A two-socket machine whose counters run by themselves: see machines.py."""
    from machines import Machine
    with Machine(tmp_path / "root") as made:
        yield made


def wait_until(condition, what, seconds=30):
    import time
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {seconds} s in vain for {what}")


def closes(record):
    """The ledger closes: to the microjoule, for the machine and for each channel."""
    def uj(value):
        return round(value * 1e6)
    energy = record["energy"]
    assert uj(energy["machine_j"]) == sum(uj(energy[k]) for k in ("run_j", "idle_j", "others_j", "unattributed_j"))
    leaves = [c for c in energy["channels"] if c["in_total"]]
    assert uj(energy["machine_j"]) == sum(uj(c["energy_j"]) for c in leaves)
    assert uj(energy["run_j"]) == sum(uj(c["run_j"]) for c in leaves)
    assert uj(energy["machine_j"]) == uj(energy["measured_j"]) + uj(energy["modelled_j"])
    return energy


__all__ = ["Joulebook", "wait_until", "closes", "signal"]
