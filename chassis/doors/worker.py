"""gunicorn's threads, with one thing more: who does not get a request finished in time is cut off."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any, Final

from gunicorn.workers.gthread import ThreadWorker

REQUEST_LIMIT_S: Final = 15.0
"""For sending a whole request. A client that drips would keep one of the few threads for ever."""


class Worker(ThreadWorker):  # type: ignore[misc]
    """Without this a client that sends a byte now and then holds a thread as long as it likes."""

    def init_process(self) -> None:
        self._since: dict[Any, float] = {}
        threading.Thread(target=self._cut_off, name="cut_off", daemon=True).start()
        super().init_process()

    def handle(self, conn: Any) -> Any:
        self._since[conn] = time.monotonic()
        try:
            return super().handle(conn)
        finally:
            self._since.pop(conn, None)

    def _cut_off(self) -> None:
        while True:
            time.sleep(1)
            late = time.monotonic() - REQUEST_LIMIT_S
            for conn, since in list(self._since.items()):
                if since < late:  # the answer of a request that was read whole can still be written
                    with contextlib.suppress(OSError):
                        conn.sock.shutdown(socket.SHUT_RD)
