"""Each hour a member of staff gets one digest of all that was folded and counted for them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, literal_column, select
from sqlalchemy.engine import RowMapping

from chassis.database.statements import database_now, insert_rows, is_in, update_rows
from chassis.unit_of_work import UnitOfWork
from services.notification.events.digest import DIGEST, TEMPLATE, Content, merged, parameters_of
from services.notification.events.event import STAFF, Recipient
from services.notification.messages import states
from services.notification.messages.columns import PlanEntry
from services.notification.messages.count_in_digests import BATCHES_AT_ONCE, add_counts
from services.notification.messages.let_go import AT_ONCE, let_go
from services.notification.messages.message_id import message_id
from services.notification.messages.place_names import place_names
from services.notification.messages.staff_sent import Sent, lock_sent, write_sent
from services.notification.messages.stand_ins import StandIns
from services.notification.messages.tables import digests, messages, notices
from services.notification.rules.book import URGENCIES
from services.notification.rules.in_use import pace_in_use, rules_in_use
from services.notification.rules.pace import Pace

RECIPIENTS_AT_ONCE: Final = 200
_NORMAL: Final = URGENCIES.index("normal")
# As the index says it, so that the planner uses it.
_TO_TELL: Final[ColumnElement[bool]] = literal_column("(cases != cases_told OR folded != folded_told)")
Row = Mapping[str, Any]


def write_digests(uow: UnitOfWork) -> int:
    """Tell staff what was counted and folded, at the pace in use."""
    return turn(uow, pace_in_use(uow.zone), rules_in_use().digest_version)


def turn(uow: UnitOfWork, pace: Pace, template_version: int) -> int:
    """Add up what was counted and let go what has waited; when little of it is left, write the digests.

    Returns how much was done, a bounded number; 0: nothing is left. Where much was counted or waits, the next
    turn goes on with it: what is told an hour is to be one digest. Where little was, cases that come without
    end hold nothing up.
    """
    added = add_counts(uow)
    if added == BATCHES_AT_ONCE:
        return added
    gone = let_go(uow, pace)
    if gone == AT_ONCE:
        return added + gone
    return added + gone + tell_digests(uow, pace, template_version)


def tell_digests(uow: UnitOfWork, pace: Pace, template_version: int) -> int:
    """One message for each recipient, of all that is due, unless they got a digest in this hour or enough
    today, or the one before was not sent yet: then it waits for the next one.
    """
    d = digests.c
    due = (_TO_TELL, d.due_at <= uow.now)
    some = uow.take(select(d.staff_id).where(*due).order_by(d.due_at), d.staff_id, RECIPIENTS_AT_ONCE)
    recipients = sorted({row.staff_id for row in some})
    if not recipients:
        return 0
    stand_ins = StandIns(uow.conn, recipients, uow.now)
    told_instead = {who: deputy for who in recipients if (deputy := stand_ins.of(who))}
    to = {*recipients, *(deputy.id for deputy in told_instead.values())} - told_instead.keys()
    sent = lock_sent(uow.conn, to, pace.day(uow.now))
    rows = _due_by_recipient(uow, recipients, told_instead)
    names = _names_of_places(uow, rows.values())
    unsent = _unsent(uow, sent.values())
    told: list[dict[str, Any]] = []
    postponed: list[dict[str, Any]] = []
    digest = _Digests(uow, template_version, names)
    for who, of_one in rows.items():
        if until := _postponed(pace, uow.now, sent[who], who in unsent):
            postponed += [{"id": row["id"], "due_at": until} for row in of_one]
            continue
        message = digest.write(who, pace.hour(uow.now), of_one)
        told += [_told(row, message) for row in of_one]
        sent[who] = replace(sent[who], digest_at=pace.hour(uow.now), digest_message=message)
    told.sort(key=lambda row: str(row["id"]))
    postponed.sort(key=lambda row: str(row["id"]))
    changes = ["cases_told", "folded_told", "content", "message_id"]
    update_rows(uow.conn, digests, told, key=["id"], set=changes)
    update_rows(uow.conn, digests, postponed, key=["id"], set=["due_at"])
    digest.insert()
    write_sent(uow.conn, [sent[who] for who in rows])
    return sum(map(len, rows.values()))


def _due_by_recipient(
    uow: UnitOfWork, recipients: Sequence[str], told_instead: Mapping[str, Recipient]
) -> dict[str, list[Row]]:
    """The digests that are due, by who gets them: a deputy gets one for all whom they stand in for."""
    d = digests.c
    of_these = select(digests).where(is_in(uow.conn, d.staff_id, recipients), _TO_TELL, d.due_at <= uow.now)
    found: dict[str, list[Row]] = defaultdict(list)
    for row in uow.conn.execute(of_these.order_by(d.id).with_for_update()).mappings():
        deputy = told_instead.get(row["staff_id"])
        found[deputy.id if deputy else row["staff_id"]].append(_addressed(row, deputy))
    return found


def _addressed(row: RowMapping, deputy: Recipient | None) -> Row:
    if deputy is None:
        return dict(row)
    return {**row, "role": deputy.role, "contact": deputy.contact, "language": deputy.language}


def _names_of_places(uow: UnitOfWork, rows: Iterable[Sequence[Row]]) -> dict[str, str]:
    """The names of the places that these digests are about, as far as the copy of places has them."""
    lines = (line for of_one in rows for row in of_one for line in row["content"].get("lines", ()))
    return place_names(uow.conn, {place for _, _, place, _ in lines})


def _unsent(uow: UnitOfWork, sent: Iterable[Sent]) -> set[str]:
    """Those whose last digest still waits to be sent."""
    last = {one.digest_message: one.staff_id for one in sent if one.digest_message}
    waits = is_in(uow.conn, messages.c.id, list(last)) & messages.c.state.in_(states.UNSETTLED)
    return {last[id] for id in uow.conn.execute(select(messages.c.id).where(waits)).scalars()}


def _postponed(pace: Pace, now: datetime, sent: Sent, is_unsent: bool) -> datetime | None:
    """Until when the digest waits; None: it may be written."""
    if pace.morning(now, to_staff=True) or is_unsent or sent.digest_at == pace.hour(now):
        return pace.next_digest(now)
    return pace.next_day(now) if sent.on(pace.day(now)) >= pace.a_day else None


def _told(row: Row, message: str) -> dict[str, Any]:
    nothing: Content = {}
    return {
        "id": row["id"],
        "cases_told": row["cases"],
        "folded_told": row["folded"],
        "content": nothing,
        "message_id": message,
    }


class _Digests:
    """The messages of digests, each with its notice."""

    def __init__(self, uow: UnitOfWork, template_version: int, names: Mapping[str, str]) -> None:
        self._uow = uow
        self._names = names
        self._version = template_version
        self._due_at = database_now(uow.conn)
        self._notices: list[dict[str, Any]] = []
        self._messages: list[dict[str, Any]] = []

    def write(self, staff_id: str, hour: datetime, rows: Sequence[Row]) -> str:
        """Returns the message's id. Notice and message stand under the id of the first row, not of a case."""
        first = rows[0]
        key = f"{DIGEST}:{hour:%Y-%m-%dT%H}"
        new_cases = sum(row["cases"] - row["cases_told"] for row in rows)
        content = merged([row["content"] for row in rows])
        id = message_id(first["id"], key, DIGEST, staff_id)
        self._notices.append(
            {
                "case_id": first["id"],
                "notice": key,
                "arrival_id": first["case_id"],
                "event": DIGEST,
                "version": 1,
                "supersedes": False,
                "planned": 1,
                "plan": str(PlanEntry(DIGEST, staff_id)),
                "parameters": parameters_of(content, new_cases, self._names),
                "correlation_id": f"{DIGEST}:{first['id']}",
                "handled_at": self._uow.now,
            }
        )
        self._messages.append(
            {
                "id": id,
                "case_id": first["id"],
                "notice": key,
                "rule": DIGEST,
                "recipient_kind": STAFF,
                "staff_id": staff_id,
                "role": first["role"],
                "contact": first["contact"],
                "language": first["language"],
                "template": TEMPLATE,
                "template_version": self._version,
                "channels": first["channels"],
                "urgency": _NORMAL,
                "state": states.PENDING,
                "due_at": self._due_at,
                "created_at": self._uow.now,
            }
        )
        return id

    def insert(self) -> None:
        insert_rows(self._uow.conn, notices, self._notices)
        insert_rows(self._uow.conn, messages, self._messages)
