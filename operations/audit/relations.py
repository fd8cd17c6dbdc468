"""The relations between services: by which events one hands on its arrivals or cases to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from chassis.handover import RecordedAt, VersionRows
from operations.audit.unhandled_events import Recorded
from operations.databases import database_of, settings_of
from services.isolation import handover as isolation
from services.notification import handover as notification
from services.registration import handover as registration

T = TypeVar("T")
Counts = Counter[str]


@dataclass(frozen=True)
class Relation:
    """Of what one service records, each version is an event that another takes in.

    :param source: the service that records, `taker` the one that takes in.
    :param first: type and handler of the event of version 1; `later` of all others.
    :param recorded: the versions of the source, `taken_in` those of the taker; each from one snapshot.
    :param versions_taken_in: of these ids, the versions that the taker has by now.
    :param excused: versions for whose absence it has recorded a reason.
    :param recorded_at: when the first version and the newest were recorded, in real time.
    :param orphan: what is missing, and why, where the taker knows an id that the source does not.
    :param gone: the same where the taker has handled an event of which nothing is left; it is given the event
        and whether the taker knows the id.
    :param sums: the counts of first and of later versions as they are shown.
    """

    source: str
    taker: str
    first: tuple[str, str]
    later: tuple[str, str]
    recorded: Callable[[Connection], VersionRows]
    taken_in: Callable[[Connection], VersionRows]
    versions_taken_in: Callable[[Sequence[str]], dict[str, set[int]]]
    excused: Callable[[Sequence[str]], set[tuple[str, int]]]
    recorded_at: Callable[[Sequence[str]], dict[str, RecordedAt]]
    orphan: tuple[str, str]
    gone: Callable[[Recorded, bool], tuple[str, str, str]]
    sums: Callable[[Counts, Counts], dict[str, dict[str, Any]]]

    def kind(self, version: int) -> tuple[str, str]:
        return self.first if version == 1 else self.later


def _now(service: str, ask: Callable[[Connection, Sequence[str]], T]) -> Callable[[Sequence[str]], T]:
    """The query on the service's database as it is now, not as it was at the snapshot."""

    def asked(ids: Sequence[str]) -> T:
        with database_of(service).read() as conn:
            return ask(conn, ids)

    return asked


def _in_real_time(
    service: str, ask: Callable[[Connection, Sequence[str]], dict[str, RecordedAt]]
) -> Callable[[Sequence[str]], dict[str, RecordedAt]]:
    """Times of the field in real time, as the field's clock runs now."""

    def asked(ids: Sequence[str]) -> dict[str, RecordedAt]:
        offset = settings_of(service).clock().now() - datetime.now(UTC)
        found = _now(service, ask)(ids)
        return {id: RecordedAt(at.first - offset, at.newest - offset) for id, at in found.items()}

    return asked


def _open(count: Counts) -> dict[str, int]:
    return {name: count[name] for name in ("in_flight", "dead_lettered", "lost", "gone")}


# -- arrivals and their cases --------------------------------------------------------------------------------


def _case_gone(event: Recorded, known: bool) -> tuple[str, str, str]:
    if known:
        return "reassessment", event.id, "isolation handled it, and the case does not know it"
    return "case", event.about, "isolation handled its arrival; there is no case, and no reason for none"


def _arrival_sums(first: Counts, later: Counts) -> dict[str, dict[str, Any]]:
    return {
        "arrivals": {
            "registered": first["due"],
            "with_case": first["done"],
            "waiting_for_policy": first["excused"],
            **_open(first),
        },
        "reassessments": {
            "recorded": later["due"],
            "taken_in": later["done"],
            "waiting_for_policy": later["excused"],
            **_open(later),
        },
    }


ARRIVALS_HAVE_CASES = Relation(
    source="registration",
    taker="isolation",
    first=("arrival.registered", "isolation.open_case"),
    later=("arrival.reassessed", "isolation.reassess_case"),
    recorded=registration.recorded,
    taken_in=isolation.taken_in,
    versions_taken_in=_now("isolation", isolation.versions_taken_in),
    excused=_now("isolation", isolation.excused),
    recorded_at=_in_real_time("registration", registration.recorded_at),
    orphan=("arrival", "isolation has its case, and registration has no such arrival"),
    gone=_case_gone,
    sums=_arrival_sums,
)


# -- cases and their notices ---------------------------------------------------------------------------------


def _notice_gone(event: Recorded, known: bool) -> tuple[str, str, str]:
    return "notice", event.id, "notification handled it, and the notice is not there"


def _notice_sums(first: Counts, later: Counts) -> dict[str, dict[str, Any]]:
    both = first + later
    return {"notices": {"due": both["due"], "written": both["done"], **_open(both)}}


CASES_HAVE_NOTICES = Relation(
    source="isolation",
    taker="notification",
    first=("case.opened", "notification.tell_case_opened"),
    later=("case.changed", "notification.tell_case_changed"),
    recorded=isolation.recorded,
    taken_in=notification.taken_in,
    versions_taken_in=_now("notification", notification.versions_taken_in),
    excused=_now("notification", notification.excused),
    recorded_at=_in_real_time("isolation", isolation.recorded_at),
    orphan=("case", "notification told of it, and isolation has no such case"),
    gone=_notice_gone,
    sums=_notice_sums,
)

RELATIONS = (ARRIVALS_HAVE_CASES, CASES_HAVE_NOTICES)
SUMS = {"registration": registration.sums, "isolation": isolation.sums, "notification": notification.sums}
"""Service -> its own account."""

BY_STREAM = frozenset(kind for relation in RELATIONS for kind in (relation.first, relation.later))
"""(event type, handler) of events that are compared here, and need not be looked up in the event log."""
