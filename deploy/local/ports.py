"""Free TCP ports on 127.0.0.1."""

import random
import socket
from collections import deque

# Below Linux's ephemeral range (32768-60999): a port from that range can be taken by anybody's outgoing
# connection while the server that owns it restarts, even by a client of that very server.
FIRST, LAST = 20000, 32000
RABBITMQ_DISTRIBUTION = 25672

# A port is often drawn long before a server listens on it, and nothing but luck would keep a second draw,
# here or in a process beside us, from the same one. So each drawer holds the UDP port of the same number:
# nobody else wants it, and the kernel gives it back when the process ends. Only the newest so many, for the
# sake of the limit on open files: what was drawn before them listens by now, or never will.
_reserved: deque[socket.socket] = deque()
RESERVED_AT_ONCE = 200


def freeport() -> int:
    """A port that nothing listens on now and that nobody else who asks here is given while this process
    lives. Whoever needs it again later remembers it.
    """
    for port in random.sample(range(FIRST, LAST), min(200, LAST - FIRST)):
        if port != RABBITMQ_DISTRIBUTION and is_free(port) and _reserve(port):
            return port
    raise OSError(f"no free TCP port between {FIRST} and {LAST} on 127.0.0.1")


def _reserve(port: int) -> bool:
    reservation = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        reservation.bind(("127.0.0.1", port))
    except OSError:
        reservation.close()
        return False
    _reserved.append(reservation)
    if len(_reserved) > RESERVED_AT_ONCE:
        _reserved.popleft().close()
    return True


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
