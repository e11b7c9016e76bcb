#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That build_ui.sh builds out of tree, when and only when something changed, with a stand-in for npm that counts."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "build_ui.sh"
NPM = """#!/bin/sh
echo "$*" >>"$NPM_LOG"
[ ! -e "$NPM_LOG.fail" ] || { echo "npm says no"; exit 1; }
case "$1" in
ci) mkdir -p node_modules && : >node_modules/here ;;
run) [ -e node_modules/here ] || exit 1; mkdir -p dist/assets && cat src/*.ts >dist/assets/main.js && cp index.html dist/ ;;
esac
"""


class BuildUi(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name) / "a folder"  # names of folders have spaces
        self.ui, self.work, self.dist = self.root / "ui", self.root / "work", self.root / "dist"
        for name, text in {"index.html": "<p>", "src/a.ts": "a", "package.json": "{}", "package-lock.json": "1", ".npmrc": "x=y",
                           "e2e/test.spec.ts": "t", "node_modules/mine": "n", "dist/old.html": "o"}.items():
            self.write(name, text)
        programs = self.root / "bin"
        programs.mkdir()
        for name, text in {"npm": NPM, "node": '#!/bin/sh\necho "${NODE_IS:-v18.19.0}"\n'}.items():
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.log = self.root / "npm.log"
        self.env = dict(os.environ, PATH=f"{programs}:{os.environ['PATH']}", NPM_LOG=str(self.log))

    def write(self, name, text):
        path = self.ui / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def tool(self, *words, status=0, **env):
        result = subprocess.run(["sh", str(TOOL), *map(str, words)], env=dict(self.env, **env), text=True, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(result.returncode, status, result.stderr)
        return result

    def build(self, status=0, **env):
        """What npm was asked for."""
        self.log.write_text("")
        self.tool(self.ui, self.work, self.dist, self.root / "dist.d", self.root / "stamp", status=status, **env)
        return [line.split()[0] for line in self.log.read_text().splitlines()]

    def test_builds_beside_its_sources(self):
        before = {p: p.read_bytes() for p in self.ui.rglob("*") if p.is_file()}
        self.assertEqual(self.build(), ["ci", "run"])
        self.assertEqual((self.dist / "assets/main.js").read_text(), "a")
        self.assertFalse((self.dist / "old.html").exists())
        self.assertTrue((self.work / "ui/.npmrc").exists())
        self.assertFalse((self.work / "ui/e2e").exists())
        self.assertEqual({p: p.read_bytes() for p in self.ui.rglob("*") if p.is_file()}, before)

    def test_nothing_changed_is_nothing_done(self):
        self.build()
        inode = (self.dist / "index.html").stat().st_ino
        self.assertEqual(self.build(), [])
        self.assertEqual((self.dist / "index.html").stat().st_ino, inode)

    def test_a_source_that_changed_comes_or_goes_builds_without_installing(self):
        self.build()
        self.write("src/a.ts", "b")
        self.assertEqual(self.build(), ["run"])
        self.write("src/b.ts", "c")
        self.assertEqual(self.build(), ["run"])
        self.assertEqual((self.dist / "assets/main.js").read_text(), "bc")
        (self.ui / "src/b.ts").unlink()
        self.assertEqual(self.build(), ["run"])
        self.assertEqual((self.dist / "assets/main.js").read_text(), "b")
        self.write("e2e/test.spec.ts", "other")
        self.write("node_modules/mine", "other")
        self.assertEqual(self.build(), [])

    def test_another_lock_or_node_installs_anew(self):
        self.build()
        self.write("package-lock.json", "2")
        self.assertEqual(self.build(), ["ci", "run"])
        self.write("src/a.ts", "b")
        self.assertEqual(self.build(NODE_IS="v20.0.0"), ["ci", "run"])

    def test_several_build_folders_share_one(self):
        self.build()
        self.log.write_text("")
        self.tool(self.ui, self.work, self.root / "other")
        self.assertEqual(self.log.read_text(), "")
        self.assertEqual((self.root / "other/assets/main.js").read_text(), "a")

    def test_a_failure_is_told_and_tried_again(self):
        fail = pathlib.Path(str(self.log) + ".fail")
        fail.touch()
        result = self.tool(self.ui, self.work, self.dist, status=1)
        self.assertIn("npm says no", result.stderr)
        self.assertIn("-Dui=disabled", result.stderr)
        self.assertFalse(self.dist.exists())
        fail.unlink()
        self.assertEqual(self.build(), ["ci", "run"])
        self.write("src/a.ts", "b")
        fail.touch()
        self.assertEqual(self.build(status=1), ["run"])
        fail.unlink()
        self.assertEqual(self.build(), ["run"])
        self.assertEqual((self.dist / "assets/main.js").read_text(), "b")

    def test_hash_is_that_of_the_built(self):
        self.build()
        self.assertEqual(self.tool("--hash", self.ui).stdout, (self.dist / ".sources").read_text())
        copy = self.root / "copy"
        shutil.copytree(self.ui, copy)
        self.assertEqual(self.tool("--hash", copy).stdout, (self.dist / ".sources").read_text())
        (copy / "src/a.ts").write_text("other")
        self.assertNotEqual(self.tool("--hash", copy).stdout, (self.dist / ".sources").read_text())

    def test_the_depfile_names_files_and_folders(self):
        self.build()
        target, names = (self.root / "dist.d").read_text().strip().split(": ", 1)
        named = {n.replace("\0", " ") for n in names.replace("\\ ", "\0").split()}
        self.assertEqual(target.replace("\\ ", " "), str(self.root / "stamp"))
        self.assertEqual(named, {str(self.ui), *(str(self.ui / n) for n in (
            "index.html", "src", "src/a.ts", "package.json", "package-lock.json", ".npmrc"))})


if __name__ == "__main__":
    unittest.main()
