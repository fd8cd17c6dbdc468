"""A round of tests on pages: opened, given a register, knocked at doors, and closed (P13, P25)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest

from chassis.doors.tokens import Actor
from services.console.pages.officers import round_register
from services.isolation import tables as t
from services.isolation.rounds.see_to_rounds import see_to_rounds
from tests.doors import staff_author
from tests.integration.console.officers import Officer, Town, open_town
from tests.integration.console.round import Round, open_morning
from tests.integration.console.test_officers_settle import row_of, settle
from tests.integration.console.trial import token_of
from tests.integration.isolation.trial import Trial

TERM = {"begins_at": "2022-10-01T06:00", "ends_at": "2022-10-01T18:00"}
REGISTER = (
    "姓名\t楼栋\t单元\t房号\t出生日期\n"
    "何样例\t京怡家园4号楼\t2\t502\t1941-03-08\n"
    "\t京怡家园4号楼\t2\t503\t\n"
    "李样例\t京怡家园4号楼\t2\t504\t昨天\n"
)


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


def opened(town: Town, officer: Officer) -> str:
    sent = officer.send(officer.get("/rounds"), "/rounds", place="c-1", **TERM)
    assert sent.status_code == 303, sent.text
    looked(town.isolation)
    return str(sent.headers["Location"]).partition("?")[0]


def looked(isolation: Trial) -> None:
    isolation.clock.advance(minutes=2)
    isolation.until_done(see_to_rounds)


def test_an_officer_opens_a_round_and_sees_by_building_who_is_missing(town: Town) -> None:
    town.open_case()
    officer = town.officer()
    page = officer.get("/rounds")
    assert "No round was opened" in page.text
    wrong = officer.send(page, "/rounds", place="", begins_at="soon", ends_at=TERM["ends_at"])
    assert wrong.status_code == 422 and "soon" in wrong.text and "Choose one." in wrong.text
    path = opened(town, officer)
    page = officer.get(path)
    assert "花园路1号" not in page.text, "of a house that is one door the street alone is told"
    assert "春和社区" in page.text and "<svg" in page.text and "should be tested – 1 person" in page.text
    again = officer.send(officer.get("/rounds"), "/rounds", place="c-1", **TERM)
    assert again.status_code == 409 and "close it first" in again.text


def test_a_register_is_pasted_and_only_faulty_lines_go_in_again(town: Town) -> None:
    officer = town.officer()
    path = opened(town, officer)
    sent = officer.send(officer.get(path), f"{path}/register", register=REGISTER, register_place="")
    assert sent.status_code == 422
    assert "1 person is put into the round." in sent.text
    assert "no name: write it in the column name" in sent.text and "day of birth" in sent.text
    assert "何样例" not in sent.text and "504" in sent.text
    left = re.search(r'<textarea[^>]*id="register"[^>]*>(.*?)</textarea>', sent.text, re.S)
    assert left and left[1].startswith("姓名"), "columns stay what they were"
    left = left[1].replace("\t京怡家园4号楼\t2\t503", "何样例\t京怡家园4号楼\t2\t502").replace("昨天", "")
    sent = officer.send(sent, f"{path}/register", register=left, register_place="")
    assert sent.status_code == 200, sent.text
    assert "1 person is put into the round. 1 stood in it already." in sent.text
    assert "京怡家园4号楼" in sent.text and len(town.isolation.rows(t.round_people)) == 2
    wrong = "姓名\t楼栋\t证件号码\n王样例\t4号楼\t620102194801010122"
    sent = officer.send(sent, f"{path}/register", register=wrong, register_place="")
    assert sent.status_code == 422 and "one character is wrong" in sent.text


def test_a_file_of_a_register_goes_in_step_by_step_and_each_faulty_line_is_shown_at_the_end(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(round_register, "A_STEP", 2)
    monkeypatch.setattr(round_register, "_AT_ONCE", 1)
    officer = town.officer()
    path = opened(town, officer)
    workbook = officer.send(
        officer.get(path), f"{path}/register", file=(BytesIO(b"PK\x03\x04" + bytes(9)), "a.xlsx"), register=""
    )
    assert workbook.status_code == 422 and "save it from the spreadsheet as CSV" in workbook.text
    with monkeypatch.context() as shorter:
        shorter.setattr(round_register, "_LONGEST", 10)
        long = officer.send(workbook, f"{path}/register", register="何样例,4号楼,2,", register_place="")
    assert long.status_code == 422 and "This is too long: send it in parts" in long.text
    lines = [
        "姓名,楼栋,房号,证件号码",
        ",4号楼,1,",
        "何样例,4号楼,2,",
        "",
        "李样例,4号楼,3,620102194801010122",
    ]
    lines += ["王样例,4号楼,4,", "赵样例,4号楼,5,", "何样例,4号楼,2,"]
    file = (BytesIO("\r\n".join(lines).encode("gb18030")), "register.csv")
    page = officer.send(officer.get(path), f"{path}/register", file=file, register="", register_place="")
    assert page.status_code == 200 and 'max="6" value="2"' in page.text and "data-goes-on" in page.text
    assert 'enctype="multipart/form-data" autocomplete="off" data-goes-on' in page.text, "else thrice as long"
    assert "1 line has something wrong" in page.text
    shown = page
    for done in (4, 6):
        shown = officer.act(shown, f"{path}/register", "")
        assert done == 6 or f'value="{done}"' in shown.text
    assert (
        shown.status_code == 422 and "3 people are put into the round. 1 stood in it already." in shown.text
    )
    assert re.findall(r'<th scope="row">(\d)</th><td>([a-z][^;<]*)', shown.text) == [
        ("2", "no name: write it in the column name"),
        ("5", "number of the document: one character is wrong"),
    ]
    left = re.search(r'<textarea[^>]*id="register"[^>]*>(.*?)</textarea>', shown.text, re.S)
    assert left and left[1].splitlines() == [lines[0], lines[1], lines[4]]
    assert len(town.isolation.rows(t.round_people)) == 3
    again = officer.act(page, f"{path}/register", "")
    assert 'value="4"' in again.text and len(town.isolation.rows(t.round_people)) == 3, "sent twice"


def test_who_is_missing_is_settled_on_a_list_and_the_round_is_closed(town: Town) -> None:
    town.open_case()
    officer = town.officer()
    path = opened(town, officer)
    town.isolation.clock.advance(hours=12)
    refused = officer.send(officer.get(path), f"{path}/close", because="")
    assert refused.status_code == 409 and "Somebody is missing still" in refused.text
    row = row_of(officer, "round_missing")
    assert "欧阳" not in officer.get(row).text.replace("欧阳*", "") or "欧" in officer.get(row).text
    wrong = settle(officer, row, "settle", 422, outcome="exempt")
    assert "This is still missing." in wrong.text
    assert "It is settled" in settle(officer, row, "settle", outcome="exempt", note="tested at work").text
    sent = officer.send(officer.get(path), f"{path}/close", because="")
    assert sent.status_code == 303, sent.text
    page = officer.get(sent.headers["Location"]).text
    assert "The round is closed." in page and "Close it" not in page
    assert re.search(r"exempt.*?1", page, re.S)


@pytest.fixture
def morning(sqlite_url: Callable[..., str]) -> Iterator[Round]:
    with open_morning(sqlite_url) as opened:
        yield opened


def test_a_worker_knocks_by_building_and_says_what_came_of_it(morning: Round) -> None:
    term = {"begins_at": "2022-10-01T08:00:00+08:00", "ends_at": "2022-10-01T18:00:00+08:00"}
    said = {"place": "c-1", **term}
    morning.doors.say("isolation", "open_round", Actor(staff_author("o-0004")), "it-begins-now", said)
    looked(morning.isolation)
    phone = morning.phone()
    page = phone.get("/knocking").text
    buildings = re.findall(r"<h2><span[^>]*>(.*?)</span></h2>", page)
    assert buildings == ["春和家园3号楼", "春和家园10号楼"]
    shown = page[page.index("<main") :]  # above it are tokens, with any digits
    assert shown.index("501") < shown.index("602") and "go to them" in page, "P25: the child, and the old man"
    assert "4 people are still to be tested" in page
    assert 'href="/knocking"' in phone.get("/doors").text
    ids = re.findall(r'value="([0-9a-f-]+):tested"', page)
    sent = phone.browser.post("/knocking", token=token_of(phone.get("/knocking")), said=f"{ids[0]}:tested")
    assert sent.status_code == 303
    page = phone.get(sent.headers["Location"]).text
    assert "Recorded: tested." in page and "3 people are still to be tested" in page
    sent = phone.browser.post(
        "/knocking", token=token_of(phone.get("/knocking")), said=f"{ids[1]}:nobody_there"
    )
    assert "nobody there" in phone.get(sent.headers["Location"]).text
    morning.isolation.clock.advance(minutes=1)
    otherwise = phone.get(f"/knocking/{ids[1]}")
    wrong = phone.browser.post(f"/knocking/{ids[1]}", token=token_of(otherwise), outcome="exempt", note="")
    assert wrong.status_code == 422 and "This is missing." in wrong.text
    sent = phone.browser.post(f"/knocking/{ids[1]}", token=token_of(otherwise), outcome="refused", note="")
    assert sent.status_code == 303
    assert "2 people are still to be tested" in phone.get("/knocking").text
    assert phone.browser.get(f"/knocking/{ids[1]}").status_code == 404, "they are on the list no more"
