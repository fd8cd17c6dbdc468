"""A way to the broker that can be made to fail: for tests of what a publisher does then."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit


class FrameProxy:
    """Hands bytes on in both directions, until told otherwise.

    `swallow`: what the broker says is read and thrown away, so confirms never come.
    `tear`: the next thing it says is handed on without its last byte, and after that nothing more.
    `stall`: what the client says is not read any more, as under a memory alarm.
    """

    def __init__(self, broker_url: str) -> None:
        self._target = urlsplit(broker_url)
        self.swallow = threading.Event()
        self.tear = threading.Event()
        self.stall = threading.Event()
        self.connections = 0
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        credentials = self._target.netloc.rpartition("@")[0]
        port = self._listener.getsockname()[1]
        return urlunsplit(self._target._replace(netloc=f"{credentials}@127.0.0.1:{port}"))

    def cut(self) -> None:
        """Every connection ends, as when a cable is pulled and put back."""
        for end in self._sockets:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._sockets.clear()

    def close(self) -> None:
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
                self.connections += 1
                server = socket.create_connection(("127.0.0.1", self._target.port or 5672))
                self._sockets += [client, server]
                for source, target, hole in ((client, server, self.stall), (server, client, self.swallow)):
                    threading.Thread(target=self._pump, args=(source, target, hole), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, hole: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while True:
                if hole is self.stall and hole.is_set():
                    threading.Event().wait(0.05)
                    continue
                part = source.recv(4096)
                if not part:
                    break
                if hole is self.swallow and self.tear.is_set() and not hole.is_set():
                    hole.set()
                    target.sendall(part[:-1])
                elif not (hole is self.swallow and hole.is_set()):
                    target.sendall(part)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def proxied(broker_url: str) -> Iterator[FrameProxy]:
    proxy = FrameProxy(broker_url)
    try:
        yield proxy
    finally:
        proxy.close()
