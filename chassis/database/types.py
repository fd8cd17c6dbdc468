"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator, TypeEngine


class Id(TypeDecorator[str]):
    """Our own identifiers: text in Python, `uuid` in PostgreSQL, CHAR(36) in SQLite."""

    impl = String(36)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(postgresql.UUID(as_uuid=False))
        return dialect.type_descriptor(String(36))


class UtcDateTime(TypeDecorator[datetime]):
    """Aware datetimes in, aware UTC datetimes out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    # The processors stand in the place of those that SQLAlchemy would make of two functions each, with the
    # same result: an arrival stores and reads some seventy moments.
    def bind_processor(self, dialect: Dialect) -> Callable[[datetime | None], Any]:
        return _moment if dialect.name == "postgresql" else _moment_as_text

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _read_moment if dialect.name == "postgresql" else _read_moment_of_text


def _moment(value: datetime | None) -> datetime | None:
    if value is None or value.tzinfo is UTC:
        return value
    if value.tzinfo is None:
        raise ValueError("a time without a zone cannot be stored")
    return value.astimezone(UTC)


def _moment_as_text(value: datetime | None) -> str | None:
    """As SQLAlchemy writes a DateTime in SQLite: UTC without its zone, with six digits of a second."""
    moment = _moment(value)
    return None if moment is None else moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def _read_moment(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)


def _read_moment_of_text(value: str | None) -> datetime | None:
    return None if value is None else datetime.fromisoformat(value).replace(tzinfo=UTC)


class Json(TypeDecorator[Any]):
    """An object or a list, kept as JSON text."""

    impl = Text
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        return _json_text

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], Any]:
        return _read_json


def _json_text(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value, option=orjson.OPT_UTC_Z).decode()


def _read_json(text: str | None) -> Any:
    return None if text is None else orjson.loads(text)
