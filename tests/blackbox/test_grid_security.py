# SPDX-License-Identifier: Apache-2.0
"""What may go wrong between us and the providers: keys, redirects, certificates, proxies, answers meant to harm."""
import json
import pathlib
import shutil
import subprocess
import urllib.parse

import grid_server
import pytest
from grid_world import world_at

NOW = "2026-11-22T12:03:00Z"
KEYED = ("electricitymaps", "co2signal", "entsoe", "eia", "openelectricity", "watttime")
ZONES = {"electricitymaps": "KR", "co2signal": "KR", "entsoe": "ES", "eia": "US-CAL-CISO", "openelectricity": "AU-NSW", "watttime": "US-CAL-CISO"}


@pytest.fixture
def world(joulebook, tmp_path):
    with world_at(joulebook, tmp_path / "root", NOW, lambda zone, t: 200.0) as made:
        yield made


@pytest.fixture
def certificate(tmp_path):
    """A certificate of a made-up authority for 127.0.0.1."""
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificate")
    made = [str(tmp_path / "cert.pem"), str(tmp_path / "key.pem")]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=grid", "-addext",
                    "subjectAltName=IP:127.0.0.1", "-out", made[0], "-keyout", made[1]], check=True, capture_output=True)
    return made


def live(answer):
    return answer["live"], "\n".join(answer["steps"])


def test_no_key_stands_in_anything_that_is_written_or_said(world, machine):
    world.root = machine.root
    world.env["JOULEBOOK_ROOT"] = str(machine.root)
    world.key(*KEYED)
    said = []
    for mode in ("good", "echo", "401", "403", "html", "cut"):
        world.server.modes["*"] = mode
        for provider in KEYED:
            result = world("grid", ZONES[provider], "--json", env={"JOULEBOOK_GRID_PROVIDERS": provider + ", watttime"})
            said += [result.stdout, result.stderr]
        world.grid.jump(90 * 60)
    world.server.modes["*"] = "echo"
    result = world("run", "--zone", "US-CAL-CISO", "--json", world.joulebook.home / "record.json", "--", "sleep", "2")
    said += [result.stdout, result.stderr, world("show", "last").stdout, world("export", "last", "--format", "html").stdout,
             world("grid", "--providers", "GB").stdout, world("grid", "backfill", "last", status=None).stdout, world("doctor", status=None).stdout]
    files = world.texts()
    assert any("cache" in str(path) for path in files), "there is a cache to look into"
    for name, key in world.grid.keys.items():
        coded = urllib.parse.quote(key, safe="")
        for text in said:
            assert key not in text and coded not in text, (name, text)
        for path, data in files.items():
            assert key.encode() not in data and coded.encode() not in data, (name, path)


def test_a_key_with_odd_bytes_is_as_secret(world):
    """Percent-encoded in a URL and quoted by a server it is another text, and the same key."""
    key = "a+b/c=d&e f%41'\"<x>"
    world.grid.keys["eia"] = key
    world.key("eia").set(grid_providers="eia")
    answer = world.json("grid", "US-CAL-CISO")
    assert answer["live"] is True, answer["steps"]
    world.server.modes["eia"] = "echo"
    world.grid.jump(3600)
    result = world("grid", "US-CAL-CISO", "--json")
    steps = json.loads(result.stdout)["steps"]
    for form in (key, urllib.parse.quote(key, safe=""), urllib.parse.quote(key), urllib.parse.quote_plus(key), json.dumps(key)[1:-1]):
        assert all(form not in step for step in steps), steps
        assert form not in result.stderr


def test_a_key_goes_to_its_own_provider_alone(world):
    world.key(*KEYED)
    for zone in ("KR", "GB", "FR", "DE", "US-CAL-CISO", "AU-NSW", "ES", "DK-DK1"):
        world("grid", zone)
        world.server.modes["electricitymaps"] = "500"  # all the way down
        world.grid.jump(3600)
        world("grid", zone)
        world.server.modes.clear()
        world.grid.jump(3600)
    assert len({request.provider for request in world.server.seen}) >= 5
    for request in world.server.seen:
        told = request.path + json.dumps(request.headers)
        for name, key in world.grid.keys.items():
            if name != request.provider:
                assert key not in told, (name, request)


def test_a_request_tells_a_zone_and_no_more(world):
    world.key("electricitymaps")
    world("grid", "KR")
    world("grid", "GB", env={"JOULEBOOK_GRID_PROVIDERS": "ukgrid"})
    allowed = {"host", "accept", "user-agent", "accept-encoding", "auth-token", "connection"}
    for request in world.server.seen:
        assert {name.lower() for name in request.headers} <= allowed, request.headers
        assert "Cookie" not in request.headers
    agents = {request.headers.get("User-Agent", "") for request in world.server.seen}
    assert all("(" not in agent for agent in agents), "no word of the system"


