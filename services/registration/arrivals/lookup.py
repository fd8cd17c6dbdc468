"""Look arrivals up: by their own id, by a report, by their risk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection

from chassis.masking import masked_name, masked_phone
from chassis.sealing import Sealer
from services.registration.arrivals import queries
from services.registration.arrivals.tables import arrivals
from services.registration.reports.tables import companion_arrivals, reports


@dataclass(frozen=True, slots=True)
class LedToNoArrival:
    """A report that was not registered. `reasons`: for people, without values."""

    report_id: str
    outcome: str
    reasons: str


def arrival_with_id(conn: Connection, id: str) -> str | None:
    """The id again, if it is an arrival's."""
    return conn.execute(select(arrivals.c.id).where(arrivals.c.id == id)).scalar_one_or_none()


def arrivals_of_report(conn: Connection, wanted: str, own: str | None) -> list[str] | LedToNoArrival:
    """The arrivals of a report and of its companions; empty where there is no such report.

    :param wanted: the id that its publisher gave to the event.
    :param own: our id of the report, if there is one in it.
    """
    of = or_(reports.c.event_id == wanted, *([reports.c.id == own] if own else []))
    rows = conn.execute(
        select(reports.c.id, reports.c.arrival_id, reports.c.outcome, reports.c.reasons).where(of)
    )
    ids: list[str] = []
    led_nowhere = None
    for row in rows.all():
        if row.outcome in ("needs_correction", "corrected"):
            reasons = "; ".join(f"{r['field']}: {r['message']} ({r['code']})" for r in row.reasons or ())
            led_nowhere = LedToNoArrival(row.id, row.outcome, reasons)
            continue
        companions = select(companion_arrivals.c.arrival_id).where(companion_arrivals.c.report_id == row.id)
        ids += [row.arrival_id] if row.arrival_id else []  # the person may wait for correction
        ids += conn.execute(companions.order_by(companion_arrivals.c.position)).scalars()
    return led_nowhere if led_nowhere and not ids else list(dict.fromkeys(ids))


def arrivals_with_risk(conn: Connection, level: str, most: int) -> list[str]:
    """Arrivals of this risk level, first those whose risk is sure, that have a worker and many reports."""
    a = arrivals.c
    wanted = (
        select(a.id)
        .where(a.risk_level == level)
        .order_by(a.risk_certainty != "exact", a.worker.is_(None), a.expected, -a.reports, a.id)
        .limit(most)
    )
    return list(conn.execute(wanted).scalars())


def trace(conn: Connection, arrival_id: str, *, sealer: Sealer, reveal: bool) -> dict[str, Any] | None:
    """One arrival from its first report to its worker; None if there is no such arrival.

    :param reveal: with name, phone, identity number and addresses: personal data, whose view must be noted
        first. Otherwise names and phones are masked, and addresses left out.
    """
    document = queries.trace(conn, arrival_id, sealer=sealer)
    if document is not None and not reveal:
        _mask(document)
    return document


def _mask(arrival: dict[str, Any]) -> None:
    person = arrival.get("person")
    if isinstance(person, dict):
        arrival["person"] = {
            "name": masked_name(person.get("name")),
            "phone": masked_phone(person.get("phone")),
            "identity_type": person.get("identity_type"),
        }
        if contact := person.get("contact"):
            masked = {"name": masked_name(contact.get("name")), "phone": masked_phone(contact.get("phone"))}
            arrival["person"]["contact"] = masked
    for word in arrival.get("other_words", ()):
        del word["value"]
    for line in arrival["history"]:
        line.pop("said", None)
    worker = arrival["worker"]
    if worker and worker.get("name"):
        worker["name"] = masked_name(worker["name"])
    for report in arrival["reports"]:
        for stop in report.get("stops", ()):
            stop.pop("address", None)
