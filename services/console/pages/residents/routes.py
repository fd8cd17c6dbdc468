"""The pages below `/r/<token>`. A GET changes nothing: scanners and previews open links, too."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any, Final

from flask import Blueprint, Response, g, make_response, redirect, render_template, request
from flask_babel import format_date
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from chassis.doors.limits import Allowance
from chassis.ids import new_id
from contracts.faults import Refused
from field.words import LANGUAGES
from services.console.doors import DoorAway, Doors
from services.console.pages.catalogues import gettext
from services.console.pages.certificates.papers import Papers
from services.console.pages.clock import in_words
from services.console.pages.entry.kept import again_page, typed_now
from services.console.pages.entry.keys import key_of_form
from services.console.pages.languages import remember
from services.console.pages.refusals import refusal_page
from services.console.pages.residents.certificates import add_certificates
from services.console.pages.residents.check_in_form import Form, Row, blank, read_form, read_window
from services.console.pages.residents.needs import add_needs
from services.console.pages.residents.opening import Opened, household_of, opened_by, told_by
from services.console.pages.residents.permits import add_permits
from services.console.pages.shown.households import (
    CheckedIn,
    Household,
    Member,
    Window,
    read_household,
)
from services.console.pages.shown.rows import Wrong

# A token has 60 bits: nobody finds one by trying. This spares the door whoever tries.
_BURST: Final = 60.0
_PER_SECOND: Final = 1.0
_LONGEST_NOTE: Final = 500
_LONGEST_NAME: Final = 100
EDITION: Final = "household/1"
"""Of the text in `notice.html`: another text has another, so that it is known what somebody signed."""
OUTCOMES: Final = ("signed", "signed_by_guardian")
_BY_PROXY: Final = "signed_by_proxy"

View = Callable[..., Answer]


def make_residents(
    doors: Doors, hotline: str, papers: Papers | None = None, *, allowance: Allowance | None = None
) -> Blueprint:
    """
    :param hotline: whom to call where nobody else is known.
    :param papers: certificates of release; None: there are none.
    :param allowance: how many links that open nothing one address may try.
    """
    residents = Blueprint("residents", __name__, template_folder="templates", url_prefix="/r/<token>")
    residents.add_app_template_filter(_clock, "clock_today")
    residents.add_app_template_filter(_day, "day_in_words")
    left = allowance or Allowance(_BURST, _PER_SECOND)

    def opened(view: View) -> Callable[..., Answer]:
        """The view of a household whose link it is; for any other link one friendly page."""

        @wraps(view)
        def seen(token: str, **below: str) -> Answer:
            address = request.remote_addr or ""
            if not left.has_left(address):
                return refusal_page(429)
            try:
                found = opened_by(doors, token)
                if found is None:
                    left.take(address)
                    closed = render_template("residents/closed.html", hotline=hotline)
                    return make_response(closed, 404)
                g.language = found.language
                return view(token, found, **below)
            except DoorAway:
                if request.method != "POST":
                    raise
                return again_page(request.path, typed_now(), away=True)

        return seen

    def own(view: View) -> Callable[..., Answer]:
        """As `opened`, for what nobody else says for the household."""

        @opened
        @wraps(view)
        def seen(token: str, of: Opened, **below: str) -> Answer:
            if of.contact:
                return redirect(_own(token), 303)
            return view(token, of, **below)

        return seen

    def household(of: Opened) -> Household:
        return read_household(household_of(doors, of))

    def said(token: str, of: Opened, command: str, data: dict[str, Any], part: str = "") -> Answer:
        """What the household says to isolation; then its page, from this part on."""
        try:
            doors.say("isolation", command, of.actor, key_of_form(), data)
        except Refused:
            return refusal_page(409)
        return redirect(f"{_own(token)}{part}", 303)

    def page(token: str, of: Opened, shown: Household, form: Form, status: int = 200) -> Response:
        """The one whose form was sent, or the household's own."""
        name = "again" if request.form.get("again") else "page"
        return _page(name, token, status, opened=of, household=shown, form=form, hotline=hotline)

    @residents.get("")
    @opened
    def own_page(token: str, of: Opened) -> Answer:
        shown = household(of)
        return page(token, of, shown, blank(shown.reporting))

    @residents.post("/check-in")
    @opened
    def check_in(token: str, of: Opened) -> Answer:
        if not of.may_act:
            return redirect(_own(token), 303)
        shown = household(of)
        form = read_form(shown.reporting, request.form)
        if form.wrong:
            return page(token, of, shown, form, 422)
        try:
            data = {"people": told_by(of, form.people)}
            doors.say("isolation", "report_check_in", of.actor, key_of_form(), data)
        except Refused:
            shown = household(of)  # as it is now: a policy or the people have changed meanwhile
            wrong = [Wrong("main", gettext("Something has changed meanwhile. Look, then send it once more."))]
            typed = read_form(shown.reporting, request.form)
            return page(token, of, shown, Form(typed.rows, wrong=wrong), 409)
        return redirect(f"{_own(token)}#written-down", 303)

    @residents.get("/again")
    @opened
    def again_form(token: str, of: Opened) -> Answer:
        shown = household(of)
        if not of.may_act:
            return redirect(_own(token), 303)
        return _page("again", token, opened=of, household=shown, form=blank(shown.reporting))

    @residents.get("/missed")
    @opened
    def missed_page(token: str, of: Opened) -> Answer:
        """Of a window that ended without a check-in, while another goes on."""
        shown = household(of)
        if not of.may_act or not shown.missing:
            return redirect(_own(token), 303)
        return _missed(token, of, shown, blank(shown.missing), shown.missing[0].missed_window)

    @residents.post("/missed")
    @opened
    def missed(token: str, of: Opened) -> Answer:
        """What was measured then; sent twice it is one, though nothing is missing any more."""
        shown = household(of)
        window = read_window(request.form)
        if not of.may_act or window is None:
            return refusal_page(409)
        given = set(request.form.values())
        form = read_form([one for one in shown.reporting if one.case_id in given], request.form)
        if form.wrong:
            return _missed(token, of, shown, form, window, 422)
        data = {"people": told_by(of, form.people), "at": window.ends.isoformat()}
        return said(token, of, "report_check_in", data, "#written-down")

    @residents.get("/correct")
    @own
    def correctable_page(token: str, of: Opened) -> Answer:
        return _page("correct", token, household=household(of), form=Form(()))

    @residents.get("/correct/<check_in_id>")
    @own
    def correct_page(token: str, of: Opened, check_in_id: str) -> Answer:
        shown = household(of)
        found = shown.correctable(check_in_id) if of.may_act else None
        if found is None:
            return redirect(_own(token), 303)
        return _correct(token, shown, found, Form([Row(found[0])]))

    @residents.post("/correct/<check_in_id>")
    @own
    def correct(token: str, of: Opened, check_in_id: str) -> Answer:
        """The first value stays written down; whoever it alarmed is told, where it was a mistake."""
        shown = household(of)
        found = shown.correctable(check_in_id) if of.may_act else None
        if found is None:
            return redirect(_own(token), 303)
        form = read_form([found[0]], request.form)
        if form.wrong:
            return _correct(token, shown, found, form, 422)
        people = [{**one, "corrects": check_in_id} for one in form.people]
        return said(token, of, "report_check_in", {"people": people})

    @residents.get("/not-me")
    @own
    def not_me_page(token: str, of: Opened) -> Answer:
        return _not_me(token, of, household(of), [], "")

    @residents.post("/not-me")
    @own
    def not_me(token: str, of: Opened) -> Answer:
        shown, note = household(of), request.form.get("note", "").strip()[:_LONGEST_NOTE]
        about = shown.chosen(request.form.getlist("who"))
        if not about or not of.may_act:
            return _not_me(token, of, shown, [Wrong("who", gettext("Choose whom it is about."))], note, 422)
        key = key_of_form()
        for number, case_id in enumerate(about):
            said = {"arrival_id": case_id, "outcome": "this_is_not_me"} | ({"note": note} if note else {})
            try:
                doors.say("registration", "follow_arrival", of.actor, f"{key}-{number}", said)
            except Refused:
                return refusal_page(409)
        return redirect(f"{_own(token)}/not-me/said", 303)

    @residents.get("/not-me/said")
    @own
    def not_me_said(token: str, of: Opened) -> Answer:
        return _page("not_me_said", token, household=household(of), hotline=hotline)

    @residents.get("/notice")
    @opened
    def notice_page(token: str, of: Opened) -> Answer:
        shown = household(of)
        if not of.may_sign or not shown.to_sign:
            return redirect(_own(token), 303)
        return _notice(token, of, shown, [])

    @residents.post("/notice")
    @opened
    def notice(token: str, of: Opened) -> Answer:
        """Somebody of the household has read what stood on the page, and says so with their name; or its
        proxy, whose name the register has.
        """
        shown = household(of)
        if not of.may_sign:
            return redirect(_own(token), 303)
        if of.contact:
            outcome, signed_by = _BY_PROXY, of.contact.name
        else:
            outcome = request.form.get("outcome", "")
            signed_by = request.form.get("signed_by", "").strip()[:_LONGEST_NAME]
        for_whom = shown.chosen(request.form.getlist("who"))
        wrong = [] if for_whom else [Wrong("who", gettext("Choose for whom you sign."))]
        if outcome not in (*OUTCOMES, *([_BY_PROXY] if of.contact else [])):
            wrong.append(Wrong("outcome", gettext("Choose one.")))
        if not signed_by:
            wrong.append(Wrong("signed_by", gettext("Type your name.")))
        if wrong:
            return _notice(token, of, shown, wrong, 422)
        data = {"case_ids": for_whom, "outcome": outcome, "signed_by": signed_by}
        data["text_version"] = f"{EDITION}/{request.form.get('language', '')[:5]}"
        return said(token, of, "sign_notice", data, "#asked")

    @residents.post("/language")
    @own
    def switch_language(token: str, of: Opened) -> Answer:
        """Of the page, and of messages to those who are still followed."""
        chosen = request.form.get("language", "")
        answer = redirect(_own(token), 303)
        if chosen not in LANGUAGES:
            return answer
        if of.may_act:
            ids = [one.case_id for one in household(of).followed]
            try:
                doors.say(
                    "isolation",
                    "change_contact",
                    of.actor,
                    key_of_form(),
                    {"case_ids": ids, "language": chosen},
                )
            except Refused:
                return refusal_page(409)
        return remember(answer, chosen)

    add_needs(residents, opened, household, said, _page, _own)
    add_permits(residents, doors, opened, household, said, _page, _own)
    add_certificates(residents, own, _page, doors, papers)
    return residents


