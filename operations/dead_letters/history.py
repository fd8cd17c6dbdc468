"""What was done with dead letters: by whom, when, why, and how often one came back."""

from __future__ import annotations

from typing import Any

from operations.dead_letters.choice import Found, came_back, one, told


def acts(most: int) -> list[dict[str, Any]]:
    """The last ones, newest last. An act on letters of several services is one."""
    from sqlalchemy import case, func, select

    from chassis.messaging.dead_letters import ACTS, DEAD
    from operations.databases import databases
    from operations.dead_letters.masking import masked_text

    def count(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    again = came_back()
    settled = select(
        DEAD.c.act_id,
        count(DEAD.c.state != "waiting").label("settled"),
        count(DEAD.c.handled_at.is_not(None) & ~again).label("handled"),
        count(again).label("dead_again"),
    ).group_by(DEAD.c.act_id)
    found: dict[str, dict[str, Any]] = {}
    for service, database in databases().items():
        last = select(ACTS).order_by(ACTS.c.id.desc()).limit(most)
        with database.read() as conn:
            rows = conn.execute(last).all()
            counts = {
                row.act_id: row
                for row in conn.execute(settled.where(DEAD.c.act_id.in_([row.id for row in rows])))
            }
        for row in rows:
            act = found.setdefault(
                row.id,
                {
                    "act": row.id,
                    "at": row.at,
                    "by": row.by,
                    "what": row.what,
                    "reason": masked_text(row.reason),
                    "filter": {name: masked_text(value) for name, value in row.filter.items()},
                    "services": [],
                    **dict.fromkeys(("chosen", "settled", "handled", "dead_again"), 0),
                },
            )
            act["services"].append(service)
            act["chosen"] += row.chosen
            for name in ("settled", "handled", "dead_again"):
                act[name] += int(getattr(counts[row.id], name)) if row.id in counts else 0
    return sorted(found.values(), key=lambda act: str(act["act"]))[-most:]


def rounds(letter_id: str) -> list[dict[str, Any]]:
    """All letters that this one followed, itself, and all that followed it, oldest first."""
    from sqlalchemy import select

    from chassis.database.statements import is_in
    from chassis.messaging.dead_letters import DEAD
    from operations.databases import database_of

    start = one(letter_id)
    found = {start.row["id"]: start.row}
    edge = [start.row]
    with database_of(start.service).read() as conn:
        while edge:
            before = [row["follows"] for row in edge if row["follows"]]
            near = is_in(conn, DEAD.c.id, before) | is_in(conn, DEAD.c.follows, [row["id"] for row in edge])
            rows = [dict(row._mapping) for row in conn.execute(select(DEAD).where(near))]
            edge = [row for row in rows if row["id"] not in found]
            found |= {row["id"]: row for row in edge}
    return [told(Found(start.service, found[id])) for id in sorted(found)]
