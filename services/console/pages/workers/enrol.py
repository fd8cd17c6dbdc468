"""Officers and administrators let the phones of workers in, see them, and shut a lost one out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import segno
from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from flask_babel import gettext
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.accounts.invite import end_links, enrol
from services.console.accounts.queries import workers_of
from services.console.doors import DoorAway, Doors
from services.console.pages.entry.who import only_in
from services.console.pages.refusals import refusal_page
from services.console.pages.workers.who_walks import Walker, may_be_enrolled, walkers
from services.console.sessions.end_session import revoke
from services.console.sessions.queries import phones_of, sessions_of_all
from services.console.sessions.session import Session

MOST: Final = 60
"""Slips at once."""
_BETWEEN: Final = re.compile(r"[\s,;，；、]+")


@dataclass(frozen=True, slots=True)
class Enrolled:
    """:param phone: None: there is none that is in."""

    walker: Walker
    phone: Session | None


@dataclass(frozen=True, slots=True)
class Slip:
    walker: Walker
    link: str
    code: Markup
    until: datetime


def add_enrolment(pages: Blueprint, work: Work, doors: Doors, public_url: str | None) -> None:
    @pages.get("/enrol")
    @only_in(work, "officer", "administrator")
    def enrol_page() -> Answer:
        return _page(work, doors, "", "")

    @pages.post("/enrol")
    @only_in(work, "officer", "administrator")
    def enrol_now() -> Answer:
        typed = request.form.get("staff_ids", "")[:4000]
        wanted = [*request.form.getlist("chosen"), *_BETWEEN.split(typed)]
        ids = list(dict.fromkeys(id[:40] for id in wanted if id))
        if not 0 < len(ids) <= MOST:
            return _page(work, doors, typed, gettext("Choose 1 to 60 workers at once."), 422)
        known = may_be_enrolled(doors, ids)
        if unknown := [id for id in ids if id not in known]:
            says = gettext("Nobody of your places who goes from door to door has this number:")
            return _page(work, doors, typed, f"{says} {', '.join(unknown)}", 422)
        base = public_url or request.host_url.rstrip("/")
        try:
            with work.unit() as uow:
                made = [enrol(uow, id, by=g.who.account.name) for id in ids]
        except Refused:
            return _page(
                work, doors, typed, gettext("One of these numbers is the name of another account."), 422
            )
        slips = [
            Slip(known[id], link, _code(link), one.expires_at)
            for id, one, link in (
                (id, one, f"{base}/take-up/{one.token}") for id, one in zip(ids, made, strict=True)
            )
        ]
        return make_response(render_template("workers/slips.html", slips=slips))

    @pages.post("/enrol/<staff_id>/shut-out")
    @only_in(work, "officer", "administrator")
    def shut_out(staff_id: str) -> Answer:
        """The phone, and every slip that lets another one in: it may lie where the phone was lost."""
        if staff_id not in may_be_enrolled(doors, [staff_id]):
            return refusal_page(404)
        with work.unit() as uow:
            accounts = workers_of(uow.conn, [staff_id])
            for session in sessions_of_all(uow, accounts):
                revoke(uow, accounts[0], session.id, by=g.who.account.name)
            for account in accounts:
                end_links(uow, account.id)
        return redirect(url_for("workers.enrol_page"), 303)


def _page(work: Work, doors: Doors, typed: str, wrong: str, status: int = 200) -> Response:
    """The list where whoever asks is a member of staff; without the register, the rest of the page."""
    away, listed = False, []
    if g.who.account.staff_id:
        try:
            listed = _with_phones(work, walkers(doors))
        except (DoorAway, Refused):
            away = True
    page = render_template("workers/enrol.html", listed=listed, away=away, typed=typed, wrong=wrong)
    return make_response(page, status)


def _with_phones(work: Work, found: Sequence[Walker]) -> list[Enrolled]:
    """Whoever has none first."""
    with work.look() as uow:
        phones = phones_of(uow, [one.staff_id for one in found])
    listed = [Enrolled(one, phones.get(one.staff_id)) for one in found]
    return sorted(listed, key=lambda one: one.phone is not None)


def _code(link: str) -> Markup:
    """As inline SVG: no picture is fetched, and nobody's log has the link."""
    return Markup(
        segno.make(link, micro=False).svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None)
    )
