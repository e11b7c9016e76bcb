# SPDX-License-Identifier: Apache-2.0
"""The probe does no harm: programs do the same with it and without, and what they do is seen."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import probe_programs
from conftest import BUILD

PROBE = BUILD / "src" / "probe" / "libjoulebook-probe.so"
RUN = BUILD / "tests" / "blackbox" / "probe_run"
ENV = {k: v for k, v in os.environ.items() if not k.startswith("JOULEBOOK_")} | {"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8"}
MARK, OPERATOR, BACKWARD, LEVEL = 3, 1, 2, 11


def torch_python():
    """An interpreter with torch, as a user would have it: Debian's python3-torch, or one that is named."""
    for python in (os.environ.get("JOULEBOOK_TEST_PYTHON"), "/usr/bin/python3", sys.executable):
        if python and subprocess.run([python, "-c", "import importlib.util, sys; sys.exit(not importlib.util.find_spec('torch'))"],
                                     check=False, env=ENV).returncode == 0:
            return python
    return None


TORCH = torch_python()
needs_torch = pytest.mark.skipif(TORCH is None, reason="no python3-torch here")


class Told:
    """What a command did, and what the probe said of it."""

    def __init__(self, command, levels="3", period_ms=1000000, probe=PROBE, out=None, **more):
        where = str(out) if out else "-"
        result = subprocess.run([str(RUN), where, levels, str(period_ms), str(probe or "-"), *map(str, command)],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=300,
                                **({"env": ENV, "stdin": subprocess.DEVNULL} | more))
        lines = [json.loads(line) for line in pathlib.Path(out).read_text().splitlines()] if out else []
        self.code, self.out, self.err = result.returncode, result.stdout, result.stderr
        if not out:  # the last line is probe_run's own
            self.err, _, last = self.err.rstrip("\n").rpartition("\n")
            lines = [json.loads(last)]
        self.end, self.events = lines[-1], lines[:-1]
        # Addresses, and the head of a line of Kineto's log.
        other = re.compile(r"0x[0-9a-f]{6,}|\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \d+:\d+ ")
        texts = (other.sub("", text).splitlines() for text in (self.out, self.err))
        self.same = [self.code, self.end["status"], *next(texts), "stderr:", *next(texts)]

    def names(self, kind):
        return {event["name"] for event in self.events if event["kind"] == kind and not event["end"]}


def compare(tmp_path, program, *python_args, levels="3", period_ms=1000000, cwd=None):
    """Run it without the probe and with it; the latter."""
    path = tmp_path / "program.py"
    path.write_text(program)
    command = [TORCH, *python_args, path]
    without = Told(command, probe=None, out=tmp_path / "without.json", cwd=tmp_path)
    told = Told(command, levels=levels, period_ms=period_ms, out=tmp_path / "with.json", cwd=tmp_path)
    assert told.same == without.same
    assert not without.events
    assert told.end["nonsense"] == 0
    return told


def spans_are_paired(told):
    """Ends of each thread match its begins; what is open when a thread ends is closed by that."""
    depth = {}
    for event in told.events:
        if event["kind"] in (0, LEVEL):
            continue
        depth[event["thread"]] = depth.get(event["thread"], 0) + (-1 if event["end"] else 1)
        assert depth[event["thread"]] >= 0
    return sum(depth.values())


@needs_torch
def test_library(tmp_path):
    told = compare(tmp_path, probe_programs.LIBRARY)
    assert "LBFGS" in told.out and "profile" in told.out
    assert told.end["attached"] & 2
    assert {"aten::conv2d", "aten::addmm"} <= told.names(OPERATOR)
    assert {"ConvolutionBackward0", "CubeBackward"} <= told.names(BACKWARD)
    assert {"Optimizer.step#LBFGS.step", "mine"} <= told.names(MARK)
    assert any(name.startswith("enumerate(DataLoader)") for name in told.names(MARK))
    assert spans_are_paired(told) == 0
    assert len({event["tid"] for event in told.events}) >= 5


@needs_torch
def test_levels_change_while_it_runs(tmp_path):
    told = compare(tmp_path, probe_programs.LIBRARY, levels="3102", period_ms=7)
    assert len({event["value"] for event in told.events if event["kind"] == LEVEL}) > 1  # which, is a matter of luck
    assert spans_are_paired(told) == 0


@needs_torch
def test_what_the_system_shows(tmp_path):
    compare(tmp_path, probe_programs.STATE)


