# SPDX-License-Identifier: Apache-2.0
"""A made-up meter on a socket, for those who watch: see src/link/link.h. Its document is that of docs/api.md."""
import copy
import json
import os
import socket
import struct
import threading
import time

MAGIC, REFUSE, WATCH, LIVE = 0x316B626A, 3, 12, 13


def channel(name, device, power, **more):
    return dict({"id": f"{device}/{name}", "device": device, "domain": "package", "unit": 0, "name": name, "source": "rapl-perf",
                 "method": "counter", "in_total": True, "parent": None, "twin_of": None, "status": "ok", "reason": None,
                 "fix": None, "note": None, "power_w": power, "limit_w": None, "energy_j": 1527120, "uncertainty_j": 30542,
                 "runs_j": 0, "idle_j": 0, "others_j": 0, "unattributed_j": 0, "rel_error": 0.02, "update_period_s": 0.001,
                 "covered_s": 7200, "gap_s": 0}, **more)


def run(number, **more):
    return dict({"id": f"01KTESTRUN{number:016d}", "parent": None, "mine": True, "user": "kim", "uid": 1000,
                 "name": f"resnet{number}", "project": "vision", "command": "python3 train.py --epochs 90", "pid": 4242 + number,
                 "started": "2026-11-22T02:55:00Z", "elapsed_s": 300.1, "power_w": 250.2,
                 "devices": {"cpu": 100.1, "ram": 10.1, "gpu": 140, "board": None}, "run_j": 75060, "footprint_j": 80010,
                 "machine_j": 123690, "uncertainty_j": 2100, "basis": "footprint", "emissions_g": 9.2,
                 "emissions_uncertainty_g": 0.9, "phase": "forward", "epoch": 3, "step": 1200}, **more)


def document(**more):
    return dict({
        "schema": 1, "seq": 1, "time": "2026-11-22T03:00:00.100Z", "t_ms": 1795316400100, "interval_s": 0.1, "version": "0.6.0",
        "started": "2026-11-22T01:00:00Z", "elapsed_s": 7200.1, "host": "gpu1", "machine_id": "0" * 64,
        "viewer": {"uid": 1000, "all": False},
        "machine": {"power_w": 412.3, "energy_j": 2968560, "uncertainty_j": 59371, "runs_j": 1500000, "idle_j": 900000,
                    "others_j": 400000, "unattributed_j": 168560, "measured_j": 2820000, "modelled_j": 148560,
                    "emissions_g": 346.2, "pue": 1.0},
        "channels": [
            channel("AMD EPYC 9965", "cpu", 212.1),
            channel("NVIDIA H100", "gpu", 181.2, source="nvml", limit_w=700),
            channel("DDR5 by table", "ram", 19.0, source="ram-model", method="modelled", rel_error=0.3),
            channel("AMD EPYC 9965 cores", "cpu", None, source="rapl-msr", status="denied", in_total=False,
                    reason="/dev/cpu/0/msr: Permission denied", fix="sudo joulebook doctor --fix"),
        ],
        "sources": [{"source": "nvml", "title": "NVIDIA management library", "status": "ok", "reason": None, "fix": None},
                    {"source": "ipmi", "title": "Power of the BMC", "status": "absent", "reason": "/dev/ipmi0: no such file",
                     "fix": None}],
        "runs": [run(1), run(2, user="lee", name="bert", power_w=101.0, footprint_j=33000, emissions_g=3.8, phase="backward")],
        "grid": {"zone": "KR", "zone_name": "South Korea", "g_per_kwh": 415.5, "rel_error": 0.1, "source": "electricitymaps",
                 "factor": "lifecycle", "kind": "live", "estimated": False, "age_s": 320, "note": None},
        "self": {"cpu_s": 12.1, "share": 0.0021, "energy_j": 8.1, "rss_bytes": 9437184, "clients": 3},
        "history": {"kept": True, "error": None, "fix": None}, "warnings": []}, **more)


class FakeMeter:
    """Sends its document to all who watch, at once and then every `period` seconds. Time goes on by itself."""

    def __init__(self, path, doc=None, period=0.2):
        self.path, self.period, self.text = str(path), period, None
        self.doc = document() if doc is None else doc
        self.began = time.monotonic()
        self.watchers, self.greetings, self.refuse, self.rounds = [], [], None, 0
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.bind(self.path)
        self.socket.listen()
        self.socket.settimeout(0.05)
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def change(self, **more):
        with self.lock:
            self.doc = dict(copy.deepcopy(self.doc), **more)

    def packet(self):
        if self.text is not None:
            return struct.pack("=II", MAGIC, LIVE) + self.text
        with self.lock:
            passed_ms = int((time.monotonic() - self.began) * 1000)
            now = dict(self.doc, t_ms=self.doc["t_ms"] + passed_ms)
        return struct.pack("=II", MAGIC, LIVE) + json.dumps(now).encode()

    def greet(self, client):
        client.settimeout(5)
        hello = client.recv(131072)
        self.greetings.append(hello)
        if self.refuse is not None:
            text, fix = (t.encode() for t in self.refuse)
            client.send(struct.pack("=IIi", MAGIC, REFUSE, -13) + b"".join(struct.pack("=H", len(t)) + t for t in (text, fix)))
            client.close()
        elif hello == struct.pack("=II", MAGIC, WATCH):
            client.send(self.packet())
            client.setblocking(False)
            self.watchers.append(client)
        else:
            client.close()

    def serve(self):
        due = time.monotonic()
        while not self.stopping.is_set():
            try:
                client, _ = self.socket.accept()
                self.greet(client)
            except (TimeoutError, ConnectionError):
                pass
            if time.monotonic() >= due:
                due = time.monotonic() + self.period
                self.rounds += 1
                for client in list(self.watchers):
                    try:
                        client.send(self.packet())
                    except BlockingIOError:
                        pass
                    except OSError:
                        self.watchers.remove(client)

    def close(self):
        self.stopping.set()
        self.thread.join()
        for client in self.watchers:
            client.close()
        self.socket.close()
        os.unlink(self.path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.stopping.is_set():
            self.close()
