"""A worker's round in order, and what is typed of a household: pure rules of the pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.console.pages.shown import rounds
from services.console.pages.shown.checked_in import read_typed
from services.console.pages.shown.rounds import clock, round_of

NOW = datetime.fromisoformat("2022-10-01T08:20:00+08:00")
DOORS = ("春和家园10号楼1单元202", "春和家园3号楼2单元1203", "春和家园3号楼2单元501", "某处")


def task(kind: str = "check_in", state: str = "due", hours: float = 2, **more: Any) -> dict[str, Any]:
    due_by = NOW + timedelta(hours=hours)
    return {
        "task_id": f"{kind}-{hours}",
        "case_id": "c",
        "kind": kind,
        "role": "grid_worker",
        "state": state,
        "mine": True,
        "urgent": kind == "see_abnormal",
        "due_from": (due_by - timedelta(hours=2, minutes=1)).isoformat(),
        "due_by": due_by.isoformat(),
        "done_at": NOW.isoformat() if state in ("done", "waived") else None,
        "attempts": 0,
        "next_try_at": None,
        "last": None,
    } | more


def person(case_id: str = "c", address: str = "2号楼") -> dict[str, Any]:
    someone = {"case_id": case_id, "name": "赵大山", "phone": "1", "address": address, "born": None}
    return someone | {"measure": "home_isolation", "day": 1, "days": 7, "release_on": "2022-10-08"}


def household(address: str, *tasks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "household": address,
        "people": [person(address=address)],
        "marks": [],
        "best_time": None,
        "abnormal": False,
        "tasks": list(tasks),
    } | more


def made(*households: dict[str, Any], from_top: bool = False):
    return round_of({"as_of": NOW.isoformat(), "households": list(households)}, from_top=from_top)


def drawn(*households: dict[str, Any]):
    return made(*households).part().households


def test_wish_11_doors_stand_in_the_order_of_a_walk_whatever_is_done() -> None:
    for state in ("due", "missed", "done"):
        walk = [one.address for one in drawn(*(household(at, task(state=state)) for at in DOORS))]
        assert walk == ["春和家园3号楼2单元501", "春和家园3号楼2单元1203", "春和家园10号楼1单元202", "某处"]
    top = made(*(household(at, task()) for at in DOORS), from_top=True)
    assert [one.address for one in top.part().households][:2] == [DOORS[1], DOORS[2]]


def test_who_has_more_doors_than_a_page_takes_turns_pages_and_none_is_passed_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rounds, "AT_ONCE", 2)
    numbers = range(1, 6)
    found = made(*(household(f"{n}号楼", task(state="done" if n in (3, 4) else "missed")) for n in numbers))
    assert found.pages() == ["1号楼", "3号楼", "5号楼"]

    def page(show: str, at: str = "") -> tuple[list[str], int, int, str]:
        part = found.part(show, at)
        assert part.last == part.first + len(part.households) - 1
        return [one.address for one in part.households], part.first, part.of, part.next

    assert page("all") == (["1号楼", "2号楼"], 1, 5, "3号楼")
    assert page("all", "3号楼") == (["3号楼", "4号楼"], 3, 5, "5号楼")
    assert page("all", "5号楼") == (["5号楼"], 5, 5, "")
    assert page("all", "gone") == page("all"), "nobody knows where it stood"
    assert page("overdue") == (["1号楼", "2号楼"], 1, 3, "5号楼")
    assert page("overdue", "4号楼") == (["5号楼"], 3, 3, ""), "done meanwhile: it goes on behind it"
    assert page("abnormal", "5号楼") == ([], 1, 0, "")
    late = made(household("1号楼", task(state="missed")), household("2号楼", task(state="done")))
    assert [one.address for one in late.part("overdue", "2号楼").households] == ["1号楼"]


def test_the_figures_of_today_count_tasks_and_households() -> None:
    found = made(
        household("1号楼", task(hours=-1, state="missed"), task(hours=2), task("first_contact", hours=1)),
        household("2号楼", task(state="done"), task("supplies", "waived"), people=[person(), person("d")]),
    )
    figures = found.figures
    assert (figures.households, figures.people, figures.tasks) == (2, 3, 5), "each counted by itself"
    assert (figures.done, figures.left) == (2, 3)
    assert (figures.overdue, figures.first_visits, figures.ending, figures.next) == (1, 1, 0, "09:20")
    assert [one.card.state for one in found.part().households] == ["overdue", "done"]
    assert [len(found.shown(show)) for show in ("all", "overdue", "abnormal", "first", "unreported")] == [
        2,
        1,
        0,
        1,
        1,
    ]


def test_the_check_in_of_a_window_that_has_not_begun_is_not_missing() -> None:
    assert made(household("1号楼", task(hours=8))).shown("unreported") == []


def test_a_card_shows_what_has_begun_and_else_what_comes_next() -> None:
    def clocks(*tasks: dict[str, Any]) -> list[str]:
        return [row.clock for row in drawn(household("1号楼", *tasks))[0].card.tasks]

    assert clocks(task(hours=2), task(hours=8), task(hours=9)) == ["10:20"]
    assert clocks(task(hours=2, state="done"), task(hours=8), task(hours=9)) == ["08:20", "16:20"]
    assert clocks(task(hours=8)) == ["16:20"]


def test_tasks_alike_of_several_people_are_one_thing_to_do() -> None:
    one = household("1号楼", task(), task(case_id="d", task_id="t2"), task("supplies", case_id="d"))
    one["people"].append(one["people"][0] | {"case_id": "d", "name": "赵小雨"})
    groups = drawn(one)[0].groups
    assert [(group.row.kind, len(group.task_ids), len(group.row.who)) for group in groups] == [
        ("check_in", 2, 0),
        ("supplies", 1, 1),
    ]


def test_a_clock_of_another_day_says_its_day() -> None:
    assert clock("2022-10-01T02:00:00+00:00", NOW) == "10:00"
    assert clock("2022-09-30T23:00:00+08:00", NOW) == "09-30 23:00" and clock(None, NOW) == ""


def read(temperature: str, symptoms: tuple[str, ...] = (), how: str = "seen"):
    given = [("c", temperature, symptoms, how, "")]
    return read_typed(given, known=("fever", "fatigue"), ways=("seen", "by_phone"), fever=37.3)


def test_who_was_neither_seen_nor_heard_is_left_out() -> None:
    assert read("", how="") == read_typed([], known=(), ways=(), fever=37.3)


@pytest.mark.parametrize(
    ("typed", "wrong"),
    [
        (("365", (), ""), ("how-c", "how_missing")),
        (("365", (), "by_link"), ("how-c", "how_missing")),
        (("", (), "seen"), ("temperature-c", "nothing_said")),
        (("98.6", (), "seen"), ("temperature-c", "fahrenheit")),
        (("36,5x", (), "seen"), ("temperature-c", "no_temperature")),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(typed: tuple[Any, ...], wrong: tuple[str, str]) -> None:
    assert read(*typed).wrong == (wrong,) and read(*typed).people == ()


def test_what_alarms_others_is_known_before_it_is_sent() -> None:
    assert not read("365").alarms and not read("37.2").alarms
    assert read("373").alarms and read("36.5", ("fatigue",)).alarms and read("", ("fever",)).alarms
    assert read("36.5", ("of no policy",)).people[0].symptoms == ()
