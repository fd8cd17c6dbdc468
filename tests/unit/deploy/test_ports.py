"""Two who ask for a free port never get the same one, though neither listens on it yet."""

import random
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Iterator

import pytest

from deploy.local import ports

DRAW = """
from deploy.local import ports
ports.FIRST, ports.LAST = {}
print(ports.freeport(), flush=True)
input()
"""


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[range]:
    """Four ports only, where no other test draws; free when the test begins and given back when it ends."""
    starts = random.sample(range(ports.FIRST - 8000, ports.FIRST - 4, 4), 100)
    first = next(start for start in starts if all(map(ports.is_free, range(start, start + 4))))
    held: deque[socket.socket] = deque()
    monkeypatch.setattr(ports, "_reserved", held)
    monkeypatch.setattr(ports, "FIRST", first)
    monkeypatch.setattr(ports, "LAST", first + 4)
    yield range(first, first + 4)
    for reservation in held:
        reservation.close()


def test_no_port_is_drawn_twice_in_one_process(few: range):
    assert sorted(ports.freeport() for _ in few) == list(few)
    with pytest.raises(OSError, match="no free TCP port"):
        ports.freeport()


def test_no_port_is_drawn_that_a_living_process_drew(few: range):
    command = [sys.executable, "-c", DRAW.format((few.start, few.stop))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = int(other.stdout.readline())
        assert sorted([theirs, *(ports.freeport() for _ in range(3))]) == list(few)
        other.communicate("\n")
    assert ports.freeport() == theirs, "the port of an ended process is free again"


def test_old_reservations_make_room_for_new_ones(few: range, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ports, "RESERVED_AT_ONCE", 2)
    drawn = [ports.freeport() for _ in range(10)]
    assert set(drawn) <= set(few)
