"""All notices of some cases, which say what was told and what holds now."""

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import null, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.notification.messages.letters import StoredNotice
from services.notification.messages.tables import notices

_SEALED = ("person", "worker", "link")
_PLAIN = [null().label(column.name) if column.name in _SEALED else column for column in notices.c]


def notices_of(
    conn: Connection, case_ids: Iterable[str], *, with_people: bool = True
) -> dict[str, dict[str, StoredNotice]]:
    """By case and key.

    :param with_people: without it, whom they are about and whom to call, most of a notice, stay unread.
    """
    wanted = select(notices) if with_people else select(*_PLAIN)
    found: dict[str, dict[str, StoredNotice]] = defaultdict(dict)
    of_cases = is_in(conn, notices.c.case_id, sorted(case_ids))
    for row in conn.execute(wanted.where(of_cases)).mappings():
        found[row["case_id"]][row["notice"]] = StoredNotice.from_row(row)
    return found
