"""Something that answers with TLS, as the edge does, and says nothing else."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from operations.certificate import CERTIFICATE, KEY, first_certificate


@contextmanager
def shown_with_tls(folder: Path, port: int = 0) -> Iterator[str]:
    """Its address, `host:port`. The certificate is made in the folder where there is none."""
    first_certificate(folder, "")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    listener = socket.create_server(("127.0.0.1", port))

    def answer() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:  # closed
                return
            with suppress(OSError), context.wrap_socket(client, server_side=True):
                pass

    threading.Thread(target=answer, daemon=True).start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
