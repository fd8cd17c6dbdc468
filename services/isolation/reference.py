"""Policies, places and staff as this process knows them: read again when their revision has changed.

The revisions are read in the transaction that uses what is known, so a case is never given to somebody who
had already left when the transaction began.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from weakref import WeakKeyDictionary
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Connection, Engine

from services.isolation.policies.known import Policies, read_policies
from services.isolation.revisions import PLACES, POLICIES, STAFF, read_revisions
from services.isolation.teams.known import Places, read_places, read_staff
from services.isolation.teams.rules import Staff


@dataclass(frozen=True, slots=True)
class Reference:
    policies: Policies
    places: Places
    staff: Staff


_known: WeakKeyDictionary[Engine, Reference] = WeakKeyDictionary()
_lock = threading.Lock()


def current(conn: Connection, zone: ZoneInfo) -> Reference:
    """What is known, brought up to date."""
    revisions = read_revisions(conn)
    with _lock:
        known = _known.get(conn.engine)
    policies = known.policies if known else None
    places = known.places if known else None
    staff = known.staff if known else None
    if policies is None or policies.revision != revisions.get(POLICIES, 0):
        policies = read_policies(conn, revisions, zone)
    if places is None or places.revision != revisions.get(PLACES, 0):
        places = read_places(conn, revisions.get(PLACES, 0))
    if staff is None or staff.revision != revisions.get(STAFF, 0):
        staff = read_staff(conn, revisions.get(STAFF, 0))
    if known and policies is known.policies and places is known.places and staff is known.staff:
        return known
    fresh = Reference(policies, places, staff)
    with _lock:
        _known[conn.engine] = fresh
    return fresh
