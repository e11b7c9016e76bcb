# SPDX-License-Identifier: Apache-2.0
"""ITT: programs that link oneDNN or oneTBB, unchanged, and what they tell."""
import shutil
import subprocess

import pytest

from told import BUILD, ITT, OPERATOR, PROBE, RANGE, Told, plain

APP = BUILD / "tests" / "blackbox" / "onednn_app"
needs_onednn = pytest.mark.skipif(not APP.exists(), reason="built without libdnnl-dev")
TO_US = {"INTEL_LIBITTNOTIFY64": str(PROBE)}


def main_thread(told, kind):
    first = told.spans[0][0]
    return [name for thread, k, name, _ in told.spans if thread == first and k == kind]


@needs_onednn
def test_operators_of_onednn(tmp_path):
    told = Told(tmp_path, [APP, 6], env=TO_US)
    assert told.result.returncode == 0, told.result.stderr
    assert main_thread(told, OPERATOR) == ["convolution", "matmul"] * 6
    assert set(told.names()) == {"convolution", "matmul"}
    assert told.end["attached"] == ITT and told.end["dropped"] == 0 and told.end["nonsense"] == 0
    assert not any(told.open.values()), "every operator has ended"


@needs_onednn
def test_the_program_is_as_it_was(tmp_path):
    before = plain([APP, 4])
    for preload in (False, True):
        told = Told(tmp_path, [APP, 4], env=TO_US, preload=preload)
        assert (told.result.stdout, told.result.stderr, told.result.returncode) == (before.stdout, before.stderr, 0)


@needs_onednn
def test_levels_and_switches(tmp_path):
    assert Told(tmp_path, [APP, 4], env=TO_US, level=2).names() == []
    for switch in ("JOULEBOOK_PROBE", "JOULEBOOK_PROBE_ITT"):
        told = Told(tmp_path, [APP, 4], env=dict(TO_US, **{switch: "off"}))
        assert told.events == [] and told.end["attached"] == 0 and told.result.returncode == 0
    told = Told(tmp_path, [APP, 4], env=dict(TO_US, JOULEBOOK_PROBE_NVTX="off"))
    assert told.names()


@needs_onednn
def test_without_a_ring():
    before, after = plain([APP, 3]), plain([APP, 3], env=TO_US)
    assert (before.stdout, before.stderr, before.returncode) == (after.stdout, after.stderr, after.returncode)


@needs_onednn
def test_a_program_that_tells_no_phases_is_not_all_beginning(joulebook):
    record = joulebook.measure("--sensors", "fake:watts=50", "--ops", "full", "--", APP, "100")
    assert {o["class"] for o in record["operators"]} == {"convolution", "matmul"}
    assert [p["name"] for p in record["phases"]] == ["other"]
    assert "\n  operators " in joulebook("show").stdout and "\n  phases " not in joulebook("show").stdout


def test_onetbb(tmp_path):
    """Its algorithms are ranges, and as they are frequent, wanted only when operators are."""
    if not shutil.which("g++"):
        pytest.skip("no g++")
    source = tmp_path / "t.cpp"
    source.write_text("#include <tbb/parallel_for.h>\n#include <atomic>\n#include <cstdio>\n"
                      "int main() { std::atomic<long> s{0}; tbb::parallel_for(0, 1000, [&](int i) { s += i; });"
                      " std::printf(\"%ld\\n\", (long)s); }\n")
    built = subprocess.run(["g++", "-O1", "-o", str(tmp_path / "t"), str(source), "-ltbb"], stderr=subprocess.PIPE)
    if built.returncode != 0:
        pytest.skip("no libtbb-dev")
    told = Told(tmp_path, [tmp_path / "t"], env=TO_US)
    assert told.result.stdout == "499500\n"
    assert "tbb: tbb_parallel_for" in told.names(RANGE) and told.names(OPERATOR) == []
    assert Told(tmp_path, [tmp_path / "t"], env=TO_US, level=2).names() == []


def test_inside_pytorch_only_pytorch_tells(tmp_path):
    program = ("import torch\n"
               "torch.set_num_threads(1)\n"
               "y = torch.nn.functional.conv2d(torch.ones(16, 16, 32, 32), torch.ones(16, 16, 3, 3))\n"
               "print(float(y.sum()))\n")
    python = ["/usr/bin/python3", "-c", program]
    before = plain(python)
    if before.returncode != 0:
        pytest.skip("no PyTorch")
    told = Told(tmp_path, python, env=TO_US, preload=True)
    assert (told.result.stdout, told.result.stderr) == (before.stdout, before.stderr)
    assert any(name.startswith("aten::") for name in told.names(OPERATOR))
    assert "convolution" not in told.names()
    alone = Told(tmp_path, python, env=dict(TO_US, JOULEBOOK_PROBE_PYTORCH="off"), preload=True)
    assert "convolution" in alone.names(OPERATOR), "oneDNN inside tells when PyTorch does not"
