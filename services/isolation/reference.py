"""Policies, places and staff as this process knows them: read again when their revision has changed.

The revisions are read in the transaction that uses what is known, so a case is never given to somebody who
had already left when the transaction began.
"""

from __future__ import annotations

from dataclasses import dataclass

from chassis.copies import Cache, Revised
from chassis.unit_of_work import UnitOfWork
from field.places import PlaceTree
from services.isolation.policies.known import Policies, read_policies
from services.isolation.policies.tables import policies
from services.isolation.revisions import OPEN_POLICIES, REVISIONS
from services.isolation.teams.known import read_places, read_staff
from services.isolation.teams.rules import Place, Staff
from services.isolation.teams.tables import places, staff


@dataclass(frozen=True, slots=True)
class Reference:
    policies: Policies
    places: PlaceTree[Place]
    staff: Staff


def current(uow: UnitOfWork) -> Reference:
    """All of it, as of the last commit before this transaction read it."""
    return _CACHE.current(uow)


def _read(uow: UnitOfWork, revised: Revised, known: Reference | None) -> Reference:
    conn, number = uow.conn, revised.number
    tree = known.places if known and revised.same(places.name) else read_places(conn)
    # What ends among places moves staff: cases that wait are looked at again after both.
    working = number(staff.name) + number(places.name)
    return Reference(
        known.policies
        if known and revised.same(policies.name, OPEN_POLICIES)
        else read_policies(conn, number(policies.name), number(OPEN_POLICIES), uow.zone),
        tree,
        known.staff if known and revised.same(staff.name, places.name) else read_staff(conn, working, tree),
    )


_CACHE = Cache(REVISIONS, _read)
