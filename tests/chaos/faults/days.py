"""The demo's days in a local system, and what became of everybody in them."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select

from chassis.stuck_rows import count_by_chore
from demo.days.operators import Operators
from demo.days.play import Around, play_in, undisturbed
from demo.follow_day import DEMO_SETTINGS, MORNING, Watching, follow, start_own
from demo.report import Report
from deploy.local.system import LocalSystem
from operations.databases import database_of, databases, settings_of
from services.isolation.cases.tables import case_history
from services.isolation.central.tables import moves
from services.isolation.check_ins.tables import check_ins
from services.isolation.positives.tables import close_contacts
from services.isolation.rounds.tables import round_people
from tests.chaos.outcome import Outcome, outcome_of
from tests.system import KEYS

# With the same keys two systems call a person the same.
_SETTINGS = {**DEMO_SETTINGS, **KEYS, "DOORSTEP_RETRY_DELAYS": "1,1,2,2,5"}


@dataclass(frozen=True)
class Played:
    """:param stuck: service -> rows that a timer has set aside."""

    outcome: Outcome
    report: Report
    stuck: dict[str, dict[str, int]]


def settings(folder: Path, urls: Mapping[str, str] | None = None) -> dict[str, str]:
    """:param urls: service -> its empty database; None: SQLite, below the folder."""
    of_services = {f"DOORSTEP_{service.upper()}_DATABASE_URL": url for service, url in (urls or {}).items()}
    return {**_SETTINGS, **of_services, "DOORSTEP_VAR": str(folder)}


def new_system(folder: Path) -> LocalSystem:
    """In an environment with these settings."""
    _forget_settings()
    return LocalSystem(folder, links=True)


def _forget_settings() -> None:
    settings_of.cache_clear()
    database_of.cache_clear()


def played(operators: Operators, arrivals: int, days: int, around: Around = undisturbed) -> Played:
    """Start the system, let the morning and the days pass in it, and end it."""
    system, say = operators.system, operators.say
    watching = Watching(say, lambda _now, _day: None, lambda: False)

    def start() -> None:
        start_own(system, say)
        assert system.broker is not None
        system.broker.write_queues_down()

    try:
        followed = follow(
            start,
            arrivals,
            watching,
            time.monotonic(),
            lambda truth: play_in(operators, days, MORNING, truth, lambda: False, around),
        )
        found = Played(_outcome(), followed.report, _stuck())
        for database in databases().values():
            database.dispose()
        return found
    finally:
        system.stop()
        _forget_settings()


def _stuck() -> dict[str, dict[str, int]]:
    found = {}
    for service, database in databases().items():
        with database.read() as conn:
            if stuck := count_by_chore(conn):
                found[service] = stuck
    return found


def _outcome() -> Outcome:
    """With what was said and done in each case; without digests, which stand for no arrival and go to any of
    equal workers."""
    outcome = outcome_of(dict(databases()))
    outcome["messages_without_arrival"] = []
    # Whoever was expected came in the minute in which a worker said so.
    outcome["arrivals"] = {_to_the_hour(name): found for name, found in outcome["arrivals"].items()}
    acts: dict[str, Counter[str]] = defaultdict(Counter)
    with database_of("isolation").read() as conn:
        h, c, m, p = case_history.c, check_ins.c, moves.c, round_people.c
        for case_id, what in conn.execute(select(h.case_id, h.what)):
            acts[case_id][what] += 1
        listed = Counter(conn.execute(select(close_contacts.c.case_id)).scalars())
        for case_id, of_it in acts.items():  # one or two, as a timer looked between two that were listed
            assert of_it["tell_contacts"] <= listed[case_id], case_id
            of_it["tell_contacts"] = min(1, of_it["tell_contacts"])
        for (case_id,) in conn.execute(select(c.case_id)):
            acts[case_id]["check_in"] += 1
        for case_id, state, ended_as in conn.execute(select(m.case_id, m.state, m.ended_as)):
            acts[case_id][f"move {state} {ended_as}"] += 1
        for case_id, state, why in conn.execute(select(p.case_id, p.state, p.why)):
            acts[case_id or "of a register"][f"round {state} {why}"] += 1
    outcome["acts"] = {case_id: tuple(sorted(found.items())) for case_id, found in acts.items()}
    return outcome


def _to_the_hour(name: str) -> str:
    """:param name: of an arrival: whose, where, and when."""
    who_and_where, _, moment = name.rpartition(" ")
    return f"{who_and_where} {moment[:13]}"
