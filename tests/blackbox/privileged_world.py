# SPDX-License-Identifier: Apache-2.0
"""A machine with RAPL, users and sudo of its own, for test_privileged.py.

usage: unshare -m python3 privileged_world.py BUILD FOLDER STORY

Runs as root in a mount namespace of its own: /sys/class holds one made-up RAPL zone that only root may read, /etc is a
copy, the folder of the installed helper is an empty file system. The helper put there is helper_at_root, which differs
from the real one in trusting whatever file system /sys/class is. A made-up `sudo` hands its arguments to this process,
which runs them. Prints what the story found as JSON.
"""
import grp
import json
import os
import pathlib
import pty
import shutil
import socket
import subprocess
import sys
import threading
import time

ZONE = pathlib.Path("/sys/class/powercap/intel-rapl:0")
WATTS = 50
SUDO = """#!/usr/bin/python3
import json, socket, sys
data = "" if sys.stdin is None or sys.argv[1].split("/")[-1] != "tee" else sys.stdin.read()
s = socket.socket(socket.AF_UNIX)
s.connect({path!r})
s.sendall((json.dumps([sys.argv[1:], data]) + "\\n").encode())
sys.exit(int(s.makefile().readline()))
"""


def mount(kind, where, options):
    subprocess.run(["mount", "-t", kind, "-o", options, "none", str(where)], check=True)


