"""The three kinds of failure that the chassis distinguishes: a wrong setting, wrong work, an absent world."""

from __future__ import annotations

import errno
import socket
import sqlite3
import ssl
from collections.abc import Iterable

from contracts.faults import Fault

# SQLSTATE classes and codes of PostgreSQL that say nothing about the work itself:
# 08 connection, 53 resources (disk full, too many connections), 57P administrator shutdown and start-up,
# 58 system error, 25006 read-only (a standby), 40001 serialization failure, 40P01 deadlock, 55P03 lock.
_AWAY_CLASSES = ("08", "53", "57P", "58")
_AWAY_CODES = ("25006", "40001", "40P01", "55P03")
_CANCELLED = "57014"
_AWAY_SQLITE = ("locked", "busy", "disk i/o error", "disk is full", "unable to open", "readonly database")
_AWAY_SYSTEM = (
    errno.ENOSPC,
    errno.EMFILE,
    errno.ENFILE,
    errno.EHOSTUNREACH,
    errno.EHOSTDOWN,
    errno.ENETUNREACH,
    errno.ENETDOWN,
    errno.EADDRNOTAVAIL,
    errno.EBADF,  # a connection that was closed while it was waited for
)


class SettingsError(Exception):
    """A setting is missing or wrong. The text is one line that says which, and what to do."""


class FaultyFiles(SettingsError):
    """Files that a setting names are wrong. The text has a line for each fault."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


class Wrong(Exception):
    """The work is wrong and doing it again will not help: it becomes a dead letter at once.

    The text is kept with the dead letter and shown to operators: no personal data in it.
    """


class WorldAway(Exception):
    """The broker or the database is away. Wait and do the same work again."""


def is_world_away(error: BaseException) -> bool:
    """Whether the broker or the database is away (connection lost, deadlock, disk full).

    Everybody who consumes, publishes or repeats asks this one function.
    """
    if isinstance(error, WorldAway | ConnectionError | TimeoutError):
        return True
    # Here, because publishing from a file needs no database, and half of its start went into loading this.
    from sqlalchemy import exc as sa_exc

    if isinstance(error, sa_exc.DBAPIError):
        return error.connection_invalidated or _driver_says_away(error.orig)
    if isinstance(error, sa_exc.TimeoutError):  # the pool had no connection in time
        return True
    if isinstance(error, OSError):
        return _system_says_away(error)
    # By name: not every command that asks has loaded the broker's library, which takes a while.
    return any(kind.__module__ == "amqp.exceptions" for kind in type(error).__mro__)


def is_too_slow(error: BaseException) -> bool:
    """Whether PostgreSQL cancelled a statement: it took longer than the time limit of its connection.

    This is the work's fault and not the world's: of a batch, one event may be what takes so long.
    """
    return getattr(getattr(error, "orig", None), "sqlstate", None) == _CANCELLED


def _system_says_away(error: OSError) -> bool:
    if isinstance(error, socket.gaierror | ssl.SSLError):
        return True
    # py-amqp raises a plain OSError without a number when the broker has closed the connection. Errors about
    # files have a number; they belong to the work.
    return error.errno in _AWAY_SYSTEM or (type(error) is OSError and error.errno is None)


def _driver_says_away(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.OperationalError):
        text = str(error).lower()
        return any(sign in text for sign in _AWAY_SQLITE)
    state = getattr(error, "sqlstate", None)
    if state is not None:
        return state in _AWAY_CODES or state.startswith(_AWAY_CLASSES)
    # psycopg gives no SQLSTATE when the connection itself failed, but it raises a class for that.
    kinds = {kind.__name__ for kind in type(error).__mro__}
    return not kinds.isdisjoint(("OperationalError", "InterfaceError"))
