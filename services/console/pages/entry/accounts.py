"""Administrators see the accounts, make links by which others take theirs up, and end accounts. They see no
cases.
"""

from __future__ import annotations

from typing import Final

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chassis.commands.command import Author
from chassis.doors.tokens import Actor
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.accounts.account import Kind
from services.console.accounts.end_account import end_account
from services.console.accounts.invite import invite
from services.console.accounts.queries import all_accounts
from services.console.doors import DoorAway, Doors
from services.console.pages.entry.sentences import said_of, sentence
from services.console.pages.entry.who import only_in

_CONSOLE: Final = Actor(Author("console", "/console/accounts", "accounts"))


def make_accounts(work: Work, doors: Doors, public_url: str | None) -> Blueprint:
    pages = Blueprint("accounts", __name__, template_folder="templates")

    @pages.get("/accounts")
    @only_in(work, "administrator")
    def accounts_page() -> Response:
        return _page(work, {}, {})

    @pages.post("/accounts")
    @only_in(work, "administrator")
    def invite_now() -> Response:
        typed = {field: request.form.get(field, "")[:200].strip() for field in ("name", "kind", "staff_id")}
        kind: Kind = "administrator" if typed["kind"] == "administrator" else "officer"
        staff_id = typed["staff_id"] or None
        if kind == "officer" and staff_id and (wrong := _not_in_register(doors, staff_id)):
            return _page(work, typed, {"staff_id": sentence(wrong)}, 422)
        try:
            with work.unit() as uow:
                made = invite(uow, typed["name"], kind, by=g.who.account.name, staff_id=staff_id)
        except Refused as refused:
            return _page(work, typed, said_of(refused.faults), 422)
        link = f"{public_url or request.host_url.rstrip('/')}/take-up/{made.token}"
        return make_response(
            render_template("entry/invited.html", name=made.account, link=link, until=made.expires_at)
        )

    @pages.post("/accounts/<account_id>/end")
    @only_in(work, "administrator")
    def end_now(account_id: str) -> Response:
        try:
            with work.unit() as uow:
                end_account(uow, account_id, by=g.who.account.name)
        except Refused as refused:
            return _page(work, {}, said_of(refused.faults), 422)
        return redirect(url_for("accounts.accounts_page"), 303)

    return pages


def _not_in_register(doors: Doors, staff_id: str) -> str | None:
    """Why no account can be made for this member of staff; None where one can, or nobody can say now."""
    try:
        listed = doors.rows("registration", "staff", _CONSOLE, {"staff_id": staff_id})
    except DoorAway:
        return None
    except Refused:
        return "no_such_staff"
    return None if any(row["active"] for row in listed.rows) else "no_such_staff"


def _page(work: Work, typed: dict[str, str], wrong: dict[str, str], status: int = 200) -> Response:
    with work.look() as uow:
        listed = all_accounts(uow.conn)
    return make_response(
        render_template("entry/accounts.html", accounts=listed, typed=typed, wrong=wrong), status
    )
