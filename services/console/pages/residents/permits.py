"""Leave to go out: asked for on the household's page, and taken back there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from contracts.faults import Refused
from field.words import PERMIT_BY, PERMIT_KINDS
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.keys import key_of_form
from services.console.pages.entry.permit_form import read_permit, why_not
from services.console.pages.refusals import refusal_page
from services.console.pages.residents.opening import Opened
from services.console.pages.shown.households import Household
from services.console.pages.shown.rows import Wrong

View = Callable[..., Answer]
LIST = "#permits"
"""The part of the household's page on which they stand."""


def add_permits(
    residents: Blueprint,
    doors: Doors,
    opened: Callable[[View], View],
    household: Callable[[Opened], Household],
    said: Callable[..., Answer],
    page: Callable[..., Answer],
    own: Callable[[str], str],
) -> None:
    """
    :param opened: makes a view of whoever's link it is.
    :param household: all that its page shows.
    :param said: says a command to isolation and answers with the page.
    :param page: makes a page of a template below `residents/`.
    :param own: the address of the household's page.
    """

    def form(token: str, of: Opened, shown: Household, wrong: list[Wrong], status: int = 200) -> Answer:
        first = MultiDict([("who", one.case_id) for one in shown.followed if len(shown.followed) == 1])
        more: dict[str, Any] = {
            "kinds": PERMIT_KINDS,
            "ways": PERMIT_BY,
            "typed": request.form if request.method == "POST" else first,
            "wrong": wrong,
            "fault": {one.field: one.says for one in wrong},
        }
        return page("permit", token, status, opened=of, household=shown, **more)

    @residents.get("/permit")
    @opened
    def permit_page(token: str, of: Opened) -> Answer:
        if not of.may_act:
            return redirect(own(token), 303)
        return form(token, of, household(of), [])

    @residents.post("/permit")
    @opened
    def permit(token: str, of: Opened) -> Answer:
        if not of.may_act:
            return redirect(own(token), 303)
        shown = household(of)
        asked, wrong = read_permit(request.form, shown.now)
        who = shown.chosen(request.form.getlist("who"))
        if not who:
            wrong = [Wrong("who", gettext("Choose who goes.")), *wrong]
        if wrong:
            return form(token, of, shown, wrong, 422)
        try:
            doors.say("isolation", "request_permit", of.actor, key_of_form(), {"case_ids": who, **asked})
        except Refused as refused:
            if not (wrong := why_not(refused)):
                return refusal_page(409)
            return form(token, of, shown, wrong, 422)
        return redirect(f"{own(token)}{LIST}", 303)

    @residents.post("/permit/withdraw")
    @opened
    def withdraw_permit(token: str, of: Opened) -> Answer:
        id = request.form.get("permit", "")
        if not of.may_act or id not in [one.id for one in household(of).permits if one.may_withdraw]:
            return refusal_page(409)
        return said(token, of, "decide_permit", {"permit_id": id, "decision": "withdrawn"}, LIST)
