"""What doors refuse, as pages. Whoever is no longer among the staff is logged out everywhere at once."""

from __future__ import annotations

from flask import Flask, g, make_response, render_template
from werkzeug.wrappers import Response

from chassis.doors.statuses import NOT_ACTIVE, STATUS
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import NotActive
from services.console.pages.entry.cookies import SESSION, take_cookie
from services.console.pages.entry.sentences import sentence
from services.console.pages.refusals import refusal_page
from services.console.sessions.end_sessions_of_staff import end_sessions_of_staff


def add_refusals(app: Flask, work: Work) -> None:
    """A page that knows more to say of a refusal than its kind catches it itself.

    Doors know by every request who is among the staff, within a second of the change; so the console keeps
    no copy of them, and hears nothing from the broker.
    """

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return refusal_page(STATUS[error.kind])

    @app.errorhandler(NotActive)
    def left(_: NotActive) -> Response:
        with work.unit() as uow:
            end_sessions_of_staff(uow, g.who.account.staff_id, by="the register of staff")
        g.viewer = None
        page = render_template("entry/log_in.html", name="", wrong={"": sentence(NOT_ACTIVE)})
        answer = make_response(page, 403)
        take_cookie(answer, SESSION)
        return answer
