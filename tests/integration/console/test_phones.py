"""Workers come in by their phones: a link once, then a PIN."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from contracts.faults import Refused
from services.console.accounts.invite import enrol
from services.console.accounts.take_up import take_up
from services.console.pages.entry.cookies import OPENING, SESSION
from services.console.sessions.end_session import revoke
from services.console.sessions.end_sessions_of_staff import end_sessions_of_staff
from services.console.sessions.enter_by_phone import enter_pin, take_up_by_phone
from services.console.sessions.log_in import Wait, log_in
from services.console.sessions.see import see
from services.console.tables import account_acts, accounts, sessions
from tests.integration.console.trial import PASSWORD, Browser, Trial, prepare, token_of

PIN = "274951"
WECHAT = "Mozilla/5.0 (Linux; Android 12) AppleWebKit/537.36 MicroMessenger/8.0.30"


def link_of(trial: Trial, staff_id: str = "w-0117") -> str:
    with trial.work.unit() as uow:
        return enrol(uow, staff_id, by="test").token


# -- use cases, on both databases


def test_a_phone_is_let_in_once_and_asks_for_the_pin(trial: Trial) -> None:
    token = link_of(trial)
    for wrong in ("12345", "123456"):
        with pytest.raises(Refused) as refused:
            take_up_by_phone(trial.work, token, wrong, wrong, "a phone")
        assert refused.value.kind == "invalid"
    entered = take_up_by_phone(trial.work, token, PIN, PIN, "a phone")
    with pytest.raises(Refused):
        take_up_by_phone(trial.work, token, PIN, PIN, "another phone")
    opening = entered.opening or ""
    who = see(trial.work, entered.token, opening)
    assert who and not who.locked and who.account.staff_id == "w-0117"
    for other in ("", "guessed", entered.token):
        locked = see(trial.work, entered.token, other)
        assert locked and locked.locked
    trial.clock.advance(hours=11, minutes=59)
    who = see(trial.work, entered.token, opening)
    assert who and not who.locked
    trial.clock.advance(hours=12)
    who = see(trial.work, entered.token, opening)
    assert who and who.locked
    fresh = enter_pin(trial.work, entered.token, PIN)
    who, old = see(trial.work, entered.token, fresh), see(trial.work, entered.token, opening)
    assert who and not who.locked and old and old.locked
    trial.clock.advance(days=29, hours=1)
    assert see(trial.work, entered.token, fresh) is None, "thirty days are over"
    kept = str(trial.rows(accounts) + trial.rows(sessions) + trial.rows(account_acts))
    assert not any(secret in kept for secret in (PIN, token, entered.token, opening, fresh))


def test_wrong_pins_are_waited_for_by_the_phone_alone(trial: Trial) -> None:
    entered = take_up_by_phone(trial.work, link_of(trial), PIN, PIN, "a phone")
    other = take_up_by_phone(trial.work, link_of(trial, "w-0118"), PIN, PIN, "a phone")
    for wrong in random.Random(3).sample(range(100_000, 270_000), 5):
        with pytest.raises(Refused) as refused:
            enter_pin(trial.work, entered.token, str(wrong))
        assert refused.value.kind == "not_allowed"
    with pytest.raises(Wait) as wait:
        enter_pin(trial.work, entered.token, PIN)
    assert enter_pin(trial.work, other.token, PIN)
    for name in ("w-0117", trial.rows(sessions)[0]["id"]):
        for _ in range(4):  # whoever types that as a name does not keep the phone waiting
            with pytest.raises(Refused):
                log_in(trial.work, name, PIN, "000000", "a desk")
    trial.clock.moment = wait.value.until
    assert enter_pin(trial.work, entered.token, PIN)


def test_a_worker_does_not_log_in_by_name_and_a_link_of_theirs_takes_no_password(trial: Trial) -> None:
    token = link_of(trial)
    with pytest.raises(Refused):
        take_up(trial.work, token, PASSWORD, PASSWORD, "000000")
    take_up_by_phone(trial.work, token, PIN, PIN, "a phone")
    with pytest.raises(Refused):
        log_in(trial.work, "w-0117", PIN, "000000", "a desk")


def test_a_lost_phone_is_out_at_once(trial: Trial) -> None:
    entered = take_up_by_phone(trial.work, link_of(trial), PIN, PIN, "a phone")
    [session] = trial.rows(sessions)
    who = see(trial.work, entered.token, entered.opening or "")
    assert who
    with trial.work.unit() as uow:
        revoke(uow, who.account, session["id"], by="officer")
    assert see(trial.work, entered.token, entered.opening or "") is None
    with pytest.raises(Refused):
        enter_pin(trial.work, entered.token, PIN)
    assert ("session_revoked", "officer") in {(r["what"], r["by"]) for r in trial.rows(account_acts)}
    again = take_up_by_phone(trial.work, link_of(trial), PIN, PIN, "a phone")
    trial.clock.advance(seconds=1)
    newest = take_up_by_phone(trial.work, link_of(trial), PIN, PIN, "a new phone")
    assert see(trial.work, again.token, again.opening or "") is None, "a new phone takes the old one's place"
    with trial.work.unit() as uow:
        assert end_sessions_of_staff(uow, "w-0117", by="test") == 2
    assert see(trial.work, newest.token, newest.opening or "") is None


def test_of_many_at_once_one_takes_a_link_up(trial: Trial) -> None:
    token = link_of(trial)

    def take(_: int) -> bool:
        try:
            return bool(take_up_by_phone(trial.work, token, PIN, PIN, "a phone"))
        except Refused:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(4))) == 1
    assert len(trial.rows(sessions)) == 1


# -- pages


@pytest.fixture
def phone(sqlite_url: Callable[..., str]) -> tuple[Trial, Browser]:
    trial = Trial(sqlite_url("console", prepare))
    return trial, Browser(trial.app(), "en")


def test_wish_23_the_phone_stays_in_and_the_browser_when_opened_again_asks(
    phone: tuple[Trial, Browser],
) -> None:
    trial, browser = phone
    link = f"/take-up/{link_of(trial)}"
    wrong = browser.send(link, pin="111111", again="111111")
    assert wrong.status_code == 422 and 'id="pin-fault"' in wrong.text and "111111" not in wrong.text
    taken = browser.send(link, pin=PIN, again=PIN)
    assert (taken.status_code, taken.headers["Location"]) == (303, "/doors")
    kept, until_closed = taken.headers.getlist("Set-Cookie")
    assert kept.startswith(f"{SESSION}=") and "Max-Age=2592000" in kept
    assert until_closed.startswith(f"{OPENING}=") and "Max-Age" not in until_closed
    assert "Secure; HttpOnly" in until_closed and "SameSite=Lax" in until_closed
    assert browser.get(link).status_code == 404, "used up"
    assert browser.get("/account").status_code == 200 and browser.get("/accounts").status_code == 404

    browser.client.delete_cookie(OPENING, domain="localhost")  # as a browser does that is closed
    asked = browser.get("/account?x=1")
    assert asked.headers["Location"] == "/pin?back=/account?x%3D1"
    page = browser.get(asked.headers["Location"])
    assert browser.post("/pin", token=token_of(page), pin="000000", back="/account").status_code == 403
    entered = browser.post("/pin", token=token_of(page), pin=PIN, back="/account?x=1")
    assert entered.headers["Location"] == "/account?x=1" and browser.get("/account").status_code == 200
    assert browser.send("/account", "/lock").headers["Location"] == "/pin"
    assert browser.get("/account").status_code == 303
    for foreign in ("https://evil.example", "//evil.example", "/\\evil.example"):
        away = browser.post("/pin", token=token_of(browser.get("/pin")), pin=PIN, back=foreign)
        assert away.headers["Location"] == "/"
        browser.send("/account", "/lock")


def test_inside_wechat_nothing_is_used_up(phone: tuple[Trial, Browser]) -> None:
    trial, browser = phone
    link = f"/take-up/{link_of(trial)}"
    inside = {"User-Agent": WECHAT}
    page = browser.client.get(link, base_url="https://localhost", headers={"Accept-Language": "en", **inside})
    assert "Open in browser" in page.text and "form_token" not in page.text
    token = token_of(browser.get(link))
    told = browser.post(link, token=token, headers=inside, pin=PIN, again=PIN)
    assert (told.status_code, browser.cookie()) == (200, None) and trial.rows(sessions) == []
    assert browser.send(link, pin=PIN, again=PIN).status_code == 303
