"""`/livez`, `/readyz` and `/metrics`, answered by native threads whatever the event loop does.

Plain sockets on purpose: http.server would bring patched (green) parts into the native thread. Processes
without eventlet serve it too, so eventlet is looked for and never imported.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from prometheus_client import generate_latest

from chassis.errors import SettingsError
from chassis.running.figures import LOOKS

# A client that asks slowly or not at all is cut off, and holds up nobody else.
REQUEST_LIMIT_S = 5.0
AT_ONCE = 32
AT_ONCE_ASKED = "now"
"""`/metrics?now`: for whoever needs counters alone, and waits for no figure."""

Readiness = Callable[[], dict[str, str]]
"""The parts that are not ready, as name -> reason; empty means ready."""
Degraded = Callable[[], dict[str, str]]
"""What a service that is ready fails to do, as name -> reason: it goes on, and somebody must look."""


def _native(name: str) -> Any:
    """The standard module as it was before eventlet patched it; itself where eventlet is not used."""
    patcher = sys.modules.get("eventlet.patcher")
    return patcher.original(name) if patcher else import_module(name)


class HealthServer:
    """Serves until the process ends. Raises SettingsError where the port is taken."""

    def __init__(
        self, host: str, port: int, readiness: Readiness, degraded: Degraded = dict[str, str]
    ) -> None:
        self._readiness = readiness
        self._degraded = degraded
        # Looked up now and not on import: eventlet may be imported and may patch after this module.
        self._socket, self._threading, self._time = map(_native, ("socket", "threading", "time"))
        self._places = self._threading.Semaphore(AT_ONCE)
        self._listener = self._socket.socket(self._socket.AF_INET, self._socket.SOCK_STREAM)
        self._listener.setsockopt(self._socket.SOL_SOCKET, self._socket.SO_REUSEADDR, 1)
        try:
            self._listener.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"health port {host}:{port} cannot be used ({error.strerror}): "
                "set DOORSTEP_<SERVICE>_HEALTH_PORT to another"
            ) from None
        self._listener.listen(16)
        self.port: int = self._listener.getsockname()[1]
        self._threading.Thread(target=self._serve, name="health", daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:  # too many open files: the next one may find room
                self._time.sleep(0.1)
                continue
            if self._places.acquire(blocking=False):
                self._threading.Thread(target=self._attend, args=(client,), daemon=True).start()
            else:
                client.close()

    def _attend(self, client: Any) -> None:
        try:
            self._answer(client)
        except OSError:
            pass
        finally:
            client.close()
            self._places.release()

    def _answer(self, client: Any) -> None:
        until = self._time.monotonic() + REQUEST_LIMIT_S
        request = b""
        while b"\r\n\r\n" not in request and len(request) < 8192:
            client.settimeout(max(0.01, until - self._time.monotonic()))
            part = client.recv(4096)
            if not part:
                break
            request += part
        words = request.split(b"\r\n", 1)[0].split(b" ")
        path, _, asked = (words[1].decode("latin-1") if len(words) > 1 else "").partition("?")
        if words[0] not in (b"GET", b"HEAD"):
            status, kind, body = "405 Method Not Allowed", "text/plain", b"only GET\n"
        else:
            try:
                status, kind, body = self._respond(path, asked)
            except Exception as error:
                said = f"{type(error).__name__}\n".encode()
                status, kind, body = "500 Internal Server Error", "text/plain", said
        head = (
            f"HTTP/1.1 {status}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        )
        client.settimeout(REQUEST_LIMIT_S)
        client.sendall("\r\n".join((*head, "", "")).encode() + (b"" if words[0] == b"HEAD" else body))

    def _respond(self, path: str, asked: str) -> tuple[str, str, bytes]:
        if path == "/livez":
            return "200 OK", "application/json", b'{"live": true}'
        if path == "/readyz":
            waiting = self._readiness()
            found = {"ready": not waiting, "waiting": waiting, "degraded": self._degraded()}
            body = json.dumps(found).encode()
            return ("503 Service Unavailable" if waiting else "200 OK"), "application/json", body
        if path == "/metrics":
            if asked != AT_ONCE_ASKED:
                LOOKS.ask(self._time.sleep)
            return "200 OK", "text/plain; version=0.0.4; charset=utf-8", generate_latest()
        return "404 Not Found", "text/plain", b"try /livez, /readyz or /metrics\n"
