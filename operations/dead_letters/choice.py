"""Which dead letters an operation is about."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select, true

from chassis.messaging.dead_letters import DEAD
from chassis.messaging.dead_letters import one as find
from operations.databases import database_of, databases
from operations.dead_letters.masking import masked_error
from operations.errors import Conflict, NotFound
from operations.services import SERVICES, service_of, work_queues

# Replayed, and no service has said what became of it: its copy is on its way, or gone.
ON_THE_WAY = "on_the_way"
STATES = ("waiting", "replayed", "discarded", ON_THE_WAY)


@dataclass(frozen=True)
class Letter:
    """A row of `dead_letters`, and the service that keeps it."""

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
        return asdict(self)


@dataclass(frozen=True)
class Choice:
    """Letters by their properties, or one letter by its id. Nothing given: all that wait.

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

    @property
    def services(self) -> list[str]:
        of_handler = service_of(self.handler) if self.handler else None
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
    """The letters of a choice when they were looked up; letters that came later do not belong to it.

    :param ids: by service.
    :param groups: letters that are alike, the largest group first.
    """

    choice: Choice
    ids: dict[str, list[str]]
    groups: list[Group]

    @property
    def letters(self) -> int:
        return sum(map(len, self.ids.values()))


def came_back() -> ColumnElement[bool]:
    """Whether a letter is followed by another, as a condition on `dead_letters`."""
    later = DEAD.alias("later")
    return select(later.c.id).where(later.c.follows == DEAD.c.id).exists()


def on_the_way() -> ColumnElement[bool]:
    """Letters of before there were acts say nothing of their copies."""
    unheard = and_(DEAD.c.handled_at.is_(None), DEAD.c.act_id.is_not(None), ~came_back())
    return and_(DEAD.c.state == "replayed", unheard)


def newest(choice: Choice, most: int) -> list[Letter]:
    """At most so many, those that died last, in the order in which they died; without their bodies."""
    columns = [column for column in DEAD.c if column.name != "sealed_body"]
    found: list[Letter] = []
    for service in choice.services:
        wanted = select(*columns).where(choice.condition()).order_by(DEAD.c.id.desc()).limit(most)
        with database_of(service).read() as conn:
            found += (Letter(service, dict(row._mapping)) for row in conn.execute(wanted))
    return sorted(found, key=lambda letter: letter.row["dead_at"])[-most:]


def look_up(choice: Choice) -> Chosen:
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
    return Chosen(choice, ids, sorted(groups, key=lambda group: (-group.letters, group.handler, group.error)))


def in_steps(ids: list[str], step: int = 500) -> Iterator[list[str]]:
    for start in range(0, len(ids), step):
        yield ids[start : start + step]


def letter(letter_id: str) -> Letter:
    """Raises NotFound."""
    if _is_id(letter_id):
        for service, database in databases().items():
            with database.read() as conn:
                row = find(conn, letter_id)
            if row:
                return Letter(service, row)
    raise NotFound(f"there is no dead letter {letter_id}: see `doorstep dead list`")


def look_up_one(letter_id: str, *states: str) -> Chosen:
    """Raises NotFound, and Conflict where it is in none of these states."""
    found = letter(letter_id)
    row = found.row
    for state in states:
        chosen = look_up(Choice(letter_id=row["id"], service=found.service, state=state))
        if chosen.letters:
            return chosen
    when = row["settled_at"].astimezone().isoformat(timespec="seconds") if row["settled_at"] else "?"
    raise Conflict(f"{row['id']} was {row['state']} by {row['settled_by']} at {when}")


def handler_is_known(handler: str) -> bool:
    """It is one of today's handlers, or one of an older version that has letters."""
    of_a_service = service_of(handler) in SERVICES
    return handler in handlers() or (of_a_service and bool(newest(Choice(handler=handler, state="all"), 1)))


def handlers() -> list[str]:
    """All that may have dead letters, as they are named there."""
    return [name for service in SERVICES for name in work_queues(service)]


def _is_id(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True
