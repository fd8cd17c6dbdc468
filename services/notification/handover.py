"""Cases as notification took them in, and its account of notices and messages. See `chassis.handover`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.handover import Sums, VersionRows, versions
from services.notification.messages import queries
from services.notification.messages.digest_queries import lacking_in_digests
from services.notification.messages.past_their_term import past_their_term
from services.notification.messages.states import STATES
from services.notification.messages.tables import notices
from services.notification.reference.copies import PLACES, STAFF

COPIES = (PLACES, STAFF)
_OF_A_CASE = notices.c.event.in_(("case.opened", "case.changed"))


def taken_in(conn: Connection) -> VersionRows:
    """Every case with a notice: the opening and each change have one, which knows its planned messages."""
    return versions(notices.c.case_id, func.count()).where(_OF_A_CASE).group_by(notices.c.case_id)


def versions_taken_in(conn: Connection, ids: Sequence[str]) -> dict[str, set[int]]:
    n = notices.c
    found: dict[str, set[int]] = {}
    for case_id, version in conn.execute(
        select(n.case_id, n.version).where(is_in(conn, n.case_id, ids) & _OF_A_CASE)
    ):
        found.setdefault(case_id, set()).add(version)
    return found


def excused(conn: Connection, ids: Sequence[str]) -> set[tuple[str, int]]:
    """None: every change of a case gets its notice, if one without messages."""
    return set()


def late(conn: Connection, now: datetime, zone: ZoneInfo) -> Sums:
    """Messages whose term is long over: held ones, leased ones, and those that nobody tries to send."""
    found = Sums()
    for why, (count, named) in past_their_term(conn, now).items():
        for id in named:
            found.lack("message", id, why)
        found.count_unnamed(count, len(named))
    return found


def sums(conn: Connection, today: date) -> Sums:
    """Every planned message is there, once, in a state that is known."""
    own = queries.audit(conn)
    by_state: dict[str, int] = own["messages_by_state"]
    found = Sums(
        {
            "messages": {
                "planned": own["messages_planned"],
                "found": own["messages_found"],
                "by_state": {state: count for state, count in by_state.items() if count},
                "not_told": own["messages_not_told"],
            },
            "digests": own["digests"],
        }
    )
    found.balanced = own["balanced"]
    named = 0
    for notice in own["missing"]:
        named += abs(notice["planned"] - notice["found"])
        why = f"{notice['planned']} messages were planned, {notice['found']} are there"
        lacking = ", ".join(notice["missing"])
        id = f"{notice['case_id']} {notice['notice']}"
        found.lack("message", id, f"{why}: {lacking}" if lacking else why)
    found.count_unnamed(own["messages_missing"], named)
    for what, there, told in lacking_in_digests(own["digests"]):
        found.lack("digest", what, f"{there} are to be told by digests, and digests hold {told}")
    if own["messages_without_notice"]:
        found.lack("notice", "messages", f"{own['messages_without_notice']} messages belong to no notice")
    for state in sorted(set(by_state) - set(STATES)):
        found.lack("message state", state, f"{by_state[state]} messages are in it")
    return found
