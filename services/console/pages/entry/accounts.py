"""Administrators see the accounts, and make links by which others take theirs up. They see no cases."""

from __future__ import annotations

from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.accounts.account import Kind
from services.console.accounts.invite import invite
from services.console.accounts.queries import all_accounts
from services.console.pages.entry.sentences import said_of
from services.console.pages.entry.who import only_in


def make_accounts(work: Work, public_url: str | None) -> Blueprint:
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
        try:
            with work.unit() as uow:
                by, staff_id = g.who.account.name, typed["staff_id"] or None
                made = invite(uow, typed["name"], kind, by=by, staff_id=staff_id)
        except Refused as refused:
            return _page(work, typed, said_of(refused.faults), 422)
        link = f"{public_url or request.host_url.rstrip('/')}/take-up/{made.token}"
        return make_response(
            render_template("entry/invited.html", name=made.account, link=link, until=made.expires_at)
        )

    return pages


def _page(work: Work, typed: dict[str, str], wrong: dict[str, str], status: int = 200) -> Response:
    with work.look() as uow:
        listed = all_accounts(uow.conn)
    return make_response(
        render_template("entry/accounts.html", accounts=listed, typed=typed, wrong=wrong), status
    )
