"""The days of the demo: who is chosen, what became of everybody, and what a wrong policy says."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from demo.day import Truth
from demo.days.absences import theirs
from demo.days.operators import in_force_from, with_wrong_days
from demo.days.outcome import end_of, lines, otherwise
from demo.days.played import Played, some
from demo.days.scene import Scene
from field.words import LEVELS
from operations.counts import Acts
from services.isolation.cases.what_became import Became
from services.isolation.door import SHIPPED_POLICIES
from services.isolation.policies.documents import policy_from

FOLLOWED = Became("active", False, "check_in")
NOTHING = Acts({}, {}, Counter(), {}, 0)


def found(played: Played, became: dict[str, Became]) -> dict[str, tuple[int | None, int]]:
    return {line.what.strip(): (line.expected, line.found) for line in lines(played, NOTHING, became)}


def test_the_same_are_chosen_again_and_at_least_so_many() -> None:
    ids = [f"household-{number}" for number in range(200)]
    chosen = some(ids, 0.1, 7, "asks")
    assert chosen == some(reversed(ids), 0.1, 7, "asks") and 8 < len(chosen) < 35
    assert chosen != some(ids, 0.1, 7, "leaves")
    assert len(some(ids, 0, 7, "asks", at_least=3)) == 3
    assert some(ids[:2], 0, 7, "asks", at_least=3) == some(ids[:2], 1, 7, "asks")


@pytest.mark.parametrize(
    ("became", "end"),
    [
        (Became("released", True, ""), "informed"),
        (Became("released", False, ""), "released"),
        (Became("moved_to_hospital", False, ""), "moved_to_hospital"),
        (Became("expected", True, ""), "expected"),
        (Became("refused", False, "settle_refusal"), None),
        (FOLLOWED, None),
    ],
)
def test_how_somebody_ended(became: Became, end: str | None) -> None:
    assert end_of(became) == end


def test_whoever_stands_otherwise_than_was_decided_is_named() -> None:
    played = Played(
        ends={"a": "released", "b": "moved_to_hospital", "gone": "cancelled"}, informed={"c", "d"}
    )
    became = {
        "a": Became("released", False, ""),
        "b": FOLLOWED,
        "c": Became("released", True, ""),
        "d": Became("open", True, ""),
        "e": FOLLOWED,
    }
    assert otherwise(played, became) == ["b", "gone", "d"]
    assert found(played, became)["otherwise than was played"] == (0, 3)


def test_whoever_has_no_end_and_nothing_next_makes_the_outcome_wrong() -> None:
    became = {"a": Became("released", False, ""), "b": Became("open", False, ""), "c": FOLLOWED}
    seen = found(Played(ends={"a": "released"}), became)
    assert seen["without an end, a next task or a clock"] == (0, 1)
    assert seen["followed still, next check_in"] == (None, 1)
    assert seen["what became of them"] == (None, 3)


def test_whoever_is_followed_again_after_their_release_is_no_end() -> None:
    played = Played(ends={"a": "released", "b": "released"})
    seen = found(played, {"a": Became("released", False, ""), "b": FOLLOWED})
    assert seen["released by an officer"] == (1, 1) and seen["otherwise than was played"] == (0, 0)
    seen = found(Played(ends={"b": "released"}), {"b": FOLLOWED})
    assert seen["otherwise than was played"] == (0, 0)


def test_an_end_that_was_played_and_is_nobodys_is_seen() -> None:
    seen = found(Played(ends={"a": "moved_to_central"}), {"a": Became("released", False, "")})
    assert seen["moved to central isolation"] == (1, 0) and seen["otherwise than was played"] == (0, 1)


def test_a_wrong_text_is_longer_at_each_level_and_still_a_policy() -> None:
    shipped = SHIPPED_POLICIES()[-1]
    early = in_force_from(shipped, date(2022, 10, 5))
    wrong = with_wrong_days(early)
    days, right = (
        {level: policy_from(one, 1).rules[level].days for level in LEVELS} for one in (wrong, early)
    )
    assert days == {level: of_it + 10 if of_it else 0 for level, of_it in right.items()}
    assert policy_from(early, 1).valid_from == date(2022, 10, 5)
    assert early["levels"] == shipped["levels"], "the text that is published again is the one of before"


def test_a_deputy_takes_what_is_still_to_be_done_of_whoever_is_away() -> None:
    def task(id: str, staff_id: str, state: str) -> dict[str, Any]:
        return {"task_id": id, "staff_id": staff_id, "state": state}

    doors = [
        {
            "household": "h1",
            "tasks": [task("1", "w1", "due"), task("2", "w2", "due"), task("3", "w1", "done")],
        },
        {"household": "h2", "tasks": [task("4", "w1", "missed")]},
    ]
    assert [(one["task_id"], one["household_id"]) for one in theirs(doors, "w1")] == [
        ("1", "h1"),
        ("4", "h2"),
    ]


def test_what_later_arrivals_lead_to_is_added() -> None:
    one, other = Truth(reports=3, comings=4), Truth(reports=2, comings=2)
    one.from_risk.update(high=1)
    other.from_risk.update(high=2, none=1)
    one.add(other)
    assert (one.reports, one.comings) == (5, 6)
    assert one.from_risk == Counter(high=3, none=1)


def test_days_count_from_the_first() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    began = datetime(2022, 10, 1, 9, tzinfo=zone)
    scene = Scene(None, 7, {}, "w1", datetime(2022, 10, 8, 8, 30, tzinfo=zone), began)  # type: ignore[arg-type]
    assert scene.day == 8 and scene.at(11, 40) == datetime(2022, 10, 8, 11, 40, tzinfo=zone)
