"""Which role somebody has, and which rows they reach with an act: read from the service's own tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from sqlalchemy import select

from chassis.copies import Cache, Revised
from chassis.doors.declared import Directory
from chassis.doors.roles import Roles
from chassis.doors.tokens import Actor
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.places import PlaceTree
from field.scope import EVERYWHERE, Scope

_LEVELS_BELOW = 12  # a loop in bad data ends here


@dataclass(frozen=True, slots=True)
class _Place:
    parent: str | None
    level: str


@dataclass(frozen=True, slots=True)
class Reach:
    """:param tree: the places, where the service has any."""

    role: str
    scope: Scope
    tree: PlaceTree[_Place]

    def covers_place(self, place_id: str) -> bool:
        """Whether all rows at this place are within the scope."""
        return self.scope.everywhere or not self.scope.places.isdisjoint(self.tree.upward(place_id))


class Reaching:
    """Asked in the transaction that acts: whoever has left reaches nothing from the next request on."""

    def __init__(self, service: str, directory: Directory, roles: Roles) -> None:
        self._service, self._directory, self._roles = service, directory, roles
        revisions = directory.revisions
        self._trees = Cache(revisions, self._read_tree) if revisions else None

    def __call__(self, uow: UnitOfWork, actor: Actor, act: str) -> Reach:
        """Raises Refused `not_allowed`."""
        role, place = self._role(uow, actor)
        if role is None:
            raise _not_allowed("you are not among the staff who are active")
        if not self._roles.may(role, self._service, act):
            raise _not_allowed(f"{role} may not do this")
        tree = self._trees.current(uow) if self._trees else PlaceTree[_Place]({})
        if actor.author.kind in ("publisher", "console"):
            return Reach(role, EVERYWHERE, tree)
        if actor.author.kind == "link":
            return Reach(role, Scope(households=frozenset(filter(None, [actor.household]))), tree)
        return Reach(role, Scope(self._places(tree, place)), tree)

    def _role(self, uow: UnitOfWork, actor: Actor) -> tuple[str | None, str | None]:
        kind = actor.author.kind
        if kind != "staff":
            return {"link": "resident"}.get(kind, kind), None
        if self._directory.staff is None:
            return None, None
        s = self._directory.staff.c
        found = uow.conn.execute(
            select(s.role, s.place).where(s.staff_id == actor.author.id, s.active.is_(True))
        ).one_or_none()
        return (found.role, found.place) if found else (None, None)

    def _places(self, tree: PlaceTree[_Place], place_id: str | None) -> frozenset[str]:
        """The place, those that were dissolved into it, and below it those that rows name."""
        own = tree.now(place_id) if place_id else None
        if own is None:
            return frozenset()
        reached = {own, *(gone for gone in tree.ended if tree.now(gone) == own)}
        known = tree.by_id.get(own)
        if known is not None and known.level not in self._directory.levels:
            reached |= _nearest_below(tree, own, self._directory.levels)
        return frozenset(reached)

    def _read_tree(
        self, uow: UnitOfWork, revised: Revised, held: PlaceTree[_Place] | None
    ) -> PlaceTree[_Place]:
        table = self._directory.places
        if table is None:
            return PlaceTree({})
        if held and revised.same(table.name):
            return held
        p = table.c
        rows = uow.conn.execute(select(p.place_id, p.parent, p.level, p.removed, p.successor)).all()
        return PlaceTree(
            {row.place_id: _Place(row.parent, row.level) for row in rows if not row.removed},
            {row.place_id: row.successor or row.parent for row in rows if row.removed},
        )


def _nearest_below(tree: PlaceTree[_Place], above: str, levels: frozenset[str]) -> set[str]:
    """Below a city its districts or streets: whatever is first of a level that rows name."""
    children: dict[str, list[str]] = defaultdict(list)
    for place_id, place in tree.by_id.items():
        if (parent := tree.now(place.parent)) is not None:
            children[parent].append(place_id)
    found: set[str] = set()
    looked_at = children[above]
    for _ in range(_LEVELS_BELOW):
        named = {place for place in looked_at if tree.by_id[place].level in levels}
        found |= named
        looked_at = [child for place in looked_at if place not in named for child in children[place]]
        if not looked_at:
            break
    return found


def _not_allowed(message: str) -> Refused:
    return Refused("not_allowed", [Fault("", "not_allowed", message)])
