"""The names of places in texts, read from the copy of registration's places."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.notification.events import EVENTS
from services.notification.messages.households import Planned
from services.notification.reference.tables import places


def place_names(conn: Connection, ids: Collection[str]) -> dict[str, str]:
    """By id, of those that are known."""
    if not ids:
        return {}
    named = select(places.c.place_id, places.c.name).where(is_in(conn, places.c.place_id, sorted(ids)))
    return {id: name for id, name in conn.execute(named)}


def with_places(conn: Connection, planned: Sequence[Planned]) -> list[Planned]:
    """The plans, those of events that name places by id with the name of the nearest that is known."""
    found = list(planned)
    wanted = {
        number: [id for id in nearest if id]
        for number, (event, _) in enumerate(planned)
        if (nearest := EVENTS[event.type].places(event.data))
    }
    names = place_names(conn, {id for ids in wanted.values() for id in ids})
    for number, ids in wanted.items():
        event, plan = planned[number]
        place = next((names[id] for id in ids if id in names), None)
        notice = replace(plan.notice, parameters={**plan.notice.parameters, "place": place})
        found[number] = Planned(event, replace(plan, notice=notice))
    return found
