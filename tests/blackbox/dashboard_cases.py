# SPDX-License-Identifier: Apache-2.0
"""The dashboard's own tests, vitest's and Playwright's, as lists of cases and what came of each."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
WORK = ROOT / "build"
BUILD_UI = ROOT / "tools" / "build_ui.sh"
OLDEST_NODE = 18


def missing():
    """Why these tests cannot run here, or None."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            return f"{program} is not installed; tools/setup.sh ui installs it"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.match(r"v(\d+)\.", version)
    if not found or int(found.group(1)) < OLDEST_NODE:
        return f"node {OLDEST_NODE} or newer is needed, this is {version.strip() or 'none'}"
    return None


def node(folder, *words, timeout, **env):
    """A program of the folder's packages; what it printed is kept for when it says nothing else."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("JOULEBOOK_", "XDG_"))}
    command = ["node", *map(str, words)]
    with subprocess.Popen(command, cwd=folder, env=dict(kept, **env), text=True, errors="replace", stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            said, _ = process.communicate(timeout=timeout)
        finally:  # whatever it has left behind: browsers, servers, runs
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    return subprocess.CompletedProcess(command, process.returncode, said)


def prepare(*words):
    result = subprocess.run([str(BUILD_UI), *map(str, words)], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, check=False)
    if result.returncode != 0:
        raise RuntimeError(result.stdout)


def packages():
    """Folders of the dashboard (built) and of its browser tests, each with its packages."""
    prepare(ROOT / "ui", WORK / "ui-work", WORK / "ui-dist")
    prepare("--packages", ROOT / "ui" / "e2e", WORK / "e2e-work")
    return WORK / "ui-work" / "ui", WORK / "e2e-work" / "ui"


class Unit:
    """vitest in the folder of the built dashboard."""

    def __init__(self, folder):
        self.folder = folder
        self.tool = folder / "node_modules" / "vitest" / "vitest.mjs"

    def names(self):
        result = node(self.folder, self.tool, "list", "--json", timeout=120)
        start = result.stdout.find("[")
        if result.returncode != 0 or start < 0:
            raise RuntimeError(result.stdout)
        return [self.name(case["file"], case["name"].split(" > ")) for case in json.loads(result.stdout[start:])]

    def name(self, file, titles):
        return " > ".join([os.path.relpath(file, self.folder), *titles])

    def run(self):
        out = self.folder.parent / "vitest.json"
        out.unlink(missing_ok=True)
        result = node(self.folder, self.tool, "run", "--reporter=json", f"--outputFile={out}", timeout=300)
        if not out.exists():
            raise RuntimeError(result.stdout)
        found = {}
        for file in json.loads(out.read_text())["testResults"]:
            for case in file["assertionResults"]:
                name = self.name(file["name"], [*case["ancestorTitles"], case["title"]])
                found[name] = (case["status"], "\n".join(case["failureMessages"]))
        return found


class Browser:
    """Playwright in the folder of the browser tests."""

    def __init__(self, folder):
        self.folder = folder
        self.tool = folder / "node_modules" / "@playwright" / "test" / "cli.js"

    def names(self):
        result = node(self.folder, self.tool, "test", "--list", "--reporter=json", timeout=120)
        try:
            report = json.loads(result.stdout[result.stdout.find("{"):])
        except ValueError as error:
            raise RuntimeError(result.stdout) from error
        return [name for name, _ in self.specs(report)]

    def specs(self, report):
        def walk(suite, titles):
            for spec in suite.get("specs", []):
                yield " > ".join([*titles, spec["title"]]), spec
            for inner in suite.get("suites", []):
                yield from walk(inner, [*titles, inner["title"]])
        for suite in report["suites"]:
            yield from walk(suite, [suite["title"]])

    def run(self, **env):
        out = self.folder.parent / "playwright.json"
        out.unlink(missing_ok=True)
        result = node(self.folder, self.tool, "test", timeout=900, E2E_JSON=str(out), E2E_OUT=str(self.folder.parent / "results"),
                      E2E_SCREENSHOTS=str(WORK / "screenshots"), **env)
        if not out.exists():
            raise RuntimeError(result.stdout)
        report = json.loads(out.read_text())
        found = {name: self.outcome(spec) for name, spec in self.specs(report)}
        if not found:
            raise RuntimeError(json.dumps(report.get("errors"))[:4000] + result.stdout[-4000:])
        return found

    @staticmethod
    def outcome(spec):
        run = spec["tests"][0]
        skips = [a.get("description") or "" for a in run["annotations"] if a["type"] == "skip"]
        if run["status"] == "skipped":
            return ("skipped", "; ".join(skips)) if skips else ("failed", "did not run: too many before it failed")
        said = [error.get("message", "") for result in run["results"] for error in result["errors"]]
        said = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(said))
        return ("passed" if spec["ok"] and run["results"] else "failed"), said
