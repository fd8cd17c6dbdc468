"""Coming in and going out: log-in, the link by which an account is taken up, one's own devices, log-out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from chassis.doors.limits import Allowance
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.accounts.account import Account, Kind
from services.console.accounts.one_time_codes import address
from services.console.accounts.queries import all_accounts, taking_up
from services.console.accounts.take_up import take_up
from services.console.doors import DoorAway, Doors
from services.console.pages.entry.cookies import KNOWN, SESSION, give_cookie, take_cookie
from services.console.pages.entry.phones import (
    add_phone_pages,
    device,
    is_of_a_worker,
    phone_page,
    take_up_on_phone,
    wait_in_words,
)
from services.console.pages.entry.scanned import code_to_scan
from services.console.pages.entry.sentences import said_of, sentence
from services.console.pages.entry.who import acting_for_console, only_in, who_asks
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.devices import device_name
from services.console.sessions.end_session import log_out, revoke
from services.console.sessions.known_browser import LASTS_S, mark
from services.console.sessions.log_in import Wait, log_in
from services.console.sessions.queries import sessions_of

# A try takes 40 ms of a core. Tries under one name are counted in the database; this is for all names.
_BURST: Final = 120.0
_PER_SECOND: Final = 2.0


def make_entry(
    work: Work,
    doors: Doors,
    *,
    first: Mapping[Kind, str] | None = None,
    allowance: Allowance | None = None,
) -> Blueprint:
    """
    :param doors: of the services, for what waits for whoever comes in.
    :param first: the path of the first page of each kind of account; of the others it is their account.
    :param allowance: how often one address may ask for a password to be judged.
    """
    zone = work.zone

    def moment(at: datetime) -> str:
        return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")

    entry = Blueprint("entry", __name__, template_folder="templates")
    entry.add_app_template_filter(moment, "moment_of_login")
    entry.add_app_template_filter(device_name, "device_name")
    left = allowance or Allowance(_BURST, _PER_SECOND)

    def first_of(account: Account) -> Answer:
        return redirect((first or {}).get(account.kind) or url_for("entry.account_page"), 303)

    @entry.get("/")
    @only_in(work)
    def first_page() -> Answer:
        return first_of(g.who.account)

    @entry.get("/log-in")
    def log_in_page() -> Answer:
        return _log_in_page("", {})

    @entry.post("/log-in")
    def log_in_now() -> Answer:
        name = _typed("name")
        if not left.take(request.remote_addr or ""):
            return _log_in_page(name, {"": sentence("too_many")}, 429)
        try:
            held = request.cookies.get(KNOWN, "")
            entered = log_in(work, name, _typed("password"), _typed("code"), device(), held)
        except Wait as wait:
            return _log_in_page(name, {"": wait_in_words(wait, work)}, 429)
        except Refused:
            return _log_in_page(name, {"": sentence("wrong")}, 403)
        answer = first_of(entered.account)
        seconds = int((entered.expires_at - work.clock.now()).total_seconds())
        give_cookie(answer, SESSION, entered.token, seconds)
        give_cookie(answer, KNOWN, mark(work.index, entered.account.name), LASTS_S)
        return answer

    @entry.get("/take-up/<token>")
    def take_up_page(token: str) -> Answer:
        return _take_up_page(work, token, {})

    add_phone_pages(entry, work, left, first_of)

    @entry.post("/take-up/<token>")
    def take_up_now(token: str) -> Answer:
        if not left.take(request.remote_addr or ""):
            return refusal_page(429)
        if is_of_a_worker(work, token):
            return take_up_on_phone(work, token, first_of)
        try:
            taken = take_up(work, token, _typed("password"), _typed("again"), _typed("code"))
        except Refused as refused:
            return _take_up_page(work, token, said_of(refused.faults), 422)
        answer = make_response(
            render_template("entry/taken_up.html", name=taken.name, codes=taken.recovery_codes)
        )
        take_cookie(answer, SESSION)
        return answer

    @entry.get("/account")
    @only_in(work)
    def account_page() -> Answer:
        keeps = g.who.account.kind == "administrator"
        with work.look() as uow:
            open_ones = sessions_of(uow, g.who.account)
            listed = all_accounts(uow.conn) if keeps else ()
        active = [one for one in listed if one.kind == "administrator" and one.state == "active"]
        page = render_template(
            "entry/account.html",
            who=g.who,
            sessions=open_ones,
            alone=len(active) == 1,
            proposals=_proposals_to_decide(doors) if keeps else (),
        )
        return make_response(page)

    @entry.post("/account/devices/<session_id>/end")
    @only_in(work)
    def end_device(session_id: str) -> Answer:
        try:
            with work.unit() as uow:
                revoke(uow, g.who.account, session_id)
        except Refused:
            return refusal_page(404, [sentence("no_session")])
        return redirect(url_for("entry.account_page"), 303)

    @entry.post("/log-out")
    def log_out_now() -> Answer:
        who = who_asks(work)
        if who is not None:
            with work.unit() as uow:
                log_out(uow, who)
        answer = redirect(url_for("entry.log_in_page"), 303)
        take_cookie(answer, SESSION)
        return answer

    return entry


def _proposals_to_decide(doors: Doors) -> Sequence[Mapping[str, Any]]:
    """Of policies, those that somebody else made: no message tells administrators of them."""
    asks = acting_for_console()
    try:
        found = doors.look_up("isolation", "policies", asks, {})
    except (DoorAway, Refused):  # the page of policies says so
        return ()
    return [one for one in found["proposals"] if one["source"] != asks.author.source]


def _log_in_page(name: str, wrong: dict[str, str], status: int = 200) -> Response:
    return make_response(render_template("entry/log_in.html", name=name[:200], wrong=wrong), status)


def _take_up_page(work: Work, token: str, wrong: dict[str, str], status: int = 200) -> Response:
    with work.look() as uow:
        found = taking_up(uow, token)
    if found is None:
        return refusal_page(404, [sentence("link")])
    account, secret = found
    if account.kind == "worker":
        return phone_page(token, wrong, status)
    shown = {"name": account.name, "secret": secret, "address": address(secret, account.name)}
    shown["scanned"] = code_to_scan(shown["address"])
    return make_response(render_template("entry/take_up.html", wrong=wrong, **shown), status)


def _typed(field: str) -> str:
    return request.form.get(field, "")[:1000]
