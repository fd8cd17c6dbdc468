"""Who cares at home for somebody who cannot be alone, as it was reported last of their home."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.isolation.cases.merged import with_merged
from services.isolation.cases.tables import case_history

HOME: Final = "home"
"""The line of a case's history that says how a home is."""
CARER_SEALED_AS: Final = "note"
_H: Final = case_history.c


def home_carers(conn: Connection, case_ids: Collection[str]) -> dict[str, str]:
    """Case -> name and phone of whoever cares for them there, sealed: whom somebody named last, in whatever
    order it came, also where it was said of a case that ended merged in this one.
    """
    goes_on_as = with_merged(conn, case_ids)
    rows = conn.execute(
        select(_H.case_id, _H.detail)
        .where(is_in(conn, _H.case_id, goes_on_as), _H.what == HOME)
        .order_by(_H.number)
    )
    named = [row for row in rows if row.detail.get("note")]
    named.sort(key=lambda row: datetime.fromisoformat(row.detail["at"]))
    return {goes_on_as[row.case_id]: row.detail["note"] for row in named}
