"""Who asks for a page, by the session that their browser holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from flask import Response as Page
from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chassis.commands.command import Author
from chassis.doors.tokens import Actor
from chassis.unit_of_work import Work
from services.console.accounts.account import Kind
from services.console.pages.entry.cookies import OPENING, SESSION
from services.console.pages.entry.kept import Fields, to_pass_on, typed_now
from services.console.pages.languages import own_path
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.rows import Viewer
from services.console.sessions.queries import In
from services.console.sessions.see import see

View = Callable[..., Response]


def is_of_a_phone_that_keeps() -> bool:
    """Whether a worker's phone sends a form that it keeps until it is answered (`static/offline.js`)."""
    return request.method == "POST" and request.headers.get("Doorstep-Keeps") == "1"


def who_asks(work: Work) -> In | None:
    if "stands_for" in g:
        return g.stands_for  # type: ignore[no-any-return]
    token = request.cookies.get(SESSION, "")
    return see(work, token, request.cookies.get(OPENING, "")) if token else None


def stand_for(who: In) -> None:
    """What is asked in this request is asked by them, whoever's cookies it has: an act that a phone kept."""
    g.stands_for = who


def acting(reason: str | None = None) -> Actor:
    """Whoever is in, as the doors of the services know them: by the id of a member of staff.

    :param reason: why a record is looked at, where somebody was asked for it.
    """
    staff_id = g.who.account.staff_id
    return Actor(Author("staff", f"/console/{staff_id}", staff_id), reason)


def acting_for_console(reason: str | None = None) -> Actor:
    """An administrator may be no member of staff: the console asks, and says for whom.

    :param reason: why records are looked at, where the door asks for one.
    """
    return Actor(Author("console", f"/console/{g.who.account.name}", "console"), reason)


def only_in(work: Work, *kinds: Kind) -> Callable[[View], View]:
    """Others are sent to log in, or to enter their PIN. The view finds who is in as `g.who`.

    :param kinds: for the others there is no such page; none named: for all.
    """

    def guarded(view: View) -> View:
        @wraps(view)
        def seen(**given: str) -> Response:
            g.who = who_asks(work)
            if g.who is None:
                if is_of_a_phone_that_keeps():
                    return make_response("", 401)  # nobody reads it
                return redirect(url_for("entry.log_in_page"), 303)
            if g.who.locked:
                if request.method == "POST":
                    return pin_page(request.path, {}, 403, kept=typed_now())
                return redirect(url_for("entry.pin_page", back=request.full_path.rstrip("?")), 303)
            if kinds and g.who.account.kind not in kinds:
                return refusal_page(404)
            g.viewer = Viewer(g.who.account.name, g.who.account.kind)
            return view(**given)

        return seen

    return guarded


def pin_page(back: str, wrong: dict[str, str], status: int = 200, *, kept: Fields | None = None) -> Page:
    """Where a phone asks for the PIN.

    :param back: the path to which it leads.
    :param kept: what was typed there, and is sent after the PIN.
    """
    fields = to_pass_on(kept or [])
    page = render_template("entry/pin.html", back=own_path(back), wrong=wrong, kept=fields)
    return make_response(page, status)
