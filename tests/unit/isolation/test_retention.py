"""When the term of a case has passed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.isolation.cases import states
from services.isolation.cases.case import Arrival, Case
from services.isolation.retention.rules import AT_LEAST, look_again_on, strip_on, without_words

CHINA = ZoneInfo("Asia/Shanghai")
TODAY = date(2023, 4, 1)
YESTERDAY, TOMORROW = TODAY - timedelta(days=1), TODAY + timedelta(days=1)


def case(**more: object) -> Case:
    arrival = Arrival(1, datetime(2022, 10, 1, tzinfo=UTC), "", "zh-CN", None, None, None, None, None, None)
    given = {
        **{"case_id": "c", "version": 1, "arrival": arrival, "state": states.RELEASED, "story": ()},
        **{"measure": "home_isolation", "days": 7, "counted_from": date(2022, 10, 1)},
        **{"release_on": date(2022, 10, 8), "risk_level": "high", "policy_id": "p", "policy_version": 1},
        **{"policies_seen": 1, "team": (), "team_lacks": (), "unassigned_since": None, "staff_seen": 1},
        **{"tasks_planned": 0, "plan_number": 0, "planned_until": date(2022, 10, 8), "plan_next": None},
        **{"history_lines": 1, "opened_at": datetime(2022, 10, 1, tzinfo=UTC), "correlation_id": "r"},
        "closed_at": datetime(2022, 10, 8, 17, tzinfo=UTC),  # the ninth in China
    }
    return Case(**given | more)  # type: ignore[arg-type]


def test_the_term_is_counted_in_local_days_from_the_end() -> None:
    assert strip_on(case(), 180, CHINA) == date(2022, 10, 9) + timedelta(days=180)


def test_no_policy_strips_what_may_be_opened_again_or_is_read_by_the_household() -> None:
    assert strip_on(case(), 1, CHINA) == date(2022, 10, 9) + AT_LEAST


@pytest.mark.parametrize(
    "followed",
    [
        {"state": states.ACTIVE, "closed_at": None},
        {"state": states.OPEN, "closed_at": None, "days": 0},
        {"state": states.EXPECTED},
    ],
)
def test_whoever_is_followed_or_expected_has_no_term(followed: dict[str, object]) -> None:
    assert strip_on(case(**followed), 180, CHINA) is None


@pytest.mark.parametrize(
    ("terms", "again"),
    [
        ([TODAY], None),
        ([YESTERDAY, TODAY], None),
        ([YESTERDAY, TOMORROW], TOMORROW),
        ([YESTERDAY, None], TOMORROW),
        ([TODAY + timedelta(days=9), YESTERDAY], TODAY + timedelta(days=9)),
    ],
)
def test_a_household_goes_with_the_last_of_its_cases(terms: list[date | None], again: date | None) -> None:
    assert look_again_on(TODAY, terms) == again


def test_a_line_of_history_keeps_all_but_words() -> None:
    assert without_words({"by": "w", "note": "k.abc", "task": "t"}) == {"by": "w", "task": "t"}
