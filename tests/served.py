"""A WSGI application behind real HTTP, for as long as a test lasts."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from werkzeug.serving import make_server

# A server looks this often whether it is to end. Half a second, as it is by itself, each test would wait.
LOOKS_EVERY_S = 0.02


@contextmanager
def served(app: Any, *, tls: bool = False) -> Iterator[str]:
    """Its address, on a free port of this machine.

    :param tls: with a certificate that nobody trusts, for `localhost`.
    """
    server = make_server("127.0.0.1", 0, app, threaded=True, ssl_context="adhoc" if tls else None)
    thread = threading.Thread(target=server.serve_forever, args=(LOOKS_EVERY_S,), daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{server.port}" if tls else f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()