def _missed(
    token: str, of: Opened, shown: Household, form: Form, window: Window | None, status: int = 200
) -> Response:
    return _page("missed", token, status, opened=of, household=shown, form=form, window=window)


def _correct(
    token: str, shown: Household, found: tuple[Member, CheckedIn], form: Form, status: int = 200
) -> Response:
    member, said = found
    return _page("correct", token, status, household=shown, member=member, said=said, form=form)


def _not_me(
    token: str, of: Opened, shown: Household, wrong: list[Wrong], note: str, status: int = 200
) -> Response:
    return _page("not_me", token, status, opened=of, household=shown, wrong=wrong, note=note)


def _notice(token: str, of: Opened, shown: Household, wrong: list[Wrong], status: int = 200) -> Response:
    typed = request.form if request.method == "POST" else MultiDict[str, str]()
    fault = {one.field: one.says for one in wrong}
    return _page("notice", token, status, opened=of, household=shown, wrong=wrong, fault=fault, typed=typed)


def _page(
    name: str, token: str, status: int = 200, *, opened: Opened | None = None, **shown: Any
) -> Response:
    """:param opened: None: only the household itself has such a page."""
    shown["opened"] = opened
    page = render_template(f"residents/{name}.html", address=_own(token), key=new_id(), **shown)
    return make_response(page, status)


def _own(token: str) -> str:
    return f"/r/{re.sub('[^0-9A-Za-z]', '', token)}"


def _clock(moment: datetime, now: datetime) -> str:
    """16:02, and of another day 1 October 16:02."""
    return moment.strftime("%H:%M") if moment.date() == now.date() else in_words(moment)


def _day(day: date) -> str:
    """8 October, or 10月8日."""
    # A pattern of dates by Unicode CLDR, not a text.
    written: str = format_date(day, gettext("d MMMM"))
    return written
