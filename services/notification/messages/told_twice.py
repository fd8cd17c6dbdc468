"""Whoever stands in for somebody gets no message that says what they are told anyway."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from services.notification.messages import states
from services.notification.messages.letters import Message
from services.notification.messages.messages_of import messages_of
from services.notification.messages.stand_ins import StandIns
from services.notification.messages.tables import messages
from services.notification.messages.told_before import READ

_WAITS: Final = (states.PENDING, states.HELD)

_What = tuple[str, str, str, str]
"""(case, notice, rule, who gets it): messages that share it say the same."""
_Rank = tuple[bool, bool, str]
"""Which of them is to go: the least. (still waits, was planned for somebody else, id)"""


def told_twice(conn: Connection, due: Sequence[Message], at: datetime) -> frozenset[str]:
    """The ids of those messages to deputies that say what another message tells them.

    Of several one stays, and every replica finds the same one.

    :param due: as they go out.
    :param at: in the time of the field.
    """
    to_deputies = [message for message in due if message.deputy]
    if not to_deputies:
        return frozenset()
    m = messages.c
    columns = (m.id, m.case_id, m.notice, m.rule, m.staff_id, m.deputy, m.state)
    told = select(*columns).where(m.staff_id.is_not(None), is_in(conn, m.state, (*READ, *_WAITS)))
    rows = list(messages_of(conn, told, {message.case_id for message in to_deputies}))
    stand_ins = StandIns(conn, {row.staff_id for row in rows if row.state in _WAITS}, at)
    ranks: dict[_What, list[_Rank]] = defaultdict(list)
    for row in rows:
        waits = row.state in _WAITS
        deputy = stand_ins.of(row.staff_id) if waits else None
        to = (deputy.id if deputy else row.staff_id) if waits else row.deputy or row.staff_id
        ranks[row.case_id, row.notice, row.rule, to].append((waits, to != row.staff_id, row.id))
    stays = {min(alike)[-1] for alike in ranks.values()}
    return frozenset(message.id for message in to_deputies) - stays
