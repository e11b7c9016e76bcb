# SPDX-License-Identifier: Apache-2.0
"""NVTX: a recorded session of JAX on a GPU through the real protocol, and the nvtx package where it is installed."""
import json
import os
import subprocess
import sys

import pytest

from told import BUILD, NVTX, OPERATOR, PROBE, RANGE, Told, plain

CLIENT = BUILD / "tests" / "blackbox" / "nvtx_client"
TO_US = {"NVTX_INJECTION64_PATH": str(PROBE)}
STEP = [("my step", 0), ("XlaModule: jit_train_step", 1), ("xla::gemm_fusion_dot [jvp(Dense_0)/dot_general]", 2),
        ("xla::loop_maximum_fusion [jvp(relu)/max]", 2),
        ("xla::gemm_fusion_dot [transpose(jvp(Dense_0))/dot_general]", 2), ("xla::copy", 2), ("ncclAllReduce", 2)]


def test_a_session_of_jax(tmp_path):
    told = Told(tmp_path, [CLIENT, 5], env=TO_US)
    assert told.result.stdout == "init 1, domains two, answers -140\n"  # -2 each: what it is without a tool
    assert [(name, depth) for _, _, name, depth in told.spans] == STEP * 5
    assert {k for _, k, name, _ in told.spans if name.startswith(("xla", "nccl"))} == {OPERATOR}
    assert {k for _, k, name, _ in told.spans if name.startswith(("my", "Xla"))} == {RANGE}
    assert told.end["attached"] == NVTX and told.end["nonsense"] == 0 and not any(told.open.values())


def test_ranges_alone_below_full(tmp_path):
    told = Told(tmp_path, [CLIENT, 2], env=TO_US, level=1)
    assert [(name, depth) for _, _, name, depth in told.spans] == STEP[:2] * 2


def test_off(tmp_path):
    for env in ({"JOULEBOOK_PROBE": "off"}, {"JOULEBOOK_PROBE_NVTX": "off"}):
        told = Told(tmp_path, [CLIENT, 2], env=dict(TO_US, **env))
        assert told.events == [] and told.end["attached"] == 0
        assert told.result.stdout == "init 1, domains none, answers -48\n"
    assert plain([CLIENT, 2], env=TO_US).stdout == "init 1, domains none, answers -48\n"  # no ring
    assert Told(tmp_path, [CLIENT, 2], env=TO_US, level=0).names() == []


def test_a_tool_of_the_users_keeps_its_place(tmp_path):
    told = Told(tmp_path, [CLIENT, 2], env={"NVTX_INJECTION64_PATH": "/nonexistent/tool.so"}, preload=True)
    assert told.events == [] and told.result.stdout.startswith("init -1")


def test_python_package(tmp_path):
    """The client that is compiled into NVIDIA's own package (pip: nvtx); JOULEBOOK_TEST_PYTHON has it."""
    python = os.environ.get("JOULEBOOK_TEST_PYTHON", sys.executable)
    if subprocess.run([python, "-c", "import nvtx"], stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("no nvtx package")
    program = tmp_path / "ranges.py"
    program.write_text("import nvtx, threading\n"
                       "with nvtx.annotate('outer'):\n"
                       "    with nvtx.annotate('inner', domain='mine'):\n"
                       "        pass\n"
                       "r = nvtx.start_range('crossing')\n"
                       "t = threading.Thread(target=nvtx.end_range, args=(r,))\n"
                       "t.start(); t.join()\n"
                       "for i in range(70):\n"
                       "    with nvtx.annotate(f'iteration {i}'):\n"
                       "        pass\n")
    told = Told(tmp_path, [python, program], env=TO_US)
    assert told.result.returncode == 0 and told.result.stderr == ""
    names = told.names(RANGE)
    assert names[:3] == ["outer", "mine: inner", "crossing"]
    assert names[3:67] == [f"iteration {i}" for i in range(64)] and set(names[67:]) == {"iteration *"}
    assert not any(told.open.values())
    assert json.dumps(told.end["notes"]) == "[]"
