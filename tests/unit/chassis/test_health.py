"""/livez, /readyz and /metrics answer whatever is asked of them, and whoever asks badly."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from chassis.errors import SettingsError
from chassis.running import health
from chassis.running.health import HealthServer
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[3]
WAITING: dict[str, str] = {}
DEGRADED: dict[str, str] = {}


def readiness() -> dict[str, str]:
    if "bug" in WAITING:
        raise RuntimeError("a bug in asking")
    return dict(WAITING)


@pytest.fixture(scope="module")
def server() -> HealthServer:
    return HealthServer("127.0.0.1", 0, readiness, lambda: DEGRADED)


@pytest.fixture(autouse=True)
def ready() -> Iterator[None]:
    WAITING.clear(), DEGRADED.clear()
    yield
    WAITING.clear(), DEGRADED.clear()


def ask(server: HealthServer, request: bytes, seconds: float = PATIENCE_S) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), timeout=seconds) as client:
        client.sendall(request)
        answer = b""
        while part := client.recv(65536):
            answer += part
        return answer


def get(server: HealthServer, path: str) -> tuple[int, dict[str, str], bytes]:
    head, _, body = ask(server, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()).partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    assert int(headers["Content-Length"]) == len(body)
    return int(first.split()[1]), headers, body


def test_alive_is_alive(server: HealthServer) -> None:
    status, headers, body = get(server, "/livez")
    assert status == 200 and json.loads(body) == {"live": True}
    assert headers["Content-Type"] == "application/json"


def test_ready_when_nothing_is_waited_for(server: HealthServer) -> None:
    assert get(server, "/readyz")[0] == 200


def test_not_ready_says_what_is_waited_for(server: HealthServer) -> None:
    WAITING["trial.write_down"] = "broker or database is away: OperationalError"
    status, _, body = get(server, "/readyz")
    assert status == 503
    assert json.loads(body) == {"ready": False, "waiting": WAITING, "degraded": {}}


def test_degraded_is_ready_and_says_what_somebody_must_look_at(server: HealthServer) -> None:
    DEGRADED["trial.plan"] = "2 rows are set aside: see `doorstep stuck list`"
    status, _, body = get(server, "/readyz")
    assert status == 200
    assert json.loads(body) == {"ready": True, "waiting": {}, "degraded": DEGRADED}


def test_metrics_are_in_prometheus_form(server: HealthServer) -> None:
    status, headers, body = get(server, "/metrics")
    assert status == 200 and headers["Content-Type"].startswith("text/plain; version=0.0.4")
    assert b"# TYPE" in body


def test_a_query_is_passed_over_and_another_path_says_which_there_are(server: HealthServer) -> None:
    assert get(server, "/livez?verbose=1")[0] == 200
    status, _, body = get(server, "/")
    assert status == 404 and b"/readyz" in body


def test_only_reading_is_allowed(server: HealthServer) -> None:
    assert b"405" in ask(server, b"POST /livez HTTP/1.1\r\nContent-Length: 0\r\n\r\n").split(b"\r\n")[0]


@pytest.mark.parametrize(
    "request_",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"\xff\xfe\x00" * 100 + b"\r\n\r\n",
        b"GET " + b"/" * 10_000 + b" HTTP/1.1\r\n\r\n",
        b"x" * 20_000,
    ],
)
def test_a_broken_request_is_answered_or_cut_and_the_next_one_is_served(
    server: HealthServer, request_: bytes
) -> None:
    with suppress(OSError):
        ask(server, request_)
    assert get(server, "/livez")[0] == 200


def test_clients_that_connect_and_leave_delay_no_other(server: HealthServer) -> None:
    for _ in range(5):
        socket.create_connection(("127.0.0.1", server.port)).close()
    assert get(server, "/livez")[0] == 200


def test_silent_and_slow_clients_delay_no_other(
    server: HealthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that drips a byte now and then would never run into a limit for each read."""
    monkeypatch.setattr(health, "REQUEST_LIMIT_S", 2 * PATIENCE_S)  # whoever waited for them would be late
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(5)]
    for client in idle:
        client.sendall(b"G")
    assert get(server, "/livez")[0] == 200
    for client in idle:
        client.close()


def test_a_bug_in_asking_whether_it_is_ready_is_an_error_and_not_the_end(server: HealthServer) -> None:
    WAITING["bug"] = ""
    assert get(server, "/readyz")[0] == 500
    WAITING.clear()
    assert get(server, "/readyz")[0] == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "no.such.host.invalid"])
def test_a_port_that_cannot_be_used_is_one_line_about_the_setting(server: HealthServer, host: str) -> None:
    with pytest.raises(SettingsError, match="HEALTH_") as caught:
        HealthServer(host, server.port, readiness)
    assert "\n" not in str(caught.value) and str(server.port) in str(caught.value)


BUSY = """
import eventlet; eventlet.monkey_patch()
from eventlet.patcher import original
from chassis.running.health import HealthServer
server = HealthServer("127.0.0.1", 0, dict)
print(server.port, flush=True)
while True:
    sum(range(1000))  # the event loop gets no turn
"""


@pytest.mark.parametrize("imported_before", [False, True])
def test_health_is_served_while_the_event_loop_is_stuck(imported_before: bool) -> None:
    script = ("import chassis.running.health" if imported_before else "") + BUSY
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", script], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        port = int(process.stdout.readline())
        with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S) as client:
            client.sendall(b"GET /livez HTTP/1.1\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 200")
    finally:
        process.kill()
        process.wait(PATIENCE_S)


def test_health_and_the_service_modules_load_neither_nameko_nor_eventlet() -> None:
    """Processes that answer HTTP import them, and run on native threads."""
    services = sorted(path.parent.name for path in ROOT.glob("services/*/service.py"))
    assert services
    names = ["chassis.running.health", *(f"services.{name}.service" for name in services)]
    script = f"import sys, {', '.join(names)}; print([m for m in ('nameko', 'eventlet') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[]\n", done.stderr


def test_health_is_served_in_a_process_without_eventlet() -> None:
    script = """
import sys, urllib.request
from chassis.running.health import HealthServer
server = HealthServer("127.0.0.1", 0, dict)
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
print(opener.open(f"http://127.0.0.1:{server.port}/readyz").status, "eventlet" in sys.modules)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE_S
    )
    assert done.stdout == "200 False\n", done.stderr
