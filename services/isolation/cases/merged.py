"""Cases that ended because their arrival turned out to be another one, and the case that goes on for each.

What was said of such a case stays with it, for two arrivals may be made two again. Whoever asks what is known
of somebody who is followed asks also what is known of the cases that ended in theirs. News come in any order:
the case that goes on may not be there yet, or may have ended, or be another by tomorrow.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in, upsert_rows
from services.isolation.cases.tables import case_history, cases
from services.isolation.cases.tables import merged_cases as table

_M: Final = table.c
_WRITTEN: Final = ("version", "goes_on_as", "went_on_as", "was_followed", "look_at")


@dataclass(frozen=True, slots=True)
class Said:
    """What the newest news of an arrival say.

    :param version: of the arrival.
    :param goes_on_as: the arrival that it turned out to be; None: it is one of its own.
    :param was_followed: whether its case was open until then.
    """

    version: int
    goes_on_as: str | None
    was_followed: bool


def note_merged(conn: Connection, said: Mapping[str, Said], now: datetime) -> None:
    """Write down as which case each goes on from now on, where that is another than before.

    :param said: of cases that are locked.
    """
    stored = select(_M.case_id, _M.goes_on_as, _M.went_on_as).where(is_in(conn, _M.case_id, said))
    before = {row.case_id: row for row in conn.execute(stored)} if said else {}
    rows = []
    for case_id, news in sorted(said.items()):
        row = before.get(case_id)
        if news.goes_on_as != (row.goes_on_as if row else None):
            rows.append(
                {
                    "case_id": case_id,
                    "version": news.version,
                    "goes_on_as": news.goes_on_as,
                    "went_on_as": (row.went_on_as or row.goes_on_as) if row else None,
                    "was_followed": news.was_followed,
                    "look_at": now,
                }
            )
    upsert_rows(conn, table, rows, key=["case_id"], set=_WRITTEN)


def going_on(conn: Connection, case_ids: Collection[str]) -> dict[str, str]:
    """Of those of these cases that ended merged: the case that goes on in the end, be it there or not.

    Left out are those of a circle: later news, which are under way, open it.
    """
    way: dict[str, str] = {}
    asked = set(case_ids)
    while asked:
        steps = select(_M.case_id, _M.goes_on_as).where(
            is_in(conn, _M.case_id, asked), _M.goes_on_as.is_not(None)
        )
        found = {case_id: other for case_id, other in conn.execute(steps)}
        way |= found
        asked = set(found.values()) - way.keys()
    ends = {case_id: _end(way, case_id) for case_id in case_ids if case_id in way}
    return {case_id: end for case_id, end in ends.items() if end is not None}


def _end(way: Mapping[str, str], case_id: str) -> str | None:
    passed = {case_id}
    while (other := way.get(case_id)) is not None:
        if other in passed:
            return None
        passed.add(other)
        case_id = other
    return case_id


def ended_in(conn: Connection, case_ids: Collection[str]) -> dict[str, str]:
    """The cases that ended merged in one of these, also by way of others: ended case -> which of these."""
    found: dict[str, str] = {}
    asked = {case_id: case_id for case_id in case_ids}
    while asked:
        steps = select(_M.case_id, _M.goes_on_as).where(is_in(conn, _M.goes_on_as, asked))
        new = {case_id: asked[other] for case_id, other in conn.execute(steps)}
        asked = {id: end for id, end in new.items() if id not in found and id not in case_ids}
        found |= asked
    return found


def with_merged(conn: Connection, case_ids: Collection[str]) -> dict[str, str]:
    """These cases, and those that ended merged in one of them: case -> which of these."""
    return {case_id: case_id for case_id in case_ids} | ended_in(conn, case_ids)


def known_as(conn: Connection, case_id: str) -> set[str]:
    """This case, and those that ended merged in it."""
    return set(with_merged(conn, [case_id]))


def one_person(conn: Connection, case_ids: Collection[str]) -> dict[str, str]:
    """These cases and all others of the same people: case -> the one that goes on for it in the end."""
    goes_on_as = going_on(conn, case_ids) if case_ids else {}
    ends = {goes_on_as.get(case_id, case_id) for case_id in case_ids}
    return with_merged(conn, ends) | goes_on_as


def followed_unchanged(conn: Connection, case_ids: Collection[str], since: datetime) -> set[str]:
    """Those of these cases whose people are followed, be it under the case that goes on for theirs.

    :param since: left out is who is followed under a case that changed after that.
    """
    if not case_ids:
        return set()
    c, h = cases.c, case_history.c
    goes_on_as = going_on(conn, case_ids)
    followed_as = {id: goes_on_as.get(id, id) for id in case_ids}
    lately = select(h.case_id).where(h.case_id == c.case_id, h.at > since)
    these = is_in(conn, c.case_id, sorted(set(followed_as.values()))) & c.closed_at.is_(None)
    followed = set(conn.execute(select(c.case_id).where(these, ~lately.exists())).scalars())
    return {id for id, other in followed_as.items() if other in followed}
