"""Whatever is said and decided in whatever order, nobody is forgotten: three cases, officers who decide all,
a laboratory, leave to go out, beds, tasks of every kind, news and the clock.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from chassis.commands.command import Author, Outcome
from chassis.ids import new_id
from field.words import BREACH_JUDGEMENTS, CASE_DECISIONS, MOVE_OUTCOMES, TASK_OUTCOMES
from services.isolation import tables as t
from services.isolation.breaches.judge_breach import judge_breach
from services.isolation.cases.hand_over_case import hand_over_case
from services.isolation.central.decide_move import decide_move
from services.isolation.central.import_centres import import_centres
from services.isolation.central.settle_move import settle_move
from services.isolation.check_ins.report_check_in import report_check_in
from services.isolation.handlers import TIMERS
from services.isolation.households.plan_again import plan_again
from services.isolation.needs.ask_need import ask_need
from services.isolation.notices.report_refusal import report_refusal
from services.isolation.permits.decide_permit import decide_permit
from services.isolation.permits.report_breach import report_breach
from services.isolation.permits.report_passage import report_passage
from services.isolation.permits.request_permit import request_permit
from services.isolation.plans.states import LIVE
from services.isolation.tasks.acknowledge_overdue import acknowledge_overdue
from services.isolation.tasks.report_task import report_task
from services.isolation.tasks.waive_task import waive_task
from services.isolation.tests.report_test import report_test
from tests.integration.isolation.saying import CLINIC, LINK, speaking
from tests.integration.isolation.test_central import ADULT, SITE
from tests.integration.isolation.test_decisions import (
    OFFICER,
    PERSON,
    REFUSAL,
    STREET,
    decide,
    live,
    loads,
    refuse,
    told,
)
from tests.integration.isolation.test_results import LAB, result
from tests.integration.isolation.trial import arrival, prepare, trial

_refuse = speaking(report_refusal, "refusal.reported")
_check_in = speaking(report_check_in, "check_in.reported")
_ask = speaking(ask_need, "need.asked")
_report_task = speaking(report_task, "task.reported")
_waive = speaking(waive_task, "task.waived")
_acknowledge = speaking(acknowledge_overdue, "overdue.acknowledged")
_test = speaking(report_test, "test.reported")
_request = speaking(request_permit, "permit.requested")
_permit = speaking(decide_permit, "permit.decided")
_passed = speaking(report_passage, "passage.reported")
_absent = speaking(report_breach, "breach.reported")
_judge = speaking(judge_breach, "breach.judged")
_move = speaking(decide_move, "move.decided")
_settle_move = speaking(settle_move, "move.settled")
_hand_over = speaking(hand_over_case, "case.handed_over")
DISTRICT = Author("staff", "/console/district", "district")
WHOSE: Final = st.sampled_from([(0,), (1,), (2,), (0, 1)])
"""The first two live together."""


class Days(RuleBasedStateMachine):
    """Three cases, two of one household, officers who decide anything, news, reports, and the clock."""

    url: Callable[..., str]

    @initialize()
    def begins(self) -> None:
        self.over = trial(type(self).url("isolation", prepare))
        self.isolation = self.over.__enter__().with_policies("cn-2022-06").with_neighbourhood()
        self.home = new_id()  # of the first two
        self.came = [
            arrival(level="low", person=PERSON, household_id=self.home),
            arrival(level="medium", person=PERSON, household_id=self.home),
            arrival(level="none", person=PERSON),
        ]
        self.isolation.follow(*self.came)
        self.version = Counter({came.subject: 1 for came in self.came})
        # From the start there is something to forget: few steps lead to it by themselves.
        self.both_refuse()
        self.asks((0, 1), "food")
        self.asks_to_go_out((1,), "treatment", 1)

    def teardown(self) -> None:
        self.over.__exit__(None, None, None)

    def ids(self, whose: tuple[int, ...]) -> list[str]:
        return [self.came[number].data["arrival_id"] for number in whose]

    def one_of(self, rows: list[dict[str, Any]], which: int) -> dict[str, Any] | None:
        return rows[which % len(rows)] if rows else None

    def said(self, outcome: Outcome, *kinds: str) -> None:
        assert outcome.kind in kinds, outcome

    @rule(number=st.integers(0, 2), decision=st.sampled_from(sorted(CASE_DECISIONS)))
    def decided(self, number: int, decision: str) -> None:
        self.isolation.clock.advance(seconds=1)  # nothing is asked, ended and planned again in one moment
        before = told(self.isolation)
        outcome = decide(self.isolation, self.came[number], decision)
        assert outcome.kind in ("done", "conflict"), outcome
        assert outcome.kind == "done" or told(self.isolation) == before

    @rule(number=st.integers(0, 2))
    def refuses(self, number: int) -> None:
        refuse(self.isolation, self.came[number])

    @rule()
    def both_refuse(self) -> None:
        ids = [came.subject for came in self.came[:2]]
        assert _refuse(self.isolation, {"case_ids": ids, **REFUSAL}).kind == "done"

    @rule(whose=st.sampled_from([(0,), (0, 1), (2,)]), kind=st.sampled_from(["food", "medical"]))
    def asks(self, whose: tuple[int, ...], kind: str) -> None:
        ids = [self.came[number].subject for number in whose]
        said = _ask(self.isolation, {"case_ids": ids, "kind": kind, "text": "rice"})
        assert said.kind in ("done", "conflict")

    @rule(how=st.sampled_from(["done", "waived"]))
    def settles(self, how: str) -> None:
        tasks = [task for came in self.came for task in self.isolation.tasks(came, "due", "missed")]
        for task in [one for one in tasks if one["kind"] == "settle_refusal"]:
            said = {"task_id": task["task_id"]}
            if how == "done":
                outcome = _report_task(self.isolation, {**said, "outcome": "done"}, author=OFFICER)
            else:
                said |= {"expects": task["version"] or 0, "reason": "they go on"}
                outcome = _waive(self.isolation, said, author=STREET)
            assert outcome.kind in ("done", "not_allowed")

    @rule(number=st.integers(0, 2), temperature=st.sampled_from([36.5, 38.5]))
    def checks_in(self, number: int, temperature: float) -> None:
        person = {"case_id": self.came[number].subject, "temperature": temperature, "symptoms": []}
        said = _check_in(self.isolation, {"people": [{**person, "how_known": "seen"}]})
        assert said.kind in ("done", "conflict")

    @rule(
        number=st.integers(0, 2),
        what=st.sampled_from(sorted(TASK_OUTCOMES)),
        which=st.integers(0, 9),
    )
    def reports_a_task(self, number: int, what: str, which: int) -> None:
        if task := self.one_of(self.isolation.tasks(self.came[number], *LIVE), which):
            because = {"because": "unsafe"} if what == "not_possible" else {}
            said = {"task_id": task["task_id"], "outcome": what, **because}
            self.said(_report_task(self.isolation, said, author=OFFICER), "done", "not_allowed")

    @rule(number=st.integers(0, 2), which=st.integers(0, 9), how=st.sampled_from(["waived", "acknowledged"]))
    def an_officer_decides_of_a_task(self, number: int, which: int, how: str) -> None:
        if task := self.one_of(self.isolation.tasks(self.came[number], *LIVE), which):
            if how == "waived":
                said = {"task_id": task["task_id"], "expects": task["version"] or 0, "reason": "no need"}
                self.said(_waive(self.isolation, said, author=DISTRICT), "done", "not_allowed")
            else:
                until = self.isolation.clock.now() + timedelta(hours=12)
                known = {"task_ids": [task["task_id"]], "until": until, "cause": "weather"}
                self.said(_acknowledge(self.isolation, known, author=DISTRICT), "done")

    @rule(number=st.integers(0, 2), to=st.sampled_from(["worker-1", "worker-2"]))
    def hands_over(self, number: int, to: str) -> None:
        came = self.came[number]
        said = {"case_id": came.subject, "to": to, "expects": self.isolation.case(came)["version"]}
        self.said(_hand_over(self.isolation, said, author=OFFICER), "done", "conflict")

    @rule(
        number=st.integers(0, 2),
        found=st.sampled_from(["negative", "negative", "positive", "inconclusive"]),
        stage=st.sampled_from(["preliminary", "confirmed", "ruled_out"]),
        sample=st.sampled_from(["S-1", "S-2", "S-3"]),
    )
    def is_tested(self, number: int, found: str, stage: str, sample: str) -> None:
        """A sample of which something was said before is corrected."""
        found = "negative" if stage == "ruled_out" else found
        now = self.isolation.clock.now()
        said = result(self.came[number], found, at=now, stage=stage, sample_id=f"{sample}-{number}")
        self.said(
            _test(self.isolation, said | {"reported_at": now}, author=LAB), "done", "conflict", "invalid"
        )

    @rule(
        whose=st.sampled_from([(1,), (0, 1), (2,)]),
        kind=st.sampled_from(["treatment", "emergency"]),
        ahead=st.sampled_from([1, 20]),
    )
    def asks_to_go_out(self, whose: tuple[int, ...], kind: str, ahead: int) -> None:
        begins = self.isolation.clock.now() + timedelta(hours=ahead)
        outing = {"begins": begins, "ends": begins + timedelta(hours=2)}
        said = {"kind": kind, "where": "hospital", "outings": [] if kind == "emergency" else [outing]}
        outcome = _request(self.isolation, {"case_ids": self.ids(whose), **said}, author=LINK)
        self.said(outcome, "done", "conflict", "invalid")

    @rule(which=st.integers(0, 9), decision=st.sampled_from(["granted", "refused", "withdrawn"]))
    def decides_on_leave(self, which: int, decision: str) -> None:
        if permit := self.one_of(self.isolation.rows(t.permits), which):
            reason = {"reason": "not now"} if decision == "refused" else {}
            how = {"how": "ambulance"} if decision == "granted" else {}
            said = {"permit_id": permit["permit_id"], "decision": decision, "expects": permit["version"]}
            outcome = _permit(self.isolation, {**said, **reason, **how}, author=OFFICER)
            self.said(outcome, "done", "conflict")

    @rule(whose=WHOSE, direction=st.sampled_from(["out", "back"]))
    def passes(self, whose: tuple[int, ...], direction: str) -> None:
        self.isolation.clock.advance(minutes=1)
        said = {"case_ids": self.ids(whose), "direction": direction}
        self.said(_passed(self.isolation, said, author=CLINIC), "done", "conflict")

    @rule(whose=WHOSE)
    def is_not_at_home(self, whose: tuple[int, ...]) -> None:
        said = {"case_ids": self.ids(whose), "found": "not_at_home"}
        self.said(_absent(self.isolation, said), "done", "conflict")

    @rule(which=st.integers(0, 9), judgement=st.sampled_from(sorted(BREACH_JUDGEMENTS)))
    def judges(self, which: int, judgement: str) -> None:
        if breach := self.one_of(self.isolation.rows(t.breaches), which):
            said = {"breach_id": breach["breach_id"], "judgement": judgement, "words": "asked"}
            outcome = _judge(self.isolation, said | {"expects": breach["version"]}, author=OFFICER)
            self.said(outcome, "done", "conflict")

    @rule(whose=WHOSE)
    def is_given_a_bed(self, whose: tuple[int, ...]) -> None:
        if not self.isolation.rows(t.centres):
            self.isolation.do(import_centres, SITE)
        people = [
            {"case_id": id, "expects": self.isolation.case(id)["version"], **ADULT} for id in self.ids(whose)
        ]
        outcome = _move(self.isolation, {"people": people, "centre_id": "site"}, author=OFFICER)
        self.said(outcome, "done", "conflict")

    @rule(which=st.integers(0, 9), outcome=st.sampled_from(sorted(MOVE_OUTCOMES)), all=st.booleans())
    def settles_a_move(self, which: int, outcome: str, all: bool) -> None:
        if move := self.one_of(self.isolation.rows(t.moves), which):
            said = {"move_id": move["move_id"], "outcome": outcome, "with_household": all}
            self.said(_settle_move(self.isolation, said, author=OFFICER), "done", "conflict")

    @rule(
        number=st.integers(0, 2),
        level=st.sampled_from(["none", "low", "high"]),
        absent=st.sampled_from([{}, {}, {"not_coming": True}]),
    )
    def news(self, number: int, level: str, absent: dict[str, Any]) -> None:
        self.isolation.clock.advance(seconds=1)
        subject = self.came[number].subject
        self.version[subject] += 1
        moment = self.isolation.clock.now()
        version = self.version[subject]
        self.isolation.follow(
            arrival(
                subject,
                version=version,
                level=level,
                at=moment,
                person=PERSON,
                household_id=self.came[number].data["household_id"],
                **absent,
            )
        )

    @rule(hours=st.sampled_from([1, 7, 26]))
    def time_passes(self, hours: int) -> None:
        self.isolation.clock.advance(hours=hours)
        for timer in TIMERS:
            self.isolation.until_done(timer.use_case)

    @invariant()
    def who_refuses_or_needs_something_is_not_forgotten(self) -> None:
        self.isolation.until_done(plan_again)
        tasks = {row["task_id"]: row for row in self.isolation.rows(t.tasks)}
        cases = {row["case_id"]: row for row in self.isolation.rows(t.cases)}
        for case_id, case in cases.items():
            if case["state"] == "refused":
                assert "settle_refusal" in live(self.isolation, case_id)
        asked = [
            (need["task_id"], need["people"])
            for need in self.isolation.rows(t.needs)
            if not need["withdrawn_at"]
        ]
        refused = [(row["task_id"], [row["case_id"]]) for row in self.isolation.rows(t.refusals)]
        waiting = (None, "not_taken_over")
        moved = [
            (row["task_id"], [row["case_id"]])
            for row in self.isolation.rows(t.transfers)
            if row["outcome"] in waiting
        ]
        for task_id, named in asked + refused + moved:
            task = tasks.get(task_id)
            if task is None or task["state"] in ("done", "waived"):
                continue  # refused when nobody was followed, or settled
            if any(cases[case_id]["closed_at"] is None for case_id in named):
                assert task["state"] != "cancelled" and cases[task["case_id"]]["closed_at"] is None

    @invariant()
    def nobody_is_without_an_end_or_something_next(self) -> None:
        audit = self.isolation.audit()
        assert audit["balanced"], audit["problems"]
        checks = {row["case_id"] for row in self.isolation.rows(t.release_checks)}
        for came in self.came:
            case = self.isolation.case(came)
            to_do = self.isolation.tasks(came, *LIVE)
            assert all(task["tell_at"] for task in to_do), "each climbs by a clock"
            assert all(task["staff_id"] for task in to_do), "and somebody does it"
            if case["closed_at"] is not None:
                assert not [task for task in to_do if not task["about"]]
            elif case["days"]:
                assert to_do or case["plan_next"] or came.subject in checks, case["state"]
        given = Counter(
            who for case in self.isolation.rows(t.cases) if not case["closed_at"] for _, who in case["team"]
        )
        assert loads(self.isolation) == dict(given)


@pytest.fixture
def days(sqlite_url: Callable[..., str]) -> Iterator[type[Days]]:
    Days.url = staticmethod(sqlite_url)
    yield Days


def test_whatever_is_decided_in_whatever_order_nobody_is_forgotten(days: type[Days]) -> None:
    few = settings(
        max_examples=10,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    run_state_machine_as_test(days, settings=few)
