# SPDX-License-Identifier: Apache-2.0
"""The metrics as Prometheus sees them: Debian's scrapes the meter of a made-up machine."""
import json
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest

from conftest import wait_until

MACHINE = pathlib.Path(__file__).resolve().parents[1] / "machines/epyc-turin-2s"

pytestmark = pytest.mark.skipif(not shutil.which("prometheus") or not shutil.which("promtool"), reason="there is no prometheus")


def get(url, accept=None):
    request = urllib.request.Request(url, headers={"Accept": accept} if accept else {})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return answer.read().decode(), answer.headers["Content-Type"]


@pytest.fixture
def meter(joulebook, tmp_path):
    """The URL of a meter that runs."""
    place = tmp_path / "port"
    process = joulebook.start("serve", "--listen", "127.0.0.1:0", "--port-file", place, "--socket", tmp_path / "attach.sock", "--db", tmp_path / "runs.db",
                              "--root", MACHINE, stdout=subprocess.DEVNULL)
    try:
        def port():
            assert process.poll() is None, f"serve ended with {process.returncode}"
            return place.exists() and place.read_text().strip()
        url = f"http://127.0.0.1:{wait_until(port, 'the port')}"
        wait_until(lambda: json.loads(get(url + "/api/v1/live")[0])["machine"]["power_w"], "a first power")
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


class Prometheus:
    def __init__(self, folder, target):
        config = folder / "prometheus.yml"
        config.write_text(json.dumps({"global": {"scrape_interval": "1s", "scrape_timeout": "900ms"},
                                      "scrape_configs": [{"job_name": "joulebook", "static_configs": [{"targets": [target]}]}]}))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{free.getsockname()[1]}"
        self.url = f"http://{address}/api/v1/"
        self.log = folder / "prometheus.log"
        with self.log.open("w") as log:
            self.process = subprocess.Popen(["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'tsdb'}",
                                             f"--web.listen-address={address}", "--log.level=warn"], stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def ask(self, path):
        assert self.process.poll() is None, self.log.read_text()
        try:
            return json.loads(get(self.url + path)[0])["data"]
        except (urllib.error.URLError, ConnectionError):
            return None

    def value(self, query):
        """Of the one series that the query gives; None: it gives none yet."""
        data = self.ask("query?" + urllib.parse.urlencode({"query": query}))
        result = data["result"] if data else []
        assert len(result) <= 1, result
        return float(result[0]["value"][1]) if result else None

    def close(self):
        self.process.terminate()
        self.process.wait(20)


@pytest.fixture
def prometheus(meter, tmp_path):
    made = Prometheus(tmp_path, meter.removeprefix("http://"))
    yield made
    made.close()


def live_power(meter):
    return json.loads(get(meter + "/api/v1/live")[0])["machine"]["power_w"]


def test_the_rate_of_joules_is_what_the_dashboard_shows(meter, prometheus):
    """rate() divides by the whole window, and goes no further back than where a counter was 0: it is asked when there is more
    than a minute of samples."""
    powers, end = [], time.monotonic() + 150
    while (prometheus.value("count_over_time(joulebook_runs_active[70s])") or 0) < 66:
        assert time.monotonic() < end, prometheus.ask("targets")
        powers.append(live_power(meter))
        time.sleep(0.5)
    target, = prometheus.ask("targets?state=active")["activeTargets"]
    assert target["health"] == "up" and target["lastError"] == ""
    watts = prometheus.value("sum(rate(joulebook_energy_joules_total[1m]))")
    assert watts == pytest.approx(statistics.mean(powers[-118:]), rel=0.02)
    assert watts > 100
    gauge = prometheus.value("sum(avg_over_time(joulebook_power_watts[1m]))")
    assert gauge == pytest.approx(watts, rel=0.02)


def test_a_scrape_is_openmetrics_for_those_who_ask_and_text_for_others(joulebook, meter, prometheus):
    version = joulebook("--version").stdout.split()[1]
    wait_until(lambda: prometheus.value(f'joulebook_build_info{{version="{version}"}}') == 1, "the version in Prometheus")
    assert prometheus.value("min_over_time(up[1m])") == 1
    text, kind = get(meter + "/metrics", "application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert kind.startswith("application/openmetrics-text; version=1.0.0")
    assert text.endswith("\n# EOF\n") and "# TYPE joulebook_energy_joules counter\n" in text
    text, kind = get(meter + "/metrics")
    assert kind.startswith("text/plain; version=0.0.4")
    result = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0 and not result.stdout and not result.stderr, result.stdout + result.stderr


def test_the_leaves_are_the_machine_and_nothing_else_is_added(meter):
    live = json.loads(get(meter + "/api/v1/live")[0])
    text, _ = get(meter + "/metrics")
    samples = [line for line in text.splitlines() if line.startswith("joulebook_energy_joules_total{")]
    leaves = [c for c in live["channels"] if c["in_total"] and c["energy_j"] is not None]
    assert len(samples) == len(leaves) > 0
    for channel in leaves:
        assert any(f'channel="{channel["id"]}"' in line for line in samples)
    others = [line for line in text.splitlines() if line.startswith("joulebook_domain_energy_joules_total{")]
    for channel in live["channels"]:
        if not channel["in_total"]:
            assert not any(f'channel="{channel["id"]}"' in line and f'source="{channel["source"]}"' not in line for line in others)
