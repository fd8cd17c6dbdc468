"""A worker's round as its pages show it: the doors in order, what is due behind each, and the day's figures.

Made from what isolation's look-ups `my_households` and `my_household` answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any, Final

from field.telling_apart import Label, Someone, tell_apart
from services.console.pages.shown.doors_in_order import in_order
from services.console.pages.shown.rows import HouseholdCard, PersonRow, TaskRow, TaskState

FIRST_VISIT: Final = "first_contact"
CHECK_IN: Final = "check_in"
_LOOK: Final = "see_abnormal"
NEEDS: Final = frozenset({"meet_need", "medical_need"})
"""Kinds of task by which a need is met: each is a thing of its own, with its own form."""
LIVE: Final = frozenset({"due", "missed", "not_possible"})
"""States of a task that somebody still has to do."""
FILTERS: Final = ("all", "overdue", "abnormal", "first", "needs", "unreported")
AT_ONCE: Final = 80
"""Doors on one page. A usual round has sixty; who has hundreds turns pages."""


@dataclass(frozen=True, slots=True)
class Group:
    """The tasks of one kind with one clock in a household: they are one thing to do.

    :param task_ids: by the person's case.
    :param urgent: no next try is waited for.
    """

    row: TaskRow
    task_ids: Mapping[str, str]
    mine: bool
    begun: bool
    live: bool
    urgent: bool

    @property
    def is_tried(self) -> bool:
        """Whether "no answer" is said of it: of what is urgent somebody is rung at once instead."""
        return self.mine and self.live and self.begun and not self.urgent


@dataclass(frozen=True, slots=True)
class Household:
    """:param labels: of its people by their cases, in the order of the document.
    :param document: as isolation's door answered.
    """

    id: str
    address: str
    card: HouseholdCard
    labels: Mapping[str, Label]
    groups: Sequence[Group]
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Figures:
    """:param households: each is a door; `people` live there.
    :param left: tasks that are not settled; `overdue` are of these.
    :param next: when the next of them is due that is not overdue; "" where none is.
    :param first_visits: households where somebody is to be met for the first time.
    :param ending: households of which somebody's term ends today.
    """

    households: int
    people: int
    tasks: int
    done: int
    left: int
    overdue: int
    first_visits: int
    ending: int
    next: str


@dataclass(frozen=True, slots=True)
class Stop:
    """A door on the way, of which nothing is drawn yet.

    :param shows: the filters by which it is shown.
    """

    document: Mapping[str, Any]
    shows: frozenset[str]

    @property
    def id(self) -> str:
        return str(self.document["household"])


@dataclass(frozen=True, slots=True)
class Part:
    """The doors of one page.

    :param first: number of the first of them among all that are shown, from 1; likewise `last`, and `of`.
    :param next: the household with which the next page begins; "" where there is none.
    """

    households: Sequence[Household]
    first: int
    of: int
    next: str

    @property
    def last(self) -> int:
        return self.first + len(self.households) - 1

    @property
    def is_whole(self) -> bool:
        return len(self.households) == self.of


@dataclass(frozen=True, slots=True)
class Round:
    """:param now: with the district's zone."""

    stops: Sequence[Stop]
    figures: Figures
    now: datetime

    def shown(self, show: str) -> list[Stop]:
        return [one for one in self.stops if show in one.shows]

    def part(self, show: str = "all", at: str = "") -> Part:
        """So many as one page takes, from one household on, whether that is shown or not. Where it is there
        no more, or none behind it is shown, from the first: nobody is passed over.
        """
        shown = self.shown(show)
        before = next((number for number, one in enumerate(self.stops) if one.id == at), 0)
        first = sum(show in one.shows for one in self.stops[:before])
        first = first if first < len(shown) else 0
        here, behind = shown[first : first + AT_ONCE], shown[first + AT_ONCE :]
        drawn = [household_of(one.document, self.now) for one in here]
        return Part(drawn, first + 1, len(shown), behind[0].id if behind else "")

    def pages(self) -> list[str]:
        """The households with which the pages of all doors begin."""
        return [one.id for one in self.stops[::AT_ONCE]]


def round_of(document: Mapping[str, Any], *, from_top: bool = False) -> Round:
    """In the order in which somebody walks: a household stays where it is whatever is done there."""
    now = datetime.fromisoformat(document["as_of"])
    stops = [Stop(one, _shows(one, now)) for one in document["households"]]
    ordered = in_order(stops, lambda one: _address(one.document), from_top=from_top)
    return Round(ordered, _figures(stops, now), now)


def _address(document: Mapping[str, Any]) -> str:
    return next((one["address"] for one in document["people"] if one["address"]), "")


def _shows(document: Mapping[str, Any], now: datetime) -> frozenset[str]:
    """What its tasks say alone: a round may have thousands, of which a page draws some."""
    found = {"all", "abnormal"} if document["abnormal"] else {"all"}
    for task in document["tasks"]:
        state, kind = _state(task, now), task["kind"]
        if state == "overdue" or (state == "abnormal" and _has_begun(task, now)):
            found.add(state)
        if task["state"] not in LIVE:
            continue
        if kind == FIRST_VISIT:
            found.add("first")
        elif kind in NEEDS:
            found.add("needs")
        elif kind == CHECK_IN and _has_begun(task, now):
            found.add("unreported")
    return frozenset(found)


