"""Officers and administrators let the phones of workers in, see them, and shut a lost one out."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.accounts.invite import Invitation, end_links, enrol
from services.console.accounts.queries import staff_with_links, workers_of
from services.console.doors import DoorAway, Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.who import only_in
from services.console.pages.pdf import can_make_pdf
from services.console.pages.refusals import refusal_page
from services.console.pages.workers.slip import Slip
from services.console.pages.workers.slips_pdf import slips_as_pdf
from services.console.pages.workers.text_link import NotTexted, no_account, text_links
from services.console.pages.workers.who_walks import Walker, may_be_enrolled, named, walkers
from services.console.sessions.end_session import revoke
from services.console.sessions.queries import phones_of, sessions_of_all
from services.console.sessions.session import Session

MOST: Final = 60
"""Slips on one page."""
MOST_AS_PDF: Final = 300
"""As many as a street has who go from door to door."""
_LONGEST: Final = 15_000
_BETWEEN: Final = re.compile(r"[\s,;，；、]+")


@dataclass(frozen=True, slots=True)
class Enrolled:
    """:param phone: None: there is none that is in.
    :param has_link: whether one was given that still counts.
    """

    walker: Walker
    phone: Session | None
    has_link: bool


@dataclass(frozen=True, slots=True)
class Texted:
    """:param wrong: why no link goes to them; "" where one does."""

    walker: Walker
    wrong: NotTexted | Literal[""]


def add_enrolment(pages: Blueprint, work: Work, doors: Doors, public_url: str | None) -> None:
    def page(typed: str = "", wrong: str = "", status: int = 200) -> Response:
        return _page(work, doors, typed, wrong, status, by_text=public_url is not None)

    @pages.get("/enrol")
    @only_in(work, "officer", "administrator")
    def enrol_page() -> Answer:
        return page()

    @pages.post("/enrol")
    @only_in(work, "officer", "administrator")
    def enrol_now() -> Answer:
        known, wrong = _chosen(doors, MOST)
        slips, wrong = ([], wrong) if wrong else make(known)
        if wrong:
            return page(_typed(), wrong, 422)
        return make_response(render_template("workers/slips.html", slips=slips))

    def make(known: Mapping[str, Walker]) -> tuple[list[Slip], str]:
        """The slips by community, or what is wrong. Those of before count no more."""
        base = public_url or request.host_url.rstrip("/")
        try:
            with work.unit() as uow:
                made = {id: enrol(uow, id, by=g.who.account.name) for id in known}
        except Refused as refused:
            return [], _no_slips(refused)
        return [_slip(walker, base, made[walker.staff_id]) for walker in named(doors, known.values())], ""

    @pages.post("/enrol/slips.pdf")
    @only_in(work, "officer", "administrator")
    def enrol_as_pdf() -> Answer:
        """Of those who were chosen, or with `all` of the next who are not enrolled yet."""
        if not can_make_pdf():
            return refusal_page(404)
        if request.form.get("all"):
            known, wrong = _not_enrolled(work, doors)
        else:
            known, wrong = _chosen(doors, MOST_AS_PDF)
        slips, wrong = ([], wrong) if wrong else make(known)
        if wrong:
            return page(_typed(), wrong, 422)
        answer = Response(slips_as_pdf(slips, work.zone), mimetype="application/pdf")
        answer.headers["Content-Disposition"] = "attachment; filename=slips.pdf"
        return answer

    @pages.post("/enrol/by-text")
    @only_in(work, "officer", "administrator")
    def enrol_by_text() -> Answer:
        """To the number of the register, which whoever asks neither types nor sees whole."""
        if not public_url:
            return refusal_page(404)
        known, wrong = _chosen(doors, MOST)
        if wrong:
            return page(_typed(), wrong, 422)
        wrong_of = text_links(work, doors, public_url, known, by=g.who.account.name)
        texted = [Texted(walker, wrong_of[id]) for id, walker in known.items()]
        return make_response(render_template("workers/texted.html", texted=texted))

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


def _no_slips(refused: Refused) -> str:
    if no_account(refused) == "ended":
        return str(gettext("The account of one of these numbers has ended."))
    return str(gettext("One of these numbers is the name of another account."))


def _slip(walker: Walker, base: str, made: Invitation) -> Slip:
    return Slip(walker, f"{base}/take-up/{made.token}", made.expires_at)


def _typed() -> str:
    return request.form.get("staff_ids", "")[:_LONGEST]


def _not_enrolled(work: Work, doors: Doors) -> tuple[Mapping[str, Walker], str]:
    """Of the places of whoever is in those whose turn it is. Raises DoorAway."""
    if not g.who.account.staff_id:
        return {}, gettext("Type the numbers: you are no member of staff, so nobody is listed.")
    found = _next(_with_phones(work, walkers(doors)))
    if not found:
        return {}, gettext("Everybody is enrolled already.")
    return {one.walker.staff_id: one.walker for one in found}, ""


def _next(listed: Sequence[Enrolled]) -> Sequence[Enrolled]:
    """Whom the next file of slips is for: who has neither a phone nor a link. A slip that was given minutes
    ago ends only where all have one, for it may be lost.
    """
    without = [one for one in listed if not one.phone]
    return ([one for one in without if not one.has_link] or without)[:MOST_AS_PDF]


def _chosen(doors: Doors, most: int) -> tuple[Mapping[str, Walker], str]:
    """Those who were chosen or typed, by their ids; and what is wrong, or "". Raises DoorAway."""
    wanted = [*request.form.getlist("chosen"), *_BETWEEN.split(_typed())]
    ids = list(dict.fromkeys(id[:40] for id in wanted if id))
    if not 0 < len(ids) <= most:
        return {}, gettext("Choose 1 to %(most)s workers at once.", most=most)
    known = may_be_enrolled(doors, ids)
    if unknown := [id for id in ids if id not in known]:
        says = gettext("Nobody of your places who goes from door to door has this number:")
        return {}, f"{says} {', '.join(unknown)}"
    return known, ""


def _page(work: Work, doors: Doors, typed: str, wrong: str, status: int = 200, *, by_text: bool) -> Response:
    """The list where whoever asks is a member of staff; without the register, the rest of the page."""
    away, listed = False, []
    if g.who.account.staff_id:
        try:
            listed = _with_phones(work, named(doors, walkers(doors)))
        except (DoorAway, Refused):
            away = True
    following = _next(listed)
    page = render_template(
        "workers/enrol.html",
        listed=listed,
        away=away,
        typed=typed,
        wrong=wrong,
        by_text=by_text,
        as_pdf=MOST_AS_PDF if can_make_pdf() else 0,
        next=len(following),
        again=any(one.has_link for one in following),
    )
    return make_response(page, status)


def _with_phones(work: Work, found: Sequence[Walker]) -> list[Enrolled]:
    """Whoever has none first."""
    with work.look() as uow:
        ids = [one.staff_id for one in found]
        phones, with_links = phones_of(uow, ids), staff_with_links(uow, ids)
    listed = [Enrolled(one, phones.get(one.staff_id), one.staff_id in with_links) for one in found]
    return sorted(listed, key=lambda one: one.phone is not None)
