# SPDX-License-Identifier: Apache-2.0
"""`joulebook top` on a real terminal (tmux), watching a made-up meter."""
import os
import pty
import re
import select
import shutil
import signal
import subprocess
import termios

import pytest
from conftest import EXE, wait_until
from fake_meter import FakeMeter, channel, document, run

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")


class Terminal:
    """A terminal of tmux with a shell in it."""

    def __init__(self, env, folder, cols=80, rows=24):
        self.env = dict(env, SHELL="/bin/sh", TERM="xterm-256color", PS1="$ ", ENV="")
        self.socket = str(folder / "tmux")
        (folder / "tmux.conf").write_text("set -g status off\nset -g default-terminal screen-256color\nset -g escape-time 0\n")
        self.tmux("-f", str(folder / "tmux.conf"), "new-session", "-d", "-c", str(folder), "-x", str(cols), "-y", str(rows), "exec /bin/sh")
        self.resize(cols, rows)

    def tmux(self, *args):
        result = subprocess.run(["tmux", "-S", self.socket, *args], env=self.env, capture_output=True, text=True, timeout=30)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def screen(self, *args):
        return self.tmux("capture-pane", "-p", *args)

    def type(self, *keys):
        self.tmux("send-keys", *keys)

    def resize(self, cols, rows):
        self.tmux("resize-window", "-x", str(cols), "-y", str(rows))

    def shows(self, *texts):
        """The screen once all of them are on it."""
        def look():
            screen = self.screen()
            return screen if all(text in screen for text in texts) else None
        try:
            return wait_until(look, f"{texts}", 15)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.screen()}") from None

    def drawn(self, rows, *texts):
        """The page once it is of this height and all of them are on it; tmux shows the old one cut meanwhile."""
        def look():
            screen = self.screen()
            lines = screen.splitlines()
            whole = len(lines) == rows and lines[0].startswith(" joulebook top") and lines[-1].startswith(" q quit")
            return screen if whole and all(text in screen for text in texts) else None
        return wait_until(look, f"a page of {rows} lines with {texts}", 15)

    def hides(self, text):
        wait_until(lambda: text not in self.screen(), f"{text} to go", 15)

    def pids(self):
        """Of the programs below the shell."""
        shell = self.tmux("display-message", "-p", "#{pane_pid}").strip()
        return [int(pid) for pid in open(f"/proc/{shell}/task/{shell}/children").read().split()]

    def close(self):
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, timeout=30)


@pytest.fixture
def env(joulebook, tmp_path):
    return dict(joulebook.env, JOULEBOOK_SOCKET=str(tmp_path / "s"))


@pytest.fixture
def meter(tmp_path):
    with FakeMeter(tmp_path / "s") as made:
        yield made


@pytest.fixture
def terminal(env, tmp_path):
    made = Terminal(env, tmp_path)
    yield made
    made.close()


def start(terminal, *options):
    terminal.type(f"{EXE} top {' '.join(options)}", "Enter")
    return terminal


@needs_tmux
def test_the_first_screen_answers_without_a_key(meter, terminal):
    screen = start(terminal).shows("Metered for", "q quit", "█")
    for text in ("~412 W", "2.97 MJ ±2.0 %", "346 g CO2e", "416 g/kWh KR", "live 5m electricitymaps", "2 h 00 m", "C CPU 212 W 51 %",
                 "U unattributed 6 %", "resnet1", "backward 3/1200", "mend: sudo joulebook doctor --fix", "~19.0 W est."):
        assert text in screen, screen
    lines = screen.splitlines()
    assert len(lines) == 24 and all(len(line) <= 80 for line in lines)
    assert lines[0].startswith(" joulebook top  gpu1") and lines[23].startswith(" q quit")
    meter.change(machine=dict(document()["machine"], power_w=777.0))
    terminal.shows("~777 W")


@needs_tmux
def test_it_follows_the_size_of_the_terminal(meter, terminal):
    start(terminal).shows("q quit  h keys  Tab table  Enter details  s sort")
    terminal.resize(120, 40)
    wide = terminal.drawn(40, "Sensors:", "Runs: 2")
    assert any("Runs: 2" in line and "Sensors:" in line for line in wide.splitlines())  # beside each other
    terminal.resize(44, 12)
    small = terminal.drawn(12, "~412 W now", "resnet1")
    assert "Sensors:" not in small and all(len(line) <= 44 for line in small.splitlines())
    terminal.resize(39, 12)
    terminal.shows("too small: 39x12", "40x10 is needed")
    terminal.resize(80, 24)
    terminal.shows("Metered for", "Sensors:")


