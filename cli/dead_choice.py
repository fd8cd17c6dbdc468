"""Which dead letters a command is about, and what may be shown of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.environment import SERVICES
from cli.publish import fail

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

STATES = ("waiting", "replayed", "discarded")

OfService = Annotated[
    str | None, typer.Option("--service", help=f"Only of one service: {', '.join(SERVICES)}")
]
OfHandler = Annotated[str | None, typer.Option("--handler", help="Only of one handler: isolation.open_case")]
OfType = Annotated[str | None, typer.Option("--type", help="Only of one event type: arrival.reported")]
WithError = Annotated[str | None, typer.Option("--error", help="Only with this somewhere in their error")]
Since = Annotated[
    str | None,
    typer.Option(help="Only what died since: 2h, 30min, 3d, or 2022-10-01T08:00 (in the district's zone)"),
]
Until = Annotated[str | None, typer.Option(help="Only what had died by then; as --since")]


@dataclass(frozen=True)
class Found:
    service: str
    row: dict[str, Any]


@dataclass(frozen=True)
class Group:
    """Letters that are alike."""

    service: str
    handler: str
    event_type: str | None
    error: str
    letters: int

    def as_dict(self) -> dict[str, Any]:
        return {
            "service": self.service,
            "handler": self.handler,
            "event_type": self.event_type,
            "error": self.error,
            "letters": self.letters,
        }


@dataclass(frozen=True)
class Choice:
    """Letters by what is known of them, or one by its id. Nothing given: all."""

    letter_id: str | None = None
    service: str | None = None
    handler: str | None = None
    event_type: str | None = None
    error: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def read(
        cls,
        service: str | None,
        handler: str | None,
        event_type: str | None,
        error: str | None,
        since: str | None,
        until: str | None,
    ) -> Choice:
        """Raises BadParameter."""
        from cli.databases import settings_of
        from cli.replay import moment

        if service is not None and service not in SERVICES:
            raise typer.BadParameter(f"{service} is none of {', '.join(SERVICES)}", param_hint="--service")
        if handler is not None and handler.partition(".")[0] not in SERVICES:
            raise typer.BadParameter(f"{handler} is of no service", param_hint="--handler")
        now, zone = datetime.now(UTC), settings_of(SERVICES[0]).zone
        began = moment(since, now, zone) if since else None
        ended = moment(until, now, zone, option="--until") if until else None
        return cls(None, service, handler, event_type, error, began, ended)

    @property
    def services(self) -> list[str]:
        of_handler = self.handler.partition(".")[0] if self.handler else None
        return [name for name in SERVICES if self.service in (None, name) and of_handler in (None, name)]

    def as_dict(self) -> dict[str, str]:
        """For the record of acts."""
        given = {
            "id": self.letter_id,
            "service": self.service,
            "handler": self.handler,
            "type": self.event_type,
            "error": self.error,
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }
        return {name: value for name, value in given.items() if value is not None}

    def condition(self, state: str) -> ColumnElement[bool]:
        """:param state: one of STATES, or all."""
        from sqlalchemy import and_, true

        from chassis.messaging.dead_letters import DEAD

        wanted: list[ColumnElement[bool]] = [true()]
        for column, value in (
            (DEAD.c.id, self.letter_id),
            (DEAD.c.handler, self.handler),
            (DEAD.c.event_type, self.event_type),
            (DEAD.c.state, None if state == "all" else state),
        ):
            if value is not None:
                wanted.append(column == value)
        if self.error:
            wanted.append(DEAD.c.error.icontains(self.error, autoescape=True))
        if self.since:
            wanted.append(DEAD.c.dead_at >= self.since)
        if self.until:
            wanted.append(DEAD.c.dead_at <= self.until)
        return and_(*wanted)


def newest(choice: Choice, state: str, most: int) -> list[Found]:
    """At most so many, those that died last, in the order in which they died; without their bodies."""
    from sqlalchemy import select

    from chassis.messaging.dead_letters import DEAD
    from cli.databases import database_of

    columns = [column for column in DEAD.c if column.name != "sealed_body"]
    found: list[Found] = []
    for service in choice.services:
        wanted = select(*columns).where(choice.condition(state)).order_by(DEAD.c.id.desc()).limit(most)
        with database_of(service).read() as conn:
            found += (Found(service, dict(row._mapping)) for row in conn.execute(wanted))
    return sorted(found, key=lambda one: one.row["dead_at"])[-most:]


def groups(choice: Choice, state: str) -> list[Group]:
    """How many there are of each kind, most first."""
    from sqlalchemy import func, select

    from chassis.messaging.dead_letters import DEAD
    from cli.databases import database_of
    from cli.masking import masked_error

    alike = (DEAD.c.handler, DEAD.c.event_type, DEAD.c.error)
    found = []
    for service in choice.services:
        wanted = select(*alike, func.count()).where(choice.condition(state)).group_by(*alike)
        with database_of(service).read() as conn:
            for handler, event_type, error, count in conn.execute(wanted):
                found.append(Group(service, handler, event_type, masked_error(error), count))
    return sorted(found, key=lambda group: (-group.letters, group.handler, group.error))


def waiting_ids(choice: Choice, service: str) -> list[str]:
    """Of now: what comes back dead while they are sent is not among them."""
    from sqlalchemy import select

    from chassis.messaging.dead_letters import DEAD
    from cli.databases import database_of

    with database_of(service).read() as conn:
        wanted = select(DEAD.c.id).where(choice.condition("waiting")).order_by(DEAD.c.id)
        return list(conn.execute(wanted).scalars())


def in_steps(ids: list[str], step: int = 500) -> Iterator[list[str]]:
    for start in range(0, len(ids), step):
        yield ids[start : start + step]


def one(letter_id: str) -> Found:
    """Ends the command where there is none."""
    from chassis.messaging.dead_letters import one as find
    from cli.databases import databases

    if _is_id(letter_id):
        for service, database in databases().items():
            with database.read() as conn:
                row = find(conn, letter_id)
            if row:
                return Found(service, row)
    fail(f"there is no dead letter {letter_id}: see `doorstep dead list`")


def one_that_waits(letter_id: str) -> Choice:
    """Ends the command where it was settled before."""
    found = one(letter_id)
    row = found.row
    if row["state"] != "waiting":
        when = row["settled_at"].astimezone().isoformat(timespec="seconds") if row["settled_at"] else "?"
        fail(f"{row['id']} was {row['state']} by {row['settled_by']} at {when}")
    return Choice(letter_id=row["id"], service=found.service)


def told(found: Found) -> dict[str, Any]:
    """What may be shown of a letter; nothing of its body and headers."""
    from cli.masking import masked_error, masked_id, masked_text

    row = {name: value for name, value in found.row.items() if name not in ("sealed_body", "headers")}
    row["error"] = masked_error(row["error"])
    row["settled_reason"] = row["settled_reason"] and masked_text(row["settled_reason"])
    for name in ("source", "event_id", "event_type", "correlation_id"):
        row[name] = masked_id(row[name])
    row["content_type"] = masked_error(row["content_type"] or "")
    return {"service": found.service} | row


def body_of(found: Found) -> Any:
    """Its content with everything personal masked."""
    import orjson

    from chassis.messaging.dead_letters import PURPOSE
    from chassis.sealing import SealBroken
    from cli.databases import settings_of
    from cli.masking import masked

    try:
        body: str = settings_of(found.service).sealer().unseal(found.row["sealed_body"], PURPOSE)
    except SealBroken as error:
        return f"(sealed: {error})"
    try:
        return masked(orjson.loads(body))
    except RecursionError:
        return f"(nested too deep; {len(body)} characters, not shown)"
    except orjson.JSONDecodeError as error:
        return f"(no JSON at character {error.pos}; {len(body)} characters, not shown)"


def headers_of(found: Found) -> dict[str, Any]:
    """Ours are ids and routing keys; outsiders may have written anything into theirs."""
    from cli.masking import masked, masked_id

    shown = {}
    for name, value in found.row["headers"].items():
        ours = name.startswith("doorstep-")
        shown[name if ours else "(masked name)"] = masked_id(value) if ours else masked(value)
    return shown


def _is_id(text: str) -> bool:
    import uuid

    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
