"""A list as a file: the same filter, all its rows, masked, for a reason that is noted."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import select

from chassis.doors.showing import VIEWS
from services.console.doors import Doors
from tests.doors import CONSOLE
from tests.integration.console.officers import Town, open_town
from tests.integration.console.trial import NOBODY, token_of
from tests.integration.isolation.trial import SEALER


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


def test_wish_15_a_list_is_taken_as_a_file_that_spreadsheets_open(town: Town) -> None:
    person = {"name": "=HYPERLINK(0)", "phone": "13909311234", "address": "x", "identity_number": "y"}
    for number in range(52):
        town.open_case(level="medium" if number else "high", person=SEALER.seal(person, "person"))
    officer = town.officer(language="zh-CN")
    asked = "/lists/open_cases?measure=home_isolation"
    page = officer.get(asked)
    action = "/lists/open_cases/export"
    refused = officer.send(page, action, list="measure=home_isolation", reason="a")
    assert refused.status_code == 422
    assert 'value="a"' in refused.text, "what was typed stays"

    answer = officer.send(page, action, reason="for the street's meeting")
    assert answer.status_code == 200 and answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="open_cases-2022-10-01-0700.csv"'
    assert answer.data.startswith(b"\xef\xbb\xbf")
    head, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig"), newline=""))
    assert head[:3] == ["姓名", "地点", "管控措施"]
    assert len(rows) == 51, "all pages of the filter, and no other row"
    assert {row[0] for row in rows} == {"'=*"}, "masked, and no formula"
    assert {row[1] for row in rows} == {"春和社区 第1网格"} and rows[0][4] == "2022-10-07"
    assert "13909311234" not in answer.text and "HYPERLINK" not in answer.text
    with town.isolation.work.look() as uow:
        [view] = uow.conn.execute(select(VIEWS)).mappings()
    assert (view["viewer"], view["about"], view["about_id"]) == ("/console/officer", "list", "open_cases")
    assert view["reason"] == "for the street's meeting"


def test_a_file_that_would_be_too_long_or_of_others_is_refused(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.open_case()
    town.open_case()
    officer = town.officer()
    page = officer.get("/lists/open_cases")
    action = "/lists/open_cases/export"
    assert officer.send(page, action, list="place=c-2", reason="for a meeting").status_code == 404
    assert officer.send(page, action, list="name=x", reason="for a meeting").status_code == 422
    for path in ("/lists/nothing/export", "/lists/reports_to_correct/export"):
        refused = officer.browser.post(path, token=token_of(page), list="", reason="for a meeting")
        assert refused.status_code in (403, 404)
    monkeypatch.setattr("chassis.doors.pages.COUNTED", 1)
    monkeypatch.setattr("chassis.doors.pages.ROWS", 1)
    long = officer.send(page, action, reason="for a meeting")
    assert long.status_code == 422 and "Choose a place or another filter first" in long.text
    assert 'value="for a meeting"' in long.text
    with town.isolation.work.look() as uow:
        assert uow.conn.execute(select(VIEWS)).all() == [], "nothing was shown, nothing is noted"
    away = town.officer(doors=Doors({**town.doors.urls, "isolation": NOBODY}, CONSOLE))
    kept = away.browser.post(action, token=token_of(away.get("/staff/new")), list="", reason="for a meeting")
    assert kept.status_code == 503 and "for a meeting" in kept.text
