# SPDX-License-Identifier: Apache-2.0
"""What was measured survives: kills, a full disk, a home that cannot be written."""
import os
import random
import resource
import signal
import sqlite3
import subprocess
import time

import pytest
from conftest import closes, wait_until


def integrity(joulebook):
    path = joulebook.home / "data/joulebook/joulebook.db"
    with sqlite3.connect(path) as db:
        return db.execute("pragma integrity_check").fetchone()[0]


def test_database_is_private_and_small(joulebook):
    joulebook("run", "--quiet", "--", "true")
    path = joulebook.home / "data/joulebook/joulebook.db"
    assert path.stat().st_mode & 0o777 == 0o600


def test_meter_and_child_killed_together_at_random_moments(joulebook, machine):
    seed = random.randrange(1 << 30)
    rng = random.Random(seed)
    for round_ in range(4):
        process = joulebook.start("run", "--quiet", "--root", machine.root, "--name", f"r{round_}", "--", "sleep", "60",
                                  start_new_session=True)
        begin = time.monotonic()
        time.sleep(rng.uniform(1.2, 2.8))
        lived = time.monotonic() - begin
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert integrity(joulebook) == "ok", seed
        record = joulebook.record(f"r{round_}")
        assert record["run"]["status"] == "lost"
        assert record["run"]["duration_s"] >= lived - 1.6, (seed, "loses at most the last second (and the start of the program)")
        closes(record)


def test_child_killed_is_a_whole_record(joulebook, tmp_path):
    pid_file = tmp_path / "pid"
    process = joulebook.start("run", "--quiet", "--", "sh", "-c", f"echo $$ > {pid_file}; exec sleep 60")
    pid = int(wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), "the child"))
    time.sleep(0.3)
    os.kill(pid, signal.SIGKILL)
    assert process.wait(timeout=20) == 128 + signal.SIGKILL
    assert joulebook.record()["run"]["status"] == "killed"


def test_full_disk_keeps_what_fitted_and_reports_the_rest(joulebook):
    joulebook("run", "--quiet", "--", "true")

    def small():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (150_000, 150_000))
    result = joulebook("run", "--interval", "2ms", "--name", "full", "--", "sleep", "6", preexec_fn=small)
    assert "not kept" in result.stderr
    assert "machine" in result.stderr, "the report is printed all the same"
    assert integrity(joulebook) == "ok"
    assert len(joulebook.runs()) >= 1


def test_home_that_cannot_be_written_still_measures(joulebook):
    blocked = joulebook.home / "blocked"
    blocked.write_text("a file where a folder should be")
    result = joulebook("run", "--", "echo", "ran", env={"XDG_DATA_HOME": str(blocked)})
    assert result.stdout == "ran\n"
    assert "not kept" in result.stderr and "machine" in result.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become another user")
def test_ordinary_user_reads_a_database_it_cannot_write(joulebook, tmp_path):
    joulebook("run", "--quiet", "--name", "kept", "--", "true")
    folder = joulebook.home / "data/joulebook"
    for path in [tmp_path, *tmp_path.parents]:
        if str(path).startswith("/tmp/") and path.stat().st_uid == 0:
            path.chmod(path.stat().st_mode | 0o055)
    for path in (joulebook.home, joulebook.home / "data", folder):
        path.chmod(0o555)
    (folder / "joulebook.db").chmod(0o444)
    before = sorted(p.name for p in folder.iterdir())
    result = subprocess.run(["setpriv", "--reuid=65534", "--clear-groups", *joulebook.args("list")], env=joulebook.env, text=True,
                            capture_output=True)
    assert result.returncode == 0 and "kept" in result.stdout, result.stderr
    assert sorted(p.name for p in folder.iterdir()) == before
    folder.chmod(0o700)


def test_run_in_progress_is_running_and_cannot_be_removed(joulebook):
    process = joulebook.start("run", "--quiet", "--name", "now", "--", "sleep", "30")
    wait_until(lambda: any(r["run"]["name"] == "now" for r in joulebook.runs()), "the run in the list")
    assert joulebook.record("now")["run"]["status"] == "running"
    joulebook("rm", "now", status=1)
    process.send_signal(signal.SIGTERM)
    process.wait(timeout=20)
    assert joulebook.record("now")["run"]["status"] == "interrupted"
