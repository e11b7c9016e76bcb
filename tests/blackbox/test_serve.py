# SPDX-License-Identifier: Apache-2.0
"""The machine's one meter: runs attach to it, sum to it, and go on without it; what it saw survives it."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from conftest import EXE, Joulebook, closes, wait_until
from serving import Serving, uj

MADE_UP = ("--sensors", "fake:watts=100,fake:watts=20:device=gpu,fake:watts=5:device=ram")
BUSY = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done"


@pytest.fixture
def serving(joulebook, tmp_path):
    with Serving(joulebook, tmp_path, *MADE_UP) as daemon:
        yield daemon


def attached(record):
    return not any("machine's meter" in warning for warning in record["warnings"]) and \
        {c["source"] for c in record["energy"]["channels"]} == {"fake"}


def start_run(joulebook, serving, path, *command, env=None, args=()):
    return joulebook.start("run", "-q", "--json", path, *args, "--", *command, env=dict(serving.env, **(env or {})))


def test_a_run_attaches_and_needs_no_sensor_of_its_own(joulebook, serving):
    record = joulebook.measure("--name", "one", "--", "sh", "-c", BUSY, env=serving.env)
    energy = closes(record)
    assert attached(record)
    mean_w = energy["machine_j"] / record["run"]["duration_s"]
    assert 100 < mean_w < 150, mean_w  # 125 W, give or take an update at each end
    assert energy["run_j"] > 0


def test_a_run_that_was_told_no_place_is_where_its_meter_is(joulebook, tmp_path):
    with Serving(joulebook, tmp_path, *MADE_UP, "--zone", "KR") as daemon:
        record = joulebook.measure("--", "true", env=daemon.env)
        assert record["carbon"]["zone"] == "KR" and "meter was given" in json.dumps(record["carbon"])
        assert joulebook.measure("--zone", "FR", "--", "true", env=daemon.env)["carbon"]["zone"] == "FR"
    assert joulebook.measure("--", "true")["carbon"]["zone"] == "World"


def test_ranks_sum_to_the_machine_exactly(joulebook, serving, tmp_path):
    """Eight ranks that begin and end at different times: the runs' joules are those of the machine's runs."""
    paths = [tmp_path / f"{i}.json" for i in range(8)]
    ranks = []
    for path in paths:
        ranks.append(start_run(joulebook, serving, path, "sh", "-c", BUSY))
        time.sleep(0.07)
    assert [rank.wait(timeout=60) for rank in ranks] == [0] * 8
    records = [json.loads(path.read_text()) for path in paths]
    machine = serving.settled()["machine"]
    assert all(attached(record) for record in records)
    for record in records:
        closes(record)
    assert uj(machine["runs_j"]) == sum(uj(record["energy"]["run_j"]) for record in records) > 0
    assert uj(machine["energy_j"]) >= uj(machine["runs_j"]) + uj(machine["idle_j"]) + uj(machine["others_j"]) + uj(machine["unattributed_j"])


def test_a_run_inside_of_another_is_part_of_it(joulebook, serving, tmp_path):
    outer, inner = tmp_path / "outer.json", tmp_path / "inner.json"
    inside = [str(EXE), "run", "-q", "--json", str(inner), "--", "sh", "-c", BUSY]
    assert start_run(joulebook, serving, outer, *inside).wait(timeout=60) == 0
    outer_j, inner_j = (json.loads(p.read_text())["energy"]["run_j"] for p in (outer, inner))
    machine = serving.settled()["machine"]
    assert uj(machine["runs_j"]) == uj(outer_j)
    assert 0 < inner_j <= outer_j


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")
def test_runs_of_two_users_sum_and_each_sees_its_own(joulebook, tmp_path):
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.stat().st_uid == os.geteuid() and parent != pathlib.Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    homes = {uid: tmp_path / f"home-{uid}" for uid in (1234, 1235)}
    for uid, home in homes.items():
        home.mkdir()
        os.chown(home, uid, uid)
    database = tmp_path / "machine.db"
    with Serving(joulebook, tmp_path, *MADE_UP, "--shared", db=database) as serving:
        runs = {}
        for uid, home in homes.items():
            user = Joulebook(home)
            runs[uid] = user.start("run", "-q", "--json", home / "r.json", "--name", f"of-{uid}", "--", "sh", "-c", BUSY, env=serving.env,
                                   preexec_fn=lambda uid=uid: (os.setgroups([]), os.setgid(uid), os.setuid(uid)))
        assert [run.wait(timeout=60) for run in runs.values()] == [0, 0]
        records = {uid: json.loads((home / "r.json").read_text()) for uid, home in homes.items()}
        assert all(attached(record) for record in records.values()), [r["warnings"] for r in records.values()]
        assert uj(serving.settled()["machine"]["runs_j"]) == sum(uj(r["energy"]["run_j"]) for r in records.values())
        # The machine's own database has both, as whose they are; a user is told the names of its own alone.
        kept = {run["run"]["name"] if "run" in run else run["name"] for run in serving.json("api/v1/runs")["runs"]}
        assert kept == {"of-1234", "of-1235"}
        ask = f"import urllib.request; print(urllib.request.urlopen('{serving.url('api/v1/runs')}').read().decode())"
        seen = subprocess.run([sys.executable, "-c", ask], stdout=subprocess.PIPE, text=True, check=True,
                              preexec_fn=lambda: (os.setgroups([]), os.setgid(1234), os.setuid(1234)))
        names = {(run.get("run") or run).get("name") for run in json.loads(seen.stdout)["runs"]}
        assert names == {"of-1234", None}
        others = next(run for run in json.loads(seen.stdout)["runs"] if not run["mine"])
        assert uj(others["run_j"]) == uj(records[1235]["energy"]["run_j"])


def test_another_user_may_not_attach_to_a_meter_that_is_not_shared(joulebook, serving, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("only root can be another user")
    assert serving.socket.stat().st_mode & 0o777 == 0o600


def test_the_run_goes_on_when_the_daemon_dies(joulebook, machine, tmp_path):
    """The same counters, by itself: energy goes on, with a gap that is told."""
    with Serving(joulebook, tmp_path, "--root", machine.root) as serving:
        path = tmp_path / "r.json"
        run = start_run(joulebook, serving, path, "sleep", "4", args=("--root", machine.root))
        wait_until(lambda: serving.live()["runs"] and serving.live()["runs"][0]["elapsed_s"] > 1.5, "the run to be seen")
        serving.stop(signal.SIGKILL)
        assert run.wait(timeout=30) == 0
    record = json.loads(path.read_text())
    energy = closes(record)
    assert any("the machine's meter went away after" in warning for warning in record["warnings"]), record["warnings"]
    leaves = [c for c in energy["channels"] if c["in_total"]]
    assert leaves and all("gap" in c["flags"] for c in leaves)
    watts = {c["id"]: c["energy_j"] / record["run"]["duration_s"] for c in leaves}
    assert 0.8 < energy["coverage"] <= 1, energy["coverage"]
    assert all(w > 0 for w in watts.values())


def test_a_stopped_daemon_does_not_stop_a_run(joulebook, serving, tmp_path):
    """It hangs: the run neither waits for it nor loses its status."""
    path = tmp_path / "r.json"
    run = start_run(joulebook, serving, path, "sh", "-c", "sleep 2; exit 7")
    wait_until(lambda: serving.live()["runs"], "the run to be seen")
    serving.process.send_signal(signal.SIGSTOP)
    begun = time.monotonic()
    assert run.wait(timeout=30) == 7
    assert time.monotonic() - begun < 8
    serving.process.send_signal(signal.SIGCONT)
    assert json.loads(path.read_text())["run"]["status"] == "failed"


def test_a_run_is_live_within_a_second_and_has_its_epochs(joulebook, serving, tmp_path):
    events = serving.events()
    assert next(events)[0] == "hello"
    program = "import joulebook, time\nwith joulebook.epoch(3):\n  with joulebook.phase('train'):\n    time.sleep(3)\n"
    root = pathlib.Path(__file__).resolve().parents[2]
    begun = time.monotonic()
    run = joulebook.start("run", "-q", "--name", "seen", "--", sys.executable, "-c", program,
                          env=dict(serving.env, PYTHONPATH=str(root / "python")))
    for event, data in events:
        if event == "hello" and data["runs"]:
            break
        assert time.monotonic() - begun < 5
    assert time.monotonic() - begun < 1.5, "the run was to be seen within a second"
    assert data["runs"][0]["name"] == "seen"
    epoch = wait_until(lambda: next((r["epoch"] for r in serving.live()["runs"] if r["epoch"] is not None), None), "its epoch", 8)
    assert epoch == 3
    assert run.wait(timeout=30) == 0
    kept = serving.json("api/v1/runs/last")
    assert kept["run"]["name"] == "seen" and kept["run"]["status"] == "finished"


def test_kill_and_restart_loses_a_second_at_most(joulebook, tmp_path):
    serving = Serving(joulebook, tmp_path, *MADE_UP).start()
    began_ms = serving.live()["t_ms"]
    wait_until(lambda: serving.live()["elapsed_s"] > 4.2, "some seconds of history")
    killed_ms = time.time() * 1000
    serving.stop(signal.SIGKILL)
    serving.start()
    restarted_ms = time.time() * 1000
    wait_until(lambda: serving.live()["elapsed_s"] > 2.5, "seconds after the restart")
    history = serving.json(f"api/v1/history?t0={int(began_ms)}&t1={int(killed_ms)}&px=16&channel=cpu/0/fake")
    channel = history["channels"][0]
    covered_s = channel["energy_j"] / 100
    assert covered_s >= (killed_ms - began_ms) / 1000 - 1.1, "more than a second was lost"
    if restarted_ms - killed_ms > 1300:  # a second may be written a little late
        gap = serving.json(f"api/v1/history?t0={int(killed_ms) + 50}&t1={int(restarted_ms) - 50}&px=16&channel=cpu/0/fake")
        assert None in gap["channels"][0]["mean_w"], "what nobody measured is a gap"
    assert serving.stop() == 0


@pytest.mark.parametrize("token, mode, why", [("x" * 1025, 0o600, "longer than 1024 bytes"), ("secret-secret", 0o644, "by others")], ids=["long", "open"])
def test_a_token_that_is_none_is_refused(joulebook, tmp_path, token, mode, why):
    path = tmp_path / "token"
    path.write_text(token + "\n")
    path.chmod(mode)
    result = joulebook("serve", "--listen", "127.0.0.1:0", "--socket", "none", "--token-file", path, status=2)
    assert why in result.stderr and token not in result.stderr


def test_a_second_daemon_is_refused(joulebook, serving):
    result = joulebook("serve", "--listen", "127.0.0.1:0", "--socket", serving.socket, *MADE_UP, status=1)
    assert "already" in result.stderr or "in use" in result.stderr, result.stderr


def test_hostile_words_on_the_socket_harm_nobody(joulebook, serving):
    import random
    import socket
    random.seed(4711)
    for _ in range(300):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as peer:
            peer.connect(str(serving.socket))
            try:
                for _ in range(3):
                    peer.send(random.randbytes(random.choice((0, 1, 4, 40, 4000))) or b"\0")
            except OSError:
                pass
    assert serving.process.poll() is None
    # Who is not root has come too often by now, for a moment.
    wait_until(lambda: attached(joulebook.measure("--", "true", env=serving.env)), "a run to attach")


def test_it_ends_cleanly_and_leaves_nothing(serving, tmp_path):
    assert serving.stop() == 0
    assert not serving.socket.exists() and not serving.port_file.exists()


def test_one_that_does_not_start_leaves_the_port_file_of_another(joulebook, serving):
    again = joulebook("serve", "--listen", f"127.0.0.1:{serving.port}", "--port-file", serving.port_file, "--socket", "none", *MADE_UP, status=1)
    assert "ss -ltnp" in again.stderr
    assert int(serving.port_file.read_text()) == serving.port


def test_a_full_disk_is_told_and_survived(joulebook, tmp_path):
    """A database whose folder cannot be written: measured, shown, and said."""
    if os.geteuid() == 0 and not os.path.exists("/dev/full"):
        pytest.skip("no full device here")
    blocked = tmp_path / "file"
    blocked.write_text("")
    with Serving(joulebook, tmp_path, *MADE_UP, db=blocked / "in" / "j.db") as serving:
        live = wait_until(lambda: (lambda l: l if l["history"]["error"] and l["machine"]["power_w"] else None)(serving.live()), "the error to be told")
        assert live["machine"]["power_w"] > 0
        assert serving.status("healthz") == 200


def test_a_database_that_is_deleted_is_told_and_made_anew(joulebook, tmp_path):
    """The meter, its dashboard and a run that is handed over go on in a fresh file; the log says so once."""
    database, log = tmp_path / "machine.db", tmp_path / "serve.log"
    with Serving(joulebook, tmp_path, *MADE_UP, db=database) as serving:
        wait_until(lambda: database.exists() and serving.json("api/v1/history?px=16")["channels"], "the history to begin")
        for ending in ("", "-wal", "-shm"):
            pathlib.Path(f"{database}{ending}").unlink(missing_ok=True)
        record = joulebook.measure("--name", "after", "--", "true", env=serving.env)
        assert attached(record), record["warnings"]
        wait_until(lambda: "was deleted, moved or replaced" in log.read_text(), "the log to say so", 20)
        assert "mv FORMER" in log.read_text()
        wait_until(lambda: database.exists() and any(run["run"]["name"] == "after" for run in serving.json("api/v1/runs")["runs"]), "the run to be kept")
        wait_until(lambda: serving.json("api/v1/history?px=16")["channels"], "the history to go on")
        wait_until(lambda: any("was deleted" in warning for warning in serving.live()["warnings"]), "a warning")
        assert serving.live()["history"]["error"] is None
    assert log.read_text().count("was deleted, moved or replaced") == 1


def test_top_brings_a_meter_of_its_own_and_takes_it_away(joulebook, tmp_path):
    env = {k: v for k, v in joulebook.env.items() if k != "JOULEBOOK_SOCKET"}
    joulebook.env = dict(env, XDG_RUNTIME_DIR=str(tmp_path))
    live = json.loads(joulebook("top", "--json").stdout)
    assert live["schema"] == 1 and live["machine"]["power_w"] is not None
    assert not list(tmp_path.glob("joulebook-top-*"))


def test_the_python_package_attaches(joulebook, serving):
    root = pathlib.Path(__file__).resolve().parents[2]
    program = "import joulebook, time\nwith joulebook.run(name='of python'):\n  t = time.time()\n  while time.time() - t < 1.2: pass\n"
    library = next(EXE.parent.glob("src/api/libjoulebook.so"), EXE.parent / "src/api/libjoulebook.so")
    env = dict(joulebook.env, **serving.env, PYTHONPATH=str(root / "python"), JOULEBOOK_LIBRARY=str(library), PATH=f"{EXE.parent}:{os.environ['PATH']}")
    subprocess.run([sys.executable, "-c", program], env=env, check=True, timeout=60)
    record = joulebook.record("of python")
    closes(record)
    assert attached(record), record["warnings"]
    assert uj(serving.settled()["machine"]["runs_j"]) == uj(record["energy"]["run_j"]) > 0
