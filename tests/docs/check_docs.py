#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hold the documents against the program: what one of them names must exist in the other.

usage: check_docs.py BUILD [ROOT]      exit 1 with one line for each disagreement

  options      of each command's --help, with letter and metavar, and those of its man page: the same
  commands     of joulebook --help have a man page and are named in joulebook.1
  pages        listed in man/meson.build, and references from page to page
  keys         of src/base/conf_keys.c and those of joulebook.conf.5: the same, with type, default and variable
  targets      `make WORD` in README.md and CONTRIBUTING.md stands in the Makefile
  links        relative ones in *.md lead to a file, and to a heading where they name one; a name in backquotes that is
               linked to a source file stands in it
  paths        in backquotes in *.md exist
  drivers      of src/sensor/meson.build have a row in docs/sensors.md, and no other has; its last column is what the driver says of itself
  packages     that tools/setup.sh installs stand in docs/dependencies.md
"""
import os
import pathlib
import re
import subprocess
import sys

OPTION = re.compile(r"^ {2}(?:-(\w), | {4})--([\w-]+)(?: (\S+))?(?:\s|$)")
PAGE_OPTION = re.compile(r"^(?:\*-(\w)\*, )?\*--([\w-]+)\*(?: _(\S+)_)?$")
KEY = re.compile(r'\{"(\w+)", "(\w+)", JB_CONF_(\w+),[^,]+,[^,]+,\s*(?:"([^"]*)"|NULL),')
PAGE_KEY = re.compile(r"^\*(\w+)\*\n\tVariable: \*(\w+)\*\. Type: ([a-z/]+)[^\n]*?\. Default: ([^\n]*)\.$", re.M)
TYPES = {"STRING": "text", "NUMBER": "number", "DURATION": "time", "BOOL": "yes/no"}
FOLDERS = ("src", "tests", "tools", "data", "docs", "man", "examples", "bench", "completions", "ui", ".ci")


def section(text, name):
    """The lines of a man page's section, without its heading."""
    found = re.search(rf"^# {re.escape(name)}\n(.*?)(?=^# |\Z)", text, re.M | re.S)
    return found.group(1) if found else ""


def written(option):
    letter, name, metavar = option
    return (f"-{letter}, " if letter else "") + f"--{name}" + (f" {metavar}" if metavar else "")


