#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The units of packaging/systemd/ as systemd reads them, and what they must not lack.

usage: check_units.py [ROOT]      exit 1 with one line for each fault; what needs systemd-analyze is left out where it is not
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

MUST = {
    "Type": "notify", "WatchdogSec": "30", "Restart": "on-failure", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes",
    "DevicePolicy": "closed", "MemoryMax": "64M", "AmbientCapabilities": "CAP_DAC_READ_SEARCH CAP_PERFMON",
    "CapabilityBoundingSet": "CAP_DAC_READ_SEARCH CAP_PERFMON", "StateDirectory": "joulebook", "User": "joulebook",
}
EXPOSURE = 25  # tenths, of `systemd-analyze security`: what is open has its reason in docs/security.md
NAMES = {"joulebook.socket": "attach", "joulebook-http.socket": "http"}  # as src/cli/serve.c asks for them


def settings(path):
    """Section.Key to the values it is given."""
    found, section = {}, ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
            found.setdefault(f"{section}.{key}", []).append(value)
    return found


def static(root):
    folder = root / "packaging/systemd"
    unit = settings(folder / "joulebook.service.in")
    for key, value in MUST.items():
        if unit.get(f"Service.{key}") != [value]:
            yield f"joulebook.service: {key} is {unit.get(f'Service.{key}')}, not {value}"
    if "NoNewPrivileges" in settings(folder / "user/joulebook.service.in"):
        yield "user/joulebook.service: NoNewPrivileges takes the capabilities from joulebook-sensors"
    if "RuntimeDirectory" in unit:
        yield "joulebook.service: a RuntimeDirectory goes when the service stops, and the socket in it"
    for where in (folder, folder / "user"):
        service = settings(where / "joulebook.service.in")
        for name, told in NAMES.items():
            socket = settings(where / name)
            if socket.get("FileDescriptorName") != [told] or socket.get("Service") != ["joulebook.service"]:
                yield f"{where.name}/{name}: is not {told} of joulebook.service"
            if name not in service["Sockets"][0].split():
                yield f"{where.name}/joulebook.service: is not given {name}"
            for address in socket.get("ListenStream", []):
                if not address.startswith(("127.0.0.1:", "[::1]:")):
                    yield f"{where.name}/{name}: listens on {address}"
    modes = [settings(folder / p / "joulebook.socket")["SocketMode"] for p in ("", "user")]
    if modes != [["0666"], ["0600"]]:
        yield f"joulebook.socket: modes are {modes}"


def analyze(*words, **more):
    return subprocess.run(["systemd-analyze", "--no-pager", *words], capture_output=True, text=True, timeout=60, check=False, **more)


def by_systemd(root):
    with tempfile.TemporaryDirectory() as folder:
        made = pathlib.Path(folder)
        (made / "bin").mkdir()
        (made / "bin/joulebook").write_text("#!/bin/sh\n")
        (made / "bin/joulebook").chmod(0o755)
        for kind, where in (("system", root / "packaging/systemd"), ("user", root / "packaging/systemd/user")):
            (made / kind).mkdir()
            text = (where / "joulebook.service.in").read_text(encoding="utf-8").replace("@bindir@", str(made / "bin"))
            (made / kind / "joulebook.service").write_text(text, encoding="utf-8")
            for name in NAMES:
                shutil.copy(where / name, made / kind / name)
            paths = [made / kind / name for name in ("joulebook.service", *NAMES)]
            result = analyze(f"--{kind}", "verify", "--man=no", *paths, env=dict(os.environ, XDG_RUNTIME_DIR=folder))
            # What other units of this machine lack is not ours.
            said = [line for line in (result.stdout + result.stderr).splitlines() if "joulebook" in line or folder in line]
            if said or result.returncode != 0 and "Failed to" not in result.stderr:
                yield f"{kind}: " + "; ".join(said or [result.stderr.strip()])
        result = analyze("security", "--offline=true", f"--threshold={EXPOSURE}", made / "system/joulebook.service")
        level = re.search(r"Overall exposure level for joulebook.service: ([\d.]+)", result.stdout)
        if level is not None and float(level.group(1)) * 10 > EXPOSURE:
            yield f"joulebook.service: its exposure is {level.group(1)}, at most {EXPOSURE / 10}"


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    found = list(static(root))
    if shutil.which("systemd-analyze"):
        found += by_systemd(root)
    print("\n".join(found) if found else "the units are right")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
