"""The staff of one's place: added, away with a deputy, replaced; faults beside their fields."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from services.console.pages.officers import asking
from services.registration.tables import staff
from tests.integration.console.officers import Town, open_town
from tests.integration.console.trial import token_of


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


def member(town: Town, staff_id: str) -> dict:
    with town.registration.database.read() as conn:
        rows = conn.execute(staff.select()).mappings()
        return next(dict(row) for row in rows if row["staff_id"] == staff_id)


def test_staff_are_those_of_ones_place_and_below(town: Town) -> None:
    page = town.officer().get("/staff").text
    assert "李兰" in page and "周明" in page and "秦岚" not in page and "13909310001" not in page
    health = town.officer().get("/staff?role=health_worker").text
    assert "何静" in health and "李兰" not in health
    town.officer().get("/staff/street", 404)
    town.officer().get("/staff?place=elsewhere")
    below = town.officer().get("/staff?place=c-1").text
    assert "李兰" in below and "何静" in below
    grid = town.officer().get("/staff?place=g-1").text
    assert "李兰" in grid and "何静" not in grid


@pytest.mark.parametrize("who", ["officer", "street"])
def test_whoever_works_alone_in_a_grid_has_colleagues_in_the_next_one(town: Town, who: str) -> None:
    officer = town.officer(who)
    page = officer.get("/staff/worker-2")
    moved = {"what": "amended", "expects": "1", "place": "g-2"}
    assert officer.browser.post("/staff/worker-2", token=token_of(page), **moved).status_code == 303
    page = officer.get("/staff/worker-2")
    assert page.text.count('<option value="worker-1"') == 2  # goes for them, takes over from them
    first = re.search(r'id="deputy".*?<option value="">.*?<option value="([^"]*)"', page.text, re.DOTALL)
    assert first and first[1] == "worker-1"  # of the same role
    away = {"what": "away", "expects": "2", "deputy": "worker-1"}
    assert officer.browser.post("/staff/worker-2", token=token_of(page), **away).status_code == 303
    assert "deputy: 李兰" in officer.get("/staff/worker-2").text


def test_a_worker_who_is_away_has_a_deputy_and_comes_back(town: Town) -> None:
    officer = town.officer()
    page = officer.get("/staff/worker-1")
    wrong = officer.browser.post(
        "/staff/worker-1", token=token_of(page), what="away", expects="1", deputy="worker-1", away_to="soon"
    )
    assert wrong.status_code == 422 and "such as 2022-10-01 18:00" in wrong.text
    said = {
        "what": "away",
        "expects": "1",
        "deputy": "worker-2",
        "away_to": "2022-10-05T08:00",
        "key": "a-double-tap",
    }
    for _ in range(2):
        done = officer.browser.post("/staff/worker-1", token=token_of(page), **said)
        assert done.headers["Location"] == "/staff/worker-1?said=away"
    after = officer.get("/staff/worker-1?said=away")
    assert "until 5 October 08:00" in after.text and "deputy: 王山" in after.text
    assert member(town, "worker-1")["version"] == 2
    stale = officer.browser.post(
        "/staff/worker-1", token=token_of(page), what="left", expects="1", replaced_by="worker-2"
    )
    assert stale.status_code == 409 and "Somebody else changed" in stale.text
    assert '<option value="worker-2" selected' in stale.text
    officer.browser.post("/staff/worker-1", token=token_of(page), what="back", expects="2")
    assert member(town, "worker-1")["away_from"] is None


def test_somebody_joins_and_takes_over_from_who_left(town: Town) -> None:
    officer = town.officer(language="zh-CN")
    page = officer.get("/staff/new?place=g-1")
    typed = {
        "staff_id": "worker-9",
        "name": "<b>新人</b>",
        "phone": "abc",
        "role": "grid_worker",
        "place": "g-1",
    }
    wrong = officer.send(page, "/staff/new", **typed, language="zh-CN")
    assert wrong.status_code == 422 and "座机加区号" in wrong.text and "&lt;b&gt;新人" in wrong.text
    typed |= {"phone": "13909310009", "name": "新人", "language": "zh-CN"}
    assert officer.send(wrong, "/staff/new", **typed).status_code == 303
    left = {"what": "left", "expects": "1", "replaced_by": "nurse"}
    refused = officer.browser.post("/staff/worker-1", token=token_of(page), **left)
    assert refused.status_code == 422 and "角色相同" in refused.text
    officer.browser.post("/staff/worker-1", token=token_of(page), **{**left, "replaced_by": "worker-9"})
    after = officer.get("/staff/worker-1").text
    assert "已离岗，由新人接替" in after and "同一工号" in after
    assert member(town, "worker-1")["active"] is False


def test_staff_of_other_places_are_left_alone(town: Town) -> None:
    officer = town.officer()
    page = officer.get("/staff/new")
    answer = officer.browser.post("/staff/street", token=token_of(page), what="left", expects="1")
    assert answer.status_code == 404
    typed = {"staff_id": "x-1", "name": "某", "phone": "13909310008", "role": "grid_worker", "place": "cg"}
    assert officer.send(page, "/staff/new", **typed, language="en").status_code == 403
    assert member(town, "street")["active"]


def test_without_names_no_number_is_offered_as_the_name(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    officer, field = town.officer(), r'<input[^>]*id="name"[^>]*value="([^"]*)"'
    assert re.findall(field, officer.get("/staff/worker-1").text) == ["李兰"]
    monkeypatch.setattr(asking, "_MOST_NAMES", 0)
    assert re.findall(field, officer.get("/staff/worker-1").text) == [""]
