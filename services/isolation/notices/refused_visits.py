"""Visits that somebody refuses: so many of them as the policy says are to be looked into as a breach."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select

from chassis.commands.command import Said
from chassis.database.statements import is_in
from field.words import NOT_KEPT_IN
from services.isolation.breaches.in_hand import BreachesInHand, Shown, followed_as
from services.isolation.breaches.rules import REFUSED_VISITS, of_refused_visits
from services.isolation.cases.in_hand import CasesInHand
from services.isolation.notices.tables import refusals

VISIT: Final = "visit"


def look_at_refused_visits(hand: CasesInHand, said_of: Mapping[str, Said]) -> None:
    """By all refusals that are written down, whatever the order in which they came.

    :param said_of: cases of which a refused visit was recorded just now, each with the command.
    """
    if not said_of:
        return
    whose = followed_as(hand, hand.ids)
    found = BreachesInHand(hand, whose)
    r = refusals.c
    rows = hand.uow.conn.execute(
        select(r.case_id, r.at).where(is_in(hand.uow.conn, r.case_id, whose), r.what == VISIT)
    ).all()
    for case_id, said in sorted(said_of.items()):
        named = hand.find(case_id)
        case = hand.followed_as(named) if named else None
        if case is None or case.measure in NOT_KEPT_IN:
            continue
        # Of the measure in force; and one at a time, for an admonition comes before anything else.
        since = hand.book.standing(case).clock
        refused = sum(whose[row.case_id] == case.case_id and row.at >= since for row in rows)
        known = found.many(case, REFUSED_VISITS, since)
        if known < of_refused_visits(refused, hand.book.policy(case).refused_visits):
            about = f"{said.event.source}\n{said.event.id}\n{case_id}\n{known}"
            by, together = said.author.source, (said.event.id,)
            shown = Shown(REFUSED_VISITS, about, case_id, said.at, {}, by=by, together=together)
            found.suspect(case, shown, said.event)
    found.write()
