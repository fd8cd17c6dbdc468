"""The outcome of a day, in words that do not depend on ids, on time of handling or on which equal worker.

Two runs of the same day are equal where the same people have the same arrivals, risks, cases, tasks still to
be done and messages. An arrival known from several reports may have passed through other states on the way
(a second report in the same batch or in a later one), so of its messages only the reader of each counts.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select

from chassis.database.engine import Database
from services.isolation import tables as isolation
from services.notification import tables as notification
from services.registration import tables as registration

Outcome = dict[str, Any]

# Stands with either arrival of a pair: with the one whose id is smaller, and the id follows from the report
# that came first. The pairs are compared themselves.
_ABOUT_PAIRS = "staff_possible_duplicate"
_WENT_ALONG = "worker_joined"  # tasks go along only where the report that named the first door came first


def outcome_of(databases: dict[str, Database]) -> Outcome:
    arrivals, several = arrivals_of(databases["registration"])
    cases = _cases(databases["isolation"])
    messages = _messages(databases["notification"], several)
    return {
        "arrivals": {
            name: (facts, cases.get(arrival), messages.get(arrival))
            for arrival, (name, facts) in arrivals.items()
        },
        "cases_without_arrival": sorted(cases.keys() - arrivals.keys()),
        "messages_without_arrival": sorted(messages.keys() - arrivals.keys()),
        "pairs": _pairs(databases["registration"], {id: name for id, (name, _) in arrivals.items()}),
        "reports": _reports(databases["registration"]),
        "dead": {service: sorted(_dead(database)) for service, database in databases.items()},
    }


def arrivals_of(database: Database) -> tuple[dict[str, tuple[str, Any]], set[str]]:
    keys: dict[str, list[str]] = defaultdict(list)
    found: dict[str, tuple[str, Any]] = {}
    several: set[str] = set()
    t = registration.arrivals.c
    with database.read() as conn:
        person_keys = registration.person_keys.c
        for row in conn.execute(select(person_keys.key, person_keys.person_id)):
            keys[row.person_id].append(row.key)
        for row in conn.execute(select(registration.arrivals)):
            name = f"{min(keys[row.person_id])} {row.place_key} {row.arrived_at.isoformat()}"
            facts = (
                row.risk_level,
                row.risk_certainty,
                row.left_on,
                row.reports,
                tuple(sorted(row.source_kinds)),
                row.community,
                row.grid,
                row.expected,
                bool(row.worker),
            )
            found[row.id] = (name, facts)
            if row.version > 1 or row.reports > 1:
                several.add(row.id)
        households = conn.execute(select(t.household_id, t.id)).all()
    members: dict[str, list[str]] = defaultdict(list)
    for row in households:
        members[row.household_id].append(row.id)
    for group in members.values():  # a household's message may follow any of its arrivals
        if any(one in several for one in group):
            several.update(group)
    return found, several


def _cases(database: Database) -> dict[str, Any]:
    tasks: dict[str, list[Any]] = defaultdict(list)
    found = {}
    with database.read() as conn:
        t = isolation.tasks.c
        for row in conn.execute(select(t.case_id, t.kind, t.day, t.role, t.state)):
            if row.state != "cancelled":
                tasks[row.case_id].append((row.kind, row.day, row.role, row.state))
        for row in conn.execute(select(isolation.cases)):
            team = tuple(sorted(role for role, _ in row.team))
            found[row.case_id] = (
                row.measure,
                row.state,
                row.days,
                row.counted_from,
                row.release_on,
                row.policy_id,
                team,
                bool(row.owner),
                tuple(sorted(tasks.pop(row.case_id, []))),
            )
    assert not tasks, "tasks without a case"
    return found


def _messages(database: Database, several: set[str]) -> dict[str, Any]:
    found: dict[str, list[Any]] = defaultdict(list)
    with database.read() as conn:
        m = notification.messages.c
        for row in conn.execute(select(m.case_id, m.recipient_kind, m.role, m.template)):
            if row.template == _ABOUT_PAIRS or (row.template == _WENT_ALONG and row.case_id in several):
                continue
            reader = (row.recipient_kind, row.role or "")
            found[row.case_id].append(reader if row.case_id in several else (*reader, row.template))
    return {
        case: tuple(sorted(set(readers) if case in several else readers)) for case, readers in found.items()
    }


def _pairs(database: Database, names: dict[str, str]) -> dict[str, str]:
    """The pairs about which staff are asked, and why."""
    p = registration.possible_duplicates.c
    with database.read() as conn:
        rows = conn.execute(select(p.first, p.second, p.why).where(p.state == "open"))
        return {" and ".join(sorted((names[row.first], names[row.second]))): row.why for row in rows}


def _reports(database: Database) -> dict[tuple[str, str], str]:
    """Each report by source and id. Which of two reports of one coming was first depends on the order."""
    r = registration.reports.c
    with database.read() as conn:
        return {
            (row.source, row.event_id): "good" if row.outcome in ("registered", "merged") else row.outcome
            for row in conn.execute(select(r.source, r.event_id, r.outcome))
        }


def _dead(database: Database) -> set[str]:
    letters = registration.metadata.tables["dead_letters"].c
    with database.read() as conn:
        rows = conn.execute(select(letters.handler, letters.error, letters.event_id))
        return {f"{row.handler} {row.event_id or ''} {row.error}" for row in rows}
