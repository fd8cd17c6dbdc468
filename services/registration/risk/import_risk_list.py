"""Import a risk list: keep it whole, and bring the times at which each place was risky up to date."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import delete, exists, select, update

from chassis.database.guards import remove
from chassis.database.statements import insert_rows, is_in
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from field.words import RiskLevel
from services.registration.places.spelling import fold
from services.registration.reference.versions import VERSIONS
from services.registration.risk.assessing import RiskArea
from services.registration.risk.list_summary import list_summary
from services.registration.risk.placing_rows import Listed, area_key
from services.registration.risk.published_lists import Comparison, RiskList, compare
from services.registration.risk.queries import area_of
from services.registration.risk.tables import corrected_risk_lists, risk_areas, risk_lists

_LONGEST_ID = 60


def import_risk_list(
    uow: UnitOfWork,
    risk_list: RiskList,
    source: str,
    *,
    said_at: datetime | None = None,
    replace: bool = False,
) -> dict[str, Any]:
    """Importing a list again changes nothing; another list of the same hour corrects the one that is there.

    Lists may come in any order: one that is older than the newest is put in its place, and the areas are
    worked out again from there. Of several lists of one hour the one that was said last counts. What it
    leaves out was never listed; the list that it corrects is kept under its id.

    :param said_at: when the publisher said it; of two lists of one hour the later one is the correction,
        whichever comes first. None: now.
    :param replace: it counts as the correction whatever was said when, and even if it was corrected before.
    :returns: the summary that `doorstep risk import` prints; `already_imported` says that nothing changed,
        `corrects` which list it took the place of, `corrected_by` which list of the hour counts instead.
    """
    VERSIONS.mark_changed(uow.conn, "risk")
    said_at = said_at or uow.now
    digest = _digest(risk_list)
    standing = uow.conn.execute(
        select(risk_lists).where(risk_lists.c.published_at == risk_list.published_at)
    ).first()
    if standing is not None and _digest(_from_store(standing)) == digest:
        return {**standing.summary, "already_imported": True}
    if standing is not None and not replace:
        known = _corrected(uow, risk_list.published_at, digest)
        if known is not None:
            return {**known, "already_imported": True, "corrected_by": standing.id}
    risk_list = risk_list.with_id(_free_id(uow, risk_list.list_id))
    row = {
        "id": risk_list.list_id,
        "published_at": risk_list.published_at,
        "source": source,
        "imported_at": uow.now,
        "said_at": said_at,
        "digest": digest,
        "areas": [_stored(listed) for listed in risk_list.listed],
    }
    if standing is not None and standing.said_at and said_at < standing.said_at and not replace:
        return _keep_as_corrected(uow, risk_list, row, by=standing.id)
    if standing is not None:
        comparison = _correct(uow, standing, risk_list, row)
    else:
        insert_rows(uow.conn, risk_lists, [row | {"summary": {}}])
        comparison = _bring_up_to_date(uow, risk_list)
    summary = list_summary(risk_list, comparison, uow.zone) | {"corrects": standing.id if standing else None}
    uow.conn.execute(update(risk_lists).where(risk_lists.c.id == risk_list.list_id).values(summary=summary))
    return {**summary, "already_imported": False}


def _corrected(uow: UnitOfWork, published_at: datetime, digest: str) -> dict[str, Any] | None:
    """The summary of a list of that hour that was there and has been corrected since."""
    c = corrected_risk_lists.c
    query = select(c.summary).where(c.published_at == published_at, c.digest == digest)
    return uow.conn.execute(query.order_by(c.corrected_at.desc())).scalars().first()


def _free_id(uow: UnitOfWork, list_id: str) -> str:
    """The id itself, or with the first revision that no list has: `official-2022100111-r2`.

    Arrivals and their events name lists by their ids: an id never means another list than before.
    """
    candidate, revision = list_id, 1
    while uow.conn.execute(
        select(
            exists().where(risk_lists.c.id == candidate)
            | exists().where(corrected_risk_lists.c.id == candidate)
        )
    ).scalar():
        revision += 1
        suffix = f"-r{revision}"
        candidate = f"{list_id[: _LONGEST_ID - len(suffix)]}{suffix}"
    return candidate


def _keep_as_corrected(
    uow: UnitOfWork, risk_list: RiskList, row: Mapping[str, Any], *, by: str
) -> dict[str, Any]:
    """A list that was said before the one of its hour that is there: it is kept, and counts for nothing."""
    nothing = Comparison((), (), (), 0)
    summary = list_summary(risk_list, nothing, uow.zone) | {"corrects": None}
    kept = {**row, "summary": summary, "corrected_by": by, "corrected_at": uow.now}
    insert_rows(uow.conn, corrected_risk_lists, [kept])
    return {**summary, "already_imported": False, "corrected_by": by}


def _correct(uow: UnitOfWork, standing: Any, risk_list: RiskList, row: Mapping[str, Any]) -> Comparison:
    """Put a list in the place of the one of its hour, as if that had never been.

    :returns: the differences between the two.
    """
    before = _from_store(standing)
    _rewind(uow, risk_lists.c.published_at >= risk_list.published_at)
    kept = {
        **{str(name): value for name, value in standing._mapping.items()},
        "corrected_by": risk_list.list_id,
        "corrected_at": uow.now,
    }
    kept["digest"] = _digest(before)
    insert_rows(uow.conn, corrected_risk_lists, [kept])
    remove(uow.conn, delete(risk_lists).where(risk_lists.c.id == standing.id))
    insert_rows(uow.conn, risk_lists, [{**row, "summary": {}}])
    _apply(uow, risk_list)
    _apply_later(uow, risk_list.published_at)
    return compare([listed.area for listed in before.listed], risk_list)


def _bring_up_to_date(uow: UnitOfWork, risk_list: RiskList) -> Comparison:
    """Compare with the list before; where there are later ones already, apply those again after it."""
    _rewind(uow, risk_lists.c.published_at > risk_list.published_at)
    comparison = _apply(uow, risk_list)
    _apply_later(uow, risk_list.published_at)
    return comparison


def _rewind(uow: UnitOfWork, lists: Any) -> None:
    """The areas as they stood before these lists, all of some moment and later, were applied."""
    times = uow.conn.execute(select(risk_lists.c.published_at).where(lists)).scalars().all()
    if not times:
        return
    after = select(risk_lists.c.id).where(lists)
    remove(uow.conn, delete(risk_areas).where(risk_areas.c.list_id.in_(after)))
    uow.conn.execute(update(risk_areas).where(risk_areas.c.valid_to >= min(times)).values(valid_to=None))


def _apply_later(uow: UnitOfWork, moment: datetime) -> None:
    later = select(risk_lists).where(risk_lists.c.published_at > moment).order_by(risk_lists.c.published_at)
    for row in uow.conn.execute(later).all():
        _apply(uow, _from_store(row))


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
    return {
        **asdict(listed.area),
        "level": listed.area.level.name,
        "placed": listed.placed,
        "placed_by": listed.placed_by,
    }


def _from_store(row: Any) -> RiskList:
    """:param row: of risk_lists."""
    whole = row.summary.get("whole", True)
    return RiskList(row.id, row.published_at, _listed(row.areas), {}, (), whole=whole)


def _listed(areas: Sequence[Mapping[str, Any]]) -> tuple[Listed, ...]:
    """:param areas: as `_stored` wrote them."""
    listed = []
    for stored in areas:
        fields = {name: value for name, value in stored.items() if name not in ("placed", "placed_by")}
        fields |= {
            "level": RiskLevel[stored["level"]],
            "valid_from": datetime.fromisoformat(stored["valid_from"]),
            "valid_to": None,
        }
        # Lists of before do not say by what their rows were placed: by what they were placed in.
        by = stored.get("placed_by") or stored["placed"]
        listed.append(Listed(RiskArea(**fields), stored["placed"], by))
    return tuple(listed)


def _digest(risk_list: RiskList) -> str:
    """Of the areas as published: neither of how the file was written, nor of where they were placed.

    A list of which a row could not be read is another than the same without that row.
    """
    areas = (one.area for one in risk_list.listed)
    content = sorted(
        (a.level.name, fold(a.province), fold(a.city), fold(a.county), fold(a.place)) for a in areas
    )
    return hashlib.sha256(orjson.dumps([content, risk_list.whole])).hexdigest()
