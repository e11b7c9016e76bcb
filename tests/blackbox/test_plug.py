# SPDX-License-Identifier: Apache-2.0
"""Meters of the whole node over the network and a serial line: made-up plugs and BMCs, good ones and broken ones."""
import base64
import concurrent.futures
import contextlib
import http.server
import json
import os
import pty
import shutil
import ssl
import subprocess
import threading
import tty

import pytest
from conftest import wait_until

NO_PROXY = {"no_proxy": "*", "http_proxy": "", "https_proxy": ""}
SHELLY = "/rpc/Switch.GetStatus?id=0"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        server = self.server
        server.seen.append((self.path, self.headers.get("Authorization"), self.headers.get("Host")))
        if server.user and self.headers.get("Authorization") != "Basic " + base64.b64encode(server.user.encode()).decode():
            self.answer(401, b"{}", {"WWW-Authenticate": 'Basic realm="meter"'})
            return
        page = server.pages.get(self.path, (404, b"nothing here"))
        if callable(page):
            page(self)
        elif isinstance(page, tuple):
            self.answer(*page)
        else:
            self.answer(200, json.dumps(page).encode())

    def answer(self, status, body, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@contextlib.contextmanager
def meter(pages, user=None, tls=None):
    """A server of these pages: objects are JSON, tuples (status, body, headers), functions do as they like."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.pages, server.user, server.seen = pages, user, []
    server.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_address[1]}"
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def doctor(joulebook, sensor, status=0, **settings):
    """What the doctor says of the one sensor with these settings."""
    env = {f"JOULEBOOK_{sensor}_{key}".upper(): value for key, value in settings.items()}
    result = joulebook("doctor", "--sensors", sensor, "--json", env=dict(NO_PROXY, **env), status=status)
    channels = json.loads(result.stdout)["channels"]
    assert {channel["source"] for channel in channels} == {sensor}
    assert "hunter2" not in result.stdout + result.stderr
    return channels[0]


def each(function, cases):
    """Of all cases at once: the doctor waits for most of its time."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda case: function(*case), cases))


def shelly(watts=123.4):
    return {"id": 0, "source": "init", "output": True, "apower": watts, "voltage": 230.1, "aenergy": {"total": 9492.468}}


def test_shelly_tells_what_the_machine_takes(joulebook):
    with meter({SHELLY: shelly()}) as plug:
        channel = doctor(joulebook, "plug", kind="shelly", address=plug.url)
    assert channel["id"] == "node/plug"
    assert channel["status"] == "ok"
    assert channel["method"] == "integrated"
    assert channel["power_w"] == pytest.approx(123.4, rel=1e-2)


OTHERS = [
    ("shelly", {"/rpc/Switch.GetStatus?id=0": (404, b"no handler"), "/rpc/PM1.GetStatus?id=0": {"id": 0, "apower": 50.5}}, 50.5),
    ("shelly", {"/status": {"meters": [{"power": 61.33, "is_valid": True, "total": 12345}]}}, 61.33),
    ("tasmota", {"/cm?cmnd=Status%208": {"StatusSNS": {"ENERGY": {"Total": 3.185, "Power": 89}}}}, 89),
    ("gude", {"/status.json?components=81920": {
        "sensor_descr": [{"type": 8, "num": 1, "fields": [{"name": "Voltage"}, {"name": "ActivePower"}]}],
        "sensor_values": [{"type": 8, "num": 1, "values": [[{"v": 230}, {"v": 145}]]}]}}, 145),
]


def test_other_plugs(joulebook):
    def look(kind, pages, watts):
        with meter(pages) as plug:
            channel = doctor(joulebook, "plug", kind=kind, address=plug.url + "/")
        assert (channel["status"], channel["power_w"]) == ("ok", pytest.approx(watts, rel=1e-2))
    each(look, OTHERS)


def test_a_plug_that_wants_a_password_gets_the_configured_one(joulebook):
    with meter({SHELLY: shelly()}, user="admin:hunter2") as plug:
        channel = doctor(joulebook, "plug", kind="shelly", address=plug.url, user="admin", password="hunter2")
        assert channel["status"] == "ok"
        channel = doctor(joulebook, "plug", status=1, kind="shelly", address=plug.url)
    assert channel["status"] == "denied"
    assert "401" in channel["reason"]
    assert "[plug]" in channel["fix"]


def slow(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.flush()
    with contextlib.suppress(OSError):
        handler.rfile.read(1)  # until the other side has had enough
    handler.close_connection = True


def huge(handler):
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    with contextlib.suppress(OSError):
        while True:
            handler.wfile.write(b"1000\r\n" + b" " * 4096 + b"\r\n")


def cut(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"apower":')
    handler.close_connection = True


BROKEN = [
    ((500, b"{}"), "HTTP 404"),  # each way is tried; the last one's answer is told
    ((200, b"<html>"), "not JSON"),
    ((200, b'{"apower": "much"}'), "tells no power"),
    ((200, b'{"apower": 0}'), "plugged into it"),
    ((200, b'{"apower": -3}'), "plugged into it"),
    (huge, "more than 65536 bytes"),
    (cut, ""),
    (slow, "in time"),
]


def test_a_broken_plug_is_told_and_no_number_is_made_up(joulebook):
    def look(page, says):
        with meter({SHELLY: page}) as plug:
            channel = doctor(joulebook, "plug", status=1, kind="shelly", address=plug.url)
        assert channel["status"] in ("failed", "timeout"), channel
        assert says in (channel["reason"] or ""), channel
        assert channel["power_w"] is None
    each(look, BROKEN)


def test_nobody_there(joulebook):
    with meter({}) as plug:
        address = plug.url
    channel = doctor(joulebook, "plug", status=1, kind="shelly", address=address)
    assert "cannot connect" in channel["reason"]


def test_a_redirect_elsewhere_is_not_followed_and_takes_no_password_along(joulebook):
    with meter({SHELLY: shelly()}) as trap:
        with meter({SHELLY: (302, b"", {"Location": trap.url + SHELLY})}, user="admin:hunter2") as plug:
            channel = doctor(joulebook, "plug", status=1, kind="shelly", address=plug.url, user="admin", password="hunter2")
            assert any(auth for _, auth, _ in plug.seen)
        assert trap.seen == []
    assert "not followed" in channel["reason"]


def test_an_address_that_is_none(joulebook):
    def look(address):
        assert doctor(joulebook, "plug", status=1, kind="shelly", address=address)["power_w"] is None
    each(look, [["http://admin:hunter2@127.0.0.1"], ["192.168.1.5"], ["file:///etc/passwd"]])


def test_a_run_goes_on_when_its_plug_does_not(joulebook, machine):
    """The plug is asked on a thread of its own, and only for the machine that it belongs to."""
    with meter({SHELLY: slow}) as plug:
        env = dict(NO_PROXY, JOULEBOOK_PLUG_KIND="shelly", JOULEBOOK_PLUG_ADDRESS=plug.url)
        record = joulebook.measure("--sensors", "rapl-powercap,plug", "--root", machine.root, "--", "sleep", "0.3", env=env)
        assert record["energy"]["machine_j"] > 0
        assert plug.seen == []


def mcp39f511n(fd, stop, watts):
    """The chip's side of the line: answers each good request for the power of both outlets."""
    buffer = b""
    while not stop.is_set():
        try:
            buffer += os.read(fd, 64)
        except OSError:
            return
        while len(buffer) >= 8:
            request, buffer = buffer[:8], buffer[8:]
            if request != bytes([0xA5, 8, 0x41, 0, 0x16, 0x4E, 8, 0x5A]):
                os.write(fd, b"\x15")
                continue
            body = bytes([6, 11]) + b"".join(round(w * 100).to_bytes(4, "little") for w in watts)
            os.write(fd, body + bytes([sum(body) % 256]))


@contextlib.contextmanager
def serial_line(play):
    ours, theirs = pty.openpty()
    tty.setraw(theirs)
    stop = threading.Event()
    thread = threading.Thread(target=play, args=(ours, stop), daemon=True)
    thread.start()
    try:
        yield os.ttyname(theirs)
    finally:
        stop.set()
        os.close(theirs)
        thread.join(5)
        os.close(ours)


def test_a_meter_at_a_serial_line(joulebook):
    with serial_line(lambda fd, stop: mcp39f511n(fd, stop, (97.31, 2.5))) as line:
        channel = doctor(joulebook, "plug", kind="mcp39f511n", address=line)
    assert (channel["status"], channel["power_w"]) == ("ok", pytest.approx(99.81, rel=1e-2))


def test_something_else_at_the_serial_line(joulebook):
    def look(noise):
        def play(fd, stop):
            with contextlib.suppress(OSError):
                while not stop.is_set() and os.read(fd, 64):
                    if noise:
                        os.write(fd, noise)
        with serial_line(play) as line:
            channel = doctor(joulebook, "plug", status=1, kind="mcp39f511n", address=line)
        assert channel["status"] == "failed"
        assert channel["power_w"] is None
    each(look, [[b""], [b"\x15"], [b"login: "], [b"\x06\x0b\x00\x00\x00\x00\x00\x00\x00\x00\xff"]])


def bmc(watts=374, metrics=True):
    chassis = {"@odata.id": "/redfish/v1/Chassis/1U", "ChassisType": "RackMount",
               "Power": {"@odata.id": "/redfish/v1/Chassis/1U/Power"},
               "Links": {"ComputerSystems": [{"@odata.id": "/redfish/v1/Systems/1"}]}}
    if metrics:
        chassis["EnvironmentMetrics"] = {"@odata.id": "/redfish/v1/Chassis/1U/EnvironmentMetrics"}
    return {
        "/redfish/v1/Chassis": {"Members": [{"@odata.id": "/redfish/v1/Chassis/1U"}, {"@odata.id": "/redfish/v1/Chassis/Cage"}]},
        "/redfish/v1/Chassis/1U": chassis,
        "/redfish/v1/Chassis/Cage": {"ChassisType": "StorageEnclosure"},
        "/redfish/v1/Chassis/1U/EnvironmentMetrics": {"PowerWatts": {"Reading": watts}},
        "/redfish/v1/Chassis/1U/Power": {"PowerControl": [{"PowerConsumedWatts": watts + 1}, {"PowerConsumedWatts": 100}]},
    }


def test_redfish_tells_what_the_machine_takes(joulebook):
    def look(metrics, watts):
        with meter(bmc(metrics=metrics), user="reader:hunter2") as server:
            channel = doctor(joulebook, "redfish", url=server.url + "/redfish/v1", user="reader", password="hunter2")
        assert channel["id"] == "node/redfish"
        assert (channel["status"], channel["power_w"]) == ("ok", pytest.approx(watts, rel=1e-3))
    each(look, [(True, 374), (False, 375)])


def test_redfish_adds_up_the_chassis_of_one_machine(joulebook):
    pages = bmc()
    pages["/redfish/v1/Chassis"]["Members"].append({"@odata.id": "/redfish/v1/Chassis/2U"})
    pages["/redfish/v1/Chassis/2U"] = dict(pages["/redfish/v1/Chassis/1U"])
    with meter(pages) as server:
        channel = doctor(joulebook, "redfish", url=server.url)
    assert channel["power_w"] == pytest.approx(2 * 374, rel=1e-2)
    assert channel["note"] == "sum of 2 chassis"


def test_redfish_wrong_password_is_told_with_the_place_to_set_it(joulebook):
    with meter(bmc(), user="reader:other") as server:
        channel = doctor(joulebook, "redfish", status=1, url=server.url, user="reader", password="hunter2")
    assert channel["status"] == "denied"
    assert "[redfish]" in channel["fix"]


def test_redfish_sends_no_password_as_plain_text(joulebook):
    channel = doctor(joulebook, "redfish", status=1, url="http://192.0.2.1", user="reader", password="hunter2")
    assert "plain text" in channel["reason"]
    assert "https" in channel["fix"]


def test_a_broken_bmc_is_told(joulebook):
    def look(pages, says):
        with meter(pages) as server:
            channel = doctor(joulebook, "redfish", status=1, url=server.url)
        assert says in channel["reason"], channel
        assert channel["power_w"] is None
    each(look, [
        ({}, "HTTP 404"),
        ({"/redfish/v1/Chassis": (200, b"garbage")}, "not a collection"),
        ({"/redfish/v1/Chassis": (503, b"")}, "HTTP 503"),
        ({"/redfish/v1/Chassis": {"Members": [{"@odata.id": "http://192.0.2.1/"}]}}, "no chassis"),
        (bmc(watts=0, metrics=True) | {"/redfish/v1/Chassis/1U/Power": {}}, "no chassis"),
    ])


@pytest.fixture
def certificate(tmp_path):
    """A certificate of one's own for 127.0.0.1, as BMCs have them."""
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    made = [str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=bmc", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-out", made[0], "-keyout", made[1]], check=True, capture_output=True)
    return made


def test_a_certificate_is_checked_unless_told_otherwise(joulebook, certificate):
    with meter(bmc(), user="reader:hunter2", tls=certificate) as server:
        known = {"url": server.url, "user": "reader", "password": "hunter2"}
        channel = doctor(joulebook, "redfish", status=1, **known)
        assert "certificate" in channel["reason"]
        assert "[redfish]" in channel["fix"]
        assert server.seen == []
        assert doctor(joulebook, "redfish", ca=certificate[0], **known)["power_w"] == pytest.approx(374, rel=1e-2)
        assert doctor(joulebook, "redfish", insecure="yes", **known)["power_w"] == pytest.approx(374, rel=1e-2)
        wrong = {**known, "url": server.url.replace("127.0.0.1", "localhost")}
        channel = doctor(joulebook, "redfish", status=1, ca=certificate[0], **wrong)  # good, but another host's
        assert channel["power_w"] is None


def test_without_configuration_nobody_is_asked(joulebook):
    for sensor in ("plug", "redfish"):
        result = joulebook("doctor", "--sensors", sensor, "--json", status=1)
        channel = json.loads(result.stdout)["channels"][0]
        assert channel["reason"] == "not configured"


def test_a_run_books_the_wall_beside_nothing_else(joulebook):
    with meter({SHELLY: shelly(100)}) as plug:
        env = dict(NO_PROXY, JOULEBOOK_PLUG_KIND="shelly", JOULEBOOK_PLUG_ADDRESS=plug.url)
        process = joulebook.start("run", "--sensors", "plug", "--json", joulebook.home / "record.json", "--", "sleep", "60", env=env)
        wait_until(lambda: sum(path == SHELLY for path, _, _ in plug.seen) > 4, "some readings")
        process.terminate()
        process.wait(30)
    record = json.loads((joulebook.home / "record.json").read_text())
    assert record["energy"]["machine_j"] > 100
    assert [c["id"] for c in record["energy"]["channels"] if c["in_total"]] == ["node/plug"]


def test_a_password_that_others_can_read_is_warned_of(joulebook):
    path = joulebook.home / "config" / "joulebook" / "joulebook.conf"
    path.parent.mkdir(parents=True)
    path.write_text("[redfish]\npassword = hunter2\n")
    path.chmod(0o644)
    assert "chmod 600" in joulebook("list", status=None).stderr
    path.chmod(0o600)
    result = joulebook("list", status=None)
    assert "warning" not in result.stderr
    assert "hunter2" not in result.stdout + result.stderr
