"""Registration looks back, and isolation measures, by one policy: that in force at the event's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest

from services.isolation.policies import documents
from services.isolation.policies.import_policy import import_policy
from services.isolation.policies.withdraw_policy import withdraw_by_shell
from services.registration.policies.keep_policies import POLICIES
from tests.integration.isolation import trial as isolation_trial
from tests.integration.registration.trial import CHINA, RISKY, Trial, as_event, report

NINTH = next(document for document in documents.shipped() if document["policy_id"] == "cn-2022-06")
# The only list is of 1 October: this stop concerns it if at least 11 days are looked back.
EARLY_STOP = {**RISKY, "from": "2022-09-10", "to": "2022-09-20"}
LONG, SHORT = 30, 7


@pytest.fixture
def isolation(database_url: Callable[..., str]) -> Iterator[isolation_trial.Trial]:
    with isolation_trial.trial(database_url("isolation", isolation_trial.prepare)) as trial:
        yield trial


def policy(policy_id: str, edition: str, valid_from: str, look_back_days: int) -> dict[str, Any]:
    changed = {"policy_id": policy_id, "edition": edition, "valid_from": valid_from, "places": []}
    return {**NINTH, **changed, "look_back_days": look_back_days}


def publish(isolation: isolation_trial.Trial, registration: Trial, *policies: dict[str, Any]) -> None:
    for document in policies:
        isolation.do(import_policy, document)
    with registration.work.unit() as uow:
        POLICIES.keep(uow, isolation.recorded("policy.published"))


def policies_of_both(
    isolation: isolation_trial.Trial,
    registration: Trial,
    *,
    now: str,
    arrived_at: str,
    expected: bool = False,
) -> tuple[int, str]:
    """An arrival goes through both services. Returns the days looked back and the policy of the case."""
    registration.clock.moment = datetime.fromisoformat(now).replace(tzinfo=CHINA)
    registration.receive(report(1, at=f"{arrived_at}+08:00", stops=[EARLY_STOP], expected=expected))
    (registered,) = registration.events("arrival.registered")
    isolation.follow(as_event({**registered, "source": "/doorstep/registration"}))
    (case,) = isolation.rows(isolation_trial.t.cases)
    (arrival,) = registration.arrivals()
    return LONG if arrival["risk_level"] == "high" else SHORT, case["policy_id"]


OLD, NEW = policy("p-1", "1", "2022-01-01", LONG), policy("p-2", "2", "2022-10-02", SHORT)


def test_a_late_report_goes_by_the_edition_of_the_day_it_is_registered(
    trial: Trial, isolation: isolation_trial.Trial
) -> None:
    publish(isolation, trial, OLD, NEW)
    of_both = policies_of_both(isolation, trial, now="2022-10-03T12:00", arrived_at="2022-10-01T10:00:00")
    assert of_both == (SHORT, "p-2")


def test_a_withdrawn_edition_holds_in_neither(trial: Trial, isolation: isolation_trial.Trial) -> None:
    publish(isolation, trial, OLD, NEW)
    isolation.clock.moment = datetime.fromisoformat("2022-10-03T09:00").replace(tzinfo=CHINA)
    isolation.do(withdraw_by_shell, "p-2", 1, "wrong", "li")
    publish(isolation, trial)
    of_both = policies_of_both(isolation, trial, now="2022-10-03T12:00", arrived_at="2022-10-01T10:00:00")
    assert of_both == (LONG, "p-1")


def test_an_announced_arrival_goes_by_the_edition_of_the_day_it_is_registered(
    trial: Trial, isolation: isolation_trial.Trial
) -> None:
    publish(isolation, trial, OLD, NEW)
    of_both = policies_of_both(
        isolation, trial, now="2022-10-01T12:00", arrived_at="2022-10-03T10:00:00", expected=True
    )
    assert of_both == (LONG, "p-1")


def test_a_further_report_goes_by_the_edition_under_which_the_arrival_was_registered(
    trial: Trial, isolation: isolation_trial.Trial
) -> None:
    """Its case stays under that edition too, so a shorter look-back must not make it laxer."""
    publish(isolation, trial, OLD, NEW)
    policies_of_both(isolation, trial, now="2022-10-01T12:00", arrived_at="2022-10-01T10:00:00")
    trial.clock.moment = datetime(2022, 10, 2, 12, tzinfo=CHINA)
    trial.receive(report(1, publisher="police", time="2022-10-02T11:00:00+08:00", stops=[EARLY_STOP]))
    (arrival,) = trial.arrivals()
    assert (arrival["reports"], arrival["risk_level"]) == (2, "high")
    assert all(event["data"]["risk"]["level"] == "high" for event in trial.events("arrival.reassessed"))


@pytest.mark.parametrize(("first", "second"), [("p-1", "p-2"), ("p-2", "p-1")])
def test_of_two_policies_alike_both_services_take_the_higher_edition(
    trial: Trial, isolation: isolation_trial.Trial, first: str, second: str
) -> None:
    older, newer = policy(first, "1", "2022-09-01", LONG), policy(second, "2", "2022-09-01", SHORT)
    publish(isolation, trial, older, newer)
    of_both = policies_of_both(isolation, trial, now="2022-10-01T12:00", arrived_at="2022-10-01T10:00:00")
    assert of_both == (SHORT, second)


def test_before_any_policy_begins_both_services_take_the_first_to_begin(
    trial: Trial, isolation: isolation_trial.Trial
) -> None:
    publish(isolation, trial, policy("p-1", "1", "2022-10-05", LONG), policy("p-2", "2", "2022-10-06", SHORT))
    of_both = policies_of_both(isolation, trial, now="2022-10-01T12:00", arrived_at="2022-10-01T10:00:00")
    assert of_both == (LONG, "p-1")
