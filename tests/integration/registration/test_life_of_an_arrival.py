"""The life of an arrival: whatever people and sources say, in any order and twice, nobody is forgotten."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chassis.commands.command import Said
from field.words import FOLLOWED
from services.registration import tables as t
from services.registration.arrivals import balance
from services.registration.arrivals.states import ENDED
from services.registration.following.follow_arrival import follow_arrival
from services.registration.following.mend_person import mend_person
from tests.integration.registration.following import carry_out, command, follow
from tests.integration.registration.trial import NOON, Trial, person, report

STEP = timedelta(hours=7)
ADDRESSES = ("石榴雅苑3号楼", "段家滩社区和平家园2号楼", "无人知道的地方")
KINDS = ("self", "gate", "grid", "transport", "police")


def life(url: str) -> type[RuleBasedStateMachine]:
    class Life(RuleBasedStateMachine):
        """One person's coming, told and followed; time goes on between what is said."""

        @initialize(expected=st.booleans(), address=st.sampled_from(ADDRESSES))
        def begin(self, expected: bool, address: str) -> None:
            self.trial = Trial(url)
            self.trial.clock.moment = NOON
            self.order = len(self.trial.rows(t.reports)) + 1
            self.said: list[Said] = []
            self.number = 0
            self.tell("self", expected, address)

        def tell(self, kind: str, expected: bool, address: str) -> None:
            self.number += 1
            now = self.trial.clock.now()
            at = NOON + timedelta(days=2) if expected else now - timedelta(hours=1)
            told = report(
                self.order,
                id=f"{self.order}-{self.number}",
                publisher=kind,
                source_kind=kind,
                reference=f"r{self.order}",
                expected=expected,
                at=at.isoformat(),
                time=now.isoformat(),
                address=address,
            )
            self.trial.receive(told)

        def own(self) -> list[Any]:
            number = person(self.order)["identity_number"]
            rows = self.trial.arrivals()
            return [row for row in rows if self.trial.person_of(row)["identity_number"] == number]

        @rule(hours=st.integers(1, 40))
        def wait(self, hours: int) -> None:
            self.trial.clock.moment += timedelta(hours=hours)

        @rule(kind=st.sampled_from(KINDS), expected=st.booleans(), address=st.sampled_from(ADDRESSES))
        def report_comes(self, kind: str, expected: bool, address: str) -> None:
            self.tell(kind, expected, address)

        @rule(outcome=st.sampled_from(FOLLOWED), ago=st.integers(0, 30), days=st.none() | st.integers(1, 3))
        def is_followed(self, outcome: str, ago: int, days: int | None) -> None:
            now = self.trial.clock.now()
            data: dict[str, Any] = {"arrival_id": self.own()[0]["id"], "outcome": outcome}
            data["at"] = now - timedelta(hours=ago)
            if days and outcome in ("contacted", "no_answer", "not_yet_come"):
                data["coming_at"] = now + timedelta(days=days)
            said = command(self.trial, "arrival.followed", data)
            self.said.append(said)
            [outcome_of_it] = carry_out(self.trial, follow_arrival, said)
            assert outcome_of_it.kind == "done", outcome_of_it.faults

        @rule(right=st.sampled_from(({"phone": "13800138000"}, {"destination": {"address": ADDRESSES[0]}})))
        def is_mended(self, right: dict[str, Any]) -> None:
            data = {"arrival_id": self.own()[0]["id"], **right}
            [outcome] = carry_out(self.trial, mend_person, command(self.trial, "person.mended", data))
            assert outcome.kind == "done", outcome.faults

        @invariant()
        def nobody_is_forgotten(self) -> None:
            if not hasattr(self, "trial"):
                return
            for row in self.own():
                state = row["state"]
                waits = row["unassigned_since"] is not None
                if state in ENDED:
                    assert row["worker"] is None and not waits
                else:  # it has somebody who goes there, or stands on the list of those who wait for somebody
                    assert (row["worker"] is not None) != waits
                if state == "unreachable":
                    assert row["to_settle"] and row["to_settle_since"]
                assert (row["to_settle"] is None) == (row["to_settle_since"] is None)
                assert (state == "expected") == (row["expected"] and state not in ENDED)
                lines = [one for one in self.trial.rows(t.arrival_history) if one["arrival_id"] == row["id"]]
                assert [one["number"] for one in sorted(lines, key=lambda one: one["number"])] == list(
                    range(1, (row["acts"] or 0) + 1)
                )

        def teardown(self) -> None:
            if hasattr(self, "trial"):
                assert self.trial.read(balance.audit)["balanced"]
                self.trial.database.dispose()

    return Life


def test_whatever_is_said_nobody_is_forgotten(trial: Trial) -> None:
    run_state_machine_as_test(
        life(trial.url),
        settings=settings(
            max_examples=8,
            stateful_step_count=10,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


ACTS = ("contacted", "verified", "no_answer", "not_here", "no_such_door", "this_is_not_me")
SETTLED = ("state", "expected", "arrived_at", "to_settle", "to_settle_since", "community")


def test_acts_and_reports_end_the_same_in_whatever_order_they_come(trial: Trial) -> None:
    """What is said of one hour counts as of that hour, however late it comes."""

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.sampled_from((*ACTS, "report")), min_size=2, max_size=6), st.randoms())
    def holds(told: list[str], random: Any) -> None:
        ends = []
        for mixed in (False, True):
            order = 2 * len(trial.arrivals()) + 1
            trial.clock.moment = NOON
            trial.receive(report(order, publisher="rail", id=f"{order}-first"))
            id = next(
                row["id"]
                for row in trial.arrivals()
                if trial.person_of(row)["identity_number"] == person(order)["identity_number"]
            )
            trial.clock.moment = NOON + STEP * (len(told) + 1)
            turns = list(enumerate(told, start=1))
            if mixed:
                random.shuffle(turns)
            for number, what in turns:
                at = NOON + STEP * number
                if what == "report":
                    later = report(
                        order,
                        publisher="gate",
                        source_kind="gate",
                        id=f"{order}-{number}",
                        time=at.isoformat(),
                    )
                    trial.receive(later)
                else:
                    assert follow(trial, id, what, at=at).kind == "done"
            row = next(row for row in trial.arrivals() if row["id"] == id)
            ends.append({name: row[name] for name in SETTLED} | {"has_worker": bool(row["worker"])})
        assert ends[0] == ends[1], told

    holds()
    assert trial.read(balance.audit)["balanced"]
