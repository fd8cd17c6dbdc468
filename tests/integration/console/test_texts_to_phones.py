"""A worker's phone is let in: from then on her texts name nobody, and lead to the page that says the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from deploy.local.ports import freeport
from services.console.accounts.invite import end_links_before, enrol
from services.console.app import make_app
from services.console.doors import DoorAway, Doors
from services.console.pages.entry.cookies import OPENING
from services.console.sessions.tell_phones import PhonesTold
from services.console.tables import account_acts, accounts, one_time_links
from services.notification.reference.phones_in import phones_in
from tests.doors import CONSOLE, console_process
from tests.integration.console.round import (
    LIN,
    PIN,
    SUN,
    ZHAO,
    Phone,
    Round,
    someone,
)
from tests.integration.console.told import URL, Told, open_told
from tests.integration.console.trial import NOBODY, Browser
from tests.waiting import eventually

PERSONAL = ("林玉兰", "林小雨", "赵大山", "孙宁", "1390931100", "单元", "501", "602", "202", "隔离", "监测")


@pytest.fixture
def told(sqlite_url: Callable[..., str]) -> Iterator[Told]:
    with open_told(sqlite_url) as opened:
        yield opened


def test_from_enrolment_to_revocation_texts_name_nobody_and_lead_to_the_page_behind_the_pin(
    told: Told,
) -> None:
    town = told.town
    town.arrive((SUN, "春和家园10号楼1单元202"))
    assert told.phones.turn() == 0
    [whole] = told.texts()
    assert "孙宁" in whole and "1单元202" in whole and "http" not in whole
    phone = town.phone(doors=told.doors)
    assert told.phones.turn() == 1
    assert told.phones.turn() == 0, "what is known is not said again"
    town.arrive((LIN, "春和家园3号楼2单元501"), (ZHAO, "春和家园3号楼2单元602"))
    texts = told.texts()
    assert len(texts) >= 2
    for text in texts:
        assert not any(personal in text for personal in PERSONAL), text
        assert "春和家园3号楼" in text and "首次上门联系" in text and "前办理" in text
    pages = [_behind_the_pin(phone, text) for text in texts]
    for door in ("2单元501", "2单元602"):
        assert any(door in page for page in pages)
    _shut_out(town, told.doors)
    assert told.phones.turn() == 1
    town.arrive(((someone("周小", "13909311009", "1990-01-02"),), "春和家园3号楼2单元701"))
    [whole] = told.texts()
    assert "周小" in whole and "701" in whole and "http" not in whole


def _behind_the_pin(phone: Phone, text: str) -> str:
    """The page to which the link in the text leads, on a phone whose browser was closed meanwhile."""
    path = urlsplit(text[text.index("https://") :]).path
    phone.browser.client.delete_cookie(OPENING, domain="localhost")
    asks = phone.browser.get(path)
    assert asks.status_code == 303 and asks.headers["Location"] == f"/pin?back={path}"
    opened = phone.browser.send(asks.headers["Location"], "/pin", pin=PIN, back=path)
    assert opened.headers["Location"] == path
    return phone.get(path).text


def _shut_out(town: Round, doors: Doors) -> None:
    desk = Browser(town.app(doors), "en")
    desk.log_in(town.console, town.console.owner("zhou.ming", "officer", "o-0004"))
    assert desk.send("/enrol", "/enrol/w-0117/shut-out").status_code == 303


def test_a_phone_counts_until_its_session_runs_out_or_its_owner_logs_out(told: Told) -> None:
    phone = told.town.phone()
    told.town.phone("h-0021")
    assert told.phones.turn() == 2
    assert phone.browser.send("/account", "/log-out").status_code == 303
    assert told.phones.turn() == 1
    told.town.console.clock.advance(days=31)
    assert told.phones.turn() == 2, "after an hour all is told again"
    told.town.arrive((ZHAO, "春和家园3号楼2单元602"))
    [whole] = told.texts()
    assert "赵大山" in whole


def test_what_a_door_that_was_away_was_not_told_it_is_told_later_and_all_of_it_after_a_start(
    told: Told,
) -> None:
    away = Doors(dict(told.doors.urls) | {"notification": NOBODY}, CONSOLE)
    beginning = PhonesTold(told.town.console.work, away)
    told.town.phone()
    with pytest.raises(DoorAway):
        beginning.turn()
    beginning._doors = told.doors
    assert beginning.turn() == 1
    told.town.console.clock.advance(seconds=1)
    assert PhonesTold(told.town.console.work, told.doors).turn() == 1, "another process tells it again"
    told.town.arrive((ZHAO, "春和家园3号楼2单元602"))
    [text] = told.texts()
    assert not any(personal in text for personal in PERSONAL)


def test_the_console_tells_by_itself_as_it_runs(told: Told, tmp_path: Path) -> None:
    told.town.phone()
    url, door = told.town.console.url, told.doors.urls["notification"]
    log = tmp_path / "console.log"
    process = console_process(url, freeport(), log, DOORSTEP_NOTIFICATION_DOOR_URL=door)
    try:
        eventually(lambda: _phones(told) == {"w-0117"})
        _shut_out(told.town, told.doors)
        eventually(lambda: not _phones(told))
    finally:
        process.terminate()
        assert process.wait(30) == 0, log.read_text()


def _phones(told: Told) -> frozenset[str]:
    with told.work.database.read() as conn:
        return phones_in(conn, ["w-0117"], datetime.now(UTC))


def test_a_link_by_text_lets_in_the_phone_of_the_number_in_the_register_once(told: Told) -> None:
    town = told.town
    told.register()
    desk = _desk(town, told.doors)
    page = desk.send("/enrol", "/enrol/by-text", chosen="w-0117", staff_ids="h-0021")
    assert page.status_code == 200 and page.text.count("on its way") == 2
    assert "/take-up/" not in page.text and "139****0001" in page.text
    [text] = told.texts()
    link = urlsplit(text[text.index("https://") :])
    assert link.netloc == "doorstep.example.cn"
    phone = Browser(town.app(told.doors), "en")
    assert phone.get(link.path).status_code == 200
    assert phone.send(link.path, pin=PIN, again=PIN).headers["Location"] == "/doors"
    assert Browser(town.app(told.doors), "en").get(link.path).status_code == 404, "it counts once"
    acts = {(row["what"], row["by"]) for row in town.console.rows(account_acts)}
    assert {("invited", "zhou.ming"), ("link_texted", "zhou.ming")} <= acts


@pytest.mark.parametrize(("is_away", "why"), [(False, "not known yet"), (True, "cannot be reached")])
def test_a_link_that_was_not_sent_counts_not_slips_of_before_do_and_the_page_says_why(
    told: Told, is_away: bool, why: str
) -> None:
    slip = told.town.link()
    away = {"notification": NOBODY} if is_away else {}
    desk = _desk(told.town, Doors(dict(told.doors.urls) | away, CONSOLE))
    answer = desk.send("/enrol", "/enrol/by-text", chosen="w-0117")
    assert why in answer.text and "on its way" not in answer.text
    assert sum(row["ended_at"] is None for row in told.town.console.rows(one_time_links)) == 1
    assert "link_texted" not in {row["what"] for row in told.town.console.rows(account_acts)}
    phone = Browser(told.town.app(told.doors), "en")
    assert phone.send(slip, pin=PIN, again=PIN).status_code == 303


def test_once_texts_cannot_be_offered_nobody_else_waits_for_it(told: Told) -> None:
    slips = {id: told.town.link(id) for id in ("w-0117", "h-0021")}
    desk = _desk(told.town, Doors(dict(told.doors.urls) | {"notification": NOBODY}, CONSOLE))
    before = len(told.town.console.rows(one_time_links))
    answer = desk.send("/enrol", "/enrol/by-text", chosen="w-0117", staff_ids="h-0021")
    assert answer.text.count("cannot be reached") == 2
    assert len(told.town.console.rows(one_time_links)) == before + 1, "a link was made for the first only"
    phone = Browser(told.town.app(told.doors), "en")
    assert all(phone.get(slip).status_code == 200 for slip in slips.values())


def test_once_a_link_is_on_its_way_those_of_before_count_no_more(told: Told) -> None:
    told.register()
    slip = told.town.link()
    desk = _desk(told.town, told.doors)
    for _ in range(2):
        told.town.console.clock.advance(seconds=1)
        assert "on its way" in desk.send("/enrol", "/enrol/by-text", chosen="w-0117").text
    phone = Browser(told.town.app(told.doors), "en")
    assert phone.get(slip).status_code == 404
    assert sum(row["ended_at"] is None for row in told.town.console.rows(one_time_links)) == 1
    [text] = told.texts()
    link = urlsplit(text[text.index("https://") :]).path
    assert phone.send(link, pin=PIN, again=PIN).status_code == 303


def test_of_two_links_at_once_the_newer_counts_whichever_is_accepted_last(told: Told) -> None:
    work, made = told.town.console.work, []
    for _ in range(2):
        told.town.console.clock.advance(seconds=1)
        with work.unit() as uow:
            made.append(enrol(uow, "w-0117", by="test", beside=True).token)
    for token in reversed(made):
        with work.unit() as uow:
            end_links_before(uow, token)
    phone = Browser(told.town.app(told.doors), "en")
    assert [phone.get(f"/take-up/{token}").status_code for token in made] == [404, 200]


@pytest.mark.parametrize("path", ["/enrol", "/enrol/by-text"])
def test_of_an_account_that_has_ended_it_is_said(told: Told, path: str) -> None:
    told.register()
    told.town.link()
    with told.town.console.work.unit() as uow:
        uow.conn.execute(update(accounts).where(accounts.c.staff_id == "w-0117").values(state="ended"))
    page = _desk(told.town, told.doors).send("/enrol", path, staff_ids="w-0117").text
    assert "has ended" in page and "another account" not in page


@pytest.mark.parametrize("who", ["o-0004", "d-0001", "w-9999", ""])
def test_links_go_by_text_only_to_who_goes_from_door_to_door(told: Told, who: str) -> None:
    told.register()
    assert _desk(told.town, told.doors).send("/enrol", "/enrol/by-text", staff_ids=who).status_code == 422
    assert told.texts() == []


def test_where_no_address_is_known_no_link_is_offered_by_text(told: Told) -> None:
    desk = Browser(told.town.app(told.doors), "en")
    desk.log_in(told.town.console, told.town.console.owner("zhou.ming", "officer", "o-0004"))
    assert "/enrol/by-text" not in desk.get("/enrol").text
    assert desk.send("/enrol", "/enrol/by-text", chosen="w-0117").status_code == 404


def _desk(town: Round, doors: Doors) -> Browser:
    """Of an officer, at a console whose address is known."""
    desk = Browser(make_app(doors, town.console.work, URL), "en")
    desk.log_in(town.console, town.console.owner("zhou.ming", "officer", "o-0004"))
    return desk


def test_many_phones_are_told_in_parts(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.console.sessions.tell_phones.AT_ONCE", 1)
    for staff_id in ("w-0117", "h-0021"):
        told.town.phone(staff_id)
    assert told.phones.turn() == 2
    assert told.phones.turn() == 0


def test_what_was_told_is_told_again_after_an_hour(told: Told) -> None:
    told.town.phone()
    assert told.phones.turn() == 1
    told.town.console.clock.advance(minutes=59)
    assert told.phones.turn() == 0
    told.town.console.clock.advance(minutes=2)
    assert told.phones.turn() == 1, "notification may have been restored from a backup"
    assert told.phones.turn() == 0
