"""What would become of the open cases if a policy were published now. Nothing is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast, func, select
from sqlalchemy.engine import Connection

from contracts.faults import Fault, Refused
from field.days import day_begins
from field.policies import in_force
from services.isolation.cases.case import Case
from services.isolation.cases.revising import policy_change, revise
from services.isolation.cases.rows import case_from
from services.isolation.cases.story import standing
from services.isolation.cases.tables import cases
from services.isolation.plans.present import Present
from services.isolation.policies.documents import policy_from
from services.isolation.policies.known import not_withdrawn, read_policies
from services.isolation.policies.rules import Policy, rank
from services.isolation.teams.known import read_places

EFFECTS: Final = ("stricter", "laxer", "longer", "shorter", "same")
"""Another measure, or else another day of release, or neither."""
_AT_ONCE: Final = 1000
_C = cases.c


class _Ends(NamedTuple):
    """The measure in force, and the day on which the days of its last stage are full."""

    measure: str
    on: date


@dataclass(frozen=True, slots=True)
class Effects:
    """How many people a policy would change something for.

    :param places: (id of the community, effect) -> people; the id is None where it is not known.
    :param measures: (measure before, measure after) -> people, of those whose measure would change.
    """

    places: Counter[tuple[str | None, str]]
    measures: Counter[tuple[str, str]]

    def add(self, case: Case, before: _Ends, after: _Ends) -> None:
        self.places[case.arrival.community, _effect(before, after)] += 1
        if after.measure != before.measure:
            self.measures[before.measure, after.measure] += 1


@dataclass(frozen=True, slots=True)
class Tried:
    """
    :param version: that it would have; above 1 it corrects the policy of the same id.
    :param at: the moment at which it was tried: now, or when it begins.
    :param open_cases: what would change at that moment for whoever is followed.
    :param newcomers: what would be asked of the same people if they came then and it were in force: where a
        policy does not apply to open cases, this is all that it changes.
    :param names: of the communities.
    :param followed: how many cases are open; where `most` were asked for, only some of them are looked at.
    """

    policy: Policy
    version: int
    at: datetime
    open_cases: Effects
    newcomers: Effects
    names: Mapping[str, str]
    followed: int


def try_policy(
    conn: Connection,
    document: dict[str, Any],
    *,
    now: datetime,
    zone: ZoneInfo,
    progress: Callable[[int, int], None] = lambda done, total: None,
    most: int | None = None,
) -> Tried:
    """Each open case is worked out twice, as it stands and as it would stand, by the rules that plan it.

    :param most: look at about so many of them at most, chosen by chance: a sixteenth, a 256th and so on.

    Raises Refused with all that is wrong with the document, and where it could not be published.
    """
    known = read_policies(conn, 0, 0, zone).by_id
    tried = policy_from(document, version=0, zone=zone)
    before = known.get(tried.policy_id)
    if before is not None and before.withdrawn:
        message = "was withdrawn: try the text under another policy_id"
        raise Refused("conflict", [Fault("policy_id", "withdrawn", message)])
    tried = replace(tried, version=before.version + 1 if before else 1)
    policies = {**known, tried.policy_id: tried}
    holding = not_withdrawn(policies.values())
    at = max(now, day_begins(tried.valid_from, zone))
    total, present = _how_many(conn), Present.at(at, zone)
    found = Tried(tried, tried.version, at, _none(), _none(), {}, total)
    for number, case in enumerate(_open_cases(conn, _ending(total, most)), 1):
        there = in_force(holding, case.arrival.division, present.today)
        now_ends = _as_it_stands(case, known, zone)
        found.open_cases.add(case, now_ends, _changed(case, now_ends, there, policies, present))
        if there is tried:
            found.newcomers.add(case, now_ends, _anew(case, tried, policies, zone))
        progress(number, total)
    tree = read_places(conn).by_id
    ids = {id for id, _ in (*found.open_cases.places, *found.newcomers.places) if id}
    return replace(found, names={id: tree[id].name for id in ids if id in tree})


def _none() -> Effects:
    return Effects(Counter(), Counter())


def _how_many(conn: Connection) -> int:
    return conn.execute(select(func.count()).select_from(cases).where(_C.closed_at.is_(None))).scalar_one()


def _ending(total: int, most: int | None) -> str:
    """With what the ids of those end that are looked at: by the end of an id, chance chooses."""
    ending = ""
    while most is not None and total > most * 16 ** len(ending):
        ending += "0"
    return ending


def _open_cases(conn: Connection, ending: str) -> Iterator[Case]:
    wanted = select(cases).where(_C.closed_at.is_(None)).order_by(_C.case_id).limit(_AT_ONCE)
    if ending:
        wanted = wanted.where(cast(_C.case_id, String).like(f"%{ending}"))
    rows = conn.execute(wanted).all()
    while rows:
        yield from map(case_from, rows)
        rows = conn.execute(wanted.where(_C.case_id > rows[-1].case_id)).all()


def _as_it_stands(case: Case, known: Mapping[str, Policy], zone: ZoneInfo) -> _Ends:
    own = known[case.policy_id]
    names = [case.risk_level]
    if any(one.exposed for one in case.story):
        names.append(own.close_contact)
    if own.discharged and any(one.discharged for one in case.story):
        names.append(own.discharged)
    if own.inbound and any(one.entered_on for one in case.story):
        names.append(own.inbound)
    if not any(own.rules[name].then for name in names):
        return _Ends(case.measure, case.release_on)  # of most cases: to work each out once more takes long
    return _Ends(case.measure, standing(case.story, case.arrival.arrived_at, known, zone).ends_on)


def _changed(
    case: Case, ends: _Ends, there: Policy | None, policies: Mapping[str, Policy], present: Present
) -> _Ends:
    change = policy_change(case, there, policies[case.policy_id], present.now)
    if change is None:
        return ends
    became = revise(case, change, policies, present).standing
    return _Ends(became.rule.measure, became.ends_on)


def _anew(case: Case, tried: Policy, policies: Mapping[str, Policy], zone: ZoneInfo) -> _Ends:
    """As if the policy had been in force when they came."""
    told = [replace(one, policy_id=tried.policy_id) for one in case.story if one.tells_of_them]
    stands = standing(told, case.arrival.arrived_at, policies, zone)
    return _Ends(stands.rule.measure, stands.ends_on)


def _effect(before: _Ends, after: _Ends) -> str:
    by_measure = rank(after.measure) - rank(before.measure)
    if by_measure:
        return "stricter" if by_measure > 0 else "laxer"
    if after.on == before.on:
        return "same"
    return "longer" if after.on > before.on else "shorter"