def _has_begun(task: Mapping[str, Any], now: datetime) -> bool:
    return datetime.fromisoformat(task["due_from"]) <= now


def household_of(document: Mapping[str, Any], now: datetime) -> Household:
    """:param now: with the district's zone."""
    people = document["people"]
    labels = dict(zip((one["case_id"] for one in people), _labels(people, now.date()), strict=True))
    groups = _groups(document["tasks"], labels, now)
    phones = [one["phone"] for one in people if one["phone"]]
    address = _address(document)
    card = HouseholdCard(
        address,
        [PersonRow(labels[one["case_id"]], one["measure"], one["day"], one["days"]) for one in people],
        [group.row for group in _on_card(groups)],
        phones[0] if phones else "",
        document["best_time"] or "",
        tuple(document["marks"]),
        document["abnormal"],
    )
    return Household(document["household"], address, card, labels, groups, document)


def clock(moment: str | None, now: datetime) -> str:
    """ "10:00", of another day "09-30 10:00"; "" where there is none."""
    return _clock(moment, now.date(), now.tzinfo) if moment else ""


@lru_cache(2000)
def _clock(moment: str, today: date, zone: tzinfo | None) -> str:
    """Tasks share their moments."""
    at = datetime.fromisoformat(moment).astimezone(zone)
    return f"{at:%H:%M}" if at.date() == today else f"{at:%m-%d %H:%M}"


def _labels(people: Sequence[Mapping[str, Any]], today: date) -> list[Label]:
    return tell_apart(
        [Someone(one["name"], date.fromisoformat(one["born"]) if one["born"] else None) for one in people],
        today,
    )


def _groups(tasks: Sequence[Mapping[str, Any]], labels: Mapping[str, Label], now: datetime) -> list[Group]:
    """In the order of their clocks; what was done stays where it stood."""
    alike: dict[tuple[Any, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for task in tasks:
        what = (task["due_by"], task["kind"], task["urgent"])
        need = task["task_id"] if task["kind"] in NEEDS else ""
        key = (*what, _state(task, now), task["mine"], task["next_try_at"], need)
        alike[key].append(task)
    return [_group(alike[key], labels, now) for key in sorted(alike, key=lambda key: key[:2])]


def _on_card(groups: Sequence[Group]) -> list[Group]:
    """What has begun or was settled; where nothing of it is left, the next one to begin."""
    begun = [group for group in groups if group.begun or not group.live]
    ahead = [group for group in groups if group not in begun]
    return begun if any(group.live for group in begun) else begun + ahead[:1]


def _group(tasks: Sequence[Mapping[str, Any]], labels: Mapping[str, Label], now: datetime) -> Group:
    first = tasks[0]
    state = _state(first, now)
    of = [labels[task["case_id"]] for task in tasks if task["case_id"] in labels]
    live = first["state"] in LIVE
    waits = first["last"] if first["state"] == "not_possible" else None
    row = TaskRow(
        first["kind"],
        state,
        clock(first["due_by"] if live else first["done_at"] or first["due_by"], now),
        # A need has its task with one of those for whom it is; they stand with the need.
        who=() if first["kind"] in NEEDS or len(of) == len(labels) else tuple(of),
        attempts=max(task["attempts"] for task in tasks) if live else 0,
        next_try=clock(first["next_try_at"], now) if live else "",
        because=(waits["because"] or "") if waits else "",
        role="" if first["mine"] else first["role"],
    )
    begun = _has_begun(first, now)
    ids = {task["case_id"]: task["task_id"] for task in tasks}
    return Group(row, ids, first["mine"], begun, live, first["urgent"])


def _state(task: Mapping[str, Any], now: datetime) -> TaskState:
    if task["state"] in ("done", "waived"):
        return "done" if task["state"] == "done" else "waived"
    if task["kind"] == _LOOK:
        return "abnormal"
    if task["state"] == "missed" or datetime.fromisoformat(task["due_by"]) < now:
        return "overdue"
    return "due"


def _figures(stops: Sequence[Stop], now: datetime) -> Figures:
    tasks = [task for one in stops for task in one.document["tasks"]]
    live = [task for task in tasks if task["state"] in LIVE]
    states = [_state(task, now) for task in live]
    ahead = [task["due_by"] for task, state in zip(live, states, strict=True) if state == "due"]
    today = now.date().isoformat()
    people = [one.document["people"] for one in stops]
    return Figures(
        households=len(stops),
        people=sum(map(len, people)),
        tasks=len(tasks),
        done=len(tasks) - len(live),
        left=len(live),
        overdue=states.count("overdue"),
        first_visits=sum("first" in one.shows for one in stops),
        ending=sum(any(who["days"] and who["release_on"] == today for who in those) for those in people),
        next=clock(min(ahead, default=None), now),
    )
