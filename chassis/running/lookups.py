"""Names of hosts are looked up by the system's resolver in native threads; green threads go on meanwhile."""

from __future__ import annotations

import socket
from typing import Any

import eventlet.green.socket
from eventlet import tpool


def look_up_in_threads() -> None:
    """Once, after eventlet has patched. Without it each lookup would hold up all green threads."""
    native = socket.getaddrinfo

    def getaddrinfo(*args: Any, **options: Any) -> Any:
        return tpool.execute(native, *args, **options)

    socket.getaddrinfo = getaddrinfo
    eventlet.green.socket.getaddrinfo = getaddrinfo
