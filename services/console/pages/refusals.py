"""The page somebody gets who does not get what they asked for: what is wrong, and what to do now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flask import Response, make_response, render_template

from services.console.pages.catalogues import N_, gettext


@dataclass(frozen=True, slots=True)
class Says:
    title: str
    what_to_do: str


_OF_STATUS: Final[Mapping[int, Says]] = {
    400: Says(N_("This could not be read"), N_("Go back and send it once more.")),
    403: Says(N_("You may not do this"), N_("If it is your work, ask your officer to give you the right.")),
    404: Says(
        N_("There is nothing here"),
        N_(
            "The address may be mistyped, or what stood here is not yours to see. Call your community if a "
            "text message led you here."
        ),
    ),
    409: Says(N_("It has changed meanwhile"), N_("Look at what is there now, then decide again.")),
    413: Says(N_("This is too large"), N_("Send less at once.")),
    422: Says(N_("Something in it is wrong"), N_("Go back, mend it and send it again. Nothing was sent.")),
    429: Says(N_("Too many tries"), N_("Wait a minute, then try again.")),
    500: Says(N_("This went wrong"), N_("It is our mistake, not yours. Go back and try once more.")),
    503: Says(
        N_("This cannot be reached just now"), N_("Wait a minute and try again. Nothing is done twice.")
    ),
}
_RETRY_AFTER_S: Final = 30


def refusal_page(status: int, faults: Sequence[str] = (), *, number: str = "") -> Response:
    """A whole page with this status, in the reader's language.

    :param faults: sentences in the reader's language.
    :param number: the correlation id, by which the log is searched.
    """
    says = _OF_STATUS.get(status) or _OF_STATUS[500 if status >= 500 else 400]
    shown = Says(gettext(says.title), gettext(says.what_to_do))
    page = render_template("refusal.html", says=shown, faults=faults, number=number if status >= 500 else "")
    answer = make_response(page, status)
    if status in (429, 503):
        answer.headers["Retry-After"] = str(_RETRY_AFTER_S)
    return answer
