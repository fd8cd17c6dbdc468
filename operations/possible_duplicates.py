"""Pairs of arrivals that may be one, for staff to decide."""

from __future__ import annotations

from typing import Any

from operations.databases import database_of
from services.registration import door as registration


def open_duplicates(most: int, why: str | None = None) -> list[dict[str, Any]]:
    """The open pairs, the longest open first; see the query of registration."""
    with database_of("registration").read() as conn:
        return registration.OPEN_DUPLICATES(conn, most, why)