class Checker:
    def __init__(self, build, root):
        self.program, self.root, self.found = build / "joulebook", root, []

    def say(self, text):
        self.found.append(text)

    def read(self, name):
        path = self.root / name
        if not path.is_file():
            self.say(f"{name}: is missing")
            return ""
        return path.read_text(encoding="utf-8")

    def help(self, *words):
        result = subprocess.run([str(self.program), *words, "--help"], stdin=subprocess.DEVNULL, capture_output=True,
                                text=True, encoding="utf-8", timeout=60, check=False)
        if result.returncode != 0:
            self.say(f"joulebook {' '.join(words)} --help exits with {result.returncode}: {result.stderr.strip()}")
        return result.stdout

    def commands(self):
        """The commands that exist; each is checked against its page."""
        names = re.findall(r"^  ([a-z]+)  +\S", self.help(), re.M)
        if not names:
            self.say("joulebook --help lists no command")
        overview = section(self.read("man/joulebook.1.scd"), "COMMANDS")
        for name in names:
            if not re.search(rf"^\*{name}\*$", overview, re.M):
                self.say(f"man/joulebook.1.scd: COMMANDS does not name {name}")
            self.options(name)
        for name in re.findall(r"^\*([a-z]+)\*(?: .*)?$", overview, re.M):
            if name not in names and not self.help(name):
                self.say(f"man/joulebook.1.scd: there is no command {name}")
        for path in sorted((self.root / "man").glob("joulebook-*.1.scd")):
            if path.name[len("joulebook-"):-len(".1.scd")] not in names:
                self.say(f"man/{path.name}: there is no such command")

    def options(self, command):
        page = f"man/joulebook-{command}.1.scd"
        lines = self.help(command).splitlines()
        real = {match.groups() for match in map(OPTION.match, lines) if match}
        if not real:
            self.say(f"joulebook {command} --help shows no option")
        lines = section(self.read(page), "OPTIONS").splitlines()
        told = {match.groups() for match in map(PAGE_OPTION.match, lines) if match}
        for line in lines:
            if line.startswith("*-") and not PAGE_OPTION.match(line):
                self.say(f"{page}: cannot be read as an option: {line}")
        for option in sorted(real - told, key=written):
            self.say(f"{page}: lacks {written(option)}")
        for option in sorted(told - real, key=written):
            self.say(f"{page}: joulebook {command} has no {written(option)}")

    def pages(self):
        listed = set(re.findall(r"'((?:lib)?joulebook[\w.-]*\.\d)'", self.read("man/meson.build")))
        there = {path.name[:-len(".scd")] for path in (self.root / "man").glob("*.scd")}
        for name in sorted(listed ^ there):
            self.say(f"man/meson.build: {name} is " + ("listed but not there" if name in listed else "not listed"))
        for name in sorted(there):
            text = self.read(f"man/{name}.scd")
            for other, number in re.findall(r"\*((?:lib)?joulebook[\w.-]*)\*\((\d)\)", text):
                if f"{other}.{number}" not in there:
                    self.say(f"man/{name}.scd: there is no page {other}({number})")

    def keys(self):
        page = "man/joulebook.conf.5.scd"
        real = {}
        for where, key, kind, default in KEY.findall(self.read("src/base/conf_keys.c")):
            real[where, key] = (f"JOULEBOOK_{where}_{key}".upper(), TYPES.get(kind, kind), default or "none")
        if not real:
            self.say("src/base/conf_keys.c: no key found")
        told, text = {}, self.read(page)
        for where in re.findall(r"^# SECTION \[(\w+)\]$", text, re.M):
            body = section(text, f"SECTION [{where}]")
            entries = PAGE_KEY.findall(body)
            told.update({(where, entry[0]): entry[1:] for entry in entries})
            for name in re.findall(r"^\*(\w+)\*$", body, re.M):
                if name not in [entry[0] for entry in entries]:
                    self.say(f"{page}: [{where}] {name} lacks 'Variable: ... Type: ... Default: ...'")
        for key in sorted(real.keys() | told.keys()):
            if key not in told:
                self.say(f"{page}: lacks [{key[0]}] {key[1]}")
            elif key not in real:
                self.say(f"{page}: there is no key [{key[0]}] {key[1]}")
            elif real[key] != told[key]:
                self.say(f"{page}: [{key[0]}] {key[1]} is {', '.join(real[key])}, not {', '.join(told[key])}")

    def targets(self):
        made = set(re.findall(r"^([a-z][\w-]*):", self.read("Makefile"), re.M))
        for name in ["README.md", "CONTRIBUTING.md"]:
            for word in re.findall(r"(?:^|`)(?:sudo )?make ([a-z][\w-]*)", self.read(name), re.M):
                if word not in made:
                    self.say(f"{name}: there is no `make {word}`")

    def documents(self):
        for folder, folders, files in os.walk(self.root):
            folders[:] = sorted(f for f in folders if not f.startswith((".", "build", "__", "node_modules")))
            for name in sorted(files):
                if name.endswith(".md"):
                    yield pathlib.Path(folder) / name

    @staticmethod
    def anchors(path):
        """The headings of a document as GitHub makes anchors of them."""
        text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
        titles = re.findall(r"^#+ +(.*?) *$", text, re.M)
        return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}

    def links(self):
        for path in self.documents():
            name = path.relative_to(self.root)
            text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.M | re.S)
            for title, target in re.findall(r"\[([^\[\]\n]*)\]\(([^)\s]+)\)", text):
                if re.match(r"[a-z]+:", target):
                    continue
                file, _, anchor = target.partition("#")
                aim = (path.parent / file) if file else path
                if not aim.exists():
                    self.say(f"{name}: the link {target} leads nowhere")
                elif anchor and aim.suffix == ".md" and anchor not in self.anchors(aim):
                    self.say(f"{name}: {file or 'it'} has no heading #{anchor}")
                elif re.fullmatch(r"`\w+`", title) and aim.suffix in (".c", ".h", ".py"):
                    if not re.search(rf"\b{title.strip('`')}\b", aim.read_text(encoding="utf-8")):
                        self.say(f"{name}: {target} has no {title}")
            for word in re.findall(r"`([^`\n]+)`", text):
                if not re.fullmatch(rf"(?:{'|'.join(map(re.escape, FOLDERS))})/[\w./*-]*", word):
                    continue
                # From the root, or as whoever stands beside the document sees it.
                if not any(any(base.glob(word.rstrip("/"))) for base in (self.root, path.parent)):
                    self.say(f"{name}: there is no {word}")

    def drivers(self):
        listed = re.search(r"^drivers = \[(.*?)\]", self.read("src/sensor/meson.build"), re.M | re.S)
        words = re.findall(r"'(\w+)'", listed.group(1)) if listed else []
        if not words:
            self.say("src/sensor/meson.build: no drivers found")
        rows = set(re.findall(r"^\| `([\w-]+)` \|", self.read("docs/sensors.md"), re.M))
        names = {word.replace("_", "-") for word in words}
        for name in sorted(names ^ rows):
            self.say(f"docs/sensors.md: " + (f"lacks a row for {name}" if name in names else f"there is no driver {name}"))
        for word in sorted(words):
            self.tested(word)

    def tested(self, word):
        """The last column of a driver's row says "no" just when the driver says so of itself (.unseen)."""
        source = self.root / "src/sensor"
        files = [source / f"{word}.c", *sorted((source / word).glob("*.c"))]
        text = "".join(path.read_text(encoding="utf-8") for path in files if path.is_file())
        row = re.search(rf"^\| `{word.replace('_', '-')}` \|.*\| ([^|]*) \|$", self.read("docs/sensors.md"), re.M)
        if text and row and (".unseen = true" in text) != row.group(1).startswith("no"):
            self.say(f"docs/sensors.md: {word.replace('_', '-')}: its last column and the driver's .unseen disagree")

    def packages(self):
        text = self.read("docs/dependencies.md")
        for names in re.findall(r"^ +\w+\) echo ([\w. +-]+) ;;", self.read("tools/setup.sh"), re.M):
            for name in names.split():
                if f"`{name}`" not in text:
                    self.say(f"docs/dependencies.md: lacks {name}, which tools/setup.sh installs")

    def all(self):
        if not os.access(self.program, os.X_OK):
            self.say(f"{self.program}: is not there; build it first")
        else:
            self.commands()
        for check in [self.pages, self.keys, self.targets, self.links, self.drivers, self.packages]:
            check()
        return self.found


def main():
    if len(sys.argv) not in (2, 3):
        print(__doc__.split("\n\n")[1], file=sys.stderr)
        return 2
    root = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).resolve().parent.parent.parent
    found = Checker(pathlib.Path(sys.argv[1]).resolve(), root).all()
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