def test_the_measured_command_sees_nothing_of_it(world):
    """Sockets and descriptors of ours are not the child's."""
    world.key("electricitymaps").set(grid_zone="KR")
    out = world("run", "--quiet", "--", "sh", "-c", "sleep 1; ls /proc/self/fd; tr '\\0' '\\n' < /proc/$PPID/cmdline").stdout
    assert set(out.split("\n")[:4]) <= {"0", "1", "2", "3", ""} and "sekrit" not in out


def test_a_redirect_to_another_host_is_refused_and_takes_no_key_along(world):
    world.key("electricitymaps")
    with grid_server.Server(world.grid) as trap:
        def away(handler):
            handler.answer(302, "", {"Location": trap.url() + handler.path})
        world.server.modes["electricitymaps"] = away
        ok, steps = live(world.json("grid", "KR"))
        assert not ok and "electricitymaps" in steps
        assert trap.seen == []


def test_a_certificate_of_nobody_is_refused_and_ones_own_authority_can_be_named(joulebook, tmp_path, certificate):
    with world_at(joulebook, tmp_path / "root", NOW, lambda zone, t: 200.0, tls=certificate) as world:
        world.key("electricitymaps")
        ok, steps = live(world.json("grid", "KR"))
        assert not ok and "certificate" in steps, steps
        assert world.server.seen == []
        for variable in ("JOULEBOOK_GRID_CA", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            world.grid.jump(3600)
            ok, steps = live(world.json("grid", "KR", env={variable: certificate[0]}))
            assert ok, (variable, steps)
        world.grid.jump(3600)
        world.set(grid_ca=certificate[0], grid_electricitymaps_url=world.server.url("electricitymaps", host="localhost"))
        assert not live(world.json("grid", "KR"))[0], "good, but another host's"


@pytest.mark.parametrize("known_by", ("folder", "file", "nobody"))
def test_the_systems_authorities_are_those_of_its_folder_and_of_its_file(joulebook, tmp_path, certificate, monkeypatch, known_by):
    """The folder is looked into first, the file read when that does not know. /etc/ssl/certs is our own in a namespace of mounts."""
    system = pathlib.Path("/etc/ssl/certs")
    if not (system / "ca-certificates.crt").is_file() or subprocess.run(["unshare", "-rm", "true"], capture_output=True).returncode != 0:
        pytest.skip("no namespace of mounts, or another place for authorities")
    other = tmp_path / "other.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=somebody else", "-out", other,
                    "-keyout", tmp_path / "other.key"], check=True, capture_output=True)
    certs = tmp_path / "certs"
    certs.mkdir()
    shutil.copy(certificate[0] if known_by == "folder" else other, certs / "one.pem")
    subprocess.run(["openssl", "rehash", certs], check=True, capture_output=True)
    shutil.copy(certificate[0] if known_by == "file" else other, certs / "ca-certificates.crt")
    command = joulebook.args
    monkeypatch.setattr(joulebook, "args", lambda *args: ["unshare", "-rm", "sh", "-c", f'mount --bind {certs} {system} && exec "$@"', "sh",
                                                          *command(*args)])
    with world_at(joulebook, tmp_path / "root", NOW, lambda zone, t: 200.0, tls=certificate) as world:
        world.key("electricitymaps")
        ok, steps = live(world.json("grid", "KR"))
        assert ok == (known_by != "nobody"), steps
        assert ok or "certificate" in steps


def test_no_key_goes_over_plain_http_to_another_machine(world):
    world.key("electricitymaps").set(grid_electricitymaps_url="http://192.0.2.1/v4")
    ok, steps = live(world.json("grid", "KR", timeout=4))
    assert not ok and "plain http" in steps, steps


def test_the_proxy_of_the_environment_is_used(world):
    world.set(grid_ukgrid_url="http://ukgrid.invalid")
    ok, _ = live(world.json("grid", "GB", env={"no_proxy": "", "http_proxy": world.server.url()}))
    assert ok
    assert world.server.seen[0].headers["Host"].startswith("ukgrid.invalid")
    world.key("electricitymaps").set(grid_electricitymaps_url="http://electricitymaps.invalid/v4", grid_providers="electricitymaps")
    before = len(world.server.seen)
    assert not live(world.json("grid", "KR", env={"no_proxy": "", "http_proxy": world.server.url()}))[0], "a key is not for a proxy to read"
    assert len(world.server.seen) == before


