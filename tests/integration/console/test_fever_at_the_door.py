"""A fever stays before a worker's eyes until somebody has seen it, whatever else is said at the door."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from services.isolation import tables as of_isolation
from tests.integration.console.round import Phone, Round, hidden, open_morning
from tests.integration.console.trial import token_of


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    with open_morning(sqlite_url) as opened:
        yield opened


@pytest.fixture
def phone(town: Round) -> Phone:
    return town.phone()


def report_fever(town: Round, phone: Phone) -> str:
    """Of the mother; returns the path of her household."""
    path, mother = town.household("林玉兰"), town.case("林玉兰")["case_id"]
    page = phone.get(f"{path}/check-in")
    typed = {f"temperature-{mother}": "39.6", f"how-{mother}": "seen", "sure": "yes"}
    sent = phone.browser.post(f"{path}/check-in", token=token_of(page), **(hidden(page, "check-in") | typed))
    assert sent.status_code == 303, sent.text
    return path


def test_no_answer_leaves_the_alarm_of_a_fever_as_it_is(town: Round, phone: Phone) -> None:
    """She has the alarm herself, beside what waits for a next try."""
    path = report_fever(town, phone)
    table = of_isolation.tasks
    with town.isolation.work.unit() as uow:
        its = table.c.kind == "see_abnormal"
        uow.conn.execute(table.update().where(its).values(staff_id="w-0117"))
    [alarm] = [task for task in town.tasks("林玉兰") if task["kind"] == "see_abnormal"]
    assert "ring 120 or your officer at once. This does not wait" in phone.get(path).text
    after = phone.send(path, "no-answer")
    assert "No answer: noted. Next try 08:45." in after.text
    assert "ring 120 or your officer at once" in after.text, "the alarm stays before her eyes"
    [same] = [task for task in town.tasks("林玉兰") if task["kind"] == "see_abnormal"]
    assert same == alarm
    assert sum(task["version"] or 0 for task in town.tasks("林玉兰", "due")) == 1, "supplies are tried"


def test_a_fever_of_the_evening_is_not_gone_at_midnight(town: Round, phone: Phone) -> None:
    town.advance(hours=14, minutes=50)  # 23:10
    path = report_fever(town, phone)
    [kept] = town.isolation.rows(of_isolation.check_ins)
    correct = f"{path}/correct/{kept['check_in_id']}"
    assert correct in phone.get(path).text
    town.advance(hours=1, minutes=10)
    for who in (phone, town.phone("o-0004")):
        page = who.get(path).text
        assert "39.6 ℃ · at 10-01 23:10" in page and "ust see to it by 10-01 23:40: health worker" in page
        assert "None yet." in page and correct not in page, "of today there is none, and none to correct"
    phone.get(correct, 404)
