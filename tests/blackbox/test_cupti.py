# SPDX-License-Identifier: Apache-2.0
"""CUDA kernels through the whole probe and the wire, with a libcupti that has no GPU."""
import collections

from told import BUILD, CUPTI, NVTX, OPERATOR, PROBE, Told, plain

APP = BUILD / "tests" / "blackbox" / "cuda_app"
TO_US = {"NVTX_INJECTION64_PATH": str(PROBE)}
FORWARD, BACKWARD, UNKNOWN = 0, 1, 4


def test_kernels_belong_to_operators(tmp_path):
    told = Told(tmp_path, [APP, 50], env=TO_US)
    assert told.result.stdout == "subscribed 1, finalised 0, pushed as popped 1, outside 0\n"
    assert told.end["attached"] == NVTX | CUPTI and told.end["gpu_lost"] == 0 and told.end["notes"] == []
    kernels = collections.Counter((k["name"], k["origin"], k["device"]) for k in told.kernels)
    assert kernels == {("xla::gemm [jvp(Dense)/dot_general]", FORWARD, "0000:41:00.0"): 50,
                       ("xla::gemm [transpose(jvp(Dense))/dot_general]", BACKWARD, "0000:41:00.0"): 50,
                       ("copy", UNKNOWN, "0000:41:00.0"): 50}
    assert len({k["stream"] for k in told.kernels}) == 2
    # On our clock, though CUPTI's is the time of day: each kernel was launched inside its operator.
    begins = [e["t"] for e in told.events if e["kind"] == OPERATOR and not e["end"]]
    launched = sorted(k["t0"] for k in told.kernels if k["origin"] == FORWARD)
    error = 1_000_000  # of reading two clocks on a busy machine
    assert all(a - error < t < b + error for a, t, b in zip(begins[::2], launched, begins[1::2]))


def test_bursts_are_finalised(tmp_path):
    told = Told(tmp_path, [APP, 1500], env=TO_US, level="3222")  # a second each
    assert "subscribed 1, finalised 1" in told.result.stdout and told.end["gpu_lost"] == 0
    assert 0 < len(told.kernels) < 3 * 1500
    assert set(told.names(OPERATOR)) == {"xla::gemm [jvp(Dense)/dot_general]", "xla::gemm [transpose(jvp(Dense))/dot_general]"}


def test_another_profiler_is_named_and_left_alone(tmp_path):
    told = Told(tmp_path, [APP, 20, "held"], env=TO_US)
    assert told.result.stdout == "subscribed 0, finalised 0, pushed as popped 1, outside 0\n"
    assert told.kernels == [] and len(told.names(OPERATOR)) == 40
    assert told.end["notes"] == ["CUPTI: CUPTI for Nsight Systems has it; kernels are not told apart while it does"]


def test_switches_and_levels(tmp_path):
    idle = "subscribed 0, finalised 0, pushed as popped 1, outside 0\n"
    for env, level in (({"JOULEBOOK_PROBE_CUPTI": "off"}, 3), ({}, 2), ({"JOULEBOOK_PROBE": "off"}, 3)):
        told = Told(tmp_path, [APP, 20], env=dict(TO_US, **env), level=level)
        assert told.result.stdout == idle and told.kernels == [] and told.end["attached"] & CUPTI == 0
    assert plain([APP, 20], env=TO_US).stdout == idle
