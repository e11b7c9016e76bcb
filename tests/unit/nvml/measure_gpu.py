# SPDX-License-Identifier: Apache-2.0
"""tools/measure_gpu.py against a made-up joulebook and nvidia-smi: what it prints, and when it refuses. Speaks TAP."""

import importlib.util
import os
import subprocess
import sys
import tempfile

ROOT = os.environ.get("JB_SOURCE_ROOT", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", ".."))
SCRIPT = os.path.join(ROOT, "tools", "measure_gpu.py")

# 200 W by nvidia-smi; what the counter says is up to the test.
NVIDIA_SMI = """#!{python}
import datetime, sys, time
if "-lms" not in sys.argv:
    print("NVIDIA Made-up, 550.54, 700.00 W")
    sys.exit()
print("2020/01/01 00:00:00.000, GPU-1, [N/A]")
while True:
    print(datetime.datetime.now().strftime("%Y/%m/%d %H:%M:%S.%f")[:-3] + ", GPU-1, 200.00", flush=True)
    time.sleep(0.05)
"""
JOULEBOOK = """#!{python}
import datetime, json, subprocess, sys, time
iso = lambda t: datetime.datetime.fromtimestamp(t, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
begin = time.time()
status = subprocess.run(sys.argv[sys.argv.index("--") + 1:]).returncode
end = time.time()
joules = 200 * (end - begin)
channels = [dict(id="gpu/GPU-1/" + kind, source="nvml", energy_j=joules * factor, uncertainty_j=joules * 0.05, flags=[])
            for kind, factor in {channels}]
channels.append(dict(id="module/0/power", source="nvml", energy_j=3 * joules, uncertainty_j=joules, flags=[]))
record = dict(run=dict(started=iso(begin), ended=iso(end), duration_s=end - begin), energy=dict(channels=channels))
json.dump(record, open(sys.argv[sys.argv.index("--json") + 1], "w"))
sys.exit({status} or status)
"""

number = 0
failed = False


def ok(condition, name, detail=""):
    global number, failed
    number += 1
    failed = failed or not condition
    print(f"{'ok' if condition else 'not ok'} {number} - {name}")
    if not condition and detail:
        print("# " + detail.replace("\n", "\n# "))


def measure(channels, status=0, with_smi=True):
    with tempfile.TemporaryDirectory() as folder:
        programs = {"joulebook": JOULEBOOK.format(python=sys.executable, channels=channels, status=status)}
        if with_smi:
            programs["nvidia-smi"] = NVIDIA_SMI.format(python=sys.executable)
        for name, text in programs.items():
            path = os.path.join(folder, name)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(path, 0o755)
        environment = dict(os.environ, PATH=folder, PYTHONPATH="")
        return subprocess.run([sys.executable, SCRIPT, "--seconds", "0.5", "--joulebook", os.path.join(folder, "joulebook")],
                              env=environment, capture_output=True, text=True, check=False)


def load_script():
    spec = importlib.util.spec_from_file_location("measure_gpu", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main():
    sys.dont_write_bytecode = True
    module = load_script()
    ramp = [(10.0, 0.0), (12.0, 200.0), (20.0, 200.0)]
    ok(abs(module.integrate(ramp, 11, 13) - (150 + 200)) < 1e-9, "a ramp is integrated between its samples")
    ok(abs(module.integrate(ramp, 9.5, 10.5) - (0.5 * 25)) < 1e-9, "before the first sample power is level")
    ok(module.integrate(ramp, 5, 13) is None, "samples that do not cover the run give no figure")
    ok(module.integrate(ramp[:1], 10, 10.5) is None, "one sample gives no figure")

    done = measure([("energy", 1.0), ("power", 1.02)])
    ok(done.returncode == 0 and "integral minus counter" in done.stdout, "figures that agree are told",
       done.stdout + done.stderr)
    for part in ("date:", "command:", "GPU GPU-1: NVIDIA Made-up, 550.54", "NVML energy counter", "integral of NVML power",
                 "integral of nvidia-smi power.draw.instant", "stated error"):
        ok(part in done.stdout, f"it prints {part!r}", done.stdout)
    ok(done.stdout.count("NVML energy counter") == 1, "a superchip's module is no GPU", done.stdout)
    beside = [line for line in done.stdout.splitlines() if line.startswith("  nvidia-smi minus counter")]
    ok(len(beside) == 1 and beside[0].endswith(": agrees"), "nvidia-smi's seconds are the run's seconds", done.stdout)

    done = measure([("energy", 1.0), ("power", 1.4)])
    ok(done.returncode == 1 and "DISAGREES" in done.stdout, "figures that differ by more than stated are told",
       done.stdout + done.stderr)
    done = measure([("power", 1.0)])
    ok(done.returncode == 2 and "absent" in done.stdout, "an absent counter is not zero", done.stdout + done.stderr)
    done = measure([("energy", 1.0)], status=3)
    ok(done.returncode == 2 and "exit status 3" in done.stderr, "a run that failed is no measurement", done.stderr)
    done = measure([("energy", 1.0)], with_smi=False)
    ok(done.returncode == 2 and "nvidia-smi" in done.stderr, "a machine without a GPU is told so", done.stderr)
    print(f"1..{number}")
    return 1 if failed else 0


sys.exit(main())
