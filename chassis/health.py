"""`/livez`, `/readyz` and `/metrics`, answered by a native thread whatever the event loop does.

Plain sockets on purpose: http.server would bring patched (green) parts into the native thread.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from eventlet.patcher import original
from prometheus_client import generate_latest

from chassis.errors import SettingsError

_socket: Any = original("socket")
_threading: Any = original("threading")

# What is not ready, as name -> reason; empty means ready.
Readiness = Callable[[], dict[str, str]]


class HealthServer:
    """Serves until the process ends. Raises SettingsError where the port is taken."""

    def __init__(self, host: str, port: int, readiness: Readiness) -> None:
        self._readiness = readiness
        self._listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        self._listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        try:
            self._listener.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"health port {host}:{port} cannot be used ({error.strerror}): "
                "set DOORSTEP_<SERVICE>_HEALTH_PORT to another"
            ) from None
        self._listener.listen(16)
        self.port: int = self._listener.getsockname()[1]
        _threading.Thread(target=self._serve, name="health", daemon=True).start()

    def _serve(self) -> None:
        while True:
            client, _ = self._listener.accept()
            try:
                client.settimeout(5)
                self._answer(client)
            except OSError:
                pass
            finally:
                client.close()

    def _answer(self, client: Any) -> None:
        request = b""
        while b"\r\n\r\n" not in request and len(request) < 8192:
            part = client.recv(4096)
            if not part:
                break
            request += part
        words = request.split(b"\r\n", 1)[0].split(b" ")
        path = words[1].decode("latin-1").partition("?")[0] if len(words) > 1 else ""
        status, kind, body = self._respond(path)
        head = (
            f"HTTP/1.1 {status}",
            f"Content-Type: {kind}",
            f"Content-Length: {len(body)}",
            "Connection: close",
        )
        client.sendall("\r\n".join((*head, "", "")).encode() + body)

    def _respond(self, path: str) -> tuple[str, str, bytes]:
        if path == "/livez":
            return "200 OK", "application/json", b'{"live": true}'
        if path == "/readyz":
            waiting = self._readiness()
            body = json.dumps({"ready": not waiting, "waiting": waiting}).encode()
            return ("503 Service Unavailable" if waiting else "200 OK"), "application/json", body
        if path == "/metrics":
            return "200 OK", "text/plain; version=0.0.4; charset=utf-8", generate_latest()
        return "404 Not Found", "text/plain", b"try /livez, /readyz or /metrics\n"
