"""Officers see what households need: by place, kind and clock, without what was written (P9)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from services.isolation.needs.ask_need import ask_need
from tests.integration.console.officers import Town, open_town
from tests.integration.isolation.saying import LINK, speaking

ask = speaking(ask_need, "need.asked")


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        for kind in ("food", "medical"):
            case_id = town.open_case(level="medium")
            ask(town.isolation, {"case_ids": [case_id], "kind": kind, "text": "written down"}, author=LINK)
        yield town


def test_the_list_says_what_is_open_since_when_and_whose_it_is(town: Town) -> None:
    officer = town.officer()
    assert "Needs of households" in officer.get("/lists").text
    page = officer.get("/lists/open_needs").text
    assert "2 needs" in page and "food and daily things" in page and "written down" not in page
    assert "1 need" in officer.get("/lists/open_needs?kind=medical").text
    town.isolation.clock.advance(hours=1)
    late = officer.get("/lists/open_needs?overdue=yes").text
    assert "1 need" in late and "a doctor: somebody is ill or hurt" in late
    assert "1 need" in officer.get("/lists/open_needs?overdue=no&place=c-1").text


def test_the_way_to_the_shopping_list_is_there_for_whom_may_have_it(town: Town) -> None:
    officer = town.officer()
    assert 'href="/shopping"' in officer.get("/lists").text
    assert "1 need" in officer.get("/shopping").text
    district = town.officer("district")
    for path in ("/lists", "/doors"):
        assert 'href="/shopping"' not in district.get(path).text
    district.get("/shopping", 403)
