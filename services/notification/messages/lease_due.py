"""Lease messages that are due, for the time of one attempt.

A lease ends by the database's clock. Whoever finds an ended lease takes the message over, and the outcome
that its first holder still brings is not written.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import literal_column, select
from sqlalchemy.engine import Connection

from chassis.database.statements import database_now, is_in
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.notification.channels.answers import Answer, Outcome
from services.notification.events.event import FORMER, RESIDENT, STAFF
from services.notification.messages import states
from services.notification.messages.allowance import Allowance
from services.notification.messages.attempts import BackOff
from services.notification.messages.call_first import quiet_until
from services.notification.messages.ledger import Channels, Ledger
from services.notification.messages.letters import (
    Letter,
    Message,
    StoredNotice,
    Unseal,
    address_of,
    has_address,
)
from services.notification.messages.notices_of import notices_of
from services.notification.messages.number_limit import NumberLimit
from services.notification.messages.on_phones import household_of, on_phones
from services.notification.messages.overtaken import is_overtaken
from services.notification.messages.stand_ins import StandIns
from services.notification.messages.tables import messages, notices
from services.notification.messages.told_before import (
    TAKING_BACK,
    NoticesByKey,
    notice_to_take_back,
    read_told,
    told_of_others,
)
from services.notification.messages.told_twice import told_twice
from services.notification.rules.book import URGENT
from services.notification.rules.pace import Pace

# Literals, so that the planner sees that the partial index holds all of them.
_DUE = (
    select(messages)
    .where(literal_column("state IN ('pending', 'sending')"))
    .order_by(messages.c.urgency, messages.c.due_at)
    .with_for_update(skip_locked=True)
)


def lease_due(
    uow: UnitOfWork, *, limit: int, seconds: float, channels: Channels, back_off: BackOff, pace: Pace
) -> list[Letter]:
    """Take up to `limit` messages that are due, for `seconds`.

    A message that has become untrue is cancelled, and one that tells a deputy what they are told anyway; one
    that is not urgent is held at night, and where the member of staff or the number got enough today. A
    message that a dead sender left behind is put back or, where it might reach somebody twice, given to a
    human.
    """
    now = database_now(uow.conn)
    rows = uow.take(_DUE.where(messages.c.due_at <= now), messages.c.id, limit)
    due = [Message.from_row(row._mapping) for row in rows]
    if not due:
        return []
    by_case = notices_of(uow.conn, {message.case_id for message in due})
    told = read_told(uow.conn, due, by_case)
    ledger = Ledger(uow, now, channels, back_off)
    stand_ins = StandIns(uow.conn, {m.recipient.id for m in due if m.recipient.kind == STAFF}, uow.now)
    addressed = {message.id: stand_ins.addressed(message) for message in due}
    addressed = on_phones(uow.conn, due, addressed, by_case, now)
    twice = told_twice(uow.conn, list(addressed.values()), uow.now)
    allowance = Allowance(uow, pace, list(addressed.values()))
    voids = {m.id: notice_to_take_back(m, by_case[m.case_id], told) for m in due if m.template in TAKING_BACK}
    prepared = with_housemates(uow.conn, _prepared(due, by_case, voids), channels, uow.sealer.unseal)
    numbers = NumberLimit(uow, pace, prepared, channels)
    letters = []
    for letter in prepared:
        message, stored = letter.message, letter.stored
        of_case = by_case[message.case_id]
        takes_back = voids.get(message.id) is not None or told_of_others(message, of_case, told)
        if message.state == states.PENDING and message.template in TAKING_BACK and not takes_back:
            ledger.cancel(letter, "never_told")
        elif message.state == states.SENDING:
            ledger.enter(letter, Outcome(Answer.LOST, "lease_expired"))
        elif stored is not None and is_overtaken(message, stored.notice, of_case.values()):
            ledger.cancel(letter, "superseded")
        elif quiet := quiet_until(message, of_case.values(), uow.now):
            ledger.hold(letter, quiet, states.CALL_FIRST)
        elif wait := allowance.wait(addressed[message.id]):
            ledger.hold(letter, wait.until, wait.reason)
        elif message.id in twice:
            ledger.cancel(letter, "told_already")
        elif (beyond := numbers.is_reached(message)) and _may_wait(message):
            ledger.hold(letter, pace.next_day_of_residents(uow.now), states.NUMBER_LIMIT)
        else:
            household = household_of(message.case_id, (other.notice for other in of_case.values()))
            goes = addressed[message.id]
            goes = goes if beyond else numbers.spent(allowance.spent(goes))
            letter = replace(letter, message=goes, household=household, is_beyond=beyond)
            letters.append(ledger.lease(letter, now + timedelta(seconds=seconds)))
    ledger.write()
    allowance.write()
    numbers.write()
    return letters


def _may_wait(message: Message) -> bool:
    """Until tomorrow, and not twice."""
    return message.urgency != URGENT and message.reason != states.NUMBER_LIMIT


def _prepared(
    due: Sequence[Message],
    by_case: Mapping[str, NoticesByKey],
    voids: Mapping[str, StoredNotice | None],
) -> Iterator[Letter]:
    """All under one lease, which none of them has yet."""
    lease = new_id()
    for message in due:
        of_case = by_case[message.case_id]
        stored = of_case.get(message.notice)
        told_to = voids.get(message.id) if message.recipient.kind == FORMER else stored
        yield Letter(message, stored, _person(told_to, of_case), lease, message.attempts)


def with_housemates(
    conn: Connection, letters: Iterable[Letter], channels: Channels, unseal: Unseal
) -> list[Letter]:
    """Children and old people without an address of their own are informed at that of their household.

    A number that was wrong for one may be right for another of the household: then there is no stranger.
    """
    letters = _without_false_strangers(conn, list(letters), channels, unseal)
    wanted = {letter.id: search for letter in letters if (search := _search(letter, channels, unseal))}
    if not wanted:
        return letters
    found: dict[tuple[str, str], str] = {}
    reached: set[tuple[str, str]] = set()
    names = sorted({name for _, name in wanted.values()})
    for household_id, person in _housemates(conn, sorted({household for household, _ in wanted.values()})):
        for key in ((household_id, name) for name in names):
            channel = channels[key[1]]
            address = None if key in reached else address_of(person, channel.address, unseal)
            if address is None:
                continue
            if channel.cannot_reach(address) is None:
                reached.add(key)
                found[key] = person
            found.setdefault(key, person)  # at least it is known then that somebody must call
    return [
        replace(letter, housemate=found.get(wanted[letter.id])) if letter.id in wanted else letter
        for letter in letters
    ]


def _without_false_strangers(
    conn: Connection, letters: Sequence[Letter], channels: Channels, unseal: Unseal
) -> list[Letter]:
    former: dict[str, tuple[str, str]] = {}
    for letter in letters:
        channel, notice, person = channels.get(letter.channel), letter.notice, letter.person
        if letter.message.recipient.kind != FORMER or channel is None or notice is None or person is None:
            continue
        address = address_of(person, channel.address, unseal)
        if notice.household_id and address:
            former[letter.id] = notice.household_id, address
    if not former:
        return list(letters)
    kinds = {channel.address for channel in channels.values()}
    in_use = {
        (household_id, address_of(person, kind, unseal))
        for household_id, person in _housemates(conn, sorted({household for household, _ in former.values()}))
        for kind in kinds
    }
    return [
        replace(letter, is_in_use=True) if former.get(letter.id) in in_use else letter for letter in letters
    ]


def _search(letter: Letter, channels: Channels, unseal: Unseal) -> tuple[str, str] | None:
    """The household to search and the channel to reach; None where no search is needed or possible."""
    channel, notice = channels.get(letter.channel), letter.notice
    if channel is None or notice is None or notice.household_id is None or letter.person is None:
        return None
    if letter.message.recipient.kind != RESIDENT or has_address(channel.address, letter.person, unseal):
        return None
    return notice.household_id, channel.name


def _housemates(conn: Connection, households: Sequence[str]) -> Iterator[tuple[str, str]]:
    """(household, person) of each case, the person as the newest event about the case says: an earlier phone
    may have been somebody else's."""
    n = notices.c
    seen: set[str] = set()
    for case_id, household_id, person in conn.execute(
        select(n.case_id, n.household_id, n.person)
        .where(is_in(conn, n.household_id, households) & n.person.is_not(None))
        .order_by(n.case_id, n.version.desc())
    ):
        if case_id not in seen:
            seen.add(case_id)
            yield household_id, person


def _person(stored: StoredNotice | None, of_case: NoticesByKey) -> str | None:
    """Whom the case is about: as the event said, or else as the newest event about the case does."""
    if stored is not None and stored.notice.person:
        return stored.notice.person
    known = [other.notice for other in of_case.values() if other.notice.person]
    return max(known, key=lambda notice: notice.version).person if known else None
