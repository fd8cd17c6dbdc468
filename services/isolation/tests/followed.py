"""All results of somebody, and when it is looked what follows from them (positives/see_to_positives.py)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in, upsert_rows
from chassis.unit_of_work import Looking
from field.days import local_day
from services.isolation.tests.judged import Result
from services.isolation.tests.tables import OF_POSITIVE, positives, results_of_nobody, test_results


def results_of(look: Looking, whose: Mapping[str, str]) -> dict[str, list[Result]]:
    """What was found in samples of these people, without those from before they came back from hospital.

    :param whose: cases, each with the one under which the person is followed: by that they are returned.
    """
    found = all_results_of(look, whose)
    since = {case_id: [one for one in results if not one.treated] for case_id, results in found.items()}
    return {case_id: results for case_id, results in since.items() if results}


def all_results_of(look: Looking, whose: Mapping[str, str]) -> dict[str, list[Result]]:
    """What was ever found in samples of these people.

    :param whose: cases, each with the one under which the person is followed: by that they are returned.
    """
    r = test_results.c
    names = ("case_id", "result_id", "sampled_at", "result", "stage", "supersedes", "pool_size", "batch_id")
    columns = [r[name] for name in names]
    rows = look.conn.execute(select(*columns).where(is_in(look.conn, r.case_id, whose))).all()
    if not rows:
        return {}
    until = back_from_hospital(look.conn, whose)
    corrected = corrected_of(look.conn, {row.result_id for row in rows})
    found: dict[str, list[Result]] = {}
    for row in rows:
        back = until.get(whose[row.case_id])
        treated = back is not None and row.sampled_at <= back
        taken_on = local_day(row.sampled_at, look.zone)
        facts = (row.result_id, row.sampled_at, taken_on, row.result, row.stage)
        more = (row.pool_size, row.batch_id, row.result_id in corrected, treated)
        one = Result(*facts, row.supersedes, *more)
        found.setdefault(whose[row.case_id], []).append(one)
    return found


def back_from_hospital(conn: Connection, whose: Mapping[str, str]) -> dict[str, datetime]:
    """When each of these people came back from hospital last, without those who never did.

    :param whose: cases, each with the one under which the person is followed: by that they are returned.
    """
    p = positives.c
    came = select(p.case_id, p.treated_until).where(is_in(conn, p.case_id, {*whose, *whose.values()}))
    found: dict[str, datetime] = {}
    for case_id, at in conn.execute(came.where(p.treated_until.is_not(None))):
        end = whose.get(case_id, case_id)  # whichever of their cases it was, it is they who came back
        found[end] = max(at, found.get(end, at))
    return found


def corrected_of(conn: Connection, result_ids: Collection[str]) -> set[str]:
    """Those of these results that the laboratory corrected, whosever it says now that the sample was."""
    found: set[str] = set()
    for table in (test_results, results_of_nobody):
        supersedes = table.c.supersedes
        these = is_in(conn, supersedes, result_ids), supersedes.is_not(None)
        found |= set(conn.execute(select(supersedes).where(*these)).scalars())
    return found


def look_at(conn: Connection, when: Mapping[str, datetime]) -> None:
    """Something was found in samples of these cases, or corrected: it is looked then what follows."""
    rows = [{"case_id": case_id, "look_at": when[case_id], "told": []} for case_id in sorted(when)]
    upsert_rows(conn, positives, rows, key=["case_id"], set=["look_at"])


def look_again(conn: Connection, case_ids: Collection[str], at: datetime) -> None:
    """Of those of these of whom something was found before: it may be answered now, or they came or went."""
    if case_ids:
        these = is_in(conn, positives.c.case_id, case_ids)
        conn.execute(update(positives).where(these).values(look_at=at))


def came_back(conn: Connection, case_id: str, went_at: datetime, at: datetime) -> None:
    """They were in hospital, and are back: what was found before holds them no more. Those who live with them
    are contacts still, for their days; where it turns out to be a mistake, whoever was told hears of that.

    :param went_at: when they went there: until then they were together with those at home.
    """
    p = positives.c
    columns = (p.result_id, p.told, p.treated_id, p.treated_from, p.treated_until)
    found = select(*columns).where(p.case_id == case_id)
    before = conn.execute(found).one_or_none()
    over = dict.fromkeys((*OF_POSITIVE, "contacts_at", "contacts_since"))
    row: dict[str, Any] = {"case_id": case_id, **over, "told": [], "treated_until": at, "look_at": at}
    # A process of before 0041 let them come back: of what was found then those at home heard what there was.
    of_old = before is not None and before.treated_until is not None and before.treated_from is None
    if before is None or before.result_id or not (before.treated_id or of_old):
        row |= {"treated_from": went_at, "treated_id": before and before.result_id}
        row["treated_told"] = before.told if before and before.result_id else None
        if before and before.result_id:
            row["contacts_at"] = at  # those who live with them hear until when they were together
    upsert_rows(conn, positives, [row], key=["case_id"], set=[name for name in row if name != "case_id"])