@needs_tmux
def test_keys(meter, terminal):
    start(terminal).shows("> Runs: 2, by power")
    terminal.type("s")
    terminal.shows("by energy")
    terminal.type("F6")
    terminal.shows("by emissions")
    terminal.type("Tab")
    terminal.shows("> Sensors:")
    terminal.type("Enter")
    terminal.shows("Sensor ─", "why            /dev/cpu/0/msr: Permission denied")
    terminal.type("Escape")
    terminal.hides("Esc closes")
    terminal.type("Tab", "Down", "Enter")
    terminal.shows("joulebook show 01KTESTRUN")
    terminal.type("q")
    terminal.hides("Esc closes")
    terminal.type("F1")
    terminal.shows("Keys ─", "sort by something else")
    terminal.type("h")
    terminal.hides("Keys ─")
    terminal.type("+")
    terminal.shows("last 10 min")
    terminal.type("-", "-", "-", "-")
    terminal.shows("last 1 min")
    terminal.type("Space")
    terminal.shows("PAUSED")
    meter.change(machine=dict(document()["machine"], power_w=777.0))
    told = meter.rounds
    wait_until(lambda: meter.rounds >= told + 3, "the meter to tell it")
    assert "~412 W" in terminal.screen()
    terminal.type("Space")
    terminal.shows("~777 W")
    terminal.type("l")
    terminal.shows("There are no warnings.")
    terminal.type("l", "F10")
    wait_until(lambda: not terminal.pids(), "top to end")


