"""What doors refuse, as pages. Whoever is no longer among the staff is logged out everywhere at once."""

from __future__ import annotations

from flask import Flask, g, make_response, render_template
from werkzeug.wrappers import Response

from chassis.doors.statuses import NOT_ACTIVE, STATUS
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import DoorAway, Doors, NotActive
from services.console.pages.entry.cookies import SESSION, take_cookie
from services.console.pages.entry.sentences import sentence
from services.console.pages.entry.who import acting
from services.console.pages.refusals import refusal_page
from services.console.sessions.end_sessions_of_staff import end_sessions_of_staff


def add_refusals(app: Flask, work: Work, doors: Doors) -> None:
    """A page that knows more to say of a refusal than its kind catches it itself.

    Doors know by every request who is among the staff, within a second of the change; so the console keeps
    no copy of them, and hears nothing from the broker. The other doors have copies of the register, which may
    lag: only what the register itself says ends sessions.
    """

    @app.errorhandler(Refused)
    def refused(error: Refused) -> Response:
        return refusal_page(STATUS[error.kind])

    @app.errorhandler(NotActive)
    def left(_: NotActive) -> Response:
        if not _register_says_so(doors):
            return refusal_page(403, [sentence("not_yet_known")])
        with work.unit() as uow:
            end_sessions_of_staff(uow, g.who.account.staff_id, by="the register of staff")
        g.viewer, g.session = None, ""  # the form of that page is for whoever logs in next
        page = render_template("entry/log_in.html", name="", wrong={"": sentence(NOT_ACTIVE)})
        answer = make_response(page, 403)
        take_cookie(answer, SESSION)
        return answer


def _register_says_so(doors: Doors) -> bool:
    """Whether registration, whose register it is, has whoever is in among the staff no more."""
    try:
        doors.look_up("registration", "names", acting(), {"staff": [], "places": []})
    except NotActive:
        return True
    except (Refused, DoorAway):  # workers may not ask for names: they are known, then
        return False
    return False
