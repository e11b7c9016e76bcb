# SPDX-License-Identifier: Apache-2.0
"""joulebook.h as a C program uses it: installed headers and pkg-config, a run of its own, and ends that nobody planned."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import textwrap

import pytest
from conftest import BUILD, closes, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMPILER = next((found for found in map(shutil.which, ("cc", "gcc", "clang")) if found), None)


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """What `meson install` lays down for those who link: header, library, pkg-config file, and the program."""
    if COMPILER is None or shutil.which("pkg-config") is None:
        pytest.skip("no C compiler or no pkg-config")
    destination = tmp_path_factory.mktemp("installed")
    result = subprocess.run(["meson", "install", "-C", BUILD, "--no-rebuild", "--quiet", "--tags", "devel,runtime", "--destdir",
                                 destination], text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert result.returncode == 0, result.stdout
    pc = next(destination.rglob("joulebook.pc"))
    text = pc.read_text()
    prefix = next(line for line in text.splitlines() if line.startswith("prefix=")).removeprefix("prefix=")
    pc.write_text(text.replace(f"prefix={prefix}", f"prefix={destination}{prefix}"))
    return pc


@pytest.fixture(scope="module")
def compile_program(installed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("programs")

    def compile_one(source, name, *flags):
        program = folder / name
        if not isinstance(source, pathlib.Path):
            (folder / f"{name}.c").write_text(textwrap.dedent(source))
            source = folder / f"{name}.c"
        env = dict(os.environ, PKG_CONFIG_PATH=str(installed.parent))
        found = subprocess.run(["pkg-config", "--cflags", "--libs", "joulebook"], env=env, text=True, capture_output=True, check=True)
        words = found.stdout.split()
        library = next(word for word in words if word.startswith("-L")).removeprefix("-L")
        subprocess.run([COMPILER, "-O2", "-Wall", "-Wextra", "-Werror", *flags, source, "-o", program, *words,
                        f"-Wl,-rpath,{library}", "-lpthread", "-lm"], check=True)
        return program
    return compile_one


@pytest.fixture(scope="module")
def embed(compile_program):
    return compile_program(ROOT / "examples" / "embed.c", "embed")


def test_the_header_is_c99_and_cpp(compile_program, tmp_path):
    compile_program('#include <joulebook/joulebook.h>\nint main(void) { return jb_api_version() != JB_API_VERSION; }', "c99",
                    "-std=c99", "-pedantic-errors")
    if shutil.which("c++"):
        compile_program('#include <joulebook/joulebook.h>\nint main() { jb_region("x"); jb_end(); return 0; }', "cpp", "-x", "c++")


def test_the_example_measures_itself(joulebook, embed):
    result = subprocess.run([embed, "3"], env=joulebook.env, text=True, capture_output=True, check=True)
    first, record = result.stdout.split("\n", 1)
    assert first == "y = 3.000 x + 1.000"
    assert result.stderr == ""
    record = json.loads(record)
    assert (record["run"]["name"], record["run"]["status"]) == ("embed", "finished")
    assert record["run"]["command"] == [str(embed), "3"]
    closes(record)
    epochs = [region for region in record["regions"] if region["kind"] == "epoch"]
    assert [epoch["index"] for epoch in epochs] == [0, 1, 2]
    assert {epoch["name"] for epoch in epochs} == {"epoch"}
    totals = {total["name"]: total for total in record["region_totals"]}
    assert {"step", "make points"} <= set(totals)
    assert all(total["uncertainty_j"] > 0 for total in totals.values()), "none is exact"
    assert sum(epoch["duration_s"] for epoch in epochs) <= record["run"]["duration_s"]
    assert {"data", "forward", "backward", "optimise"} <= {phase["name"] for phase in record["phases"] if phase["duration_s"] > 0}
    assert record["self"]["events_dropped"] == 0
    assert joulebook.record("embed")["run"]["id"] == record["run"]["id"]


def test_under_run_there_is_one_run_and_it_is_the_outer(joulebook, embed):
    if not joulebook("run", "--quiet", "--db", "none", "--", "sh", "-c", "echo $JOULEBOOK_RING").stdout.strip():
        pytest.skip("runs have no ring here")
    record = joulebook.measure("--name", "outer", "--", embed, "2")
    assert record["run"]["name"] == "outer"
    assert [stored["run"]["name"] for stored in joulebook.runs()] == ["outer"]


def test_without_joulebook_it_runs_and_says_so_once(joulebook, compile_program):
    program = compile_program('''
        #include <joulebook/joulebook.h>
        #include <errno.h>
        #include <stdio.h>
        int main(void)
        {
            char *json = (char *)"x";
            errno = 77;
            int first = jb_run_start("a"), second = jb_run_start("b");
            jb_region("x");
            jb_end();
            int third = jb_run_stop(&json);
            printf("%d %d %d %d %d\\n", first == -ENOENT, second == -ENOENT, third, json == NULL, errno);
            return 0;
        }''', "without")
    env = dict(joulebook.env, JOULEBOOK_PROGRAM="/nowhere/joulebook")
    result = subprocess.run([program], env=env, text=True, capture_output=True, check=True)
    assert result.stdout == "1 1 0 1 77\n"
    assert len(result.stderr.splitlines()) == 1 and "JOULEBOOK_PROGRAM" in result.stderr


SLEEPER = '''
    #include <joulebook/joulebook.h>
    #include <stdio.h>
    #include <stdlib.h>
    #include <string.h>
    #include <sys/wait.h>
    #include <unistd.h>
    /* ready; then what argv[1] says */
    int main(int argc, char **argv)
    {
        if (jb_run_start("sleeper") != 0) {
            return 9;
        }
        printf("%d\\n", wait(NULL)); /* no child is to be seen */
        fflush(stdout);
        if (strcmp(argv[1], "exit") == 0) {
            usleep(300000);
            exit(5);
        }
        if (strcmp(argv[1], "exec") == 0) {
            execlp("sleep", "sleep", "60", (char *)NULL);
        }
        for (volatile unsigned long i = 0;; i++) {
        }
        return argc;
    }'''


@pytest.fixture(scope="module")
def sleeper(compile_program):
    return compile_program(SLEEPER, "sleeper")


def run_of(joulebook, name, status):
    def there():
        return any((stored["run"]["name"], stored["run"]["status"]) == (name, status) for stored in joulebook.runs())
    return wait_until(there, f"the run {name} to be {status}")


def test_a_program_that_is_killed_has_its_run_kept(joulebook, sleeper):
    process = subprocess.Popen([sleeper, "spin"], env=joulebook.env, text=True, stdout=subprocess.PIPE)
    assert process.stdout.readline() == "-1\n"
    wait_until(lambda: joulebook.runs(), "the run")
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    wait_until(lambda: joulebook.record("sleeper")["run"]["status"] != "running", "its end")
    run = joulebook.record("sleeper")["run"]
    # Kernels before 6.15 tell strangers how a process ended only while its parent has not waited for it.
    assert (run["status"], run["signal"]) in (("killed", signal.SIGKILL), ("interrupted", None))


def test_a_program_that_exits_without_a_stop_has_its_run_kept(joulebook, sleeper):
    process = subprocess.run([sleeper, "exit"], env=joulebook.env, text=True, stdout=subprocess.PIPE)
    assert (process.returncode, process.stdout) == (5, "-1\n")
    wait_until(lambda: joulebook.record("sleeper")["run"]["status"] != "running", "its end")
    run = joulebook.record("sleeper")["run"]
    assert (run["status"], run["exit_code"]) in (("failed", 5), ("interrupted", None))


def test_a_program_that_becomes_another_ends_its_run(joulebook, sleeper):
    process = subprocess.Popen([sleeper, "exec"], env=joulebook.env, text=True, stdout=subprocess.PIPE)
    try:
        run_of(joulebook, "sleeper", "finished")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_an_interrupt_at_the_terminal_leaves_the_meter_to_store(joulebook, sleeper):
    """^C goes to the whole process group: the meter is in none of the program's."""
    process = subprocess.Popen([sleeper, "spin"], env=joulebook.env, text=True, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout.readline() == "-1\n"
    os.killpg(process.pid, signal.SIGINT)
    process.wait()
    process.stdout.close()
    wait_until(lambda: joulebook.record("sleeper")["run"]["status"] != "running", "its end")
    run = joulebook.record("sleeper")["run"]
    assert (run["status"], run["signal"]) in (("killed", signal.SIGINT), ("interrupted", None))


def test_no_meter_is_left_behind(joulebook, embed):
    def meters():
        found = []
        for path in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if f"HOME={joulebook.home}".encode() in path.read_bytes().split(b"\0"):
                    found.append(path.parent.name)
            except OSError:
                pass
        return found
    subprocess.run([embed, "1"], env=joulebook.env, stdout=subprocess.DEVNULL, check=True)
    wait_until(lambda: not meters(), "the meter to end")


def test_meter_by_hand(joulebook):
    target = subprocess.Popen(["sleep", "60"])
    try:
        meter = subprocess.Popen(joulebook.args("meter", "--pid", target.pid, "--name", "by hand"), env=joulebook.env, text=True,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        ready = json.loads(meter.stdout.readline())
        assert ready["pid"] == meter.pid
        out, errors = meter.communicate(timeout=30)
        assert (meter.returncode, errors) == (0, "")
        record = json.loads(out)
        assert record["run"]["status"] == "finished" and record["run"]["command"] == ["sleep", "60"]
    finally:
        target.kill()
        target.wait()


def test_meter_refuses_what_it_cannot_measure(joulebook):
    assert "which process?" in joulebook("meter", status=2).stderr
    assert "--pid x" in joulebook("meter", "--pid", "x", status=2).stderr
    assert "--pid 0" in joulebook("meter", "--pid", "0", status=2).stderr
    gone = subprocess.Popen(["true"])
    gone.wait()
    result = joulebook("meter", "--pid", gone.pid, status=1)
    assert str(gone.pid) in result.stderr and result.stdout == ""
    assert joulebook.runs() == []


def test_the_program_counts_from_where_the_run_began(joulebook, machine, compile_program):
    """CPU time used before jb_run_start() is not the run's."""
    program = compile_program('''
        #include <joulebook/joulebook.h>
        #include <stdio.h>
        #include <time.h>
        #include <unistd.h>
        static void burn(double s)
        {
            clock_t end = clock() + (clock_t)(s * CLOCKS_PER_SEC);
            while (clock() < end) {
            }
        }
        int main(void)
        {
            char *json = NULL;
            burn(2);
            jb_run_start("late");
            sleep(2);
            jb_run_stop(&json);
            fputs(json != NULL ? json : "{}", stdout);
            jb_free(json);
            return 0;
        }''', "late")
    env = dict(joulebook.env, JOULEBOOK_ROOT=str(machine.root))
    result = subprocess.run([program], env=env, text=True, capture_output=True, check=True)
    energy = closes(json.loads(result.stdout))
    assert energy["machine_j"] > 0
    assert energy["run_j"] < 0.3 * energy["machine_j"]  # the two seconds before would be all of it
