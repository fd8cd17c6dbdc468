"""`doorstep trace`: one arrival from its first report to the last message, across the services."""

from __future__ import annotations

import json
import sys
import uuid
from datetime import date, datetime
from typing import Annotated, Any

import typer

from cli.arrivals.publish import fail
from cli.options import By, who
from field.words import LEVELS

# Of so many arrivals of a level the one is picked that tells the most.
CANDIDATES = 50
HIDDEN = "sealed"


def register(app: typer.Typer) -> None:
    app.command("trace")(trace)


def trace(
    wanted: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="Of the arrival; or of a report, an event, a task or a message"),
    ] = None,
    pick: Annotated[
        str | None,
        typer.Option(help="Instead of an ID: one arrival of this risk (high, medium, low, none)"),
    ] = None,
    reveal: Annotated[
        bool, typer.Option("--reveal", help="Show name, phone, address and the texts: personal data")
    ] = False,
    why: Annotated[
        str, typer.Option(help="With --reveal: the reason; noted with your name and the time")
    ] = "",
    by: By = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Reports, registration, risk and why, case, tasks by day, messages: each with its time and state."""
    if (wanted is None) == (pick is None):
        raise typer.BadParameter("give an ID, or --pick with a risk level")
    if pick is not None and pick not in LEVELS:
        raise typer.BadParameter(f"{pick} is none of {', '.join(reversed(LEVELS))}", param_hint="--pick")
    if reveal and not why.strip():
        raise typer.BadParameter("--reveal needs --why: who saw a person's record, and why, is noted")
    arrivals = [picked(pick)] if pick else arrivals_of(wanted or "")
    if reveal:
        _note_views(arrivals, who(by), why.strip())
        print("doorstep: what follows is personal data: do not store or forward it", file=sys.stderr)
    found = [gather(arrival, reveal=reveal) for arrival in arrivals]
    if as_json:
        print(json.dumps(found[0] if len(found) == 1 else found, ensure_ascii=False, default=plain))
        return
    from rich.console import Console

    from cli.arrivals.trace_tree import tree
    from operations.databases import settings_of

    for one in found:
        Console().print(tree(one, settings_of("registration").zone))


def _note_views(arrivals: list[str], by: str, why: str) -> None:
    from operations.databases import database_of
    from services.registration.persons.note_view import note_view

    with database_of("registration").begin() as conn:
        note_view(conn, arrivals, by=by, reason=why)


def gather(arrival_id: str, *, reveal: bool = False) -> dict[str, Any]:
    """What each service says of the arrival. Without `reveal` names are masked, and addresses left out."""
    from operations.databases import database_of, settings_of
    from operations.settings import environment
    from services.isolation.cases import queries as isolation
    from services.notification.messages import queries as notification
    from services.notification.texts.loading import texts_from_environment
    from services.registration.arrivals import queries as registration

    given = environment()
    settings = settings_of("registration")
    sealer = settings.sealer()
    with database_of("registration").read() as conn:
        arrival = registration.trace(conn, arrival_id, sealer=sealer)
    with database_of("isolation").read() as conn:
        case = isolation.trace(conn, arrival_id, zone=settings.zone)
    with database_of("notification").read() as conn:
        told = notification.trace(
            conn,
            arrival_id,
            sealer=sealer,
            texts=texts_from_environment(given, settings.zone) if reveal else None,
            hotline=given.get("DOORSTEP_HOTLINE", "12345").strip(),
        )
    if arrival is not None and not reveal:
        _mask(arrival)
    return {"arrival_id": arrival_id, "registration": arrival, "isolation": case, "notification": told}


def arrivals_of(wanted: str) -> list[str]:
    """The arrivals that an id of any kind belongs to. Ends the command where there is none."""
    from sqlalchemy import select

    from operations.databases import database_of
    from services.isolation.tables import cases, tasks
    from services.notification.tables import messages
    from services.registration.tables import arrivals

    own = _id_in(wanted)
    if own:
        for service, column, answer in (
            ("registration", arrivals.c.id, arrivals.c.id),
            ("isolation", cases.c.case_id, cases.c.case_id),
            ("isolation", tasks.c.task_id, tasks.c.case_id),
            ("notification", messages.c.id, messages.c.case_id),
        ):
            with database_of(service).read() as conn:
                found = conn.execute(select(answer).where(column == own)).scalar_one_or_none()
            if found:
                return [str(found)]
    return _arrivals_of_report(wanted, own)


def picked(level: str) -> str:
    """An arrival of this risk level: one that is sure, has a worker, and is followed the longest."""
    from sqlalchemy import select

    from chassis.database.statements import is_in
    from operations.databases import database_of
    from services.isolation.tables import cases
    from services.registration.tables import arrivals

    a = arrivals.c
    with database_of("registration").read() as conn:
        found = list(
            conn.execute(
                select(a.id)
                .where(a.risk_level == level)
                .order_by(a.risk_certainty != "exact", a.worker.is_(None), a.expected, -a.reports, a.id)
                .limit(CANDIDATES)
            ).scalars()
        )
    if not found:
        fail(f"there is no arrival with risk {level}")
    with database_of("isolation").read() as conn:
        rows = conn.execute(
            select(cases.c.case_id, cases.c.owner, cases.c.days, cases.c.release_on).where(
                is_in(conn, cases.c.case_id, found)
            )
        )
        followed = {row.case_id: (row.owner is not None, row.days, row.release_on) for row in rows}
    # The first of equals; one without a case only where no other is there.
    return str(max(found, key=lambda arrival: followed.get(arrival, (False, -1, date.min))))


def _arrivals_of_report(wanted: str, own: str | None) -> list[str]:
    from sqlalchemy import or_, select

    from operations.databases import database_of
    from services.registration.tables import companion_arrivals, reports

    of = or_(reports.c.event_id == wanted, *([reports.c.id == own] if own else []))
    with database_of("registration").read() as conn:
        rows = conn.execute(
            select(reports.c.id, reports.c.arrival_id, reports.c.outcome, reports.c.reasons).where(of)
        )
        found: list[str] = []
        for row in rows.all():
            if row.outcome in ("needs_correction", "corrected") and row.arrival_id is None:
                reasons = "; ".join(f"{r['field']}: {r['message']} ({r['code']})" for r in row.reasons or ())
                fail(f"report {row.id} led to no arrival: {row.outcome.replace('_', ' ')}: {reasons}")
            others = select(companion_arrivals.c.arrival_id).where(companion_arrivals.c.report_id == row.id)
            found += [row.arrival_id, *conn.execute(others.order_by(companion_arrivals.c.position)).scalars()]
    if not found:
        fail(f"nothing is known of {wanted}: it may be in flight or dead, see `doorstep audit`")
    return list(dict.fromkeys(found))


def _id_in(text: str) -> str | None:
    """`0192…`, or the one inside `arrival.registered:0192…:1`."""
    for part in text.split(":"):
        try:
            return str(uuid.UUID(part))
        except ValueError:
            continue
    return None


def _mask(arrival: dict[str, Any]) -> None:
    person = arrival.get("person")
    if isinstance(person, dict):
        arrival["person"] = {
            "name": masked_name(person.get("name")),
            "phone": masked_phone(person.get("phone")),
            "identity_type": person.get("identity_type"),
        }
    worker = arrival["worker"]
    if worker and worker.get("name"):
        worker["name"] = masked_name(worker["name"])
    for report in arrival["reports"]:
        for stop in report.get("stops", ()):
            stop.pop("address", None)


def masked_name(name: str | None) -> str | None:
    """The first letter only: a family name in Chinese."""
    return f"{name[0]}**" if name else name


def masked_phone(phone: str | None) -> str | None:
    from services.notification.messages.masking import masked

    return masked(phone) if phone else phone


def plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(type(value).__name__)
