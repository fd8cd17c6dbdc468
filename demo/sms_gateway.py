"""A text-message gateway that sends nothing: for demos and tests, and to see how Doorstep takes trouble.

    python -m demo.sms_gateway --port 8025 [--token T] [--record FILE]

    POST /messages             as channels.sms_http says; a key seen before is answered so, delivered once
    GET  /messages/<reference> {"status": "delivered"}
    GET  /sent                 what was delivered: counts, and how often per key   (?keys=no: counts only)
    PUT  /behaviour            how to behave from now on; {} is well again

Behaviour: {"slow_ms": 0, "fail_status": 503, "fail_next": 0, "fail_share": 0.0, "retry_after": null,
"late_ms": 0, "late_next": null, "away_s": 0, "idempotent": true}. `late`: takes the message at once and
answers after that time, when the client has given up. `away`: refuses connections for so long.

It keeps no number and no text: `--record` writes lines of key and SHA-256 of the number, and they are what it
remembers when it is started again.
"""

import argparse
import contextlib
import hashlib
import json
import random
import signal
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import parse_qs, urlsplit

DEFAULTS: dict[str, Any] = {
    "slow_ms": 0,
    "fail_status": 503,
    "fail_next": 0,
    "fail_share": 0.0,
    "retry_after": None,
    "late_ms": 0,
    "late_next": None,
    "away_s": 0,
    "idempotent": True,
}


