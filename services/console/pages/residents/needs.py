"""What a household needs from outside: asked for on its page, and taken back there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from field.words import NEED_KINDS
from services.console.pages.catalogues import gettext
from services.console.pages.entry.need_form import read_need
from services.console.pages.refusals import refusal_page
from services.console.pages.residents.opening import Opened
from services.console.pages.shown.households import Household
from services.console.pages.shown.rows import Wrong

View = Callable[..., Answer]
LIST = "#needs"
"""The part of the household's page on which its needs stand."""


def add_needs(
    residents: Blueprint,
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
        first = MultiDict([("who", one.case_id) for one in shown.followed])  # most needs are everybody's
        more: dict[str, Any] = {
            "kinds": NEED_KINDS,
            "typed": request.form if request.method == "POST" else first,
            "wrong": wrong,
            "fault": {one.field: one.says for one in wrong},
        }
        return page("need", token, status, opened=of, household=shown, **more)

    @residents.get("/need")
    @opened
    def need_page(token: str, of: Opened) -> Answer:
        if not of.may_act:
            return redirect(own(token), 303)
        return form(token, of, household(of), [])

    @residents.post("/need")
    @opened
    def need(token: str, of: Opened) -> Answer:
        if not of.may_act:
            return redirect(own(token), 303)
        shown = household(of)
        asked, wrong = read_need(request.form)
        for_whom = shown.chosen(request.form.getlist("who"))
        if not for_whom:
            wrong = [Wrong("who", gettext("Choose whom it is for.")), *wrong]
        if wrong:
            return form(token, of, shown, wrong, 422)
        return said(token, of, "ask_need", {"case_ids": for_whom, **asked}, LIST)

    @residents.post("/need/withdraw")
    @opened
    def withdraw(token: str, of: Opened) -> Answer:
        id = request.form.get("need", "")
        if not of.may_act or id not in [one.id for one in household(of).needs if one.may_withdraw]:
            return refusal_page(409)
        return said(token, of, "answer_need", {"need_id": id, "outcome": "withdrawn"}, LIST)