class World:
    def __init__(self, build, folder):
        self.build, self.folder = pathlib.Path(build), pathlib.Path(folder)
        self.commands, self.failing = [], set()
        subprocess.run(["mount", "--make-rprivate", "/"], check=True)
        self.make_zone()
        self.make_users()
        self.make_sudo()
        self.program = self.folder / "joulebook"
        shutil.copy(self.build / "joulebook", self.program)
        os.chmod(self.folder, 0o755)
        self.helper = pathlib.Path(self.plan()["helper"])
        self.helper.parent.parent.mkdir(parents=True, exist_ok=True)
        mount("tmpfs", self.helper.parent.parent, "mode=0755")
        self.helper.parent.mkdir()

    def make_zone(self):
        mount("tmpfs", "/sys/class", "mode=0755")
        ZONE.mkdir(parents=True)
        for name, text, mode in [("name", "package-0", 0o444), ("max_energy_range_uj", "262143328850", 0o444),
                                 ("energy_uj", "000001000000", 0o400)]:
            (ZONE / name).write_text(text + "\n")
            (ZONE / name).chmod(mode)
        threading.Thread(target=self.burn, daemon=True).start()

    @staticmethod
    def make_pmu():
        """An energy PMU that is the kernel's software counters: task-clock of CPU 0 counts 10^9 a second, here 50 W."""
        mount("tmpfs", "/sys/bus/event_source/devices", "mode=0755")
        pmu = pathlib.Path("/sys/bus/event_source/devices/power")
        (pmu / "events").mkdir(parents=True)
        for name, text in [("type", "1"), ("cpumask", "0"), ("events/energy-pkg", "event=0x01"), ("events/energy-pkg.scale", "5.0e-08"),
                           ("events/energy-pkg.unit", "Joules"), ("events/energy-ram", "event=0x01"),
                           ("events/energy-ram.scale", "1.0e-08"), ("events/energy-ram.unit", "Joules")]:
            (pmu / name).write_text(text + "\n")

    @staticmethod
    def burn():
        counter = os.open(ZONE / "energy_uj", os.O_WRONLY)
        start = time.monotonic()
        while True:
            os.pwrite(counter, b"%012d\n" % (1000000 + int((time.monotonic() - start) * WATTS * 1e6)), 0)
            time.sleep(0.001)

    def make_users(self):
        copy = self.folder / "etc"
        shutil.copytree("/etc", copy, symlinks=True)
        subprocess.run(["mount", "--bind", str(copy), "/etc"], check=True)
        for name, number, group in [("ada", 4001, 4001), ("bob", 4002, 4002), ("eve", 4003, 100)]:
            home = self.folder / name
            home.mkdir()
            os.chown(home, number, group)
            with open("/etc/passwd", "a", encoding="utf-8") as file:
                file.write(f"{name}:x:{number}:{group}::{home}:/bin/sh\n")
            if group == number:
                with open("/etc/group", "a", encoding="utf-8") as file:
                    file.write(f"{name}:x:{number}:\n")

    def make_sudo(self):
        path = self.folder / "sudo.socket"
        (self.folder / "bin").mkdir()
        (self.folder / "bin" / "sudo").write_text(SUDO.format(path=str(path)))
        (self.folder / "bin" / "sudo").chmod(0o755)
        server = socket.socket(socket.AF_UNIX)
        server.bind(str(path))
        path.chmod(0o777)
        server.listen()
        threading.Thread(target=self.serve, args=(server,), daemon=True).start()

    def serve(self, server):
        while True:
            peer, _ = server.accept()
            argv, text = json.loads(peer.makefile().readline())
            self.commands.append(argv)
            name = argv[0].split("/")[-1]
            if name in self.failing:
                status = 1
            elif name == "udevadm":
                status = self.udev(argv)
            else:
                status = subprocess.run(argv, input=text, text=True, stdout=subprocess.DEVNULL, check=False).returncode
            peer.sendall(f"{status}\n".encode())
            peer.close()

    @staticmethod
    def udev(argv):
        """What the rule would do, as far as it can be told without udev."""
        if argv[1] == "trigger":
            group = pathlib.Path("/etc/udev/rules.d/70-joulebook.rules").read_text().split("/bin/chgrp ")[1].split()[0]
            os.chown(ZONE / "energy_uj", 0, grp.getgrnam(group).gr_gid)
            os.chmod(ZONE / "energy_uj", 0o440)
        return 0

    def install(self):
        shutil.copy(self.build / "tests/unit/helper/helper_at_root", self.helper)
        os.chmod(self.helper, 0o755)

    def run(self, *args, user="ada", sudo=True, env=None, **more):
        home = self.folder / user
        path = f"{self.folder}/bin:/usr/bin:/bin" if sudo else "/usr/bin:/bin"
        full = {"PATH": path, "HOME": str(home), "TZ": "UTC", "LC_ALL": "C.UTF-8", **(env or {})}
        command = ["setpriv", "--reuid", user, "--regid", str(self.group_of(user)), "--init-groups", str(self.program)]
        return subprocess.run(command + [str(a) for a in args], env=full, text=True, cwd=home, timeout=60,
                              **({"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | more), check=False)

    @staticmethod
    def group_of(user):
        return {"ada": 4001, "bob": 4002, "eve": 100}[user]

    def plan(self, user="ada"):
        return json.loads(self.run("doctor", "--fix", "--json", user=user).stdout)

    def channel(self, user="ada"):
        """The zone's channel as the doctor sees it."""
        result = json.loads(self.run("doctor", "--json", "--sensors", "rapl-powercap", user=user).stdout)
        found = [c for c in result["channels"] if c["id"] == "cpu/0/package"]
        return found[0] if found else None

    def measure(self, *command, user="ada", env=None):
        result = self.run("run", "--sensors", "rapl-powercap", "--json", "record.json", "--", *command, user=user, env=env)
        path = self.folder / user / "record.json"
        return {"status": result.returncode, "stderr": result.stderr, "record": json.loads(path.read_text())}

    def fix(self, *args, user="ada", **more):
        self.commands.clear()
        result = self.run("doctor", "--fix", *args, user=user, **more)
        return {"status": result.returncode, "stdout": result.stdout, "stderr": result.stderr, "commands": list(self.commands)}

    def fix_at_terminal(self, answer):
        """With a person at stdin and stderr."""
        ours, theirs = pty.openpty()
        os.write(ours, answer.encode())
        result = self.fix(stdin=theirs, stderr=theirs)
        os.close(theirs)
        os.close(ours)
        return result

    def helper_state(self):
        st = self.helper.stat()
        try:
            capable = bool(os.getxattr(self.helper, "security.capability"))
        except OSError:
            capable = False
        return {"mode": oct(st.st_mode & 0o7777), "uid": st.st_uid, "group": grp.getgrgid(st.st_gid).gr_name, "capable": capable}


def helper_for_its_owner(world):
    world.install()
    doctor = world.run("doctor")
    plan, before, unasked = world.plan(), world.channel(), world.fix()
    state_before = world.helper_state()
    fixed = world.fix("--yes")
    after, others = world.channel(), world.channel(user="bob")
    measured = world.measure("sh", "-c", "sleep 1; exit 7")
    killed = world.measure("sh", "-c", "sleep 0.5; pkill -KILL -u ada -x joulebook-senso; sleep 1")
    left = subprocess.run(["pgrep", "-x", "joulebook-senso"], stdout=subprocess.PIPE, text=True, check=False).stdout
    without = world.measure("true", env={"JOULEBOOK_HELPER": "/nonexistent"})
    again = world.fix("--yes")
    return {"doctor": doctor.stdout, "plan": plan, "before": before, "unasked": unasked, "state_before": state_before, "fixed": fixed,
            "state": world.helper_state(), "after": after, "others": others, "measured": measured, "killed": killed, "left": left,
            "without": without, "again": again, "helper": str(world.helper)}


def helper_for_a_group(world):
    world.install()
    plan = world.plan(user="eve")
    fixed = world.fix("--yes", user="eve")
    first = {"state": world.helper_state(), "after": world.channel(user="eve")}
    second_plan = world.plan(user="ada")  # the helper is the group's: she joins it
    second = world.fix("--yes", user="ada")
    return {"plan": plan, "fixed": fixed, **first, "second_plan": second_plan, "second": second, "state_2": world.helper_state(),
            "after_2": world.channel(user="ada"), "after_1": world.channel(user="eve")}


def rule_without_helper(world):
    plan = world.plan()
    fixed = world.fix("--yes")
    return {"plan": plan, "fixed": fixed, "rule": pathlib.Path("/etc/udev/rules.d/70-joulebook.rules").read_text(),
            "after": world.channel(), "others": world.channel(user="bob")}


def places_that_are_no_good(world):
    world.install()
    found = {}
    world.helper.parent.chmod(0o777)
    found["writable"] = world.plan()
    world.helper.parent.chmod(0o755)
    os.chown(world.helper, 4001, 4001)
    found["users_own"] = world.plan()
    os.chown(world.helper, 0, 0)
    subprocess.run(["mount", "-o", "remount,nosuid", str(world.helper.parent.parent)], check=True)
    found["nosuid"] = world.plan()
    subprocess.run(["mount", "-o", "remount,suid", str(world.helper.parent.parent)], check=True)
    found["good"] = world.plan()
    theirs = world.folder / "ada" / "x"  # root's, but in a folder of hers: she can put another in its place
    shutil.copytree(world.helper.parent, theirs)
    kept = world.helper.parent.rename(world.helper.parent.with_suffix(".kept"))
    world.helper.parent.symlink_to(theirs)
    found["linked"] = world.plan()
    world.helper.parent.unlink()
    kept.rename(world.helper.parent)
    world.failing = {"setcap"}
    found["setcap_fails"] = world.fix("--yes")
    found["state"] = world.helper_state()
    return found


def perf_counters(world):
    """The caller may open none, and the helper gives each by itself, though they would be one group."""
    world.make_pmu()
    world.install()
    before = world.run("doctor", "--json", "--sensors", "rapl-perf")
    fixed = world.fix("--yes")
    result = world.run("run", "--sensors", "rapl-perf", "--json", "record.json", "--", "sleep", "1")
    record = json.loads((world.folder / "ada" / "record.json").read_text())
    return {"before": json.loads(before.stdout), "fixed": fixed, "status": result.returncode, "record": record,
            "paranoid": int(pathlib.Path("/proc/sys/kernel/perf_event_paranoid").read_text())}


def somebody_else_in_my_group(world):
    with open("/etc/passwd", "a", encoding="utf-8") as file:
        file.write("sam:x:4004:4001::/:/bin/sh\n")
    world.install()
    return {"plan": world.plan()}


def sudo_of_the_folder(world):
    """An empty part of PATH is the current folder."""
    world.install()
    planted = world.folder / "ada" / "sudo"
    planted.write_text("#!/bin/sh\n: > planted-ran\n")
    planted.chmod(0o755)
    os.chown(world.folder / "ada", 4001, 4001)
    fixed = world.fix("--yes", env={"PATH": f":.:{world.folder}/bin:/usr/bin:/bin"})
    return {"fixed": fixed, "ran": (world.folder / "ada" / "planted-ran").exists()}


def answers(world):
    world.install()
    return {"no_sudo": world.fix("--yes", sudo=False), "no": world.fix_at_terminal("n\n"), "empty": world.fix_at_terminal("\n"),
            "state": world.helper_state(), "yes": world.fix_at_terminal("y\n"), "state_yes": world.helper_state()}


def main():
    build, folder, story = sys.argv[1:]
    print(json.dumps(globals()[story](World(build, folder))))


if __name__ == "__main__":
    main()
