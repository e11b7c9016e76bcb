# SPDX-License-Identifier: Apache-2.0
"""A server that plays every provider of carbon intensities, well behaved or in one of many bad ways.

All answer from one function of zone and time (grid_shapes.py puts it into each one's own JSON or XML), so that a test can say
what the true figure is. The first word of the path is the provider: http://127.0.0.1:PORT/ukgrid/intensity. What time it is the
test says too. Every request is kept with its headers.
"""
import collections
import contextlib
import http.server
import json
import ssl
import threading
import time
import urllib.parse

import grid_shapes

Request = collections.namedtuple("Request", "provider path query headers virtual")


class Ask:
    """A request as the shapes see it."""

    def __init__(self, path, query, headers):
        self.path, self.headers = path, headers
        self.query = urllib.parse.parse_qs(query, keep_blank_values=True)

    def get(self, name, default=None):
        return self.query.get(name, [default])[0]


def slow(handler):
    """Headers, and then nothing for as long as anybody waits."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.flush()
    handler.server.hanging.wait(60)
    handler.close_connection = True


def silent(handler):
    """Not even a status."""
    handler.server.hanging.wait(60)
    handler.close_connection = True


def cut(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"zone":"KR","carbonIntensity":4')
    handler.close_connection = True


def huge(handler):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    with contextlib.suppress(OSError):
        while not handler.server.hanging.is_set():
            handler.wfile.write(b"4000\r\n" + b" " * 0x4000 + b"\r\n")


def says(status, body, **headers):
    """A mode that answers this, whoever asks."""
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda handler: handler.answer(status, text, {name.replace("_", "-"): value for name, value in headers.items()})


def echo(handler):
    """A careless server that quotes all it was told in its error: the key must not come back to the user."""
    told = {"error": f"cannot serve {handler.path} with {dict(handler.headers)}"}
    handler.answer(500, json.dumps(told))


MODES = {
    "slow": slow,
    "silent": silent,
    "cut": cut,
    "huge": huge,
    "echo": echo,
    "401": says(401, {"error": "Invalid auth-token"}),
    "401 limit": says(401, {"message": "API rate limit exceeded"}),
    "403": says(403, {"error": "Request unauthorized for zoneKey=GB, your subscription does not cover it"}),
    "404": says(404, {"message": "No data for this zone"}),
    "429": says(429, {"message": "too many requests"}, Retry_After="1800"),
    "500": says(500, "<html><body><h1>Internal Server Error</h1></body></html>"),
    "html": says(200, "<!DOCTYPE html><html><body>Log in to the hotel's network</body></html>"),
    "json": says(200, {"hello": ["world"]}),
    "deep": says(200, "[" * 100000),
    "empty": says(200, ""),
    "bytes": says(200, "\x00\x01\x02\u00ff{{{"),
}
TWISTS = ("wrong zone", "null", "sandbox")  # good answers with something wrong in them: see grid_shapes.py


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        server = self.server
        url = urllib.parse.urlsplit(self.path)  # a whole URL where we are the proxy
        words = url.path.lstrip("/").split("/")
        provider = words.pop(0)
        if url.netloc:
            provider = url.hostname.split(".")[0]
            words = url.path.lstrip("/").split("/")
            if words[:1] == [provider]:
                words.pop(0)
        mode = server.mode(provider)
        with server.lock:
            server.seen.append(Request(provider, self.path, url.query, dict(self.headers), server.grid.now()))
        if callable(mode):
            mode(self)
            return
        shape = getattr(grid_shapes, provider, None)
        if shape is None:
            self.answer(404, "no such provider")
            return
        ask = Ask([urllib.parse.unquote(word) for word in words if word], url.query, self.headers)
        self.answer(*shape(server.grid, ask, mode if mode in TWISTS else None))

    def answer(self, status, body, headers=None):
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Grid:
    """The made-up world: what a kWh emits where and when, what time it is, and which keys are good.

    intensity(zone, t) is in g/kWh, t in seconds since 1970; the time begins at `start` and runs as the real one does.
    """

    def __init__(self, intensity, start):
        self.intensity = intensity
        self.marginal = lambda zone, t: 700.0
        self.estimated = lambda zone, t: False
        self.period = 3600  # of electricitymaps
        self.bias = 0       # of ukgrid's forecasts, which stand for half hours that have not ended
        self.keys = {name: f"sekrit-{name}-0123456789" for name in
                     ("electricitymaps", "co2signal", "entsoe", "eia", "openelectricity", "watttime")}
        self.set(start)

    def set(self, start):
        self.ahead = start - time.time()

    def now(self):
        return time.time() + self.ahead

    def jump(self, seconds):
        self.ahead += seconds


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, grid, tls=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.grid, self.modes, self.seen, self.lock, self.hanging = grid, {}, [], threading.Lock(), threading.Event()
        self.scheme = "https" if tls else "http"
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)

    def mode(self, provider):
        """modes: a provider, or "*" for all, to "good", a name of MODES or TWISTS, or a function of the handler."""
        mode = self.modes.get(provider, self.modes.get("*", "good"))
        return MODES.get(mode, mode) if isinstance(mode, str) else mode

    def url(self, provider="", host="127.0.0.1"):
        tail = {"electricitymaps": "/v4"}.get(provider, "")
        return f"{self.scheme}://{host}:{self.server_address[1]}" + (f"/{provider}{tail}" if provider else "")

    def asked(self, provider):
        with self.lock:
            return [request for request in self.seen if request.provider == provider]

    def handle_error(self, *_):
        pass  # clients go away in the middle: that is what some of the tests are about

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.hanging.set()
        self.shutdown()
        self.server_close()
        self.thread.join(5)
