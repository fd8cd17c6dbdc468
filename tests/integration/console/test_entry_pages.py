"""The pages by which people come in and go out: plain forms, no script."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from services.console.app import make_app
from services.console.doors import Doors
from services.console.pages.headers import HEADERS
from services.console.tables import account_acts, accounts, sessions, tries
from tests.doors import CONSOLE
from tests.integration.console.trial import PASSWORD, Browser, Owner, Trial, prepare, token_of

SESSION, KNOWN = "__Host-doorstep", "__Host-doorstep-known"


@pytest.fixture
def trial(sqlite_url: Callable[..., str]) -> Trial:
    """Pages ask the sub-domains, which are tried on both databases."""
    return Trial(sqlite_url("console", prepare))


@pytest.fixture
def browser(trial: Trial) -> Browser:
    return Browser(trial.app())


def test_a_link_is_taken_up_then_its_owner_logs_in_and_out(trial: Trial, browser: Browser) -> None:
    link = f"/take-up/{trial.invite().token}"
    page = browser.get(link).text
    assert "<svg" in page and 'class="qr"' in page, "a phone scans the key"
    secret = re.search(r"<code[^>]*>([A-Z2-7]{32})</code>", page)
    assert secret
    typed = {"password": PASSWORD, "again": PASSWORD, "code": trial.code(secret[1])}
    taken = browser.send(link, **typed)
    codes = re.findall(r"<code[^>]*>([a-z2-9-]{19})</code>", taken.text)
    assert (taken.status_code, len(codes)) == (200, 10)
    assert browser.get(link).status_code == 404, "used up"
    assert browser.get("/").headers["Location"] == "/log-in"
    assert browser.get("/account").headers["Location"] == "/log-in"

    trial.clock.advance(seconds=60)
    owner = Owner("wang.min", secret[1], codes)
    entered = browser.log_in(trial, owner)
    assert (entered.status_code, entered.headers["Location"]) == (303, "/board")
    account = browser.get("/account")
    assert account.status_code == 200 and "wang.min" in account.text
    left = browser.send("/account", "/log-out")
    assert (left.status_code, browser.cookie()) == (303, None)
    assert browser.get("/account").status_code == 303


def test_the_cookies_cannot_be_read_by_scripts_or_set_by_other_hosts(trial: Trial, browser: Browser) -> None:
    session, known = browser.log_in(trial, trial.owner()).headers.getlist("Set-Cookie")
    assert session.startswith(f"{SESSION}=") and len(browser.cookie() or "") == 43
    assert known.startswith(f"{KNOWN}=") and "Max-Age=43200" in session
    for cookie in (session, known):
        told = {part.strip() for part in cookie.split(";")[1:]}
        assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= told
        assert not any(part.startswith("Domain") for part in told)


def test_a_cookie_that_was_kept_opens_nothing_after_log_out(trial: Trial, browser: Browser) -> None:
    browser.log_in(trial, trial.owner())
    kept = browser.cookie()
    browser.send("/account", "/log-out")
    assert kept
    browser.client.set_cookie(SESSION, kept, domain="localhost", secure=True)
    assert browser.get("/account").status_code == 303


def test_forged_cookies_open_nothing(trial: Trial, browser: Browser) -> None:
    browser.log_in(trial, trial.owner())
    right = browser.cookie() or ""
    ids = [row[name] for row in trial.rows(sessions) for name in ("id", "digest", "account_id")]
    for forged in ("", "guessed", "' OR 1=1", "x" * 3000, "%00", "wang.min", right[:-1], right + "A", *ids):
        browser.client.set_cookie(SESSION, forged, domain="localhost", secure=True)
        assert browser.get("/account").status_code == 303, forged
    browser.client.set_cookie(SESSION, right, domain="localhost", secure=True)
    assert browser.get("/account").status_code == 200


def test_what_was_wrong_is_said_and_the_name_stays_typed(trial: Trial, browser: Browser) -> None:
    owner = trial.owner()
    page = browser.log_in(trial, owner, password="a secret that I mistyped")
    assert page.status_code == 403 and 'value="wang.min"' in page.text and 'role="alert"' in page.text
    assert "a secret" not in page.text and trial.rows(sessions) == []


def test_a_thousand_attempts_by_the_page_open_nothing(trial: Trial, browser: Browser) -> None:
    owner = trial.owner()
    token = token_of(browser.get("/log-in"))
    told = []
    for n in range(1000):
        answer = browser.post("/log-in", token=token, name=owner.name, password=f"{n}", code="000000")
        told.append(answer.status_code)
    assert told == [403] * 5 + [429] * 995
    [row] = trial.rows(tries)
    assert row["failures"] == 5
    trial.clock.advance(hours=1)
    assert Browser(trial.app()).log_in(trial, owner).status_code == 303, "its owner comes in"


def test_how_long_is_to_be_waited_is_said_in_minutes(trial: Trial) -> None:
    browser = Browser(trial.app(), language="en")
    owner = trial.owner()
    for _ in range(6):
        page = browser.log_in(trial, owner, password="wrong")
    assert page.status_code == 429 and "Try again in 1 minute." in page.text
    trial.clock.advance(minutes=1)
    browser.log_in(trial, owner, password="wrong")
    assert "Try again in 2 minutes." in browser.log_in(trial, owner).text


# -- forms of other sites


def test_a_form_of_another_site_is_refused_even_with_a_token(trial: Trial, browser: Browser) -> None:
    browser.log_in(trial, trial.owner())
    token = token_of(browser.get("/account"))
    for told in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none", "Origin": "https://evil.example"},
    ):
        assert browser.post("/log-out", token=token, headers=told).status_code == 403
    assert browser.get("/account").status_code == 200


def test_nothing_is_done_without_the_token_of_a_form(trial: Trial, browser: Browser) -> None:
    browser.log_in(trial, trial.owner())
    before = len(trial.rows(account_acts))
    of_another = token_of(Browser(trial.app()).get("/log-in"))
    for path in ("/log-in", "/log-out", "/account/devices/x/end", "/take-up/x", "/no/such"):
        for token in (None, "", "0" * 32, of_another):
            assert browser.post(path, token=token).status_code == 403, path
    assert browser.get("/account").status_code == 200 and len(trial.rows(account_acts)) == before


def test_a_token_of_before_the_log_in_does_not_fit_after_it(trial: Trial, browser: Browser) -> None:
    before = token_of(browser.get("/log-in"))
    browser.log_in(trial, trial.owner())
    assert browser.post("/log-out", token=before).status_code == 403


def test_every_route_that_changes_something_asks_for_the_token(trial: Trial) -> None:
    app = trial.app()
    browser = Browser(app)
    changing = [rule for rule in app.url_map.iter_rules() if rule.methods and "POST" in rule.methods]
    pages = [rule for rule in changing if not rule.rule.startswith("/api/v1/") and rule.rule != "/language"]
    assert {"/log-in", "/log-out", "/take-up/<token>"} <= {rule.rule for rule in pages}
    for rule in pages:
        path = re.sub(r"<\w+>", "x", rule.rule)
        assert browser.post(path, token=None).status_code == 403, rule.rule


def test_a_form_that_is_too_large_is_refused(browser: Browser) -> None:
    token = token_of(browser.get("/log-in"))
    assert browser.post("/log-in", token=token, name="x" * 70_000).status_code == 413


# -- devices


def test_one_ends_the_session_at_another_device(trial: Trial) -> None:
    owner, app = trial.owner(), trial.app()
    phone, desk = Browser(app), Browser(app)
    phone.log_in(trial, owner)
    trial.clock.advance(seconds=30)
    desk.log_in(trial, owner)
    [action] = re.findall(r'action="(/account/devices/[^"]+)"', desk.get("/account").text)
    assert desk.send("/account", action).status_code == 303
    assert (phone.get("/account").status_code, desk.get("/account").status_code) == (303, 200)
    assert desk.send("/account", action).status_code == 404, "it has ended"


def test_the_session_of_somebody_else_is_no_device_of_ones_own(trial: Trial) -> None:
    app = trial.app()
    mine, theirs = Browser(app), Browser(app)
    mine.log_in(trial, trial.owner())
    theirs.log_in(trial, trial.owner("li.na", staff_id="s-2"))
    other = next(
        row["id"] for row in trial.rows(sessions) if row["account_id"] != _account(trial, "wang.min")
    )
    assert mine.send("/account", f"/account/devices/{other}/end").status_code == 404
    assert theirs.get("/account").status_code == 200


def _account(trial: Trial, name: str) -> str:
    return str(next(row["id"] for row in trial.rows(accounts) if row["name"] == name))


# -- what every page is like


@pytest.mark.parametrize(
    ("language", "tag", "title"), [("zh-CN", "zh-CN", "登录"), ("en-GB", "en", "Log in")]
)
def test_pages_are_in_the_language_of_the_browser(trial: Trial, language: str, tag: str, title: str) -> None:
    page = Browser(trial.app(), language).get("/log-in")
    assert f'<html lang="{tag}">' in page.text and f"<title>{title}" in page.text


def test_without_a_wish_pages_are_chinese(trial: Trial) -> None:
    assert '<html lang="zh-CN">' in Browser(trial.app(), "fr").get("/log-in").text


@pytest.mark.parametrize("path", ["/log-in", "/no/such/page", "/take-up/guessed", "/account"])
def test_every_answer_has_the_headers_and_is_kept_nowhere(browser: Browser, path: str) -> None:
    answer = browser.get(path)
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert answer.headers["Cache-Control"] == "no-store"
    assert "unsafe" not in HEADERS["Content-Security-Policy"]


def test_pages_have_no_script_and_no_style_inline_and_ask_no_other_host(
    trial: Trial, browser: Browser
) -> None:
    link = f"/take-up/{trial.invite().token}"
    shown = [browser.get(path).text for path in ("/log-in", link, "/no/such")]
    browser.log_in(trial, trial.owner("li.na", staff_id="s-2"))
    shown.append(browser.get("/account").text)
    for text in shown:
        assert not re.search(r"<script|<style|style=|\son\w+=|https?://|src=", text)


def test_what_is_typed_is_shown_as_text(browser: Browser) -> None:
    page = browser.send("/log-in", name='"><b>x</b>', password="p", code="c")
    assert "<b>x" not in page.text and "&lt;b&gt;x" in page.text


def test_titles_and_the_log_name_nobody(
    trial: Trial, browser: Browser, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    token = trial.invite().token
    pages = [browser.get(f"/take-up/{token}"), browser.log_in(trial, trial.owner("li.na", staff_id="s-2"))]
    pages.append(browser.get("/account"))
    titles = [re.findall("<title>(.*)</title>", page.text) for page in pages]
    logged = "".join(capsys.readouterr()) + caplog.text
    for personal in ("wang.min", "li.na", token, browser.cookie() or ""):
        assert personal not in str(titles) and personal not in logged


def test_without_a_database_nobody_can_log_in() -> None:
    browser = Browser(make_app(Doors({}, CONSOLE)))
    assert browser.get("/log-in").status_code == 404
    assert browser.post("/log-in", token="0" * 32, name="wang.min").status_code == 403


def test_a_language_is_chosen_from_any_page_of_ours_and_from_no_other_site(browser: Browser) -> None:
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert browser.post("/language", token=None, headers=foreign, language="en").status_code == 403
    assert browser.post("/language", token=None, language="en", back="/log-in").status_code == 303
    assert '<html lang="en">' in browser.get("/log-in").text


def test_a_database_that_is_away_is_said_to_be_away(trial: Trial, browser: Browser) -> None:
    browser.log_in(trial, trial.owner())
    trial.database.dispose()
    trial.database.engine = Trial("sqlite:////no/such/folder/console.db").database.engine
    away = browser.get("/account")
    assert (away.status_code, away.mimetype) == (503, "text/html")
    assert browser.get("/readyz").status_code == 503


def test_the_api_asks_for_a_key_and_for_no_token(trial: Trial, browser: Browser) -> None:
    answer = browser.client.post("/api/v1/events", json=[], headers={"Sec-Fetch-Site": "cross-site"})
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")


# -- accounts, for administrators


def test_an_administrator_makes_a_link_by_which_an_officer_comes_in(trial: Trial, browser: Browser) -> None:
    browser.log_in(trial, trial.owner("admin", "administrator"))
    made = browser.send("/accounts", name="Wang.Min", kind="officer", staff_id="s-1")
    link = re.search(r"<code[^>]*>https://localhost(/take-up/[\w-]{43})</code>", made.text)
    assert link, made.text
    assert trial.take_up(link[1].removeprefix("/take-up/")).name == "wang.min"
    listed = browser.get("/accounts").text
    assert "wang.min" in listed and link[1] not in listed
    assert [row["by"] for row in trial.rows(account_acts) if row["what"] == "invited"] == ["test", "admin"]


def test_the_only_administrator_is_asked_to_make_a_second_one(trial: Trial) -> None:
    browser = Browser(trial.app(), "en")
    browser.log_in(trial, trial.owner("admin", "administrator"))
    assert "the only administrator" in browser.get("/account").text
    trial.owner("second", "administrator")
    assert "the only administrator" not in browser.get("/account").text


def test_for_officers_there_is_no_page_of_accounts(trial: Trial, browser: Browser) -> None:
    assert browser.get("/accounts").status_code == 303, "nobody is in"
    browser.log_in(trial, trial.owner())
    assert browser.get("/accounts").status_code == 404
    given = {"name": "me.too", "kind": "administrator"}
    assert browser.send("/account", "/accounts", **given).status_code == 404
    assert [row["name"] for row in trial.rows(accounts)] == ["wang.min"]


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name": "no name", "kind": "officer", "staff_id": "s-9"}, "name"),
        ({"name": "new", "kind": "officer", "staff_id": ""}, "staff_id"),
        ({"name": "new", "kind": "officer", "staff_id": "=1+1"}, "staff_id"),
        ({"name": "new", "kind": "administrator", "staff_id": "s-9"}, "staff_id"),
        ({"name": "admin", "kind": "officer", "staff_id": "s-9"}, "name"),
        ({"name": "<b>x</b>", "kind": "nonsense", "staff_id": "s-9"}, "name"),
    ],
)
def test_what_is_wrong_with_an_invitation_is_marked(
    trial: Trial, browser: Browser, typed: dict[str, str], field: str
) -> None:
    browser.log_in(trial, trial.owner("admin", "administrator"))
    page = browser.send("/accounts", **typed)
    assert page.status_code == 422 and f'id="{field}-fault"' in page.text and "<b>x" not in page.text
    assert [row["name"] for row in trial.rows(accounts)] == ["admin"]
