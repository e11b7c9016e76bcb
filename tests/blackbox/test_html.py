# SPDX-License-Identifier: Apache-2.0
"""The HTML report in a real browser: it breaks no rule of its own policy, loads nothing, and fits a telephone.

Each check is first held against a page that is known to fail it, so that a browser that says nothing proves nothing.
"""
import html
import html.parser
import re
import shutil
import subprocess

import pytest

CHROMIUM = shutil.which("chromium")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
         "--host-resolver-rules=MAP * ~NOTFOUND"]  # whatever anybody wants from the network, nobody gets it
ELSEWHERE = "http://elsewhere.invalid/picture.png"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed; tools/setup.sh test installs it")


class Browser:
    def __init__(self, folder):
        self.folder, self.count = folder, 0

    def open(self, text):
        """Show a page; its document afterwards, what the console said, and which addresses were asked for."""
        self.count += 1
        page, log = self.folder / f"{self.count}.html", self.folder / f"{self.count}.netlog"
        page.write_text(text)
        result = subprocess.run([CHROMIUM, *FLAGS, f"--user-data-dir={self.folder / 'profile'}", "--enable-logging=stderr",
                                 f"--log-net-log={log}", "--dump-dom", page.as_uri()],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=60)
        assert result.returncode == 0 and "</html>" in result.stdout, result.stderr[-2000:]
        console = [line for line in result.stderr.splitlines() if "CONSOLE" in line]
        # The last line is missing where the browser was in a hurry: look at the text, not at the structure.
        asked = set(re.findall(r'"url":"([^"]*)"', log.read_text(errors="replace")))
        return result.stdout, console, {url for url in asked if not re.match(r"(file:|https?://[\w.]*google(apis)?\.com/)", url)}

    def width(self, text, pixels):
        """How wide the page wants to be in a frame that is so wide, and how much of that is left to it."""
        frame = (f'<!DOCTYPE html><html><body><iframe id="f" style="width:{pixels}px;height:900px;border:0" srcdoc="'
                 f'{html.escape(text)}"></iframe><script>onload = () => {{ const d = document.getElementById("f").contentDocument'
                 '.documentElement; document.body.dataset.width = d.scrollWidth + " " + d.clientWidth; }</script></body></html>')
        document, _, _ = self.open(frame)
        wanted, there = re.search(r'data-width="(\d+) (\d+)"', document).groups()
        return int(wanted), int(there)


class Outline(html.parser.HTMLParser):
    """The figures of a page: each with what its picture says and the cells of the table beside it."""

    def __init__(self, text):
        super().__init__()
        self.figures, self.inside, self.tags = [], False, []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag == "figure":
            self.figures.append({"pictures": [], "cells": 0, "summary": False})
            self.inside = True
        elif self.inside and tag == "svg" and dict(attrs).get("role") == "img":
            self.figures[-1]["pictures"].append(dict(attrs).get("aria-label", ""))
        elif self.inside and tag == "td":
            self.figures[-1]["cells"] += 1
        elif self.inside and tag == "summary":
            self.figures[-1]["summary"] = True

    def handle_endtag(self, tag):
        if tag == "figure":
            self.inside = False


@pytest.fixture
def browser(tmp_path):
    folder = tmp_path / "browser"
    folder.mkdir()
    return Browser(folder)


@pytest.fixture(params=["plain", "hostile", "empty"])
def report(request, joulebook, machine):
    """A report of a usual run, of one whose every text is an attack on the page, and of one that was over at once."""
    options = ["--root", machine.root, "--zone", "KR"]
    command = ["sleep", "1.5"]
    if request.param == "hostile":
        attack = f'"><script>console.log(1)</script><img src={ELSEWHERE} onerror=console.log(2)>'
        options += ["--name", attack + "W" * 300, "--project", "P" * 300, "--tag", f"{attack}={'x' * 300}"]
        command = ["sh", "-c", "sleep 1 #" + attack + "y" * 500]
    elif request.param == "empty":
        options, command = ["--sensors", "cpu-model"], ["true"]
    joulebook("run", "--quiet", *options, "--", *command)
    return joulebook("export", "last", "--format", "html").stdout


def without_policy(text):
    bare, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", text)
    assert count == 1
    return bare


def test_report_breaks_no_rule_and_loads_nothing(browser, report):
    picture = f'<img src="{ELSEWHERE}"></main>'
    _, console, _ = browser.open(report.replace("</main>", picture))
    assert "Content Security Policy" in "\n".join(console), "the policy does not hold, or the browser does not tell"
    _, _, asked = browser.open(without_policy(report).replace("</main>", picture))
    assert ELSEWHERE in asked, "the browser does not tell what it asks for"

    _, console, _ = browser.open(report)
    assert console == []
    _, console, asked = browser.open(without_policy(report))
    assert console == [] and asked == set()


def test_report_fits_a_telephone(browser, report):
    wide = report.replace("</main>", '<div style="width:700px">wide</div></main>')
    wanted, there = browser.width(wide, 400)
    assert wanted > there, "the measure does not see what is too wide"
    for pixels in (335, 400, 1200):  # the scroll bar takes 15 of them
        wanted, there = browser.width(report, pixels)
        assert wanted <= there <= pixels


def test_each_chart_has_its_table(browser, report):
    document, _, _ = browser.open(report)
    outline = Outline(document)
    assert "script" not in outline.tags and "img" not in outline.tags
    for figure in outline.figures:
        assert len(figure["pictures"]) == 1 and "table" in figure["pictures"][0]
        assert figure["summary"] and figure["cells"] >= 2
    assert len(outline.figures) >= 2 or "sleep" not in document
