"""Import a risk list: keep it whole, and bring the times at which each place was risky up to date."""

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
from contracts.faults import Refused
from field.words import RiskLevel
from services.registration.reference.versions import VERSIONS
from services.registration.risk.assessing import RiskArea
from services.registration.risk.list_summary import list_summary
from services.registration.risk.published_lists import Comparison, Listed, RiskList, area_key, compare
from services.registration.risk.queries import area_of
from services.registration.risk.tables import risk_areas, risk_lists


def import_risk_list(uow: UnitOfWork, risk_list: RiskList, source: str) -> dict[str, Any]:
    """Importing a list again changes nothing.

    Lists may come in any order: one that is older than the newest is put in its place, and the areas are
    worked out again from there.

    :returns: the summary that `doorstep risk import` prints; `already_imported` says that nothing changed.
    :raises Refused: another list of the same time is there already.
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
        raise Refused.conflict("data, end_update_time", f"another list of that time is there: {same_time.id}")
    row = {
        "id": risk_list.list_id,
        "published_at": risk_list.published_at,
        "source": source,
        "imported_at": uow.now,
        "digest": digest,
        "areas": [_stored(listed) for listed in risk_list.listed],
        "summary": {},
    }
    insert_rows(uow.conn, risk_lists, [row])
    summary = list_summary(risk_list, _bring_up_to_date(uow, risk_list), uow.zone)
    uow.conn.execute(update(risk_lists).where(risk_lists.c.id == risk_list.list_id).values(summary=summary))
    return {**summary, "already_imported": False}


def _bring_up_to_date(uow: UnitOfWork, risk_list: RiskList) -> Comparison:
    """Compare with the list before; where there are later ones already, apply those again after it."""
    columns = (risk_lists.c.id, risk_lists.c.published_at, risk_lists.c.areas)
    later = uow.conn.execute(
        select(*columns)
        .where(risk_lists.c.published_at > risk_list.published_at)
        .order_by(risk_lists.c.published_at)
    ).all()
    if later:
        _rewind(uow, risk_list.published_at)
    comparison = _apply(uow, risk_list)
    for row in later:
        _apply(uow, _from_store(row.id, row.published_at, row.areas))
    return comparison


def _rewind(uow: UnitOfWork, moment: datetime) -> None:
    """The areas as they stood before any list published after `moment` was applied."""
    after = select(risk_lists.c.id).where(risk_lists.c.published_at > moment)
    uow.conn.execute(delete(risk_areas).where(risk_areas.c.list_id.in_(after)))
    uow.conn.execute(update(risk_areas).where(risk_areas.c.valid_to > moment).values(valid_to=None))


def _apply(uow: UnitOfWork, risk_list: RiskList) -> Comparison:
    """End the areas that the list changes or leaves out, and add those that are new in it."""
    conn = uow.conn
    in_force = {}
    for row in conn.execute(select(risk_areas).where(risk_areas.c.valid_to.is_(None))):
        area = area_of(row)
        in_force[area_key(area)] = (row.id, area)
    comparison = compare([area for _, area in in_force.values()], risk_list)
    over = [*(before for before, _ in comparison.changed), *comparison.ended]
    ended = is_in(conn, risk_areas.c.id, [in_force[area_key(area)][0] for area in over])
    conn.execute(update(risk_areas).where(ended).values(valid_to=risk_list.published_at))
    fresh = [*comparison.new, *(after for _, after in comparison.changed)]
    rows = [{"id": new_id(), **asdict(area), "level": area.level.name} for area in fresh]
    insert_rows(conn, risk_areas, rows)
    return comparison


def _stored(listed: Listed) -> dict[str, Any]:
    return {**asdict(listed.area), "level": listed.area.level.name, "placed": listed.placed}


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
    """Of the listed areas, not of how the file was written."""
    content = sorted((*listed.key, listed.area.level.name) for listed in risk_list.listed)
    return hashlib.sha256(orjson.dumps(content)).hexdigest()
