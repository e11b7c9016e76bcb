#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That embed_assets.py keeps what it is given, in the same bytes each time, and stops the build where it must."""
import contextlib
import gzip
import io
import pathlib
import re
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
sys.dont_write_bytecode = True
import embed_assets  # noqa: E402  pylint: disable=wrong-import-position

ENTRY = re.compile(r'^    \{"([^"]+)", "([^"]+)", "\\"([0-9a-f]+)\\"", asset_(\d+), sizeof asset_\d+, (true|false)\},$', re.M)


class EmbedAssets(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.root = pathlib.Path(self.folder.name)
        self.dist, self.out = self.root / "dist", self.root / "out.c"
        self.write("index.html", b"<!DOCTYPE html><p>hello</p>")
        self.write("assets/main-3fA_2-Bc.js", b"console.log(1);" * 50)

    def write(self, name, data):
        path = self.dist / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def embed(self, *options, status=0):
        said = io.StringIO()
        with contextlib.redirect_stderr(said):
            self.assertEqual(embed_assets.main([str(self.dist), "-o", str(self.out), *options]), status, said.getvalue())
        return said.getvalue()

    def entries(self):
        """The table as the compiler sees it: path -> (type, etag, immutable, bytes)."""
        text = self.out.read_text(encoding="ascii")
        arrays = {number: bytes(int(n) for n in body.replace("\n", "").split(",") if n.strip())
                  for number, body in re.findall(r"asset_(\d+)\[\] = \{\n(.*?)\n\};", text, re.S)}
        return {path: (kind, etag, immutable == "true", arrays[number])
                for path, kind, etag, number, immutable in ENTRY.findall(text)}

    def test_what_went_in_comes_out(self):
        self.embed()
        entries = self.entries()
        self.assertEqual(set(entries), {"index.html", "assets/main-3fA_2-Bc.js"})
        for path, (_, _, _, data) in entries.items():
            self.assertEqual(gzip.decompress(data), (self.dist / path).read_bytes())
        self.assertEqual(entries["index.html"][0], "text/html; charset=utf-8")
        self.assertIn("{NULL, NULL, NULL, NULL, 0, false},\n};", self.out.read_text(encoding="ascii"))

    def test_only_names_that_carry_a_hash_never_change(self):
        for name in ("assets/plain.css", "assets/too-short.js", "favicon.svg", "main-3fA_2-Bc.js"):
            self.write(name, b"x")
        self.embed()
        self.assertEqual([path for path, entry in self.entries().items() if entry[2]], ["assets/main-3fA_2-Bc.js"])

    def test_the_same_files_give_the_same_source(self):
        self.embed()
        first = self.out.read_bytes()
        data = (self.dist / "index.html").read_bytes()
        (self.dist / "index.html").unlink()
        self.write("index.html", data)  # another time and inode
        self.embed()
        self.assertEqual(self.out.read_bytes(), first)

    def test_another_content_has_another_etag(self):
        self.embed()
        first = self.entries()["index.html"][1]
        self.write("index.html", b"<!DOCTYPE html><p>hallo</p>")
        self.embed()
        self.assertNotEqual(self.entries()["index.html"][1], first)

    def test_too_large_stops_the_build_and_names_the_largest(self):
        self.embed()
        total = sum(len(entry[3]) for entry in self.entries().values())
        self.embed("--limit", str(total))
        said = self.embed("--limit", str(total - 1), status=1)
        self.assertIn(f"{total} bytes gzipped, at most {total - 1}", said)
        self.assertIn("assets/main-3fA_2-Bc.js", said)
        self.assertFalse(self.out.exists(), "a source of an earlier time would be compiled")

    def test_the_limit_is_90_kilobytes(self):
        import random
        self.write("assets/noise.js", random.Random(1).randbytes(89_000))
        self.embed()
        self.write("assets/noise.js", random.Random(1).randbytes(90_000))
        self.embed(status=1)

    def test_unknown_types_stop_the_build(self):
        for name in ("assets/main.js.map", "assets/wasm.wasm", "README"):
            self.write(name, b"x")
            self.assertIn("no content type", self.embed(status=1))
            (self.dist / name).unlink()

    def test_names_that_need_decoding_stop_the_build(self):
        for name in ("a b.js", "a%20b.js", 'a"b.js', "ü.js", "a\\b.js"):
            self.write(name, b"x")
            self.assertIn("a name with more than", self.embed(status=1))
            (self.dist / name).unlink()

    def test_hidden_files_are_not_served(self):
        self.write(".sources", b"x")
        self.write(".vite/manifest.json", b"{}")
        self.embed()
        self.assertEqual(len(self.entries()), 2)

    def test_no_dashboard_is_said(self):
        (self.dist / "index.html").unlink()
        self.assertIn("there is no index.html", self.embed(status=1))

    def test_the_depfile_names_files_and_folders(self):
        self.embed("--depfile", str(self.root / "out.d"))
        target, names = (self.root / "out.d").read_text(encoding="utf-8").strip().split(": ")
        self.assertEqual(target, str(self.out))
        self.assertEqual(set(names.split()), {str(p) for p in (self.dist, *self.dist.rglob("*"))})


if __name__ == "__main__":
    unittest.main()
