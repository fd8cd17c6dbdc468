"""Seal anew by the newest key what stands sealed under older ones, while everything runs.

Only texts that nobody changed meanwhile are written. The outbox is the log of what was said: a body that
changed would be another event to whoever has heard it. It is left alone, and forgets after its days.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Text, func, literal, select, type_coerce, update
from sqlalchemy.exc import OperationalError

from chassis.database.engine import Database
from chassis.errors import is_world_away
from chassis.sealing import Sealer
from operations.keys.tokens import Tokens
from operations.keys.walk import Place, places, rows_holding, windows, with_key

LOG: Final = "outbox"
_ROWS: Final = 100
"""Of one transaction: whoever waits for one of them waits for milliseconds."""
_REST_S: Final = 0.02
_TRIES: Final = 3


@dataclass
class InUse:
    """What a service holds under a key.

    :param values: `table.column` -> how many values.
    :param logged: how many rows of the outbox, which forgets them by itself; `until`: when the newest was
        written.
    """

    values: Counter[str] = field(default_factory=Counter)
    logged: int = 0
    until: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.values or self.logged)


@dataclass(frozen=True, slots=True)
class Resealed:
    """:param unopened: key id -> values that no key opens, or that were sealed for an unknown purpose."""

    renewed: Counter[str]
    unopened: Counter[str]


Report = Callable[[str, int], None]
"""Told of each table how many rows were looked through."""


def look(
    service: str, database: Database, ids: list[str], sealer: Sealer, report: Report
) -> dict[str, InUse]:
    """Key id -> what is sealed under it."""
    tokens, found = Tokens(sealer, ids), {id: InUse() for id in ids}
    for place, rows in _rows(service, database, ids, report):
        for _, texts in rows:
            for name, text in texts.items():
                for id, number in tokens.count(text).items():
                    if place.table.name == LOG:
                        found[id].logged += 1
                    else:
                        found[id].values[f"{place.table.name}.{name}"] += number
    for one in found.values():
        if one.logged:
            (log,) = (place.table for place in places(service) if place.table.name == LOG)
            with database.look() as conn:
                one.until = conn.execute(select(func.max(log.c.created_at))).scalar_one()
    return found


def reseal(service: str, database: Database, sealer: Sealer, report: Report) -> Resealed:
    """Run again, it goes on where nothing was renewed yet."""
    tokens = Tokens(sealer)
    for place, rows in _rows(service, database, list(tokens.ids), report, but=LOG):
        for start in range(0, len(rows), _ROWS):
            _write(database, place, rows[start : start + _ROWS], tokens)
            time.sleep(_REST_S)
    return Resealed(tokens.renewed, tokens.unopened)


def _rows(
    service: str, database: Database, ids: list[str], report: Report, but: str = ""
) -> Iterator[tuple[Place, list[tuple[tuple[Any, ...], dict[str, str]]]]]:
    for place in places(service):
        if place.table.name == but or not ids:
            continue
        with database.look() as conn:
            for number, window in enumerate(windows(conn, place), 1):
                yield place, rows_holding(conn, place, window, ids)
                report(place.table.name, number)


def _write(
    database: Database, place: Place, rows: list[tuple[tuple[Any, ...], dict[str, str]]], tokens: Tokens
) -> None:
    changes = []
    for key, texts in rows:
        for name, text in texts.items():
            if (renewed := tokens.renew(text)) != text:
                changes.append((key, name, text, renewed))
    for attempt in range(1, _TRIES + 1):
        try:
            with database.begin() as conn:
                for key, name, before, after in changes:
                    column = place.table.c[name]
                    unchanged = type_coerce(column, Text) == literal(before, Text)
                    written = {column: type_coerce(literal(after, Text), Text)}
                    conn.execute(update(place.table).where(with_key(place, key), unchanged).values(written))
            return
        except OperationalError as error:  # a deadlock with whoever writes the same rows in another order
            if attempt == _TRIES or not is_world_away(error):
                raise
            time.sleep(0.5 * attempt)
