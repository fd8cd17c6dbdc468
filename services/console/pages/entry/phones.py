"""A worker's phone: it is let in by a link, then asks for the PIN now and then."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask_babel import ngettext
from werkzeug.wrappers import Response as Answer

from chassis.doors.limits import Allowance
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.accounts.account import Account
from services.console.accounts.queries import taking_up
from services.console.pages.entry.cookies import OPENING, SESSION, give_cookie, take_cookie
from services.console.pages.entry.kept import again_page, passed_on
from services.console.pages.entry.sentences import said_of, sentence
from services.console.pages.entry.who import pin_page, who_asks
from services.console.pages.languages import own_path
from services.console.pages.refusals import refusal_page
from services.console.sessions.enter_by_phone import enter_pin, lock, take_up_by_phone
from services.console.sessions.log_in import Wait

FirstOf = Callable[[Account], Answer]


def device() -> str:
    """What the browser calls itself."""
    return request.headers.get("User-Agent", "")


def is_inside_wechat() -> bool:
    """Its own browser keeps cookies where no other finds them, and loses them."""
    return "MicroMessenger" in device()


def is_of_a_worker(work: Work, token: str) -> bool:
    with work.look() as uow:
        found = taking_up(uow, token)
    return found is not None and found[0].kind == "worker"


def phone_page(token: str, wrong: dict[str, str], status: int = 200) -> Response:
    """Where the PIN is chosen; inside WeChat, how to leave it. It uses up nothing."""
    if is_inside_wechat():
        return make_response(render_template("entry/open_in_browser.html"))
    return make_response(render_template("entry/choose_pin.html", wrong=wrong), status)


def take_up_on_phone(work: Work, token: str, first_of: FirstOf) -> Answer:
    if is_inside_wechat():
        return phone_page(token, {})
    pin, again = request.form.get("pin", "")[:50], request.form.get("again", "")[:50]
    try:
        entered = take_up_by_phone(work, token, pin, again, device())
    except Refused as refused:
        if refused.kind == "unknown":
            return refusal_page(404, [sentence("link")])
        return phone_page(token, said_of(refused.faults), 422)
    answer = first_of(entered.account)
    seconds = int((entered.expires_at - work.clock.now()).total_seconds())
    give_cookie(answer, SESSION, entered.token, seconds)
    give_cookie(answer, OPENING, entered.opening or "", None)
    return answer


def add_phone_pages(entry: Blueprint, work: Work, left: Allowance, first_of: FirstOf) -> None:
    @entry.get("/pin", endpoint="pin_page")
    def ask_for_pin() -> Answer:
        who = who_asks(work)
        if who is None or not who.locked:
            return redirect(own_path(request.args.get("back", "")), 303)
        return pin_page(request.args.get("back", ""), {})

    @entry.post("/pin")
    def enter_now() -> Answer:
        back, kept = request.form.get("back", ""), passed_on()
        if not left.take(request.remote_addr or ""):
            return pin_page(back, {"pin": sentence("too_many")}, 429, kept=kept)
        token = request.cookies.get(SESSION, "")
        try:
            opening = enter_pin(work, token, request.form.get("pin", "")[:50])
        except Wait as wait:
            return pin_page(back, {"pin": wait_in_words(wait, work)}, 429, kept=kept)
        except Refused as refused:
            if refused.kind == "unknown":
                return redirect(url_for("entry.log_in_page"), 303)
            return pin_page(back, said_of(refused.faults), 403, kept=kept)
        to = own_path(back)
        answer: Answer = again_page(to, kept, away=False) if kept else redirect(to, 303)
        give_cookie(answer, OPENING, opening, None)
        return answer

    @entry.post("/lock")
    def lock_now() -> Answer:
        lock(work, request.cookies.get(SESSION, ""))
        answer = redirect(url_for("entry.pin_page"), 303)
        take_cookie(answer, OPENING)
        return answer


def wait_in_words(wait: Wait, work: Work) -> str:
    minutes = max(1, -(-int((wait.until - work.clock.now()).total_seconds()) // 60))
    said: str = ngettext(
        "Too many wrong tries. Try again in %(num)d minute.",
        "Too many wrong tries. Try again in %(num)d minutes.",
        minutes,
    )
    return said
