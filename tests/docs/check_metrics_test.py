#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""That check_metrics.py finds what it is there to find: the files of the project are right, and each change makes them wrong."""
import json
import pathlib
import shutil
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
sys.dont_write_bytecode = True
from check_metrics import Checker  # noqa: E402  pylint: disable=wrong-import-position

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ("docs/metrics.md", "src/server/metrics.c", "packaging/prometheus/joulebook-rules.yml", "packaging/grafana/machine.json",
         "packaging/grafana/run.json", "packaging/grafana/fleet.json")


class CheckMetrics(unittest.TestCase):
    def check(self, name=None, old="", new=""):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for file in FILES:
                (root / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / file, root / file)
            if name is not None:
                text = (root / name).read_text(encoding="utf-8")
                self.assertIn(old, text)
                (root / name).write_text(text.replace(old, new), encoding="utf-8")
            return "\n".join(Checker(root).all())

    def test_the_project_is_right(self):
        self.assertEqual(self.check(), "")

    def test_a_wrong_name_in_any_dashboard_is_found(self):
        for board in ("machine", "run", "fleet"):
            text = self.check(f"packaging/grafana/{board}.json", "joulebook_emissions_grams_total" if board != "run" else "joulebook_runs_active",
                              "joulebook_emission_grams_total")
            self.assertIn("there is no metric joulebook_emission_grams_total", text)

    def test_a_wrong_label_is_found_wherever_it_stands(self):
        machine = "packaging/grafana/machine.json"
        self.assertIn("has no label devices", self.check(machine, "device=~", "devices=~"))
        self.assertIn("has a label canal", self.check(machine, "sum by (channel)", "sum by (canal)"))
        self.assertIn("has a label sensors", self.check(machine, "{{sensor}}", "{{sensors}}"))
        self.assertIn("has a label devicee", self.check(machine, "}, device)", "}, devicee)"))

    def test_a_label_of_another_metric_does_not_count(self):
        self.assertIn("joulebook_runs_active has no label project",
                      self.check("packaging/grafana/run.json", "joulebook_runs_active{", 'joulebook_runs_active{project=\\"a\\", '))

    def test_rules_are_looked_at(self):
        self.assertIn("there is no metric joulebook_energy_total", self.check("packaging/prometheus/joulebook-rules.yml",
                                                                              "joulebook_energy_joules_total", "joulebook_energy_total"))
        self.assertIn("no metric has a label host_name", self.check("packaging/prometheus/joulebook-rules.yml", "$labels.sensor", "$labels.host_name"))

    def test_the_table_is_the_source(self):
        self.assertIn("only one of them has joulebook_power_watts", self.check("src/server/metrics.c", "joulebook_power_watts", "joulebook_power_watt"))

    def test_shape(self):
        name = "packaging/grafana/machine.json"
        self.assertIn("schemaVersion", self.check(name, '"schemaVersion": 39', '"schemaVersion": 38'))
        self.assertIn("no variable device", self.check(name, '"name": "device"', '"name": "gerät"'))
        self.assertIn("rows are", self.check(name, '"title": "Carbon"', '"title": "Kohlenstoff"'))
        self.assertIn("has no unit that we use", self.check(name, '"unit": "watt"', '"unit": "W"'))
        self.assertIn("other machines", self.check(name, 'instance=~\\"$instance\\"', 'instance=~\\".*\\"'))
        self.assertIn("lies on another", self.check(name, '"w": 12', '"w": 13'))

    @unittest.skipIf(shutil.which("promtool") is None, "there is no promtool")
    def test_an_expression_that_cannot_be_read_is_found(self):
        self.assertIn("promtool:", self.check("packaging/grafana/fleet.json", "sum by (instance) (rate(", "sum by (instance) rate(("))

    def test_the_dashboards_are_json_that_grafana_imports(self):
        for name in FILES[3:]:
            board = json.loads((ROOT / name).read_text(encoding="utf-8"))
            self.assertTrue(board["uid"].startswith("joulebook-"))
            self.assertNotIn("id", board)


if __name__ == "__main__":
    unittest.main()
