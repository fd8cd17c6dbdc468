"""Why a case has its measure: the exposures that count, the line of the policy, and the days that follow."""

from __future__ import annotations

from datetime import date, timedelta

from services.isolation.cases.explain_case import Explained, explain_case
from services.isolation.policies import documents
from services.isolation.policies.import_policy import import_policy
from tests.integration.isolation.trial import CHINA, MORNING, Trial, arrival, china


def explained(isolation: Trial, case_id: str | None) -> Explained:
    with isolation.database.read() as conn:
        found = explain_case(conn, str(case_id), zone=CHINA)
    assert found
    return found


def test_each_thing_that_became_known_says_what_followed(isolation: Trial) -> None:
    came = arrival(level="low")
    raised = arrival(
        came.subject, version=2, level="medium", left_on=date(2022, 9, 29), at=MORNING + timedelta(hours=1)
    )
    isolation.follow(came, raised)
    found = explained(isolation, came.subject)
    first, second = found.steps
    assert (first.line, first.measure, first.counted_by) == ("levels.low", "self_monitoring", "arrival")
    assert (second.line, second.measure, second.days) == ("levels.medium", "home_isolation", 7)
    assert second.day_zero == date(2022, 9, 29) and second.release_on == date(2022, 10, 6)
    assert second.decided_by.level == "medium" and all(counts for _, counts in second.exposures)
    assert (found.measure, found.release_on) == (second.measure, second.release_on)
    assert "联防联控机制综发〔2022〕71号" in found.source


def test_an_exposure_before_the_look_back_is_named_and_does_not_count(isolation: Trial) -> None:
    came = arrival(level="medium", left_on=date(2022, 9, 1))
    isolation.follow(came)
    [step] = explained(isolation, came.subject).steps
    assert [counts for one, counts in step.exposures if one.left_on == date(2022, 9, 1)] == [False]
    assert step.decided_by.level == "none" and step.measure == isolation.case(came)["measure"]


def test_the_last_step_is_where_the_case_stands_after_a_policy_began(isolation: Trial) -> None:
    isolation.clock.moment = at = china("2022-11-09 07:00")
    came = arrival(at=at, arrived_at=at, left_on=date(2022, 11, 9))
    isolation.follow(came)
    isolation.clock.moment = china("2022-11-11 00:01")
    isolation.run_timers()
    found = explained(isolation, came.subject)
    assert [step.arrival_version for step in found.steps] == [1, None]
    last = found.steps[-1]
    assert (last.policy_id, last.measure, last.release_on) == (
        *("cn-2022-11", found.measure, found.release_on),
    )


def test_nobody_knows_a_case_that_is_not_there(isolation: Trial) -> None:
    isolation.do(import_policy, documents.shipped()[0])
    with isolation.database.read() as conn:
        assert explain_case(conn, "01932f5e-0000-7000-8000-000000000001", zone=CHINA) is None


def test_of_whoever_was_called_off_and_came_after_all_the_last_step_is_where_the_case_stands(
    isolation: Trial,
) -> None:
    first = arrival(level="low", not_coming=True, why=["called_off"])
    came = arrival(first.subject, version=2, level="high", left_on=date(2022, 9, 30), why=["called_off"])
    isolation.follow(first, came)
    found, case = explained(isolation, first.subject), isolation.case(first)
    assert [step.absent for step in found.steps] == ["not_coming", None]
    last = found.steps[-1]
    assert (last.measure, last.days, last.day_zero, last.release_on) == tuple(
        case[name] for name in ("measure", "days", "counted_from", "release_on")
    )
