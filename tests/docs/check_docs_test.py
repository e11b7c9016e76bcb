#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That check_docs.py finds what it is there to find: a small made-up project is right, and each change makes it wrong."""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
from check_docs import Checker  # noqa: E402  pylint: disable=wrong-import-position

PROGRAM = """#!/bin/sh
case "$1" in
--help) echo 'joulebook - x'; echo; echo '  show        show one run' ;;
show) echo 'Options:'; echo '  -n, --name NAME   call it'; echo '      --json        print JSON' ;;
*) exit 2 ;;
esac
"""
FILES = {
    "man/joulebook.1.scd": "joulebook(1)\n\n# COMMANDS\n\n*show*\n\tSee *joulebook-show*(1).\n\n# FILES\n",
    "man/joulebook-show.1.scd": "joulebook-show(1)\n\n# OPTIONS\n\n*-n*, *--name* _NAME_\n\tCall it.\n\n*--json*\n\tX.\n",
    "man/joulebook.conf.5.scd": "joulebook.conf(5)\n\n# SECTION [run]\n\n*interval*\n\tVariable: *JOULEBOOK_RUN_INTERVAL*. "
                                "Type: time, from 1ms to 60s. Default: 100ms.\n\n\tText.\n",
    "man/meson.build": "'joulebook.1', 'joulebook-show.1', 'joulebook.conf.5'\n",
    "src/base/conf_keys.c": '{"run", "interval", JB_CONF_DURATION, 0.001, 60, "100ms", "help", NULL},\n',
    "src/sensor/meson.build": "drivers = ['rapl_perf']\n",
    "Makefile": "run: all\nall:\n",
    "README.md": "# One\n\n`make run`, [two](docs/sensors.md#a-heading), `src/base/conf_keys.c`\n",
    "CONTRIBUTING.md": "[one](README.md)\n",
    "docs/sensors.md": "# A heading\n\n| `rapl-perf` | x |\n\n[`help`](../src/base/conf_keys.c)\n",
    "docs/dependencies.md": "`gcc`\n",
    "tools/setup.sh": "  build) echo gcc ;;\n",
}


class CheckDocs(unittest.TestCase):
    def check(self, name=None, old="", new=""):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for path, text in FILES.items():
                if path == name:
                    self.assertIn(old, text)
                    text = text.replace(old, new)
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                (root / path).write_text(text, encoding="utf-8")
            program = root / "joulebook"
            program.write_text(PROGRAM, encoding="utf-8")
            program.chmod(0o755)
            return Checker(root, root).all()

    def assert_found(self, line, name, old, new):
        self.assertEqual(self.check(name, old, new), [line])

    def test_right_project_is_right(self):
        self.assertEqual(self.check(), [])

    def test_option_missing_in_page(self):
        self.assert_found("man/joulebook-show.1.scd: lacks --json", "man/joulebook-show.1.scd", "*--json*\n\tX.\n", "")

    def test_option_missing_in_program(self):
        self.assert_found("man/joulebook-show.1.scd: joulebook show has no --yaml", "man/joulebook-show.1.scd",
                          "*--json*", "*--json*\n\n*--yaml*")

    def test_letter_and_metavar_count(self):
        found = self.check("man/joulebook-show.1.scd", "*-n*, *--name* _NAME_", "*-m*, *--name* _NAME_")
        self.assertEqual(len(found), 2)
        found = self.check("man/joulebook-show.1.scd", " _NAME_", "")
        self.assertEqual(len(found), 2)

    def test_command_missing_in_overview(self):
        self.assert_found("man/joulebook.1.scd: COMMANDS does not name show", "man/joulebook.1.scd", "*show*", "show")

    def test_reference_to_no_page(self):
        self.assert_found("man/joulebook.1.scd: there is no page joulebook-shew(1)", "man/joulebook.1.scd",
                          "joulebook-show", "joulebook-shew")

    def test_page_not_listed(self):
        self.assert_found("man/meson.build: joulebook-show.1 is not listed", "man/meson.build",
                          "'joulebook-show.1', ", "")

    def test_key_missing_and_unknown(self):
        found = self.check("src/base/conf_keys.c", '"interval"', '"period"')
        self.assertEqual(found, ["man/joulebook.conf.5.scd: there is no key [run] interval",
                                 "man/joulebook.conf.5.scd: lacks [run] period"])

    def test_default_and_type_of_a_key_count(self):
        self.assertEqual(len(self.check("src/base/conf_keys.c", '"100ms"', '"200ms"')), 1)
        self.assertEqual(len(self.check("src/base/conf_keys.c", "DURATION", "NUMBER")), 1)

    def test_make_target_missing(self):
        self.assert_found("README.md: there is no `make walk`", "README.md", "make run", "make walk")

    def test_link_to_no_file(self):
        self.assert_found("CONTRIBUTING.md: the link READ.md leads nowhere", "CONTRIBUTING.md", "README.md", "READ.md")

    def test_link_to_no_heading(self):
        self.assert_found("README.md: docs/sensors.md has no heading #a-heading", "docs/sensors.md",
                          "A heading", "Another")

    def test_name_that_is_not_in_the_file(self):
        self.assert_found("docs/sensors.md: ../src/base/conf_keys.c has no `wrap`", "docs/sensors.md",
                          "`help`", "`wrap`")

    def test_path_that_is_not_there(self):
        self.assert_found("README.md: there is no src/base/keys.c", "README.md", "conf_keys.c", "keys.c")

    def test_driver_without_a_row(self):
        self.assert_found("docs/sensors.md: lacks a row for nvml", "src/sensor/meson.build", "'rapl_perf'",
                          "'rapl_perf', 'nvml'")

    def test_row_without_a_driver(self):
        self.assert_found("docs/sensors.md: there is no driver ipmi", "docs/sensors.md", "| `rapl-perf` | x |",
                          "| `rapl-perf` | x |\n| `ipmi` | x |")

    def test_package_without_a_reason(self):
        self.assert_found("docs/dependencies.md: lacks meson, which tools/setup.sh installs", "tools/setup.sh",
                          "echo gcc", "echo gcc meson")


if __name__ == "__main__":
    unittest.main()
