"""Leave to go out, on the page of a household: asked for, decided, and what to take along (P10, P43)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chassis.commands.command import Author
from services.isolation import tables as t
from services.isolation.permits.decide_permit import decide_permit
from tests.integration.console.residents import Home, Resident, open_home
from tests.integration.isolation.saying import speaking

decide = speaking(decide_permit, "permit.decided")
OFFICER = Author("staff", "/console/officer", "officer")
TIMES = {"begins": "2022-10-02T08:00", "ends": "2022-10-02T12:00"}


@pytest.fixture
def home(sqlite_url: Callable[..., str]) -> Iterator[Home]:
    with open_home(sqlite_url) as home:
        home.at("2022-10-01 10:00")
        yield home


@pytest.fixture
def resident(home: Home) -> Resident:
    return home.browser()


def asks(home: Home, resident: Resident, **typed: Any) -> Any:
    given = {"who": home.case_ids()[:1], "kind": "treatment", "where": "兰大二院透析室", **TIMES, **typed}
    return resident.send(resident.get("/permit"), "/permit", **given)


def permits_of(page: Any) -> str:
    """What stands in the part of the page about going out."""
    part = page.text.partition('<h2 id="permits">')[2].partition("</section>")[0]
    return re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", part))


def test_a_household_asks_and_reads_what_was_decided_and_what_to_take_along(
    home: Home, resident: Resident
) -> None:
    sent = asks(home, resident)
    assert sent.status_code == 303 and sent.location.endswith("#permits")
    asked = permits_of(resident.get())
    assert "兰大二院透析室" in asked and "请留在住处" in asked
    [permit] = home.isolation.rows(t.permits)
    said = {"permit_id": permit["permit_id"], "decision": "granted", "expects": 0, "how": "escorted_car"}
    decide(home.isolation, {**said, "escort": "李兰7:40在楼下接"}, author=OFFICER)
    granted = permits_of(resident.get())
    assert "已批准，可以外出" in granted and "李兰7:40在楼下接" in granted and "身份证件" in granted
    assert "社区专车" in granted


def test_a_refusal_says_why_and_the_time_is_free_again(home: Home, resident: Resident) -> None:
    asks(home, resident)
    [permit] = home.isolation.rows(t.permits)
    said = {"permit_id": permit["permit_id"], "decision": "refused", "expects": 0}
    decide(home.isolation, {**said, "reason": "何医生上门"}, author=OFFICER)
    assert "未批准，请留在住处。何医生上门" in permits_of(resident.get())
    assert asks(home, resident).status_code == 303


def test_an_emergency_needs_no_time_and_says_who_was_told(home: Home, resident: Resident) -> None:
    assert asks(home, resident, kind="emergency", begins="", ends="").status_code == 303
    said = permits_of(resident.get())
    assert "已批准，可以外出" in said and "已经通知" in said
    assert "不去了" not in resident.get("/permit").text, "somebody is on the way"


def test_what_recurs_is_asked_for_once(home: Home, resident: Resident) -> None:
    assert asks(home, resident, weekday=["1", "3"], until="2022-10-07").status_code == 303
    assert len(home.isolation.rows(t.permits)) == 1
    zone = home.isolation.work.zone
    begins = sorted(row["begins"].astimezone(zone) for row in home.isolation.rows(t.outings))
    assert [f"{at:%a %d %H:%M}" for at in begins] == ["Sun 02 08:00", "Tue 04 08:00", "Thu 06 08:00"]
    assert permits_of(resident.get()).count("08:00") == 3


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"where": ""}, "where"),
        ({"begins": "soon"}, "begins"),
        ({"ends": "2022-10-02T07:00"}, "ends"),
        ({"who": []}, "who"),
        ({"weekday": ["1"]}, "until"),
        ({"weekday": [str(day) for day in range(7)], "until": "2022-12-30"}, "until"),
        ({"begins": "2022-09-01T08:00", "ends": "2022-09-01T12:00"}, "begins"),
        ({"begins": "2022-11-01T08:00", "ends": "2022-11-01T12:00"}, "begins"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_still_there(
    home: Home, resident: Resident, typed: dict[str, Any], field: str
) -> None:
    sent = asks(home, resident, **typed)
    assert sent.status_code == 422 and f'href="#{field}"' in sent.text
    assert typed.get("where", "兰大二院透析室") in sent.text
    assert home.isolation.rows(t.permits) == []


def test_a_time_that_is_taken_says_what_is_possible(home: Home, resident: Resident) -> None:
    asks(home, resident)
    sent = asks(home, resident, begins="2022-10-02T11:00", ends="2022-10-02T13:00")
    assert sent.status_code == 422 and "之前或之后" in sent.text


def test_what_is_asked_for_is_taken_back_once(home: Home, resident: Resident) -> None:
    asks(home, resident)
    page = resident.get("/permit")
    for status in (303, 409):
        assert resident.send(page, "/permit/withdraw").status_code == status
    assert "已撤回" in permits_of(resident.get())


def test_the_page_with_permits_and_the_form_are_small_and_need_no_script(
    home: Home, resident: Resident
) -> None:
    for day in ("02", "03", "04"):
        times = {"begins": f"2022-10-{day}T08:00", "ends": f"2022-10-{day}T12:00"}
        assert asks(home, resident, **times, why="行走不便，需要轮椅" * 5).status_code == 303
    for page in (resident.get(), resident.get("/permit")):
        (sheet,) = re.findall(r'href="(/static/\w+/doorstep.css)"', page.text)
        assert "<script" not in page.text and "style=" not in page.text
        assert len(page.data) + len(resident.browser.get(sheet).data) <= 30_000
