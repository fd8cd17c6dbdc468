"""Free TCP ports on 127.0.0.1."""

import random
import socket

# Below Linux's ephemeral range (32768-60999): a port from that range can be taken by anybody's outgoing
# connection while the server that owns it restarts, even by a client of that very server.
FIRST, LAST = 20000, 32000
RABBITMQ_DISTRIBUTION = 25672


def freeport() -> int:
    """A port that nothing listens on now. Whoever needs it again later remembers it."""
    for port in random.sample(range(FIRST, LAST), 200):
        if port != RABBITMQ_DISTRIBUTION and is_free(port):
            return port
    raise OSError(f"no free TCP port between {FIRST} and {LAST} on 127.0.0.1")


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
