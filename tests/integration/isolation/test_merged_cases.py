"""Two arrivals are made one: what is known of the case that ends holds whoever goes on under the other."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

import pytest
from sqlalchemy import update

from chassis.commands.command import Author, Outcome
from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.households.plan_again import plan_again
from services.isolation.needs.ask_need import ask_need
from services.isolation.notices.report_refusal import report_refusal
from services.isolation.release.decide_case import decide_case
from services.isolation.release.look_at_merged import look_at_merged
from services.isolation.release.propose_releases import propose_releases
from services.isolation.tasks.report_task import report_task
from services.isolation.tests.report_test import report_test
from tests.integration.isolation.saying import WORKER, speaking
from tests.integration.isolation.test_release import LOW
from tests.integration.isolation.trial import Trial, arrival, china, furnish, trial

OFFICER = Author("staff", "/console/officer", "officer")
LAB: Final = Author("publisher", "/lab-1", "lab-1")
_check_in = speaking(report_check_in, "check_in.reported")
_refuse = speaking(report_refusal, "refusal.reported")
_report_test = speaking(report_test, "test.reported")
_ask = speaking(ask_need, "need.asked")
_decide = speaking(decide_case, "case.decided")
_report_task = speaking(report_task, "task.reported")
ALL: Final = frozenset({"test_positive", "fever", "refusal"})
EARLY: Final = date(2022, 9, 30)


class Two:
    """Two cases of one person: one that ends, and one that goes on for it."""

    def __init__(self, isolation: Trial) -> None:
        self.isolation = isolation
        self.ends, self.goes_on = new_id(), new_id()
        self.version = {self.ends: 0, self.goes_on: 0}

    def news(self, case_id: str, version: int | None = None, **more: Any) -> Event:
        self.version[case_id] = version or self.version[case_id] + 1
        now = self.isolation.clock.now()
        return arrival(case_id, version=self.version[case_id], **{**LOW, "at": now, **more})

    def both_come(self) -> Two:
        self.isolation.follow(self.news(self.ends), self.news(self.goes_on))
        return self

    def merge(self, **more: Any) -> None:
        self.isolation.follow(self.merged(**more))
        self.timers()

    def merged(self, version: int | None = None, **more: Any) -> Event:
        ended = {"not_coming": True, "merged": True, "goes_on_as": self.goes_on, **more}
        return self.news(self.ends, version, why=["same_as_other"], **ended)

    def make_two(self) -> None:
        self.isolation.follow(self.news(self.ends, why=["not_the_same"]))
        self.timers()

    def timers(self) -> None:
        for timer in (look_at_merged, plan_again, propose_releases):
            self.isolation.until_done(timer)

    def is_positive(self, case_id: str, result: str = "positive", day: int = 1) -> Outcome:
        clock = self.isolation.clock
        clock.moment = now = max(clock.moment, china(f"2022-10-0{day} 07:00"))
        data = {
            "case_id": case_id,
            "sample_id": f"s-{day}",
            "sampled_at": china(f"2022-10-0{day} 06:00"),
            "reported_at": now,
            "method": "pcr",
            "stage": "confirmed",
            "result": result,
        }
        return _report_test(self.isolation, data, author=LAB)

    def is_well(self) -> None:
        """Whoever goes on has all the tests that are asked for."""
        for day in (1, 2, 3, 4):
            assert self.is_positive(self.goes_on, "negative", day).kind == "done"

    def has_fever(self, case_id: str, temperature: float = 38.5, **more: Any) -> Outcome:
        person = {"case_id": case_id, "temperature": temperature, "symptoms": [], "how_known": "seen"}
        return _check_in(self.isolation, {"people": [{**person, **more}]}, author=WORKER)

    def refuses(self, case_id: str) -> Outcome:
        data = {"what": "isolation", "why": "work", "what_would_help": None, "witness": "officer"}
        return _refuse(self.isolation, {"case_ids": [case_id], **data}, author=WORKER)

    def lacks(self, case_id: str | None = None) -> set[str]:
        """What holds whoever goes on, of what was said of them."""
        outcome = self.decide(case_id or self.goes_on, "release")
        return {fault.code.removeprefix("held_by_") for fault in outcome.faults} & ALL

    def decide(self, case_id: str, decision: str, **more: Any) -> Outcome:
        expects = self.isolation.case(case_id)["version"]
        data = {"case_id": case_id, "decision": decision, "expects": expects, **more}
        return _decide(self.isolation, data, author=OFFICER)

    def live(self, case_id: str, *, planned: bool = False) -> list[str]:
        tasks = self.isolation.tasks(case_id, "due", "missed", "not_possible")
        return [task["kind"] for task in tasks if planned or task["about"]]

    def done(self, case_id: str, kind: str) -> None:
        tasks = self.isolation.tasks(case_id, "due", "missed")
        [task] = [task for task in tasks if task["kind"] == kind]
        said = {"task_id": task["task_id"], "outcome": "done"}
        assert _report_task(self.isolation, said, author=OFFICER).kind == "done"

    def at(self, text: str) -> None:
        self.isolation.clock.moment = china(text)
        self.isolation.run_timers()
        self.timers()


@pytest.fixture
def two(isolation: Trial) -> Two:
    return Two(isolation).both_come()


FACTS: Final[dict[str, Callable[[Two, str], Outcome]]] = {
    "test_positive": Two.is_positive,
    "fever": Two.has_fever,
    "refusal": Two.refuses,
}
TASK_OF: Final = {"fever": "see_abnormal", "refusal": "settle_refusal"}


@pytest.mark.parametrize("fact", FACTS)
@pytest.mark.parametrize("when", ["before", "after", "before the timers"])
def test_what_was_said_of_the_case_that_ended_holds_whoever_goes_on(two: Two, fact: str, when: str) -> None:
    if when != "after":
        assert FACTS[fact](two, two.ends).kind == "done"
    if when == "before the timers":
        two.isolation.follow(two.merged())
        two.isolation.clock.moment = china("2022-10-09 09:00")
        two.isolation.run_timers()
        assert two.lacks() == {fact}, "also before a timer has looked"
        return
    two.isolation.clock.advance(minutes=5)
    two.merge()
    if when == "after":
        assert FACTS[fact](two, two.ends).kind == "done"
        two.timers()
    assert two.live(two.ends, planned=True) == []
    two.at("2022-10-09 09:00")
    assert two.lacks() == {fact}
    row = next(row for row in two.isolation.rows(t.release_checks) if row["case_id"] == two.goes_on)
    assert fact in row["lacks"] and row["proposed_at"] is None
    if task := TASK_OF.get(fact):
        assert two.live(two.goes_on).count(task) == 1
        two.done(two.goes_on, task)
    else:
        assert two.is_positive(two.ends, "negative", 2).kind == "done"
        assert two.lacks() == {fact}, "only one that rules it out lets them go"
        return
    two.at("2022-10-09 11:00")
    assert two.lacks() == set() and task not in two.live(two.goes_on)
    assert two.isolation.audit()["balanced"]


def test_whoever_was_proposed_is_held_as_soon_as_they_are_one(two: Two) -> None:
    two.is_well()
    two.at("2022-10-04 20:00")
    assert two.isolation.case(two.goes_on)["state"] == "release_review"
    two.is_positive(two.ends)
    two.merge()
    case = two.isolation.case(two.goes_on)
    assert case["state"] == "active" and "confirm_release" not in two.live(two.goes_on)
    history = [row["what"] for row in two.isolation.rows(t.case_history) if row["case_id"] == two.goes_on]
    assert "merged_with" in history and "release_held" in history


def test_whoever_was_released_opens_again_where_the_other_case_held_them(two: Two) -> None:
    two.is_well()
    two.at("2022-10-04 20:00")
    assert two.decide(two.goes_on, "release").kind == "done"
    two.is_positive(two.ends)
    two.has_fever(two.ends)
    two.merge()
    case = two.isolation.case(two.goes_on)
    assert case["closed_at"] is None and two.lacks() == {"test_positive", "fever"}
    assert "see_abnormal" in two.live(two.goes_on)
    assert "reopened" in two.isolation.recorded("case.changed")[-1].data["change"]["kinds"]
    two.at("2022-10-05 09:00")
    assert "past_the_term" in two.live(two.goes_on) and two.isolation.audit()["balanced"]


def test_whoever_was_released_and_is_held_by_nothing_stays_so(two: Two) -> None:
    two.is_well()
    two.at("2022-10-04 20:00")
    assert two.decide(two.goes_on, "release").kind == "done"
    two.merge()
    assert two.isolation.case(two.goes_on)["state"] == "released"


@pytest.mark.parametrize(("because", "state"), [("wrongly_opened", "open"), ("died", "cancelled")])
def test_a_case_taken_back_for_the_other_one_opens_when_that_ends_in_it(
    two: Two, because: str, state: str
) -> None:
    assert two.decide(two.goes_on, "cancel", because=because).kind == "done"
    two.isolation.clock.advance(minutes=5)
    two.merge()
    assert two.isolation.case(two.goes_on)["state"] == state
    assert bool(two.live(two.goes_on, planned=True)) == (state == "open")


def test_two_again_each_is_held_by_what_was_said_of_it(two: Two) -> None:
    two.is_positive(two.ends)
    two.has_fever(two.ends)
    two.refuses(two.ends)
    two.isolation.clock.advance(minutes=5)
    two.merge()
    two.isolation.clock.advance(minutes=5)
    assert set(TASK_OF.values()) <= set(two.live(two.goes_on))
    two.make_two()
    assert "see_abnormal" not in two.live(two.goes_on) and "see_abnormal" in two.live(two.ends)
    assert two.isolation.rows(t.merged_cases) == []
    two.at("2022-10-09 09:00")
    assert two.lacks() == set() and two.lacks(two.ends) == set(ALL)
    assert two.isolation.audit()["balanced"]


def test_a_correction_at_the_ended_case_takes_the_alarm_back_where_it_is_now(two: Two) -> None:
    first = two.has_fever(two.ends).result["check_ins"][0]
    two.isolation.clock.advance(minutes=5)
    two.merge()
    assert "see_abnormal" in two.live(two.goes_on)
    assert two.has_fever(two.ends, 36.5, corrects=first).kind == "done"
    two.timers()
    assert "see_abnormal" not in two.live(two.goes_on)
    two.at("2022-10-09 09:00")
    assert two.lacks() == set() and two.isolation.audit()["balanced"]


def test_what_is_said_of_the_ended_case_settles_the_tasks_of_the_other(two: Two) -> None:
    two.isolation.follow(two.news(two.goes_on, level="medium"))
    two.merge()
    two.at("2022-10-02 09:00")
    assert two.has_fever(two.ends, 36.5).kind == "done"
    assert two.is_positive(two.ends, "negative", 2).kind == "done"
    done = {task["kind"] for task in two.isolation.tasks(two.goes_on, "done")}
    assert done == {"check_in", "test", "see_silent"} and two.isolation.case(two.goes_on)["state"] == "active"


def test_a_need_of_the_ended_case_goes_on_and_can_be_asked_there_still(two: Two) -> None:
    asked = {"case_ids": [two.ends], "kind": "food", "text": "rice"}
    assert _ask(two.isolation, asked).kind == "done"
    two.isolation.clock.advance(minutes=5)
    two.merge()
    assert two.live(two.goes_on) == ["meet_need"]
    assert _ask(two.isolation, {**asked, "text": "eggs"}).kind == "done"
    assert two.live(two.goes_on) == ["meet_need"] * 2
    assert {row["case_id"] for row in two.isolation.rows(t.needs)} == {two.goes_on}
    assert two.isolation.audit()["balanced"]


def test_of_three_that_are_one_the_last_is_held_and_a_circle_ends_nothing(isolation: Trial) -> None:
    first = Two(isolation).both_come()
    second = Two(isolation)
    second.ends = first.goes_on
    second.version[second.ends] = 1
    isolation.follow(second.news(second.goes_on))
    first.has_fever(first.ends)
    isolation.clock.advance(minutes=5)
    first.merge()
    isolation.clock.advance(minutes=5)
    second.merge()
    assert second.live(second.goes_on) == ["see_abnormal"] and first.live(first.goes_on) == []
    # As if news that open it had not come yet: the last one in the first.
    back = {"not_coming": True, "merged": True, "goes_on_as": first.ends}
    isolation.follow(second.news(second.goes_on, why=["same_as_other"], **back))
    isolation.clock.advance(minutes=5)
    second.timers()
    isolation.follow(first.news(first.ends, why=["not_the_same"]))
    isolation.clock.advance(minutes=5)
    second.timers()
    assert first.live(first.ends) == ["see_abnormal"] and isolation.audit()["balanced"]


def _steps(two: Two) -> list[Callable[[], str]]:
    """Each says whether it is done; one that comes too early is said again later."""

    def follow(event: Event) -> Callable[[], str]:
        def step() -> str:
            two.isolation.follow(event)
            return "done"

        return step

    def say(fact: Callable[[Two, str], Outcome], case_id: str) -> Callable[[], str]:
        return lambda: fact(two, case_id).kind

    return [
        follow(two.news(two.ends, 1)),
        follow(two.merged(2)),
        follow(two.news(two.goes_on, 1)),
        *(say(fact, two.ends) for fact in FACTS.values()),
        say(Two.refuses, two.goes_on),
    ]


@pytest.mark.parametrize("seed", range(12))
def test_so_it_is_in_whatever_order_news_facts_and_timers_come(
    sqlite_url: Callable[..., str], seed: int
) -> None:
    rng = random.Random(seed)
    with trial(sqlite_url("isolation", furnish)) as isolation:
        two = Two(isolation)
        todo: Sequence[Callable[[], str]] = _steps(two)
        rng.shuffle(list_ := list(todo))
        while list_:
            isolation.clock.advance(seconds=1)
            step = list_.pop(0)
            if step() == "unknown":
                list_.append(step)
            if rng.random() < 0.4:
                two.timers()
        isolation.clock.advance(minutes=2)
        two.timers()
        assert two.live(two.ends, planned=True) == []
        assert sorted(two.live(two.goes_on)) == ["see_abnormal", *["settle_refusal"] * 2]
        two.at("2022-10-09 09:00")
        assert two.lacks() == set(ALL)
        assert isolation.audit()["balanced"]


def test_a_fever_holds_whoever_goes_on_although_they_were_only_informed(isolation: Trial) -> None:
    two = Two(isolation)
    informed = {"level": "none", "left_on": None}
    isolation.follow(two.news(two.ends, **informed), two.news(two.goes_on, **informed))
    isolation.clock.moment = china("2022-10-01 20:00")
    assert two.has_fever(two.ends).kind == "done"
    with isolation.database.begin() as conn:  # as it ends by itself once its day is over
        c = t.cases.c
        ended = update(t.cases).where(c.case_id == two.goes_on)
        conn.execute(ended.values(state="released", closed_at=isolation.clock.now()))
    two.merge()
    assert isolation.case(two.goes_on)["closed_at"] is None
    looked_for = [
        task["case_id"]
        for task in isolation.rows(t.tasks)
        if task["kind"] == "see_abnormal" and task["state"] == "due"
    ]
    assert looked_for == [two.goes_on]
