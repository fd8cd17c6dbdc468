"""Which dead letters a command is about, and what may be shown of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.arrivals.publish import fail
from operations.settings import SERVICES

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

# Replayed, and nobody has said what became of it: its copy is on its way, or gone.
ON_THE_WAY = "on_the_way"
STATES = ("waiting", "replayed", "discarded", ON_THE_WAY)

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
    """Letters by what is known of them, or one by its id. Nothing given: all that wait.

    :param state: one of STATES, or all.
    """

    letter_id: str | None = None
    service: str | None = None
    handler: str | None = None
    event_type: str | None = None
    error: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    state: str = "waiting"

    @classmethod
    def read(
        cls,
        service: str | None,
        handler: str | None,
        event_type: str | None,
        error: str | None,
        since: str | None,
        until: str | None,
        state: str | None = None,
    ) -> Choice:
        """Raises BadParameter. A filter that is blank is a script's empty variable: it must not mean all."""
        from cli.operate.replay import moment
        from operations.databases import settings_of

        given = {"service": service, "handler": handler, "type": event_type, "error": error}
        for option, value in (given | {"since": since, "until": until}).items():
            if value is not None and not value.strip():
                raise typer.BadParameter(
                    "it is empty: give a value, or leave it out", param_hint=f"--{option}"
                )
        if service is not None and service not in SERVICES:
            raise typer.BadParameter(f"{service} is none of {', '.join(SERVICES)}", param_hint="--service")
        if handler is not None:
            _must_be_known(handler)
        now, zone = datetime.now(UTC), settings_of(SERVICES[0]).zone
        began = moment(since, now, zone) if since else None
        ended = moment(until, now, zone, option="--until") if until else None
        return cls(None, service, handler, event_type, error, began, ended, state or "waiting")

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
            "state": None if self.state == "waiting" else self.state,
        }
        return {name: value for name, value in given.items() if value is not None}

    def condition(self) -> ColumnElement[bool]:
        from sqlalchemy import and_, true

        from chassis.messaging.dead_letters import DEAD

        wanted: list[ColumnElement[bool]] = [true()]
        for column, value in (
            (DEAD.c.id, self.letter_id),
            (DEAD.c.handler, self.handler),
            (DEAD.c.event_type, self.event_type),
            (DEAD.c.state, None if self.state in (ON_THE_WAY, "all") else self.state),
        ):
            if value is not None:
                wanted.append(column == value)
        if self.state == ON_THE_WAY:
            wanted.append(on_the_way())
        if self.error:
            wanted.append(DEAD.c.error.icontains(self.error, autoescape=True))
        if self.since:
            wanted.append(DEAD.c.dead_at >= self.since)
        if self.until:
            wanted.append(DEAD.c.dead_at <= self.until)
        return and_(*wanted)


@dataclass(frozen=True)
class Chosen:
    """The letters of a choice when they were looked up: what dies, or comes back dead, later is none of them.

    :param ids: by service.
    :param groups: of each kind, most first.
    """

    choice: Choice
    ids: dict[str, list[str]]
    groups: list[Group]

    @property
    def letters(self) -> int:
        return sum(map(len, self.ids.values()))


def came_back() -> ColumnElement[bool]:
    """Whether a letter is followed by another, as a condition on `dead_letters`."""
    from sqlalchemy import select

    from chassis.messaging.dead_letters import DEAD

    later = DEAD.alias("later")
    return select(later.c.id).where(later.c.follows == DEAD.c.id).exists()


def on_the_way() -> ColumnElement[bool]:
    """Letters of before there were acts say nothing of their copies."""
    from sqlalchemy import and_

    from chassis.messaging.dead_letters import DEAD

    unheard = and_(DEAD.c.handled_at.is_(None), DEAD.c.act_id.is_not(None), ~came_back())
    return and_(DEAD.c.state == "replayed", unheard)


def newest(choice: Choice, most: int) -> list[Found]:
    """At most so many, those that died last, in the order in which they died; without their bodies."""
    from sqlalchemy import select

    from chassis.messaging.dead_letters import DEAD
    from operations.databases import database_of

    columns = [column for column in DEAD.c if column.name != "sealed_body"]
    found: list[Found] = []
    for service in choice.services:
        wanted = select(*columns).where(choice.condition()).order_by(DEAD.c.id.desc()).limit(most)
        with database_of(service).read() as conn:
            found += (Found(service, dict(row._mapping)) for row in conn.execute(wanted))
    return sorted(found, key=lambda one: one.row["dead_at"])[-most:]


def look_up(choice: Choice) -> Chosen:
    from sqlalchemy import select

    from chassis.messaging.dead_letters import DEAD
    from operations.databases import database_of
    from operations.dead_letters.masking import masked_error

    ids: dict[str, list[str]] = {}
    kinds: Counter[tuple[str, str, str | None, str]] = Counter()
    columns = (DEAD.c.id, DEAD.c.handler, DEAD.c.event_type, DEAD.c.error)
    for service in choice.services:
        wanted = select(*columns).where(choice.condition()).order_by(DEAD.c.id)
        found = ids[service] = []
        with database_of(service).read() as conn:
            for id, handler, event_type, error in conn.execution_options(yield_per=1000).execute(wanted):
                found.append(id)
                kinds[service, handler, event_type, error] += 1
    groups = [
        Group(service, handler, event_type, masked_error(error), count)
        for (service, handler, event_type, error), count in kinds.items()
    ]
    return Chosen(choice, ids, sorted(groups, key=lambda one: (-one.letters, one.handler, one.error)))


def in_steps(ids: list[str], step: int = 500) -> Iterator[list[str]]:
    for start in range(0, len(ids), step):
        yield ids[start : start + step]


def one(letter_id: str) -> Found:
    """Ends the command where there is none."""
    from chassis.messaging.dead_letters import one as find
    from operations.databases import databases

    if _is_id(letter_id):
        for service, database in databases().items():
            with database.read() as conn:
                row = find(conn, letter_id)
            if row:
                return Found(service, row)
    fail(f"there is no dead letter {letter_id}: see `doorstep dead list`")


def one_chosen(letter_id: str, *states: str) -> Chosen:
    """Ends the command where it is in none of these states."""
    found = one(letter_id)
    row = found.row
    for state in states:
        chosen = look_up(Choice(letter_id=row["id"], service=found.service, state=state))
        if chosen.letters:
            return chosen
    when = row["settled_at"].astimezone().isoformat(timespec="seconds") if row["settled_at"] else "?"
    fail(f"{row['id']} was {row['state']} by {row['settled_by']} at {when}")


def told(found: Found) -> dict[str, Any]:
    """What may be shown of a letter; nothing of its body and headers."""
    from operations.dead_letters.masking import masked_error, masked_id, masked_text

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
    from operations.databases import settings_of
    from operations.dead_letters.masking import masked

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
    from operations.dead_letters.masking import masked, masked_id

    shown = {}
    for name, value in found.row["headers"].items():
        ours = name.startswith("doorstep-")
        shown[name if ours else "(masked name)"] = masked_id(value) if ours else masked(value)
    return shown


def _must_be_known(handler: str) -> None:
    """Or have letters, of an older version. Raises BadParameter."""
    from operations.queues.figures import handlers_of

    known = [name for service in SERVICES for name in handlers_of(service)]
    of_service = handler.partition(".")[0] in SERVICES
    if handler in known or (of_service and newest(Choice(handler=handler, state="all"), 1)):
        return
    raise typer.BadParameter(f"{handler} is none of {', '.join(known)}", param_hint="--handler")


def _is_id(text: str) -> bool:
    import uuid

    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
