"""A session is seen: noted once a minute, so that a page is no write."""

from __future__ import annotations

from sqlalchemy import update

from chassis.unit_of_work import Work
from services.console.sessions.queries import TO_THE_MINUTE, In, who_is_in
from services.console.sessions.tables import sessions


def see(work: Work, token: str, opening: str = "") -> In | None:
    """Who is in by this session; None where it is unknown or over. A phone that asks for the PIN is not seen.

    :param opening: what the browser holds until it is closed.
    """
    with work.look() as uow:
        who = who_is_in(uow, token, opening)
    if who is not None and not who.locked and uow.now - who.session.seen_at >= TO_THE_MINUTE:
        with work.unit() as uow:
            c = sessions.c
            uow.conn.execute(update(sessions).where(c.id == who.session.id).values(seen_at=uow.now))
    return who
