"""Write arrivals: assess, place and assign them, store the rows, and announce what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chassis.database.statements import insert_rows, update_rows
from chassis.unit_of_work import UnitOfWork
from contracts.envelope import Event
from field.days import local_day
from field.documents import IDENTITY, born_by
from services.registration.arrivals.arrival import Arrival, StoredArrival, areas_of
from services.registration.arrivals.catalogue import Catalogue
from services.registration.arrivals.changes import changes
from services.registration.arrivals.coming import Coming
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import same_as
from services.registration.arrivals.tables import arrivals
from services.registration.arrivals.workers import Workers
from services.registration.metrics import ARRIVALS
from services.registration.persons.likeness import FORM as LIKENESS_FORM
from services.registration.risk.assessing import Assessment

_CHANGING = (
    "version", "state", "place_key", "placed_with", "household_id", "sealed", "language", "arrived_at",
    "expected", "source_kinds", "reports", "division", "street", "community", "grid", "placed_by", "worker",
    "risk_level", "risk_certainty", "left_on", "risk_areas", "risk_list", "updated_at", "unassigned_since",
)  # fmt: skip


def write_arrivals(
    uow: UnitOfWork, catalogue: Catalogue, drafts: Sequence[Draft], causes: Mapping[str, Event]
) -> None:
    """
    :param drafts: those that are stored have read their earlier statements.
    :param causes: the event of each new report, by report id; an arrival that changes without a report of
        its own goes on under the correlation id it has.
    """
    reported = sorted((d for d in drafts if d.new), key=lambda d: (d.new[0].order, d.arrival_id))
    others = sorted((d for d in drafts if not d.new), key=lambda d: d.arrival_id)
    comings = [(draft, draft.coming()) for draft in (*reported, *others)]
    workers = Workers(uow, catalogue, (coming.placement for _, coming in comings))
    look_back = catalogue.look_back()
    written = {"risk_list": catalogue.risk_list, "placed_with": catalogue.placing, "updated_at": uow.now}
    new_rows, changed_rows, followed_rows = [], [], []
    for draft, coming in comings:
        registered_at = draft.stored.created_at if draft.stored else uow.now
        look_back_days = look_back.days(coming.division, local_day(registered_at, uow.zone))
        risk = catalogue.risk.assess(coming.stops, look_back_days)
        worker = workers.worker_of(coming, draft.stored.worker if draft.stored else None)
        arrival = _arrival(uow, draft, coming, risk, worker)
        if draft.stored is None:
            first = draft.new[0]
            cause = causes[first.report_id]
            uow.record("arrival.registered", arrival.id, arrival.version, arrival.as_data(), cause=cause)
            uow.count(ARRIVALS, first.report.source_kind, risk.level.name)
            beginning = {
                "correlation_id": cause.correlationid,
                "created_at": uow.now,
                "likeness_form": LIKENESS_FORM,
            }
            new_rows.append(arrival.as_row() | written | beginning)
        else:
            draft.state = arrival.state
            version = draft.version = _announce(uow, draft, draft.stored, arrival, causes)
            changed_rows.append(arrival.as_row() | written | {"version": version})
            if draft.all_acts:
                followed_rows.append({"id": arrival.id, **_followed(draft)})
    insert_rows(uow.conn, arrivals, new_rows)
    changed_rows.sort(key=lambda row: str(row["id"]))
    update_rows(uow.conn, arrivals, changed_rows, key=["id"], set=_CHANGING)
    followed_rows.sort(key=lambda row: str(row["id"]))
    update_rows(uow.conn, arrivals, followed_rows, key=["id"], set=("acts", "to_settle", "to_settle_since"))
    workers.write()


def _followed(draft: Draft) -> dict[str, Any]:
    matters = draft.standing.to_settle
    return {
        "acts": len(draft.acts) + len(draft.new_acts),
        "to_settle": ",".join(sorted(matters)) or None,
        "to_settle_since": min(matters.values(), default=None),
    }


def _arrival(uow: UnitOfWork, draft: Draft, coming: Coming, risk: Assessment, worker: str | None) -> Arrival:
    person, contact, stored = coming.person, coming.contact, draft.stored
    inside: dict[str, Any] = {
        "name": person.name,
        "phone": person.phone,
        "identity_type": person.identity_type,
        "identity_number": person.identity_number,
        "address": coming.address,
    }
    if (born := person.birth_date) and not born_by(person.identity_type, person.identity_number):
        inside["birth_date"] = born.isoformat()
    if contact:
        inside["contact"] = {"name": contact.name, "phone": contact.phone}
    sealed = uow.sealer.seal(inside)
    number = person.identity_number
    return Arrival(
        id=draft.arrival_id,
        version=stored.version if stored else 1,
        person_id=draft.person_id,
        household_id=draft.household,
        place_key=coming.placement.community or draft.place_key,
        coming=coming,
        sealed=sealed,
        identity_index=uow.index.brief(IDENTITY, number) if number else "",
        risk=risk,
        areas=areas_of(risk, coming),
        worker=worker,
        unassigned_since=None if coming.not_coming else _unassigned_since(stored, worker, uow.now),
        reached=draft.standing.reached,
        goes_on_as=same_as(draft.own_acts),
    )


def _unassigned_since(stored: StoredArrival | None, worker: str | None, now: datetime) -> datetime | None:
    if worker:
        return None
    return (stored.unassigned_since if stored else None) or now


def _announce(
    uow: UnitOfWork, draft: Draft, stored: StoredArrival, arrival: Arrival, causes: Mapping[str, Event]
) -> int:
    """Record the event of a stored arrival if it has changed. Returns its version then."""
    why = changes(stored, draft, arrival)
    if not why:
        return stored.version
    if draft.new:
        cause = causes[draft.new[0].report_id]
    else:
        cause = Event("", "", "", None, uow.now, {}, correlationid=stored.correlation_id)
    version = stored.version + 1
    data = arrival.as_data({"why": why, "previous_level": stored.risk_level})
    uow.record("arrival.reassessed", arrival.id, version, data, cause=cause)
    return version