@needs_tmux
@pytest.mark.parametrize("how", ["q", "C-c", signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_the_terminal_is_as_it_was(meter, terminal, how):
    terminal.type("stty -a > before; echo before me", "Enter")
    terminal.shows("before me")
    start(terminal).shows("q quit", "Metered for")
    if isinstance(how, str):
        terminal.type(how)
    else:
        [pid] = terminal.pids()
        os.kill(pid, how)
    wait_until(lambda: not terminal.pids(), "top to end")
    terminal.type("stty -a > after; cmp before after && echo the same; echo status $?", "Enter")
    screen = terminal.shows("the same", "status 0")
    assert "before me" in screen and "q quit" not in screen  # the page that was there is back
    assert terminal.tmux("display-message", "-p", "#{cursor_flag} #{alternate_on}").split() == ["1", "0"]


@needs_tmux
def test_it_can_be_stopped_and_goes_on(meter, terminal):
    start(terminal).shows("q quit", "Metered for")
    [pid] = terminal.pids()
    terminal.type("C-z")
    wait_until(lambda: open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[0] == "T", "top to stop")
    terminal.hides("q quit")
    terminal.type("fg", "Enter")
    terminal.shows("q quit", "Metered for", "resnet1")


@needs_tmux
def test_a_meter_that_goes_and_comes_back(terminal, tmp_path):
    first = FakeMeter(tmp_path / "s")
    start(terminal).shows("~412 W")
    first.close()
    screen = terminal.shows("METER LOST", "joulebook serve", "2.97 MJ")
    assert "412 W " not in screen.splitlines()[2] and "250 W" not in screen
    with FakeMeter(tmp_path / "s"):
        terminal.shows("~412 W", "q quit", "250 W")
        assert "METER LOST" not in terminal.screen()


@needs_tmux
def test_without_a_meter_it_says_how_to_start_one_and_waits(terminal, tmp_path):
    start(terminal).shows("no meter listens at", "joulebook serve", "Trying again")
    with FakeMeter(tmp_path / "s"):
        terminal.shows("~412 W")


@needs_tmux
def test_a_meter_that_refuses_is_quoted(terminal, tmp_path):
    with FakeMeter(tmp_path / "s") as meter:
        meter.refuse = ("too many watch", "close another one")
        start(terminal).shows("the meter refuses: too many watch", "close another one")


def colours(screen):
    return set(re.findall(r"\x1b\[[0-9;]*?([34]8;5;\d+|[34][0-7])(?=[;m])", screen))


@needs_tmux
def test_colours_and_none(meter, terminal):
    start(terminal).shows("q quit", "Metered for")
    assert {"48;5;32", "48;5;36"} <= colours(terminal.screen("-e"))
    terminal.type("q")
    wait_until(lambda: not terminal.pids(), "top to end")
    terminal.type(f"NO_COLOR=1 {EXE} top", "Enter")
    screen = terminal.shows("q quit", "Metered for")
    assert colours(terminal.screen("-e")) == set()
    assert "CCCCCC" in screen and "GGGGG" in screen  # letters tell the parts
    terminal.type("q")
    wait_until(lambda: not terminal.pids(), "top to end")
    start(terminal, "--color=never").shows("q quit", "Metered for")
    assert colours(terminal.screen("-e")) == set()


@needs_tmux
def test_without_utf8_it_is_drawn_with_ascii(meter, terminal):
    terminal.type(f"LC_ALL=C {EXE} top", "Enter")
    screen = terminal.shows("q quit", "Metered for", "#")
    assert screen.isascii(), screen
    assert "+-2.0 %" in screen


@needs_tmux
def test_hostile_names_do_not_break_the_screen(meter, terminal):
    evil = "\x1b[2J\x1b]0;pwn\x07\u202eevil\u200b학습" + "x" * 300
    meter.change(runs=[run(1, name=evil, user=evil, command=evil)], host=evil,
                 channels=[channel(evil, "cpu", 5), channel("b", "gpu", None, status=evil, reason=evil, fix=evil)])
    screen = start(terminal).shows("q quit", "?[2J")
    lines = screen.splitlines()
    assert lines[23].startswith(" q quit") and "Power now" in lines[1]
    assert "\u202e" not in screen
    for key in ("Enter", "Escape", "Tab", "Enter"):
        terminal.type(key)
    terminal.shows("Esc closes")
    assert terminal.tmux("display-message", "-p", "#{pane_title}").strip() != "pwn"


def test_what_is_no_terminal_gets_one_page(joulebook, meter, env):
    result = joulebook("top", env=env)
    assert "~412 W" in result.stdout and "U unattributed 6 %" in result.stdout and "\x1b" not in result.stdout
    assert "q quit" not in result.stdout and result.stdout.count("\n") < 40 and not result.stdout.endswith("\n\n")
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    assert any(len(line) > 100 for line in joulebook("top", "--once", env=dict(env, COLUMNS="132")).stdout.splitlines())
    assert "\x1b[" in joulebook("top", "--color=always", env=env).stdout
    assert joulebook("top", env=dict(env, LC_ALL="C")).stdout.isascii()


def test_json_is_the_document(joulebook, meter, env):
    import json
    told = json.loads(joulebook("top", "--json", env=env).stdout)
    assert told["schema"] == 1 and told["runs"][1]["user"] == "lee"
    assert meter.greetings and all(len(hello) == 8 for hello in meter.greetings)


def test_a_dumb_terminal_gets_one_page(meter, env):
    leader, follower = pty.openpty()
    with subprocess.Popen([str(EXE), "top"], env=dict(env, TERM="dumb"), stdin=follower, stdout=follower, close_fds=True) as top:
        os.close(follower)
        text = b""
        while select.select([leader], [], [], 20)[0]:
            try:
                got = os.read(leader, 65536)
            except OSError:
                break
            if not got:
                break
            text += got
        assert top.wait(20) == 0
    os.close(leader)
    assert b"412 W" in text and b"\x1b" not in text


def test_failures_say_what_to_do(joulebook, env, tmp_path):
    result = joulebook("top", "--once", env=env, status=1)
    assert "no meter listens at" in result.stderr and "joulebook serve" in result.stderr and result.stdout == ""
    assert "unset JOULEBOOK_SOCKET" in joulebook("top", env=dict(env, JOULEBOOK_SOCKET="none"), status=1).stderr
    assert "nothing to name" in joulebook("top", "last", env=env, status=2).stderr
    with FakeMeter(tmp_path / "s") as meter:
        meter.text = b"not json"
        assert "no JSON" in joulebook("top", env=env, status=1).stderr
        meter.text = b'{"schema": 2}'
        assert "another version" in joulebook("top", "--json", env=env, status=1).stderr


def test_a_terminal_that_goes_away_ends_it(meter, env):
    leader, follower = pty.openpty()
    termios.tcsetwinsize(follower, (24, 80)) if hasattr(termios, "tcsetwinsize") else None
    top = subprocess.Popen([str(EXE), "top"], env=dict(env, TERM="xterm"), stdin=follower, stdout=follower, stderr=follower,
                           start_new_session=True)
    os.close(follower)
    assert select.select([leader], [], [], 20)[0]
    os.read(leader, 65536)
    os.close(leader)
    assert top.wait(20) is not None
