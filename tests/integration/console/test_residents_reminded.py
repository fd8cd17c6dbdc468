"""An admonition on the page of a household: what was found, what follows, and whom to call (P41)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest

from services.isolation import tables as t
from services.isolation.breaches.judge_breach import judge_breach
from services.isolation.permits.report_passage import report_passage
from tests.integration.console.residents import Home, Resident, open_home
from tests.integration.isolation.saying import CLINIC, speaking
from tests.integration.isolation.test_permits import OFFICER
from tests.integration.isolation.trial import china

judge = speaking(judge_breach, "breach.judged")
passed = speaking(report_passage, "passage.reported")


@pytest.fixture
def home(sqlite_url: Callable[..., str]) -> Iterator[Home]:
    with open_home(sqlite_url) as home:
        home.at("2022-10-01 12:00")
        yield home


def goes_out(home: Home, number: int, at: str) -> None:
    said = {"case_ids": [home.case_ids()[number]], "at": china(f"2022-10-01 {at}")}
    for direction in ("out", "back"):
        assert passed(home.isolation, said | {"direction": direction}, author=CLINIC).kind == "done"


def is_judged(home: Home, judgement: str, expects: int = 0) -> None:
    for row in home.isolation.rows(t.breaches):
        if row["version"] == expects:
            said = {"breach_id": row["breach_id"], "judgement": judgement, "expects": expects}
            words = {"words": "he bought bread"}
            assert judge(home.isolation, said | words, author=OFFICER).kind == "done"


def reminder(resident: Resident) -> str:
    """What stands in that part of the page."""
    part = resident.get().text.partition('<h2 id="reminder">')[2].partition("</section>")[0]
    return re.sub(r"\s+", "", re.sub(r"<[^>]*>", "", part))


def test_the_page_shows_what_was_found_what_follows_and_whom_to_call(home: Home) -> None:
    resident = home.browser()
    goes_out(home, 0, "10:00")
    assert reminder(resident) == "", "nobody has judged it"
    is_judged(home, "confirmed")
    shown = reminder(resident)
    assert "未经批准外出" in shown and "10:00" in shown and "不是处罚" in shown
    assert "13909310001" in shown and "120" in shown
    assert "bread" not in resident.get().text, "an officer's words stay with the case"
    is_judged(home, "explained", 1)
    assert reminder(resident) == "", "taken back"


def test_after_the_second_one_an_officer_speaks_with_them(home: Home) -> None:
    for at in ("09:00", "10:00"):
        goes_out(home, 1, at)
    is_judged(home, "confirmed")
    shown = reminder(home.browser())
    assert "与您沟通" in shown and "不是处罚" not in shown and shown.count("未经批准外出") == 2


def test_the_page_stays_small_and_needs_no_script(home: Home) -> None:
    for number in range(3):
        goes_out(home, number, "10:00")
    is_judged(home, "confirmed")
    resident = home.browser()
    page = resident.get()
    (sheet,) = re.findall(r'href="(/static/\w+/doorstep.css)"', page.text)
    assert 'id="reminder"' in page.text and "<script" not in page.text and "style=" not in page.text
    assert len(page.data) + len(resident.browser.get(sheet).data) <= 30_000
