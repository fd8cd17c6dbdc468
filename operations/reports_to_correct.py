"""Reports that somebody must correct, whole or in a part."""

from __future__ import annotations

from typing import Any

from operations.databases import database_of
from services.registration import door as registration


def reports_to_correct(most: int) -> list[dict[str, Any]]:
    """The longest waiting first; see the query of registration."""
    with database_of("registration").read() as conn:
        return registration.REPORTS_TO_CORRECT(conn, most)