@needs_torch
def test_workers(tmp_path):
    told = compare(tmp_path, probe_programs.WORKERS, "-W", "error")
    assert len({event["pid"] for event in told.events if event["kind"] == OPERATOR}) >= 4
    assert len({event["pid"] for event in told.events if event["kind"] == LEVEL}) >= 4


@needs_torch
@pytest.mark.parametrize("what", probe_programs.ERRORS)
def test_errors(tmp_path, what):
    told = compare(tmp_path, probe_programs.ERRORS[what])
    assert told.end["attached"] & 2 and told.events


@needs_torch
def test_operators_of_pytorch(tmp_path):
    """The operators and inputs of PyTorch's own tests (test_ops.py), a quarter of them."""
    told = compare(tmp_path, probe_programs.OPERATORS)
    if "ModuleNotFoundError" in told.err:
        pytest.skip(told.err.splitlines()[-1])
    assert len(told.out.splitlines()) > 50, told.err
    assert len(told.names(OPERATOR)) > 100


@needs_torch
def test_switches(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(probe_programs.TRAINING + "net(data.tensors[0])")
    for name in ("JOULEBOOK_PROBE", "JOULEBOOK_PROBE_PYTORCH"):
        told = Told([TORCH, path], env=ENV | {name: "off"})
        assert told.code == 0 and told.end["events"] == 0 and told.end["attached"] == 0


def test_nothing_happens_without_a_framework(tmp_path):
    """Not even the ring is mapped."""
    told = Told([sys.executable, "-c", "import ctypes, re; ctypes.CDLL('libm.so.6').cos; print('memfd' in open('/proc/self/maps').read())"])
    assert (told.code, told.out.strip()) == (0, "False")
    told = Told(["/bin/sh", "-c", "cat /proc/self/maps | grep -c joulebook-probe; exit 5"])
    assert told.code == 5 and int(told.out) > 0 and told.err == ""


def newest_python():
    found = [path for path in (shutil.which(f"python3.{n}") for n in range(16, 11, -1)) if path]
    found += sorted(map(str, pathlib.Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python3")))
    runs = (path for path in found if subprocess.run([path, "-c", ""], capture_output=True, check=False).returncode == 0)
    return next(runs, None)


@pytest.mark.skipif(newest_python() is None, reason="no Python that warns of fork() in a process of several threads")
def test_python_does_not_warn_of_threads():
    program = "import ctypes, os; p = os.fork(); p or os._exit(0); print(os.waitpid(p, 0)[1])"
    told = Told([newest_python(), "-W", "error", "-c", program])
    assert (told.code, told.out, told.err) == (0, "0\n", "")


def build(tmp_path, name, text, *flags):
    """A C program, or a skip where this compiler cannot make it."""
    source = tmp_path / f"{name}.c"
    source.write_text(text)
    compiler = shutil.which("gcc") or shutil.which("cc")
    if not compiler:
        pytest.skip("no C compiler")
    made = subprocess.run([compiler, "-o", tmp_path / name, source, *flags], capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"this compiler makes none: {made.stderr[:80]}")
    return tmp_path / name


HELLO = '#include <stdio.h>\nint main(void) { puts("hello"); return 6; }\n'


def test_a_static_program(tmp_path):
    told = Told([build(tmp_path, "static", HELLO, "-static")])
    assert (told.code, told.out, told.err) == (6, "hello\n", "")


def test_a_program_of_32_bits_runs(tmp_path):
    """The dynamic linker says that it left the probe out; `run` looks at the program first, a child of it may be seen."""
    text = 'long write(int, const char *, unsigned); void _exit(int);\nvoid _start(void) { write(1, "hello", 5); _exit(6); }\n'
    program = build(tmp_path, "small", text, "-m32", "-nostdlib", "-fno-pic", "-no-pie", "-Wl,-dynamic-linker,/lib/ld-linux.so.2",
                    "/lib32/libc.so.6")
    told = Told([program], probe=None)
    if told.code != 6:
        pytest.skip("no C library of 32 bits")
    told = Told([program])
    assert (told.code, told.out) == (6, "hello")
    assert "wrong ELF class" in told.err


INTERPOSER = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
/* As many tools do: an own getenv() before the next. */
char *getenv(const char *name)
{
    static char *(*next)(const char *);
    if (!next) { next = (char *(*)(const char *))dlsym(RTLD_NEXT, "getenv"); }
    return next == getenv ? (char *)"itself" : next(name);
}
int main(void)
{
    Dl_info info;
    void *(*real)(void *, const char *) = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (!real) { real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5"); }
    dladdr(dlsym(RTLD_NEXT, "getenv"), &info);
    const char *file = strrchr(info.dli_fname, '/');
    printf("%s %s ", getenv("WHO"), file ? file + 1 : info.dli_fname);
    printf("%d ", dlsym(RTLD_DEFAULT, "no such") == NULL);
    printf("%s ", strstr(dlerror(), "no such") ? "told" : "untold");
    printf("%d %d\\n", dlerror() == NULL, real && real(RTLD_DEFAULT, "puts") == dlsym(RTLD_DEFAULT, "puts"));
    return 0;
}
"""


def test_a_program_with_functions_of_its_own_before_the_next(tmp_path):
    program = build(tmp_path, "interposer", INTERPOSER, "-rdynamic", "-ldl")
    told = [Told([program], probe=probe, env=ENV | {"WHO": "me"}) for probe in (None, PROBE)]
    assert told[0].same == told[1].same
    assert told[1].out.startswith("me libc.so.6 1 told 1 ")


def test_libraries_find_their_own_by_runpath(tmp_path):
    """dlopen() is not touched: $ORIGIN of the caller is that of the caller."""
    (tmp_path / "deep").mkdir()
    build(tmp_path / "deep", "libfar.so", "int far(void) { return 42; }\n", "-shared", "-fPIC")
    build(tmp_path, "libnear.so", '#include <dlfcn.h>\nint near(void) { void *h = dlopen("libfar.so", RTLD_NOW);'
          ' int (*f)(void) = h ? (int (*)(void))dlsym(h, "far") : 0; return f ? f() : 1; }\n',
          "-shared", "-fPIC", "-Wl,-rpath,$ORIGIN/deep", "-Wl,--enable-new-dtags")
    program = build(tmp_path, "finder", "int near(void);\nint main(void) { return near(); }\n", "-L" + str(tmp_path), "-l:libnear.so",
                    "-Wl,-rpath,$ORIGIN")
    assert Told([program], probe=None).code == Told([program]).code == 42


def test_a_program_with_address_sanitizer(tmp_path):
    """It refuses any library that is loaded before its runtime, unless it is told not to look: what `run` must say."""
    program = build(tmp_path, "sanitized", HELLO, "-fsanitize=address")
    assert Told([program], probe=None).code == 6
    told = Told([program])
    if told.code != 6:
        assert "ASan runtime does not come first" in told.err
    told = Told([program], env=ENV | {"ASAN_OPTIONS": "verify_asan_link_order=0"})
    assert (told.code, told.out, told.err) == (6, "hello\n", "")


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="needs root, to make a set-user-ID program")
def test_a_set_user_id_program(tmp_path):
    """The dynamic linker leaves the probe out, and says nothing of it."""
    tmp_path.chmod(0o755)
    program = build(tmp_path, "setuid", '#include <stdio.h>\n#include <string.h>\nint main(void) { char line[999]; int n = 0;'
                    ' FILE *f = fopen("/proc/self/maps", "r"); while (f && fgets(line, sizeof line, f)) { n += strstr(line, "probe") != 0; }'
                    ' printf("%d\\n", n); return 6; }\n')
    for folder in program.parents:
        if folder.stat().st_uid == 0 and folder != folder.parent and str(folder).startswith("/tmp/"):
            folder.chmod(folder.stat().st_mode | 0o055)
    program.chmod(0o4755)
    told = Told(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program])
    assert told.code in (6, 126, 127)
    if told.code == 6:
        assert (told.out, told.err) == ("0\n", "")


def test_a_program_of_musl(tmp_path):
    if not shutil.which("musl-gcc"):
        pytest.skip("no musl-gcc")
    (tmp_path / "hello.c").write_text(HELLO.replace("return 6", 'return __extension__ ({ extern void *dlsym(void *, const char *); dlsym(0, "puts") != 0; }) ? 6 : 7'))
    subprocess.run(["musl-gcc", "-o", tmp_path / "hello", tmp_path / "hello.c"], check=True)
    told = Told([tmp_path / "hello"], probe=None)
    if told.code != 6:
        pytest.skip("the loader of musl is not here")
    told = Told([tmp_path / "hello"])
    assert (told.code, told.out) == (6, "hello\n"), told.err
