# SPDX-License-Identifier: Apache-2.0
"""`joulebook serve` of a test: started, asked over HTTP, killed, started again."""
import json
import signal
import subprocess
import time
import urllib.error
import urllib.request

from conftest import wait_until


class Serving:
    """A daemon on a port and a socket of its own; `env` is what programs need to attach to it."""

    def __init__(self, joulebook, folder, *args, db=None):
        self.joulebook, self.folder, self.args = joulebook, folder, args
        self.socket, self.port_file, self.db = folder / "meter.sock", folder / "port", db
        self.env = {"JOULEBOOK_SOCKET": str(self.socket)}
        self.process = None

    def start(self):
        self.port_file.unlink(missing_ok=True)
        more = ["--db", self.db] if self.db else []
        self.log = open(self.folder / "serve.log", "a+")
        self.process = self.joulebook.start("serve", "--listen", "127.0.0.1:0", "--port-file", self.port_file, "--socket", self.socket,
                                            *more, *self.args, stdout=subprocess.DEVNULL, stderr=self.log)
        wait_until(lambda: self.port_file.exists() or self.process.poll() is not None, "the port")
        assert self.process.poll() is None, (self.folder / "serve.log").read_text()
        self.port = int(self.port_file.read_text())
        return self

    def __enter__(self):
        return self.start()

    def __exit__(self, *unused):
        self.stop()

    def stop(self, number=signal.SIGTERM):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(timeout=20)
        self.log.close()
        return status

    def url(self, path):
        return f"http://127.0.0.1:{self.port}/{path}"

    def get(self, path, headers=None):
        with urllib.request.urlopen(urllib.request.Request(self.url(path), headers=headers or {}), timeout=10) as answer:
            return answer.read()

    def status(self, path, headers=None):
        try:
            self.get(path, headers)
            return 200
        except urllib.error.HTTPError as error:
            return error.code

    def json(self, path):
        return json.loads(self.get(path))

    def live(self):
        return self.json("api/v1/live")

    def events(self, path="api/v1/events?hz=10"):
        """(event, data) of the stream, for as long as somebody listens."""
        with urllib.request.urlopen(self.url(path), timeout=10) as stream:
            event, data = None, []
            for line in stream:
                line = line.decode().rstrip("\n")
                if line.startswith("event:"):
                    event = line[6:].strip()
                elif line.startswith("data:"):
                    data.append(line[5:].strip())
                elif not line and data:
                    yield event, json.loads("\n".join(data))
                    event, data = None, []

    def settled(self):
        """The live document once no run is attached any more."""
        return wait_until(lambda: (lambda live: live if not live["runs"] else None)(self.live()), "runs to end")


def uj(value):
    return round(value * 1e6)


__all__ = ["Serving", "uj", "time"]