class Gateway:
    """The simulator's memory; safe for its many threads."""

    def __init__(self, record: Path | None = None, token: str = "") -> None:
        self.token = token
        self.lock = threading.Lock()
        self.behaviour = dict(DEFAULTS)
        self.delivered: Counter[str] = Counter()
        self.numbers: Counter[str] = Counter()
        self.repeated = 0
        self.refused = 0
        self.away_s = 0.0
        self._record: IO[str] | None = None
        if record:
            self._record = record.open("a+", encoding="ascii")
            self._record.seek(0)
            for line in self._record:
                key, _, digest = line.rstrip("\n").rpartition(" ")
                if key:  # the last line of one that was killed may be torn
                    self.delivered[key] += 1
                    self.numbers[digest] += 1

    def behave(self, wanted: dict[str, Any]) -> list[str]:
        """Returns what is wrong with the wish."""
        wrong = [f"{name} is unknown" for name in sorted(wanted.keys() - DEFAULTS.keys())]
        for name, value in wanted.items():
            if name in DEFAULTS and not isinstance(value, int | float | None):
                wrong.append(f"{name} must be a number or true or false")
        if wrong:
            return wrong
        with self.lock:
            self.behaviour = {**DEFAULTS, **wanted}
            self.away_s = float(self.behaviour["away_s"] or 0)
        return []

    def failing(self) -> int:
        """The status to fail with, or 0."""
        with self.lock:
            behaviour = self.behaviour
            if behaviour["fail_next"] > 0:
                behaviour["fail_next"] -= 1
            elif not (behaviour["fail_share"] and random.random() < behaviour["fail_share"]):
                return 0
            self.refused += 1
            return int(behaviour["fail_status"])

    def late(self) -> float:
        """Seconds by which this answer is to be late."""
        with self.lock:
            behaviour = self.behaviour
            if not behaviour["late_ms"]:
                return 0.0
            if behaviour["late_next"] is not None:
                if behaviour["late_next"] <= 0:
                    return 0.0
                behaviour["late_next"] -= 1
            return float(behaviour["late_ms"]) / 1000

    def take(self, key: str, number: str) -> str:
        """Deliver, unless the key was delivered before. Returns the reference."""
        with self.lock:
            if key in self.delivered and self.behaviour["idempotent"]:
                self.repeated += 1
            else:
                self.delivered[key] += 1
                digest = hashlib.sha256(number.encode()).hexdigest()
                self.numbers[digest] += 1
                if self._record:
                    self._record.write(f"{key} {digest}\n")
                    self._record.flush()
        return "sim-" + hashlib.sha256(key.encode()).hexdigest()[:16]

    def sent(self, *, keys: bool) -> dict[str, Any]:
        with self.lock:
            answer: dict[str, Any] = {
                "delivered": sum(self.delivered.values()),
                "keys": len(self.delivered),
                "numbers": len(self.numbers),
                "repeated": self.repeated,
                "refused": self.refused,
            }
            if keys:
                answer["per_key"] = dict(self.delivered)
            return answer


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Simulator"

    def do_POST(self) -> None:
        gateway = self.server.gateway
        content = self._content()
        if gateway.away_s:  # a connection kept from before
            self.close_connection = True
            return None
        if urlsplit(self.path).path != "/messages":
            return self._answer(404, {"error": "POST /messages"})
        if gateway.token and self.headers.get("Authorization") != f"Bearer {gateway.token}":
            return self._answer(401, {"error": "wrong token"})
        if gateway.behaviour["slow_ms"]:
            time.sleep(gateway.behaviour["slow_ms"] / 1000)
        status = gateway.failing()
        if status:
            wait = gateway.behaviour["retry_after"]
            return self._answer(
                status, {"error": "as told"}, {"Retry-After": str(wait)} if wait is not None else {}
            )
        fields = content if isinstance(content, dict) else {}
        to, text, key = (fields.get(name) for name in ("to", "text", "idempotency_key"))
        if not (isinstance(to, str) and isinstance(text, str) and text and isinstance(key, str) and key):
            return self._answer(400, {"error": "to, text and idempotency_key are needed"})
        if not to.removeprefix("+").replace("-", "").replace(" ", "").isdecimal() or len(to) < 5:
            return self._answer(422, {"error": "no such number"})
        late = gateway.late()
        reference = gateway.take(key, to)
        if late:
            time.sleep(late)
        return self._answer(202, {"reference": reference, "status": "accepted"})

    def do_PUT(self) -> None:
        content = self._content()
        if urlsplit(self.path).path != "/behaviour" or not isinstance(content, dict):
            return self._answer(404, {"error": "PUT /behaviour with a JSON object"})
        wrong = self.server.gateway.behave(content)
        if wrong:
            return self._answer(400, {"error": "; ".join(wrong)})
        self._answer(200, self.server.gateway.behaviour)
        if self.server.gateway.away_s:
            self.close_connection = True
            self.server.shutdown()
        return None

    def do_GET(self) -> None:
        asked = urlsplit(self.path)
        if asked.path == "/sent":
            keys = parse_qs(asked.query).get("keys", ["yes"])[0] != "no"
            return self._answer(200, self.server.gateway.sent(keys=keys))
        if asked.path.startswith("/messages/sim-"):
            return self._answer(200, {"status": "delivered"})
        if asked.path == "/behaviour":
            return self._answer(200, self.server.gateway.behaviour)
        return self._answer(404, {"error": "GET /sent, /behaviour or /messages/<reference>"})

    def _content(self) -> Any:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(min(length, 100_000))
        try:
            return json.loads(body) if body else {}
        except ValueError:
            return None

    def _answer(self, status: int, content: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        body = json.dumps(content).encode()
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)
        except OSError:  # the client did not wait
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """No access log: it would only repeat what /sent says."""


class Simulator(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, host: str, port: int, gateway: Gateway) -> None:
        self.gateway = gateway
        super().__init__((host, port), Handler)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo.sms_gateway", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", type=int, required=True, help="0: any free one; printed")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--token", default="", help="asked of clients as bearer token")
    parser.add_argument(
        "--record",
        type=Path,
        help="file of key and SHA-256 of the number of each delivery, kept over restarts",
    )
    options = parser.parse_args(arguments)
    try:
        gateway = Gateway(options.record, options.token)
        server = Simulator(options.host, options.port, gateway)
    except OSError as error:
        print(f"cannot listen on {options.host}:{options.port}: {error.strerror}", file=sys.stderr)
        return 1
    port = server.server_address[1]
    signal.signal(signal.SIGTERM, _interrupt)
    print(f"listening on http://{options.host}:{port}/messages", flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            server.serve_forever(poll_interval=0.1)
            server.server_close()
            time.sleep(gateway.away_s)
            gateway.away_s = 0.0
            server = Simulator(options.host, port, gateway)
    return 0


def _interrupt(*_: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
