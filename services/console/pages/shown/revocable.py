"""What somebody said today at a household and can take back. Made from isolation's look-up `my_household`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from services.console.pages.shown.rounds import FIRST_VISIT, clock

_WORDS: Final = {"attempt": "no_answer"}
_OF_FIRST_VISIT: Final = {"seen": "verified"}
"""What it is called that a first visit was done, by how it was; else they were reached."""


@dataclass(frozen=True, slots=True)
class Revocable:
    """One thing that was said, perhaps of several tasks with one tap.

    :param what: a word of the field.
    :param at: when, as the page says it.
    :param kinds: of the tasks of which it was said.
    :param acts: (task, act) of each.
    """

    what: str
    at: str
    kinds: Sequence[str]
    acts: Sequence[tuple[str, str]]


def revocable_in(tasks: Sequence[Mapping[str, Any]], now: datetime) -> list[Revocable]:
    """The newest first; what was said within one minute is one thing.

    :param now: with the district's zone.
    """
    found: dict[tuple[str, str], list[tuple[Mapping[str, Any], str]]] = defaultdict(list)
    for task in tasks:
        for act in task["revocable"]:
            found[clock(act["at"], now), _word(task, act)].append((task, act["id"]))
    return [
        Revocable(
            what,
            at,
            list(dict.fromkeys(task["kind"] for task, _ in acts)),
            [(task["task_id"], id) for task, id in acts],
        )
        for (at, what), acts in sorted(found.items(), key=lambda one: one[0], reverse=True)
    ]


def _word(task: Mapping[str, Any], act: Mapping[str, Any]) -> str:
    if task["kind"] == FIRST_VISIT and act["what"] == "done":
        return _OF_FIRST_VISIT.get(act["how"] or "", "contacted")
    what: str = act["what"]
    return _WORDS.get(what, what)
