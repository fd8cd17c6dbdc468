"""The one place where errors become what the operator reads, and an exit code."""

from __future__ import annotations

import sqlite3

EXIT_FAILED = 1
"""Something could not be done, or something was found that must not be. Wrong usage is 2."""


def lines_of(error: Exception) -> str | None:
    """For the operator: one line, or several for a refused file. None for a bug, whose traceback is shown."""
    from chassis.errors import SettingsError, WorldAway, is_too_slow, is_world_away
    from contracts.faults import Refused
    from deploy.backup.errors import Refused as BackupRefused
    from deploy.local.processes import LocalNodeError
    from operations.errors import OperationFailed

    if isinstance(error, SettingsError) and " is not set" in str(error):
        return f"{error}; or start a system on this machine with `doorstep up`"
    if isinstance(
        error, OperationFailed | Refused | BackupRefused | SettingsError | LocalNodeError | WorldAway
    ):
        return str(error)
    from amqp.exceptions import AMQPError
    from sqlalchemy.exc import DBAPIError

    if isinstance(error, AMQPError):
        return f"the broker refused, or is away ({error})"
    if isinstance(error, DBAPIError) and type(error.orig) is sqlite3.DatabaseError:
        return f"a database cannot be read ({error.orig}): do the settings name the right file?"
    if isinstance(error, DBAPIError) and is_world_away(error):
        said = str(error.orig).strip() or type(error.orig).__name__
        return f"the database is away ({said.splitlines()[0]}): is it running? See `doorstep status`"
    if is_too_slow(error):
        return (
            "the database took too long for one statement and cancelled it: is PostgreSQL busy, or short of "
            "disk? See *QueryCanceled* in docs/operations/faults.md"
        )
    if is_world_away(error):
        return f"the broker is away ({error}): is it running? See `doorstep status`"
    return None
