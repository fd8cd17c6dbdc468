"""All notices of some cases, which say what was told and what holds now."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.notification.messages.letters import StoredNotice
from services.notification.messages.tables import notices


def notices_of(conn: Connection, case_ids: Iterable[str]) -> dict[str, dict[str, StoredNotice]]:
    found: dict[str, dict[str, StoredNotice]] = defaultdict(dict)
    of_cases = is_in(conn, notices.c.case_id, sorted(case_ids))
    for row in conn.execute(select(notices).where(of_cases)).mappings():
        found[row["case_id"]][row["notice"]] = StoredNotice.from_row(row)
    return found