def test_addresses_that_are_none(world):
    for url in ("ftp://127.0.0.1/x", "file:///etc/passwd", "127.0.0.1", "http://user:sekrit@127.0.0.1/v3", "gopher://127.0.0.1:1/"):
        result = world("grid", "KR", "--json", status=None, env={"JOULEBOOK_GRID_UKGRID_URL": url, "JOULEBOOK_GRID_ZONE": "GB"})
        assert result.returncode in (0, 2), (url, result)
        assert "root:" not in result.stdout + result.stderr and "sekrit" not in result.stdout + result.stderr


def test_terminal_codes_of_a_server_are_not_shown(world):
    world.key("electricitymaps")
    world.server.modes["electricitymaps"] = grid_server.says(403, {"error": "\x1b]0;owned\x07\x1b[31mred \u202egnirts"})
    for args in (("grid", "KR"), ("grid", "KR", "--json")):
        result = world(*args)
        assert "\x1b" not in result.stdout + result.stderr and "\x07" not in result.stdout + result.stderr
        assert "\u202e" not in result.stdout + result.stderr


def test_absurd_values_are_no_values(world):
    world.key("electricitymaps")
    for value in (-5, 1e9, "200", True, [200], {"value": 200}):
        row = {"zone": "KR", "carbonIntensity": value, "datetime": "2026-11-22T12:00:00.000Z"}
        world.server.modes["electricitymaps"] = grid_server.says(200, row)
        answer = world.json("grid", "KR")
        assert answer["live"] is False, (value, answer)
        world.grid.jump(3 * 3600)
    for when in ("1970-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "yesterday", "2026-13-45T99:99:99Z", None, 17):
        row = {"zone": "KR", "carbonIntensity": 200, "datetime": when}
        world.server.modes["electricitymaps"] = grid_server.says(200, row)
        assert world.json("grid", "KR")["live"] is False, when
        world.grid.jump(3 * 3600)


def test_the_folder_of_the_cache_is_ones_own(world):
    world.key("electricitymaps")
    world("grid", "KR")
    folder = world.joulebook.home / "cache/joulebook"
    for path in [folder, *folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


def test_a_cache_that_cannot_be_written_is_no_harm(world):
    world.key("electricitymaps")
    (world.joulebook.home / "cache").write_text("a file where a folder should be")
    assert world.json("grid", "KR")["g_per_kwh"] == 200


def test_a_key_that_others_can_read_is_warned_of(world):
    path = world.joulebook.home / "config/joulebook/joulebook.conf"
    path.parent.mkdir(parents=True)
    path.write_text("[grid]\nelectricitymaps_token = sekrit-electricitymaps-0123456789\n")
    path.chmod(0o644)
    result = world("grid", "KR")
    assert "chmod 600" in result.stderr and "sekrit" not in result.stderr + result.stdout
    path.chmod(0o600)
    assert "chmod" not in world("grid", "KR").stderr


def test_what_another_server_said_is_not_taken_for_ours(world):
    """The cache goes by address and key: a test server's figures do not end in real records."""
    world.key("electricitymaps")
    assert world.json("grid", "KR")["g_per_kwh"] == 200
    world.grid.intensity = lambda zone, t: 321.0
    with grid_server.Server(world.grid) as other:
        assert world.json("grid", "KR", env={"JOULEBOOK_GRID_ELECTRICITYMAPS_URL": other.url("electricitymaps")})["g_per_kwh"] == 321
    world.grid.keys["electricitymaps"] = "sekrit-another"
    assert world.json("grid", "KR", env={"JOULEBOOK_GRID_ELECTRICITYMAPS_TOKEN": "sekrit-another"})["g_per_kwh"] == 321


def test_a_recorded_machine_gets_no_key_of_the_user(world):
    """A tree may come from anybody: its configuration names addresses, and must not be sent what is not its own."""
    world.key("electricitymaps")
    path = world.root / "etc/joulebook.conf"
    path.parent.mkdir()
    path.write_text(f"[grid]\nelectricitymaps_url = {world.env.pop('JOULEBOOK_GRID_ELECTRICITYMAPS_URL')}\n")
    result = world("grid", "KR", status=2)
    assert "electricitymaps_token" in result.stderr and "etc/joulebook.conf" in result.stderr and "sekrit" not in result.stderr
    assert world.server.seen == []
    token = world.env.pop("JOULEBOOK_GRID_ELECTRICITYMAPS_TOKEN")
    with path.open("a") as out:
        out.write(f"electricitymaps_token = {token}\n")
    assert world.json("grid", "KR")["live"], "its own key it may have"
    path.write_text("[grid]\nca = /tmp/of-a-stranger.pem\n")
    assert "ca" in world("grid", "KR", status=2, env={"JOULEBOOK_GRID_ELECTRICITYMAPS_TOKEN": token}).stderr
    assert world.json("grid", "GB")["live"], "who has no key has none to lose"
