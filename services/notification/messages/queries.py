"""Reads the messages about one arrival, and whether all planned messages are there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, select
from sqlalchemy.engine import Connection

from chassis.database.statements import is_in
from chassis.masking import masked_phone
from chassis.sealing import SealBroken, Sealer
from services.notification.events.event import CONTACT, RESIDENT, Notice
from services.notification.messages.columns import PlanEntry, counted_staff, plan_entries
from services.notification.messages.digest_queries import (
    count_digests,
    digests_add_up,
    digests_that_count,
    digests_with_ids,
)
from services.notification.messages.letters import Message, Row, StoredNotice, Unseal, open_message
from services.notification.messages.message_id import id_range
from services.notification.messages.on_phones import household_of
from services.notification.messages.states import FAILED, STATES, UNKNOWN
from services.notification.messages.tables import message_attempts, messages, notices
from services.notification.texts.link import HIDDEN_TOKEN, doors_of, link_of

if TYPE_CHECKING:  # audit asks here, too, and renders nothing
    from services.notification.texts.texts import Texts

# How many missing messages are named; the count is always whole.
MOST_NAMED = 100


def trace(
    conn: Connection,
    arrival_id: str,
    *,
    sealer: Sealer | None = None,
    texts: Texts | None = None,
    hotline: str = "12345",
    public_url: str | None = None,
) -> dict[str, Any]:
    """The messages about one arrival (its case has the same id), oldest first.

    With `sealer` the masked phone is shown; with `texts` too, the whole text: that is a view of personal
    data, and the caller notes it. A folded message names its digest; `counted` are the digests in which the
    case was counted for other members of its team. A link in a text is shown without its token: that is a
    key.
    """
    of_case = list(conn.execute(select(notices).where(notices.c.case_id == arrival_id)).mappings())
    stored = {row["notice"]: StoredNotice.from_row(row).notice for row in of_case}
    first, last = id_range(arrival_id)
    rows = list(
        conn.execute(
            select(messages)
            .where(messages.c.id.between(first, last), messages.c.case_id == arrival_id)
            .order_by(messages.c.created_at, messages.c.id)
        ).mappings()
    )
    attempts = _attempts_of(conn, [row["id"] for row in rows])
    folded = digests_with_ids(conn, {row["digest"] for row in rows if row["digest"]})
    newest_first = sorted(stored.values(), key=lambda notice: -notice.version)
    person = next((notice.person for notice in newest_first if notice.person), None)
    household = household_of(arrival_id, newest_first)
    shown = []
    for row in rows:
        message, notice = Message.from_row(row), stored.get(row["notice"])
        entry = _shown(message, row) | {"attempts": attempts.get(message.id, [])}
        entry["digest"] = folded.get(row["digest"])
        if sealer:
            about = notice.person if notice and notice.person else person
            links = _shown_links(public_url, message, notice, household)
            settings = {"hotline": hotline, **links}
            entry |= _unsealed(message, notice, about, sealer.unseal, texts, settings)
        shown.append(entry)
    return {
        "notices": [
            {name: row[name] for name in ("notice", "event", "planned", "handled_at")}
            for row in sorted(of_case, key=lambda row: (row["handled_at"], row["notice"]))
        ],
        "messages": shown,
        "counted": [
            digest
            for row in of_case
            for digest in digests_that_count(conn, counted_staff(row["counted"]), row["handled_at"])
        ],
    }


def audit(conn: Connection) -> dict[str, Any]:
    """Whether every planned message is there, once, in one state. Missing ones are named.

    `messages_not_told`: by reason, those that no channel delivered, so that a human is asked to.
    """
    by_state = dict.fromkeys(STATES, 0)
    not_told: dict[str, int] = {}
    key = (messages.c.state, messages.c.reason)
    for state, reason, count in conn.execute(select(*key, func.count()).group_by(*key)):
        by_state[state] = by_state.get(state, 0) + count
        if state in (FAILED, UNKNOWN):
            not_told[reason or "unknown"] = not_told.get(reason or "unknown", 0) + count
    per_event = conn.execute(select(notices.c.event, func.count()).group_by(notices.c.event))
    handled: dict[str, int] = {event: count for event, count in per_event}
    planned = conn.execute(select(func.coalesce(func.sum(notices.c.planned), 0))).scalar_one()
    found = sum(by_state.values())
    missing, missing_count = _missing(conn)
    strays = conn.execute(select(func.count()).select_from(messages).where(_without_notice())).scalar_one()
    unknown = sorted(set(by_state) - set(STATES))
    digests = count_digests(conn)
    return {
        "balanced": not missing_count
        and not strays
        and not unknown
        and planned == found
        and digests_add_up(digests),
        "notices": handled,
        "messages_planned": planned,
        "messages_found": found,
        "messages_by_state": by_state,
        "messages_not_told": not_told,
        "digests": digests,
        "messages_missing": missing_count,
        "messages_without_notice": strays,
        "missing": missing,
    }


def _missing(conn: Connection) -> tuple[list[dict[str, Any]], int]:
    stored = (
        select(messages.c.case_id, messages.c.notice, func.count().label("found"))
        .group_by(messages.c.case_id, messages.c.notice)
        .subquery()
    )
    found = func.coalesce(stored.c.found, 0)
    in_all = func.sum(func.abs(notices.c.planned - found)).over().label("in_all")
    short = conn.execute(
        select(
            *(notices.c[name] for name in ("case_id", "notice", "plan", "planned")),
            found.label("found"),
            in_all,
        )
        .outerjoin(stored, and_(stored.c.case_id == notices.c.case_id, stored.c.notice == notices.c.notice))
        .where(notices.c.planned != found)
        .order_by(notices.c.case_id)
        .limit(MOST_NAMED)
    ).all()
    count = int(short[0].in_all) if short else 0
    named = []
    for row in short:
        first, last = id_range(row.case_id)
        present = {
            PlanEntry(rule, staff_id or kind)
            for rule, staff_id, kind in conn.execute(
                select(messages.c.rule, messages.c.staff_id, messages.c.recipient_kind).where(
                    messages.c.id.between(first, last),
                    messages.c.case_id == row.case_id,
                    messages.c.notice == row.notice,
                )
            )
        }
        named.append(
            {
                "case_id": row.case_id,
                "notice": row.notice,
                "planned": row.planned,
                "found": row.found,
                "missing": [str(entry) for entry in plan_entries(row.plan) if entry not in present],
            }
        )
    return named, count


def _without_notice() -> Any:
    return ~(
        select(notices.c.case_id)
        .where(notices.c.case_id == messages.c.case_id, notices.c.notice == messages.c.notice)
        .exists()
    )


def _attempts_of(conn: Connection, ids: list[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in conn.execute(
        select(message_attempts)
        .where(is_in(conn, message_attempts.c.message_id, ids))
        .order_by(message_attempts.c.message_id, message_attempts.c.id)
    ).mappings():
        found[row["message_id"]].append(
            {name: row[name] for name in ("at", "channel", "attempt", "state", "reason")}
        )
    return found


def _shown(message: Message, row: Row) -> dict[str, Any]:
    recipient = message.recipient
    return {
        "message_id": message.id,
        "notice": message.notice,
        "rule": row["rule"],
        "recipient": {"kind": recipient.kind, "staff_id": recipient.staff_id, "role": recipient.role},
        "deputy": message.deputy,
        "on_phone": message.on_phone,
        "state": message.state,
        "template": f"{message.template}@{message.template_version}",
        "language": recipient.language,
        "channel": message.channel,
        "reason": row["reason"],
        "provider_reference": row["provider_reference"],
        "created_at": row["created_at"],
    }


def _shown_links(
    public_url: str | None, message: Message, notice: Notice | None, household: str
) -> Mapping[str, str]:
    if message.is_for_nobody_else:
        return {"enrolment_link": HIDDEN_TOKEN}
    if not public_url:
        return {}
    if message.recipient.kind in (RESIDENT, CONTACT):
        return {"link": link_of(public_url, HIDDEN_TOKEN)} if notice is not None and notice.link else {}
    return {"household_link": doors_of(public_url, household), "doors_link": doors_of(public_url)}


def _unsealed(
    message: Message,
    notice: Notice | None,
    person: str | None,
    unseal: Unseal,
    texts: Texts | None,
    settings: Mapping[str, str],
) -> dict[str, Any]:
    try:
        opened = open_message(message, notice, person, unseal)
    except SealBroken:
        return {"phone": "sealed with a key that is not here"}
    phone = masked_phone(opened.address("phone"))
    if texts is None:
        return {"phone": phone}
    text = texts.render(
        message.template,
        message.template_version,
        message.channel,
        message.recipient.language,
        {**opened.variables, **settings},
        on_phone=message.on_phone,
    )
    return {"phone": phone, "text": text}
