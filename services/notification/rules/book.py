"""Rules say who is informed of which event; the rule book finds those that fit one event.

A rule names its recipients by their relation to the case. Where several rules fit an event and reach the same
recipient, the first in the file speaks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from services.notification.events.event import ANY, Facts, InformingEvent

NOBODY: Final = "nobody"
URGENCIES: Final = ("urgent", "soon", "normal", "low")  # in the order of sending
URGENT: Final = 0
"""Sent at any hour, and beside what a member of staff gets a day."""
FOLDED: Final = "folded"
"""Of a rule: a message that waits for the recipient's next digest, and goes into it."""
COUNTED: Final = "counted"
"""Of a rule: no message of its own; the recipient's next digest counts it."""
DIGESTS: Final = (FOLDED, COUNTED)


class NoRule(LookupError):
    """No rule says who is to be informed; silence is not an answer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """
    :param to: one of the event's recipients, or nobody; `role` says which of a team.
    :param selected: for each selector of the event, in its order, the words of this rule.
    :param digest: folded or counted: staff learn of it by their next digest; "": by a message at once.
    :param once_a_household: of several members whom the same report is about the first stands for all.
    :param template_version: the newest when the rules were loaded; messages already queued keep theirs.
    """

    name: str
    event: str
    to: str
    role: str | None = None
    template: str = ""
    template_version: int = 0
    channels: tuple[str, ...] = ()
    urgency: int = 0
    digest: str = ""
    once_a_household: bool = False
    selected: Facts = ()

    def fits(self, event: str, facts: Facts) -> bool:
        return self.event == event and all(
            ANY in words or not set(words).isdisjoint(fact)
            for words, fact in zip(self.selected, facts, strict=True)
        )


class RuleBook:
    """All rules; those that fit are looked up by event type and facts, and worked out once for each.

    :param digest_version: of the template of digests, the newest when the rules were loaded.
    :param enrolment_version: likewise, of the link that lets a phone of staff in.
    """

    def __init__(self, rules: Sequence[Rule], digest_version: int = 0, enrolment_version: int = 0) -> None:
        self.rules = tuple(rules)
        self.digest_version = digest_version
        self.enrolment_version = enrolment_version
        self._fitting: dict[tuple[str, Facts], tuple[Rule, ...]] = {}

    def fitting(self, event: str, facts: Facts) -> tuple[Rule, ...]:
        """Raises NoRule where no rule fits."""
        key = event, facts
        rules = self._fitting.get(key)
        if rules is None:
            rules = tuple(rule for rule in self.rules if rule.fits(event, facts))
            if not rules:
                raise NoRule(f"no rule says who is informed of {event}{_said(facts)}")
            self._fitting[key] = rules
        return rules


def gaps(events: Iterable[InformingEvent], rules: Sequence[Rule]) -> list[str]:
    """The events of which the rules inform nobody; each a sentence for whoever wrote the rules."""
    found = []
    for event in events:
        for words in product(*(selector.words or (ANY,) for selector in event.selectors)):
            facts = tuple((word,) for word in words)
            if not any(rule.fits(event.type, facts) for rule in rules):
                found.append(f"nobody is told of {event.type}{_gap(event, words)}")
    return found


def _said(facts: Facts) -> str:
    """` with home_isolation (assigned, stricter)`."""
    first, *others = [", ".join(words) for words in facts] or [""]
    return (f" with {first}" if first else "") + "".join(f" ({other})" for other in others)


def _gap(event: InformingEvent, words: Sequence[str]) -> str:
    for selector, word in zip(event.selectors, words, strict=True):
        if word == ANY:
            return f" of {selector.called}s not named: a rule with {selector.key}: ['{ANY}'] is needed"
    if not words:
        return ""
    others = "".join(f" ({word})" for word in words[1:])
    return f"{others} with {event.selectors[0].called} {words[0]}"
