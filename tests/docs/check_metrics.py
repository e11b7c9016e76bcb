#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold the dashboards and rules of packaging/ against the metrics there are.

usage: check_metrics.py [ROOT]      exit 1 with one line for each disagreement

  names     in each expression, variable and legend are those of the table in docs/metrics.md, and so is each label that goes
            with them (tests/unit/server/metrics.c holds that table against what is scraped)
  source    each name of the table stands in src/server/metrics.c, and no other does
  syntax    promtool can read each expression, where it is there
  shape     of the dashboards: schemaVersion 39, the variables and rows that people look for, units, no panel on another
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROW = re.compile(r"^\| `(joulebook_\w+)` \| (\w+) \| ([^|]*)\|", re.M)
SELECTOR = re.compile(r"\b([a-zA-Z_:][\w:]*)\s*\{([^}]*)\}")
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
EVERYWHERE = {"job", "instance"}  # Prometheus' own
UNITS = {"watt", "joule", "kwatth", "massg", "none", "percentunit", "suffix: g/kWh"}
VARIABLES, ROWS = {"datasource", "job", "instance", "device"}, ["Overview", "Power & energy", "Carbon", "Health"]


class Checker:
    def __init__(self, root):
        self.root, self.found, self.expressions = root, [], []
        text = (root / "docs/metrics.md").read_text(encoding="utf-8")
        self.metrics = {name: set(re.findall(r"`(\w+)`", labels)) for name, _, labels in ROW.findall(text)}
        self.metrics["up"] = set()

    def say(self, text):
        self.found.append(text)

    def source(self):
        there = set(re.findall(r'"(joulebook_\w+)"', (self.root / "src/server/metrics.c").read_text(encoding="utf-8")))
        for name in sorted(there ^ (set(self.metrics) - {"up"})):
            self.say(f"docs/metrics.md and src/server/metrics.c: only one of them has {name}")

    def expression(self, where, text, extra=""):
        """`extra`: labels that go with it elsewhere, as of a legend."""
        plain = re.sub(r'"(?:\\.|[^"\\])*"', '""', text)
        names = set(re.findall(r"\bjoulebook_\w+\b", plain)) | set(re.findall(r"\bup\b(?=\s*\{)", plain))
        for name in sorted(names - set(self.metrics)):
            self.say(f"{where}: there is no metric {name}")
        known = EVERYWHERE.union(*(self.metrics.get(name, set()) for name in names))
        for name, matchers in SELECTOR.findall(plain):
            for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers):
                if name in self.metrics and label not in self.metrics[name] | EVERYWHERE:
                    self.say(f"{where}: {name} has no label {label}")
        used = [label for labels in GROUPING.findall(plain) for label in re.findall(r"\w+", labels)]
        for label in used + re.findall(r"{{\s*(\w+)\s*}}", extra):
            if label not in known:
                self.say(f"{where}: none of {', '.join(sorted(names)) or 'no metric'} has a label {label}")
        self.expressions.append((where, text))

    def rules(self):
        for path in sorted((self.root / "packaging/prometheus").glob("*rules*.yml")):
            text = path.read_text(encoding="utf-8")
            found = re.findall(r"^\s+expr: (.+)$", text, re.M)
            if not found:
                self.say(f"{path.name}: has no expression")
            labels = set(re.findall(r"\$labels\.(\w+)", text))
            everything = EVERYWHERE.union(*self.metrics.values())
            for label in sorted(labels - everything):
                self.say(f"{path.name}: no metric has a label {label}")
            for expr in found:
                self.expression(path.name, expr)

    def dashboard(self, path):
        board = json.loads(path.read_text(encoding="utf-8"))
        where = path.name
        if board["schemaVersion"] != 39:
            self.say(f"{where}: schemaVersion is {board['schemaVersion']}")
        variables = {v["name"]: v for v in board["templating"]["list"]}
        for name in sorted(VARIABLES - set(variables)):
            self.say(f"{where}: there is no variable {name}")
        for variable in variables.values():
            if variable["type"] == "query":
                self.variable(where, variable)
        panels = board["panels"]
        rows = [p["title"] for p in panels if p["type"] == "row"]
        if rows != ROWS:
            self.say(f"{where}: rows are {rows}")
        places = [p["gridPos"] for p in panels]
        for i, a in enumerate(places):
            if a["x"] + a["w"] > 24 or any(a["x"] < b["x"] + b["w"] and b["x"] < a["x"] + a["w"] and a["y"] < b["y"] + b["h"] and
                                           b["y"] < a["y"] + a["h"] for b in places[:i]):
                self.say(f"{where}: panel {panels[i]['title']} lies on another or outside")
        if len({p["id"] for p in panels}) != len(panels):
            self.say(f"{where}: two panels have one id")
        used = json.dumps([p.get("targets") for p in panels] + [v.get("definition") for v in variables.values()])
        for name in sorted(set(re.findall(r"\$\{?(\w+)", used)) - set(variables) - {"__rate_interval", "__interval", "__range"}):
            self.say(f"{where}: there is no variable {name}")
        for panel in panels:
            if panel["type"] != "row":
                self.panel(where, panel)

    def variable(self, where, variable):
        query = variable["definition"]
        match = re.fullmatch(r"label_values\((.+), (\w+)\)", query)
        if match is None or variable["query"]["query"] != query:
            self.say(f"{where}: variable {variable['name']} cannot be read")
            return
        self.expression(f"{where}, variable {variable['name']}", match.group(1), "{{%s}}" % match.group(2))

    def panel(self, where, panel):
        name = f"{where}, {panel['title'] or panel['id']}"
        if not panel.get("description"):
            self.say(f"{name}: says nothing of what it shows")
        if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
            self.say(f"{name}: has no unit that we use")
        if not panel["targets"]:
            self.say(f"{name}: asks nothing")
        for target in panel["targets"]:
            self.expression(name, target["expr"], target.get("legendFormat", ""))
            if "joulebook_" in target["expr"] and "$instance" not in target["expr"]:
                self.say(f"{name}: shows other machines than the chosen ones")

    def syntax(self):
        promtool = shutil.which("promtool")
        if promtool is None:
            return
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "rules.yml"
            rules = [{"record": f"x:{i}", "expr": re.sub(r"\$__\w+", "5m", re.sub(r'"\$\{?\w+\}?"', '".*"', expr))}
                     for i, (_, expr) in enumerate(self.expressions)]
            path.write_text(json.dumps({"groups": [{"name": "x", "rules": rules}]}), encoding="utf-8")
            result = subprocess.run([promtool, "check", "rules", path], capture_output=True, text=True, timeout=60, check=False)
            if result.returncode != 0:
                self.say(f"promtool: {(result.stdout + result.stderr).strip()[:2000]}")

    def all(self):
        self.source()
        self.rules()
        boards = sorted((self.root / "packaging/grafana").glob("*.json"))
        if not boards:
            self.say("packaging/grafana: has no dashboard")
        for path in boards:
            self.dashboard(path)
        self.syntax()
        return self.found


def main():
    checker = Checker(pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2])
    found = checker.all()
    print("\n".join(found) if found else f"{len(checker.expressions)} expressions, {len(checker.metrics) - 1} metrics")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
