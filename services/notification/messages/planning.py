"""From an event to the messages about it: one notice, and one message for each recipient."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.notification.events.event import Data, InformingEvent, Notice, Recipient
from services.notification.messages.message_id import message_id
from services.notification.rules.book import COUNTED, NOBODY, Rule, RuleBook


@dataclass(frozen=True, slots=True)
class PlannedMessage:
    """One message to be sent: by which rule, to whom."""

    id: str
    rule: Rule
    recipient: Recipient


@dataclass(frozen=True, slots=True)
class Plan:
    """:param counted: staff in whose next digest the event is counted, with the rule that says so."""

    notice: Notice
    messages: Sequence[PlannedMessage]
    counted: Sequence[tuple[Rule, Recipient]] = ()


def plan(event: InformingEvent, data: Data, version: int, book: RuleBook) -> Plan:
    """The first rule that reaches a recipient speaks, so nobody gets two messages about one event; who gets
    one is not counted.

    Raises NoRule where no rule says who is to be informed: silence is not an answer.
    """
    notice = event.notice(data, version)
    planned: dict[str, PlannedMessage] = {}
    counted: dict[str, tuple[Rule, Recipient]] = {}
    for rule in book.fitting(event.type, event.facts(data)):
        if rule.to == NOBODY:
            continue
        for recipient in event.resolve(rule.to, rule.role, data):
            to = recipient.id
            if rule.digest == COUNTED:
                counted.setdefault(to, (rule, recipient))
            elif to not in planned:
                id = message_id(notice.case_id, notice.key, rule.name, to, *notice.says)
                planned[to] = PlannedMessage(id, rule, recipient)
    only_counted = [counted[to] for to in counted if to not in planned]
    return Plan(notice, list(planned.values()), only_counted)
