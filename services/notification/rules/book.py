"""Who is told of what: rules, compiled into a look-up by event and measure (or kind of task).

A rule names its recipients by what they are to the case. Of the rules that fit an event and would tell
one recipient, the first in the file speaks, so nobody gets two messages about one event.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from field.words import MEASURES

CASE_OPENED: Final = "case.opened"
CASE_CHANGED: Final = "case.changed"
TASK_OVERDUE: Final = "task.overdue"
NOBODY: Final = "nobody"
EVENTS: Final = (CASE_OPENED, CASE_CHANGED, TASK_OVERDUE)

CHANGES: Final = ("stricter", "laxer", "assigned", "rescheduled", "cancelled", "details")
URGENCIES: Final = ("urgent", "normal", "low")  # in the order of sending
ANY: Final = "*"

# After one of these an earlier message about the case, not yet sent, would tell something untrue.
SUPERSEDING: Final = frozenset({"stricter", "laxer", "rescheduled", "cancelled"})


class NoRule(LookupError):
    """Nothing says who is to be told of this; silence is not an answer."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`to` is resident, owner (of the case), team (`role` says which of them), ladder (the staff an event
    names) or nobody."""

    name: str
    event: str
    to: str
    template: str = ""
    channels: tuple[str, ...] = ()
    urgency: int = 0
    role: str | None = None
    measures: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()

    @property
    def recipients(self) -> str:
        return f"{self.to}:{self.role}" if self.role else self.to


class RuleBook:
    """All rules, looked up by (event, measure, change) or (event, kind of task)."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = tuple(rules)
        self._opened = {m: self._fitting(CASE_OPENED, m, ()) for m in MEASURES}
        self._changed: dict[tuple[str, tuple[str, ...]], tuple[Rule, ...]] = {}
        self._overdue: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            if rule.event == TASK_OVERDUE:
                for kind in rule.tasks:
                    self._overdue.setdefault(kind, self._fitting(TASK_OVERDUE, kind, ()))

    def when_opened(self, measure: str) -> tuple[Rule, ...]:
        return _known(self._opened.get(measure), CASE_OPENED, measure)

    def when_changed(self, measure: str, changes: Iterable[str]) -> tuple[Rule, ...]:
        """`changes`: all kinds of change that the one event tells."""
        key = (measure, tuple(sorted(changes)))
        rules = self._changed.get(key)
        if rules is None:
            rules = self._changed[key] = self._fitting(CASE_CHANGED, *key)
        return _known(rules, CASE_CHANGED, f"{measure} ({', '.join(key[1])})")

    def when_overdue(self, task_kind: str) -> tuple[Rule, ...]:
        rules = self._overdue.get(task_kind) or self._overdue.get(ANY)
        return _known(rules, TASK_OVERDUE, task_kind)

    def _fitting(self, event: str, what: str, changes: Sequence[str]) -> tuple[Rule, ...]:
        found: dict[str, Rule] = {}
        for rule in self.rules:
            if rule.event != event:
                continue
            of_what = rule.tasks if event == TASK_OVERDUE else rule.measures
            if what not in of_what and not (event == TASK_OVERDUE and ANY in of_what):
                continue
            if event == CASE_CHANGED and not set(rule.changes).intersection(changes):
                continue
            found.setdefault(rule.recipients, rule)
        return tuple(found.values())


def _known(rules: tuple[Rule, ...] | None, event: str, what: str) -> tuple[Rule, ...]:
    if not rules:
        raise NoRule(f"no rule says who is told of {event} with {what}")
    return rules


def gaps(rules: Sequence[Rule]) -> list[str]:
    """What the rules leave without anybody being told; each a sentence for whoever wrote them."""
    found = []
    book = RuleBook(rules)
    for measure in MEASURES:
        if not book._opened[measure]:
            found.append(f"nobody is told of {CASE_OPENED} with measure {measure}")
        for change in CHANGES:
            if not book._fitting(CASE_CHANGED, measure, (change,)):
                found.append(f"nobody is told of {CASE_CHANGED} ({change}) with measure {measure}")
    if ANY not in book._overdue:
        found.append(
            f"nobody is told of {TASK_OVERDUE} of kinds not named: a rule with tasks: ['*'] is needed"
        )
    return found
