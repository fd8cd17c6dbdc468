"""Two arrivals that were one are two again, and one of them has, or had, the bed in a centre.

What was decided meanwhile under the case that went on was decided of whoever was in the centre. The other one
was at home.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.isolation.cases.case import Case
from services.isolation.cases.decisions import CANCEL, DECISIONS, FROM_CENTRE, REOPEN, kinds_of_change
from services.isolation.cases.ending import ended
from services.isolation.cases.events import caused_by_case, differences
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.cases.merged import known_as
from services.isolation.cases.states import MOVED_TO_CENTRAL, OPEN
from services.isolation.cases.story import absence
from services.isolation.cases.tables import case_history
from services.isolation.central.rules import LEFT
from services.isolation.central.see_to_centres import ALONG_WITH
from services.isolation.central.tables import IS_ADMITTED, moves

_M, _H = moves.c, case_history.c
_REOPENED: Final = DECISIONS[REOPEN].told
_DECIDED_AS: Final = "decided_as"
"""In the history of a case that ends as it was decided under another: that other one."""


def decided_meanwhile(conn: Connection, case: Case) -> str | None:
    """The decision with which the bed was given back of somebody who by their own case is in a centre. None:
    they have a bed still, or never had one, or do not stand so.
    """
    if case.state != MOVED_TO_CENTRAL:
        return None
    theirs = known_as(conn, case.case_id)
    if _have_bed(conn, theirs):
        return None
    left = select(_M.ended_as).where(is_in(conn, _M.case_id, theirs), _M.state == LEFT)
    row = conn.execute(left.order_by(_M.settled_at.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return row.ended_as if row.ended_as in DECISIONS else REOPEN


def ended_as_another(conn: Connection, case: Case) -> bool:
    """Whether it ended as the bed of another went along with it, and that other one is none of theirs any
    more, or has no bed: they were at home all the time.
    """
    if case.closed_at is None or case.stripped_at is not None or absence(case.story):
        return False
    # The line of one that opened again joins the kinds of change with '+', `reopened` first.
    ends = select(_H.what, _H.detail).where(
        _H.case_id == case.case_id, or_(_H.what == MOVED_TO_CENTRAL, _H.what.startswith(_REOPENED))
    )
    last = conn.execute(ends.order_by(_H.number.desc()).limit(1)).one_or_none()
    other = (last.detail or {}).get(ALONG_WITH) if last else None
    if other is None:
        return False
    theirs = known_as(conn, case.case_id)
    return not _have_bed(conn, theirs) if case.state == MOVED_TO_CENTRAL else other not in theirs


def end_as_decided(hand: CasesInHand, before: Case, decision: str, under: Case) -> None:
    """Give the case the end that was decided under another of whoever was in the centre.

    :param before: that stands as in a centre.
    :param decision: one that ends a case.
    """
    told = DECISIONS[decision]
    because = because_of(hand.uow.conn, under, told.told)
    after, more = ended(hand, before, told.to)
    cause = caused_by_case(hand.uow, before.case_id, before.correlation_id)
    detail: dict[str, Any] = {_DECIDED_AS: under.case_id, **differences(before, after), **more}
    detail |= {"because": because} if because else {}
    hand.tell(before, after, told.told, cause, kinds_of_change(decision, because), told.told, detail)


def leads_home(conn: Connection, decision: str, under: Case) -> bool:
    """Whether they are followed here again with it: also with what is decided of nobody who is in a centre,
    and was decided before it was known that they are there.
    """
    told = DECISIONS[decision]
    if decision == CANCEL and because_of(conn, under, told.told) not in FROM_CENTRE:
        return True
    return told.to in (OPEN, "") or MOVED_TO_CENTRAL not in told.of


def because_of(conn: Connection, case: Case, what: str) -> str | None:
    """Why an officer decided that last; None: nobody did, or a reason was not asked for.

    :param what: as the history of the case calls the decision.
    """
    lines = select(_H.detail).where(_H.case_id == case.case_id, _H.what == what)
    detail: dict[str, Any] = conn.execute(lines.order_by(_H.number.desc()).limit(1)).scalar() or {}
    return detail.get("because")


def _have_bed(conn: Connection, case_ids: Collection[str]) -> bool:
    there = select(_M.move_id).where(is_in(conn, _M.case_id, case_ids), IS_ADMITTED)
    return conn.execute(there.limit(1)).first() is not None
