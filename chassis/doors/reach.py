"""Which roles somebody has, and which rows they reach with an act: read from the service's own tables.

Reading goes by what they are now, an act by what they were when it happened, at most 72 hours ago.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Table
from sqlalchemy.engine import Connection

from chassis.copies import Cache, Revised
from chassis.doors.declared import Directory
from chassis.doors.roles import Roles
from chassis.doors.statuses import NOT_ACTIVE
from chassis.doors.tokens import Actor
from chassis.doors.within import lies_of
from chassis.reference import Period, PlaceInTree, posts_at, read_periods, read_tree
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.places import PlaceTree
from field.scope import EVERYWHERE, Lies, Scope

LATEST: Final = timedelta(hours=72)
"""So long ago an act may have happened and still be judged by what its author was then."""

_BY_LINK: Final = {"link": "resident", "contact": "contact_person"}
"""Kinds of authors whose scope is one household, and their roles."""
_LEVELS_BELOW = 12  # a loop in bad data ends here


@dataclass(frozen=True, slots=True)
class Reach:
    """:param tree: the places, where the service has any."""

    scope: Scope
    tree: PlaceTree[PlaceInTree]

    def covers_place(self, place_id: str) -> bool:
        """Whether all rows at this place are within the scope."""
        return self.scope.everywhere or not self.scope.places.isdisjoint(self.tree.upward(place_id))


@dataclass(frozen=True, slots=True)
class _Known:
    """What this process holds until places or staff change.

    :param ended: how the places lie that have ended: the tree does not say.
    :param periods: by the member of staff who has asked something since.
    """

    tree: PlaceTree[PlaceInTree]
    ended: Mapping[str, Lies] = field(default_factory=dict)
    periods: dict[str, Sequence[Period]] = field(default_factory=dict)


class Reaching:
    """Asked in the transaction that reads or acts."""

    def __init__(self, service: str, directory: Directory, roles: Roles) -> None:
        self._service, self._directory, self._roles = service, directory, roles
        revisions = directory.revisions
        self._known = Cache(revisions, self._read) if revisions else None

    def __call__(self, uow: UnitOfWork, actor: Actor, act: str, at: datetime | None = None) -> Reach:
        """What an author reaches with an act. Raises Refused `not_allowed`.

        :param at: when it happened (aware), never after now; a query happens now. Staff act as what they were
            then; who began later, as what they are now: they are told of what was before.
        """
        known = self._known.current(uow) if self._known else _Known(PlaceTree({}))
        tree = known.tree
        if actor.author.kind == "staff":
            then = max(min(at or uow.now, uow.now), uow.now - LATEST)
            return Reach(self._of_staff(uow, actor.author.id, act, then, known), tree)
        if role := _BY_LINK.get(actor.author.kind):
            self._check([role], act)
            return Reach(Scope(households=frozenset(filter(None, [actor.household]))), tree)
        self._check([actor.author.kind], act)
        return Reach(EVERYWHERE, tree)

    def _of_staff(self, uow: UnitOfWork, staff_id: str, act: str, at: datetime, known: _Known) -> Scope:
        tree, periods = known.tree, self._periods(uow, staff_id, known)
        posts = posts_at(periods, tree, staff_id, at) or posts_at(periods, tree, staff_id, uow.now)
        if not posts:
            raise _not_allowed("you are not among the staff who are active", NOT_ACTIVE)
        allowed = self._check([post.role for post in posts], act)
        theirs = [post for post in posts if post.role in allowed]
        worked_at = {place for post in theirs for place in post.places}
        reached = frozenset(reached for place in worked_at for reached in self._places(tree, place))
        lies = {id: lies for id in reached if (lies := _lies(tree, id) or known.ended.get(id))}
        return Scope(reached, staff=frozenset(post.staff_id for post in theirs), lies=lies)

    def _check(self, roles: Sequence[str], act: str) -> Set[str]:
        """Those of these roles that may do it."""
        allowed = {role for role in roles if self._roles.may(role, self._service, act)}
        if not allowed:
            raise _not_allowed(f"{' or '.join(dict.fromkeys(roles))} may not do this")
        return allowed

    def _periods(self, uow: UnitOfWork, staff_id: str, known: _Known) -> Sequence[Period]:
        """Their own, and those of whoever has named them as deputy."""
        table = self._directory.staff
        if table is None:
            return ()
        periods = known.periods.get(staff_id)
        if periods is None:
            of_staff = table.metadata.tables["staff_history"] if self._directory.history else table
            periods = known.periods[staff_id] = read_periods(uow.conn, of_staff, staff_id)
        return periods

    def _places(self, tree: PlaceTree[PlaceInTree], place_id: str) -> frozenset[str]:
        """The place, those that were dissolved into it, and below it those that rows name."""
        own = tree.now(place_id)
        if own is None:
            return frozenset()
        reached = {place_id, own, *(gone for gone in tree.ended if tree.now(gone) == own)}
        known = tree.by_id.get(own)
        if known is not None and known.level not in self._directory.levels:
            reached |= _nearest_below(tree, own, self._directory.levels)
        return frozenset(reached)

    def _read(self, uow: UnitOfWork, revised: Revised, held: _Known | None) -> _Known:
        places, staff = self._directory.places, self._directory.staff
        if held and places is not None and revised.same(places.name):
            tree, ended = held.tree, held.ended
        else:
            tree, ended = _read_places(uow.conn, places)
        if held and staff is not None and revised.same(staff.name):
            return _Known(tree, ended, held.periods)
        return _Known(tree, ended)


def _read_places(conn: Connection, places: Table | None) -> tuple[PlaceTree[PlaceInTree], Mapping[str, Lies]]:
    """The tree, and how the places lie that have ended."""
    if places is None:
        return PlaceTree({}), {}
    tree = read_tree(conn, places)
    return tree, lies_of(conn, tree.ended, places) if tree.ended else {}


def _lies(tree: PlaceTree[PlaceInTree], place_id: str) -> Lies | None:
    """None of a place that is not known, or has ended: the tree does not say at what level."""
    place = tree.by_id.get(place_id)
    if place is None:
        return None
    above = tree.by_id.get(place.parent or "")
    return Lies.of(place.level, place.parent, above.level if above else None)


def _nearest_below(tree: PlaceTree[PlaceInTree], above: str, levels: frozenset[str]) -> set[str]:
    """Below a city its districts or streets: whatever is first of a level that rows name."""
    found: set[str] = set()
    looked_at = list(tree.below.get(above, ()))
    for _ in range(_LEVELS_BELOW):
        named = {place for place in looked_at if tree.by_id[place].level in levels}
        found |= named
        others = [place for place in looked_at if place not in named]
        looked_at = [child for place in others for child in tree.below.get(place, ())]
        if not looked_at:
            break
    return found


def _not_allowed(message: str, code: str = "not_allowed") -> Refused:
    return Refused("not_allowed", [Fault("", code, message)])
