"""Finding the arrival that is meant: by an id of any kind, or one that shows much."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date

from sqlalchemy.engine import Connection

from operations.databases import database_of
from operations.errors import NotFound
from services.isolation import door as isolation
from services.notification import door as notification
from services.registration import door as registration

# Among so many arrivals of a level one is picked.
CANDIDATES = 50

_BY_OWN_ID: tuple[tuple[str, Callable[[Connection, str], str | None]], ...] = (
    ("registration", registration.ARRIVAL_WITH_ID),
    ("isolation", isolation.CASE_WITH_ID),
    ("notification", notification.CASE_OF_MESSAGE),
)


def arrivals_of(wanted: str) -> list[str]:
    """The arrivals that an id belongs to: of an arrival, case, task, message, report or event.

    Raises NotFound.
    """
    own = _id_in(wanted)
    if own:
        for service, ask in _BY_OWN_ID:
            with database_of(service).read() as conn:
                arrival = ask(conn, own)
            if arrival:
                return [arrival]
    with database_of("registration").read() as conn:
        found = registration.ARRIVALS_OF_REPORT(conn, wanted, own)
    if isinstance(found, registration.LedToNoArrival):
        outcome = found.outcome.replace("_", " ")
        raise NotFound(f"report {found.report_id} led to no arrival: {outcome}: {found.reasons}")
    if not found:
        raise NotFound(f"nothing is known of {wanted}: it may be in flight or dead, see `doorstep audit`")
    return found


def picked(level: str) -> str:
    """An arrival of this risk level: one that is sure, has a worker, and is followed the longest.

    Raises NotFound.
    """
    with database_of("registration").read() as conn:
        candidates = registration.ARRIVALS_WITH_RISK(conn, level, CANDIDATES)
    if not candidates:
        raise NotFound(f"there is no arrival with risk {level}")
    with database_of("isolation").read() as conn:
        followed = isolation.FOLLOWED(conn, candidates)
    # The first of equals; one without a case only where no other is there.
    return max(candidates, key=lambda arrival: _length(followed.get(arrival)))


def _length(followed: isolation.Followed | None) -> tuple[bool, int, date]:
    if followed is None:
        return False, -1, date.min
    return followed.has_owner, followed.days, followed.release_on or date.min


def _id_in(text: str) -> str | None:
    """`0192…`, or the one inside `arrival.registered:0192…:1`."""
    for part in text.split(":"):
        try:
            return str(uuid.UUID(part))
        except ValueError:
            continue
    return None
