"""The link that lets a phone in is texted to the number that the register of staff has, and to no other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, literal_column, select

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.database.statements import database_now, insert_rows
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.notification.channels.phone_lines import Line, phone_of
from services.notification.events.enrolment import ENROLMENT, TEMPLATE, enrolment_notice
from services.notification.events.event import STAFF, Recipient
from services.notification.messages.attempts import BackOff
from services.notification.messages.ledger import Ledger
from services.notification.messages.letters import Letter, Message
from services.notification.messages.message_id import message_id
from services.notification.messages.planning import Plan, PlannedMessage
from services.notification.messages.rows import message_row, notice_row
from services.notification.messages.tables import messages, notices
from services.notification.reference.tables import staff
from services.notification.rules.book import URGENT, Rule
from services.notification.rules.in_use import rules_in_use
from services.notification.texts.link import LINK

_LINK: Final = re.compile(r"https?://[^\s/]{1,60}/take-up/[A-Za-z0-9_-]{43}")
# A literal, so that the planner sees that the small index of what waits holds all of them.
_PENDING: Final[ColumnElement[bool]] = literal_column("messages.state = 'pending'")


def offer_enrolment(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """One message each, at once and at any hour. One of before that was not sent yet is cancelled: its link
    counts no more. The console notes who had it sent.
    """
    return each_in_turn(commands, lambda said: _offer(uow, said))


def _offer(uow: UnitOfWork, said: Said) -> Outcome:
    staff_id: str = said.data["staff_id"]
    if not _LINK.fullmatch(said.data["link"]):
        raise Refused.invalid([Fault("link", "link", "must let a phone in at the console")])
    notice = enrolment_notice(
        staff_id, said.event.id, said.data["until"], uow.sealer.seal(said.data["link"], LINK)
    )
    recipient = _recipient(uow, staff_id)
    _cancel_earlier(uow, staff_id, said.data["until"])
    rule = Rule(
        name=ENROLMENT,
        event=notice.event,
        to=STAFF,
        template=TEMPLATE,
        template_version=rules_in_use().enrolment_version,
        channels=("sms",),
        urgency=URGENT,
    )
    message = PlannedMessage(message_id(notice.case_id, notice.key, rule.name, recipient.id), rule, recipient)
    plan = Plan(notice, [message])
    insert_rows(uow.conn, notices, [notice_row(plan, said.event, uow.now)])
    due_at = database_now(uow.conn)
    insert_rows(uow.conn, messages, [message_row(message, notice.case_id, notice.key, due_at, uow.now)])
    return Outcome.not_noted(message_id=message.id)


def _cancel_earlier(uow: UnitOfWork, staff_id: str, until: datetime) -> None:
    """Of two links the console counts the one that lasts longer, whichever is offered first."""
    m, n = messages.c, notices.c
    of_them = (m.rule == ENROLMENT) & (m.staff_id == staff_id)
    waiting = (
        select(messages, n.parameters)
        .join(notices, (n.case_id == m.case_id) & (n.notice == m.notice))
        .where(_PENDING, of_them)
        .with_for_update(skip_locked=True, of=messages)
    )
    ledger = Ledger(uow, database_now(uow.conn), {}, BackOff())
    for row in uow.conn.execute(waiting).all():
        if datetime.fromisoformat(row.parameters["until"]) <= until:
            message = Message.from_row(row._mapping)
            ledger.cancel(Letter(message, None, None, "", message.attempts), "superseded")
    ledger.write()


def _recipient(uow: UnitOfWork, staff_id: str) -> Recipient:
    """Raises Refused where they are not among the staff, or no text reaches the number in the register."""
    s = staff.c
    found = select(s.role, s.person, s.language).where(s.staff_id == staff_id, s.active)
    row = uow.conn.execute(found).one_or_none()
    if row is None:
        raise Refused.unknown("member of staff", staff_id)
    phone = uow.sealer.unseal(row.person).get("phone")
    if not phone or phone_of(phone).line is not Line.MOBILE:
        raise Refused.invalid([Fault("staff_id", "no_mobile", "the register has no mobile for them")])
    return Recipient(STAFF, staff_id, row.role, row.person, row.language)
