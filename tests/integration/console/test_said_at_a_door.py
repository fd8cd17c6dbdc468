"""What workers say at a door is noted whole or answered plainly, and what they typed is not lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.integration.console.round import DOORS, Phone, Round, hidden, open_round
from tests.integration.console.trial import token_of


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    """Three doors, at 08:20."""
    with open_round(sqlite_url) as opened:
        opened.arrive(*DOORS)
        opened.advance(hours=1, minutes=20)
        yield opened


@pytest.fixture
def phone(town: Round) -> Phone:
    return town.phone()


def send(phone: Phone, path: str, act: str, page: TestResponse, status: int, **typed: Any) -> TestResponse:
    """The form of this page, as it was when it was loaded."""
    answer = phone.browser.post(f"{path}/{act}", token=token_of(page), **(hidden(page, act) | typed))
    assert answer.status_code == status, (answer.status_code, answer.text)
    return answer


def fever(town: Round, phone: Phone) -> TestResponse:
    """The question whether a fever of the mother at 3-2-501 is right."""
    path, mother = town.household("林玉兰"), town.case("林玉兰")["case_id"]
    typed = {f"temperature-{mother}": "396", f"how-{mother}": "seen"}
    return send(phone, path, "check-in", phone.get(f"{path}/check-in"), 200, **typed)


def test_who_must_see_to_an_alarm_is_told_so_and_not_that_others_do(town: Round) -> None:
    nurse, path = town.phone("h-0021"), town.household("林玉兰")
    sent = send(nurse, path, "check-in", fever(town, nurse), 303)
    after = nurse.get(sent.headers["Location"]).text
    assert "You must see to it by 08:50." in after and "Must see to it by 08:50:" not in after
