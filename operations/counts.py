"""How much there is of everything, as the services count it: the progress of a day, and its outcome."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Column

from chassis.database.statements import count_by
from chassis.messaging.dead_letters import DEAD
from operations.databases import database_of, databases, settings_of
from services.isolation import door as isolation
from services.notification import door as notification
from services.registration import door as registration


@dataclass(frozen=True)
class Progress:
    """:param messages: queued ones, of which `messages_sent` are out, one way or the other."""

    reports: int
    arrivals: int
    cases: int
    messages: int
    messages_sent: int


@dataclass(frozen=True)
class Counts:
    """Each: name -> how many.

    :param risk: arrivals by level and certainty; `doorstep`: by whether their community is known.
    :param dead_letters: by reason.
    """

    reports: dict[str, int]
    risk: dict[str, int]
    doorstep: dict[str, int]
    persons: int
    cases: dict[str, int]
    tasks: dict[str, int]
    messages: dict[str, int]
    messages_still_to_send: int
    dead_letters: dict[str, int]


def progress() -> Progress:
    with database_of("registration").read() as conn:
        arrivals = registration.PROGRESS(conn)
    with database_of("isolation").read() as conn:
        cases = isolation.HOW_MANY_CASES(conn)
    with database_of("notification").read() as conn:
        messages = notification.COUNTS(conn)
    sent = messages.all - messages.still_to_send
    return Progress(arrivals.reports, arrivals.arrivals, cases, messages.all, sent)


@dataclass(frozen=True)
class Acts:
    """What people and other systems said, as the histories of the services count it.

    :param in_rounds: people of rounds of tests, by how they stand.
    :param most_messages: that one member of staff got on one day, beside urgent ones.
    """

    arrivals: dict[str, int]
    cases: dict[str, int]
    check_ins: dict[str, int]
    in_rounds: dict[str, int]
    most_messages: int


def acts() -> Acts:
    with database_of("registration").read() as conn:
        arrivals = registration.ACTS(conn)
    with database_of("isolation").read() as conn:
        cases, check_ins = isolation.ACTS(conn), isolation.CHECK_INS(conn)
        in_rounds = isolation.ROUND_COUNTS(conn)
    with database_of("notification").read() as conn:
        most = notification.MOST_TO_ONE(conn)
    return Acts(arrivals, cases, check_ins, in_rounds, most)


def what_became() -> dict[str, isolation.Became]:
    """Of every case, by its id."""
    settings = settings_of("isolation")
    with database_of("isolation").read() as conn:
        return isolation.WHAT_BECAME(conn, settings.clock().today(settings.zone))


def counts() -> Counts:
    with database_of("registration").read() as conn:
        arrivals = registration.COUNTS(conn)
    with database_of("isolation").read() as conn:
        cases = isolation.COUNTS(conn)
    with database_of("notification").read() as conn:
        messages = notification.COUNTS(conn)
    return Counts(
        reports=arrivals.reports,
        risk=arrivals.risk,
        doorstep=arrivals.doorstep,
        persons=arrivals.persons,
        cases=cases.cases,
        tasks=cases.tasks,
        messages=messages.messages,
        messages_still_to_send=messages.still_to_send,
        dead_letters=_dead_letters(DEAD.c.error),
    )


def _dead_letters(column: Column[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for database in databases().values():
        with database.read() as conn:
            for value, count in count_by(conn, column).items():
                found[value] = found.get(value, 0) + count
    return found
