"""Messages that waited long enough: sent now, or folded into the digest of their recipient."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import literal_column, select

from chassis.database.statements import database_now, insert_rows, is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from services.notification.events import EVENTS
from services.notification.events.digest import TODAY, Content, content_of, digest_id, merged
from services.notification.events.event import OTHER_NEWS, Line, Notice
from services.notification.messages import states
from services.notification.messages.attempts import BackOff
from services.notification.messages.columns import channels_text
from services.notification.messages.count_in_digests import empty_digest
from services.notification.messages.ledger import Ledger
from services.notification.messages.letters import Letter, Message
from services.notification.messages.notices_of import notices_of
from services.notification.messages.overtaken import is_overtaken
from services.notification.messages.tables import digests, messages
from services.notification.rules.pace import Pace

AT_ONCE: Final = 1000

# A literal, so that the planner sees that the partial index holds all of them.
_HELD = (
    select(messages)
    .where(literal_column("state = 'held'"))
    .order_by(messages.c.due_at)
    .with_for_update(skip_locked=True)
)
_Folding = dict[tuple[str, datetime], list[Letter]]
"""By recipient and hour."""


def let_go(uow: UnitOfWork, pace: Pace) -> int:
    """A bounded number of them. Returns how many."""
    waited = uow.take(_HELD.where(messages.c.due_at <= uow.now), messages.c.id, AT_ONCE)
    rows = [Message.from_row(row._mapping) for row in waited]
    if not rows:
        return 0
    to_fold = {message.case_id for message in rows if not _goes_out(message)}
    of_cases = notices_of(uow.conn, to_fold, with_people=False)
    ledger = Ledger(uow, database_now(uow.conn), {}, BackOff())
    folding: _Folding = defaultdict(list)
    for message in rows:
        of_case = of_cases[message.case_id]  # empty where nothing of it is folded
        stored = of_case.get(message.notice)
        letter = Letter(message, stored, None, "", message.attempts)
        if _goes_out(message):
            ledger.release(letter)
        elif stored is not None and is_overtaken(message, stored.notice, of_case.values()):
            ledger.cancel(letter, "superseded")
        else:
            folding[message.recipient.id, pace.hour(message.due_at)].append(letter)
    for digest, letters in _fold(uow, pace, folding):
        for letter in letters:
            ledger.fold(letter, digest)
    ledger.write()
    return len(rows)


def _goes_out(message: Message) -> bool:
    """Whether it is sent itself, and not told by a digest."""
    return message.reason in (states.NIGHT, states.NUMBER_LIMIT, states.CALL_FIRST) or message.is_digest


def _fold(uow: UnitOfWork, pace: Pace, folding: _Folding) -> Iterable[tuple[str, Sequence[Letter]]]:
    """Add them to the digests of their hours; where that was told already, to the next one."""
    if not folding:
        return []
    told = _open(uow, {key: letters[0] for key, letters in folding.items()}, uow.now)
    late = pace.next_digest(uow.now)
    moved: _Folding = defaultdict(list)
    for key, letters in folding.items():
        moved[(key[0], late) if told[digest_id(*key)]["message_id"] else key] += letters
    rows = _open(uow, {key: letters[0] for key, letters in moved.items()}, late)
    found, changed = [], []
    for key, letters in moved.items():
        row = rows[digest_id(*key)]
        content = merged([row["content"], _content(letters)])
        changed.append({"id": row["id"], "content": content, "folded": row["folded"] + len(letters)})
        found.append((row["id"], letters))
    changed.sort(key=lambda row: str(row["id"]))
    update_rows(uow.conn, digests, changed, key=["id"], set=["content", "folded"])
    return found


def _open(
    uow: UnitOfWork, first: Mapping[tuple[str, datetime], Letter], due_at: datetime
) -> dict[str, dict[str, Any]]:
    """The rows of these digests, made where they are not there, and locked in sorted order."""
    fresh = [
        empty_digest(
            letter.message.recipient,
            hour,
            max(hour, due_at),
            channels_text(letter.message.channels),
            _stands_for(letter),
        )
        for (_, hour), letter in first.items()
    ]
    fresh.sort(key=lambda row: str(row["id"]))
    insert_rows(uow.conn, digests, fresh, ignore_conflicts=True)
    these = is_in(uow.conn, digests.c.id, [row["id"] for row in fresh])
    locked = select(digests).where(these).order_by(digests.c.id).with_for_update()
    return {row["id"]: dict(row) for row in uow.conn.execute(locked).mappings()}


def _stands_for(letter: Letter) -> str:
    return letter.notice.arrival_id if letter.notice else letter.message.case_id


def _content(letters: Sequence[Letter]) -> Content:
    lines, plans = [], []
    for letter in letters:
        line = _line(letter.notice)
        if line.what == TODAY and letter.notice:
            plans.append(letter.notice.parameters[TODAY])
        else:
            lines.append(line)
    return merged([content_of(lines), *(content_of([], plan) for plan in plans)])


def _line(notice: Notice | None) -> Line:
    event = EVENTS.get(notice.event) if notice else None
    return event.line(notice.parameters) if event and notice else Line(OTHER_NEWS)
