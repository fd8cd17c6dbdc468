"""What every page has: headers, languages, a stylesheet for old phones, refusals that say what to do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask, flash
from hypothesis import example, given
from hypothesis import strategies as st

from services.console.doors import DoorAway
from services.console.pages import frame
from services.console.pages.headers import HEADERS
from services.console.pages.languages import own_path
from tests.console_pages import console_app

PAGES = Path(frame.__file__).parent
CSS = (PAGES / "static" / "doorstep.css").read_text(encoding="utf-8")


@pytest.fixture
def app() -> Flask:
    app = console_app()
    app.add_url_rule("/breaks", "breaks", lambda: 1 / 0)

    def away() -> str:
        raise DoorAway("the door of isolation does not answer")

    def says() -> str:
        flash("<b>已保存</b>", "done")
        return ""

    app.add_url_rule("/away", "away", away)
    app.add_url_rule("/says", "says", says)
    return app


@pytest.mark.parametrize(
    ("path", "status"),
    [("/style", 200), ("/nothing", 404), ("/breaks", 500), ("/away", 503), ("/livez", 200)],
)
def test_every_answer_has_the_headers(app: Flask, path: str, status: int) -> None:
    answer = app.test_client().get(path)
    assert answer.status_code == status
    assert {name: answer.headers[name] for name in HEADERS} == dict(HEADERS)
    assert answer.headers["Cache-Control"] == "no-store"


def test_the_policy_allows_nothing_inline_and_no_other_host() -> None:
    assert "unsafe" not in HEADERS["Content-Security-Policy"]
    sources = re.findall(r"'[a-z]+'|[a-z]+:|\S+\.\S+", HEADERS["Content-Security-Policy"])
    assert set(sources) == {"'none'", "'self'"}


@pytest.mark.parametrize("template", sorted(PAGES.glob("**/templates/**/*.html")), ids=lambda path: path.stem)
def test_no_template_has_script_style_or_unescaped_text_inside(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.search(
        r"<style|<script(?![^>]*\bsrc=)|\bstyle=|\bon[a-z]+=|javascript:|https?://", text, re.I
    )
    assert not re.search(r"\|\s*safe|autoescape|Markup", text)


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/nothing", 404, "请致电所在社区"),
        ("/breaks", 500, "这是系统的问题"),
        ("/away", 503, "请一分钟后再试"),
    ],
)
def test_a_refusal_is_a_page_that_says_what_to_do(app: Flask, path: str, status: int, says: str) -> None:
    answer = app.test_client().get(path)
    assert (answer.status_code, answer.mimetype) == (status, "text/html")
    assert says in answer.text
    assert (answer.headers["Correlation-Id"] in answer.text) == (status >= 500)
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_machines_are_refused_in_json_and_people_on_a_page(app: Flask) -> None:
    assert app.test_client().get("/api/v1/nothing").mimetype == "application/problem+json"
    assert app.test_client().get("/style", method="DELETE").mimetype == "text/html"


@pytest.mark.parametrize(
    ("cookie", "browser", "language"),
    [
        (None, None, "zh-CN"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "de-DE,de;q=0.9", "zh-CN"),
        (None, "zh-TW,en;q=0.5", "zh-CN"),
        ("en", "zh-CN", "en"),
        ("zh-CN", "en", "zh-CN"),
        ("<script>", "en", "en"),
    ],
)
def test_the_language_is_chosen_else_the_browsers_else_chinese(
    app: Flask, cookie: str | None, browser: str | None, language: str
) -> None:
    client = app.test_client()
    if cookie:
        client.set_cookie("language", cookie)
    answer = client.get("/style", headers={"Accept-Language": browser} if browser else {})
    assert f'<html lang="{language}">' in answer.text


def test_choosing_a_language_leads_back_and_is_remembered(app: Flask) -> None:
    client = app.test_client()
    answer = client.post("/language", data={"language": "en", "back": "/style?place=1"})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/style?place=1")
    assert '<html lang="en">' in client.get("/style").text
    assert "HttpOnly" in answer.headers["Set-Cookie"] and "SameSite=Lax" in answer.headers["Set-Cookie"]
    assert client.post("/language", data={"language": "xx"}).headers.get("Set-Cookie") is None
    assert client.get("/language").status_code == 405


@pytest.mark.parametrize(
    "elsewhere",
    [
        "",
        "//other.example",
        "/\\other.example",
        "https://other.example",
        "style",
        "/a\nb",
        "/a\\b",
        "/\t/x",
        "/路",
    ],
)
def test_the_switch_leads_to_no_other_host(elsewhere: str) -> None:
    assert own_path(elsewhere) == "/"


@given(st.text("/\\:.ab?=&%\n\t @"))
@example("/a//b")
def test_whatever_is_sent_back_is_a_path_of_this_host(text: str) -> None:
    assert re.fullmatch(r"/|/[^/\\\s][^\\\s]*", own_path(text))


def test_what_a_text_names_is_escaped(app: Flask) -> None:
    """Templates have these functions instead of Jinja's own."""
    with app.test_request_context(headers={"Accept-Language": "en"}):
        said = app.jinja_env.from_string(
            "{{ _('As of %(moment)s', moment=given) }}, {{ ngettext('%(num)s door', '%(num)s doors', 2) }}, "
            "{{ gettext('as written: %(what)s', what=_('Ring')) }}, "
            "{{ ngettext('one <%(what)s>', '<%(what)s>', 1, what=given) }}"
        ).render(given="<b>")
    assert said == "As of &lt;b&gt;, 2 doors, as written: Ring, one <&lt;b&gt;>"


def test_what_was_said_before_is_shown_once_and_escaped(app: Flask) -> None:
    app.secret_key = "of this test"
    client = app.test_client()
    client.get("/says")
    first, second = client.get("/style").text, client.get("/style").text
    assert "&lt;b&gt;已保存&lt;/b&gt;" in first
    assert "已保存" not in second


def test_files_may_be_kept_for_ever_under_their_own_mark_only(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/style").text
    (address,) = re.findall(r'href="(/static/\w+/doorstep\.css)"', page)
    assert client.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert client.get("/static/0/doorstep.css").headers["Cache-Control"] == "no-store"
    assert client.get("/static/0/../frame.py").status_code == 404


def test_the_stylesheet_is_short_and_known_to_browsers_of_2014() -> None:
    assert len(CSS.splitlines()) <= 300
    bare = re.sub(r"/\*.*?\*/", "", CSS, flags=re.S)
    unknown = r"var\(|--[a-z]|\bgrid\b|[ {;]gap:|:is\(|:where\(|:has\(|:not\([^)]*,|clamp\(|[ (]m(?:in|ax)\("
    assert (
        re.findall(unknown + r"|@import|@font-face|@layer|@container|inset:|focus-visible|url\(", bare) == []
    )


def test_the_page_is_small_for_what_it_shows(app: Flask) -> None:
    """The frame, the stylesheet and every part: a resident's page has a part of them and 30 kB."""
    assert len(CSS.encode()) < 20_000
    assert len(app.test_client().get("/nothing").data) < 2_000
