"""Published risk lists: kept whole, placed, and turned into the times at which each place was risky."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, select, update

from chassis.database.statements import insert_rows, is_in
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from field.words import RiskLevel
from services.registration.reference.imported_tables import BadInput, Fault
from services.registration.reference.versions import VERSIONS
from services.registration.risk.assessing import RiskArea
from services.registration.risk.published_lists import Listed, RiskList, area_key, compare
from services.registration.risk.queries import area_of
from services.registration.risk.tables import risk_areas, risk_lists

_LISTED_IN_SUMMARY = 200


def import_risk_list(uow: UnitOfWork, risk_list: RiskList, source: str) -> dict[str, Any]:
    """Store a list and bring the areas up to date. Importing it again changes nothing.

    Lists may come in any order: one that is older than the newest is put in its place, and the areas are
    worked out again from there.

    :returns: the summary that `doorstep risk import` prints; `already_imported` says that nothing changed.
    :raises BadInput: another list of the same time is there already.
    """
    VERSIONS.mark_changed(uow.conn, "risk")
    digest = _digest(risk_list)
    same_time = uow.conn.execute(
        select(risk_lists).where(
            (risk_lists.c.published_at == risk_list.published_at) | (risk_lists.c.id == risk_list.list_id)
        )
    ).first()
    if same_time is not None:
        if same_time.digest == digest:
            return {**same_time.summary, "already_imported": True}
        raise BadInput(
            [Fault("data", "end_update_time", f"another list of that time is there: {same_time.id}")]
        )
    listed = [_stored(one) for one in risk_list.listed]
    insert_rows(
        uow.conn,
        risk_lists,
        [
            {
                "id": risk_list.list_id,
                "published_at": risk_list.published_at,
                "source": source,
                "imported_at": uow.now,
                "digest": digest,
                "areas": listed,
                "summary": {},
            }
        ],
    )
    summary = _bring_up_to_date(uow, risk_list)
    uow.conn.execute(update(risk_lists).where(risk_lists.c.id == risk_list.list_id).values(summary=summary))
    return {**summary, "already_imported": False}


def _bring_up_to_date(uow: UnitOfWork, risk_list: RiskList) -> dict[str, Any]:
    """Compare with the list before; where there are later ones already, apply those again after it."""
    columns = (risk_lists.c.id, risk_lists.c.published_at, risk_lists.c.areas)
    later = uow.conn.execute(
        select(*columns)
        .where(risk_lists.c.published_at > risk_list.published_at)
        .order_by(risk_lists.c.published_at)
    ).all()
    if later:
        _rewind(uow, risk_list.published_at)
    summary = _apply(uow, risk_list)
    for row in later:
        _apply(uow, _from_store(row.id, row.published_at, row.areas))
    return summary


def _rewind(uow: UnitOfWork, moment: datetime) -> None:
    """The areas as they stood before any list published after `moment` was applied."""
    after = select(risk_lists.c.id).where(risk_lists.c.published_at > moment)
    uow.conn.execute(delete(risk_areas).where(risk_areas.c.list_id.in_(after)))
    uow.conn.execute(update(risk_areas).where(risk_areas.c.valid_to > moment).values(valid_to=None))


def _apply(uow: UnitOfWork, risk_list: RiskList) -> dict[str, Any]:
    conn, at = uow.conn, risk_list.published_at
    in_force = {}
    for row in conn.execute(select(risk_areas).where(risk_areas.c.valid_to.is_(None))):
        area = area_of(row)
        in_force[area_key(area)] = (row.id, area)
    found = compare([area for _, area in in_force.values()], risk_list)
    over = [*(before for before, _ in found.changed), *found.ended]
    ended_ids = [in_force[area_key(area)][0] for area in over]
    conn.execute(update(risk_areas).where(is_in(conn, risk_areas.c.id, ended_ids)).values(valid_to=at))
    fresh = [*found.new, *(after for _, after in found.changed)]
    insert_rows(conn, risk_areas, [_row(area) for area in fresh])
    return {
        "list_id": risk_list.list_id,
        "published_at": risk_list.published_at.astimezone(uow.zone).isoformat(timespec="minutes"),
        "areas": len(risk_list.listed),
        "counted": risk_list.counted(),
        "published": dict(risk_list.published),
        "remarks": list(risk_list.remarks),
        "placed": risk_list.placed(),
        "placed_percent": risk_list.placed_percent(),
        "not_in_a_county": [
            {**_told(one.area), "placed": "city_only" if one.placed == "city" else f"{one.placed}_only"}
            for one in risk_list.listed
            if one.placed != "county"
        ],
        "new": len(found.new),
        "changed": len(found.changed),
        "ended": len(found.ended),
        "unchanged": found.unchanged,
        "new_areas": [_told(area) for area in found.new[:_LISTED_IN_SUMMARY]],
        "changed_areas": [
            {**_told(after), "previous_level": before.level.name}
            for before, after in found.changed[:_LISTED_IN_SUMMARY]
        ],
        "ended_areas": [_told(area) for area in found.ended[:_LISTED_IN_SUMMARY]],
    }


def _told(area: RiskArea) -> dict[str, str]:
    return {
        "level": area.level.name,
        "province": area.province,
        "city": area.city,
        "county": area.county,
        "place": area.place,
        "division": area.division,
    }


def _row(area: RiskArea) -> dict[str, Any]:
    return {"id": new_id(), **asdict(area), "level": area.level.name}


def _stored(one: Listed) -> dict[str, Any]:
    return {**asdict(one.area), "level": one.area.level.name, "placed": one.placed}


def _from_store(list_id: str, published_at: datetime, areas: Sequence[Mapping[str, Any]]) -> RiskList:
    listed = []
    for stored in areas:
        fields = {name: value for name, value in stored.items() if name != "placed"}
        fields |= {
            "level": RiskLevel[stored["level"]],
            "valid_from": datetime.fromisoformat(stored["valid_from"]),
            "valid_to": None,
        }
        listed.append(Listed(RiskArea(**fields), stored["placed"]))
    return RiskList(list_id, published_at, tuple(listed), {}, ())


def _digest(risk_list: RiskList) -> str:
    """Of what is listed, not of how the file was written."""
    content = sorted((*one.key, one.area.level.name) for one in risk_list.listed)
    return hashlib.sha256(orjson.dumps(content)).hexdigest()
