"""What a digest told: the notices that were folded into it, and that cases were counted."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.notification.messages.tables import digests, messages, notices

ABOUTS_IN_AN_EVENT: Final = 200
"""So many notices one event names; an event has a largest size."""
_TEAM: Final = "team"


def told_by(conn: Connection, message_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """By the id of a digest's message, as `message.undeliverable` names what was told."""
    d, m, n = digests.c, messages.c, notices.c
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    told = is_in(conn, d.message_id, message_ids)
    folded = (
        select(d.message_id, n.arrival_id, m.notice, n.parameters)
        .join_from(digests, messages, m.digest == d.id)
        .join(notices, (n.case_id == m.case_id) & (n.notice == m.notice))
        .where(told)
        .order_by(m.id)
    )
    for message_id, case_id, notice, parameters in conn.execute(folded):
        found[message_id].append(_about(case_id, notice, parameters.get("level")))
    counted = select(d.message_id, d.case_id, d.hour).where(told, d.cases > 0).order_by(d.id)
    for message_id, case_id, hour in conn.execute(counted):
        found[message_id].append(_about(case_id, f"{_TEAM}:{hour:%Y-%m-%dT%H}", None))
    return found


def _about(case_id: str, notice: str, level: str | None) -> dict[str, Any]:
    return {"case_id": case_id, "arrival_id": case_id, "about": notice, "level": level}
