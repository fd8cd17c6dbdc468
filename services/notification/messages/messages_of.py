"""Messages of some cases, found by their ids, which begin as those of their cases do."""

from collections.abc import Collection, Iterator
from typing import Any, Final

from sqlalchemy import Select, and_, or_
from sqlalchemy.engine import Connection, Row

from services.notification.messages.message_id import id_range
from services.notification.messages.tables import messages

_AT_ONCE: Final = 200
"""Databases take so many conditions in one statement."""


def messages_of(conn: Connection, wanted: Select[Any], case_ids: Collection[str]) -> Iterator[Row[Any]]:
    """What is wanted of the messages of these cases, in some order.

    :param wanted: a selection from `messages`.
    """
    m, ordered = messages.c, sorted(case_ids)
    for start in range(0, len(ordered), _AT_ONCE):
        of_these = ordered[start : start + _AT_ONCE]
        ranges = [and_(m.id.between(*id_range(case_id)), m.case_id == case_id) for case_id in of_these]
        yield from conn.execute(wanted.where(or_(*ranges)))
