"""Why an act that a phone kept was not done, in the reader's language."""

from __future__ import annotations

from services.console.pages.catalogues import gettext
from services.console.phone_acts.queries import Kept


def because_of(kept: Kept) -> str:
    """ "" where it was done."""
    known = {
        "unreadable": gettext("It cannot be opened: it was sealed for another system, or changed."),
        "not_hers": gettext("It does not come from the pages of a phone that was let in here."),
        "session_ended": gettext("The phone, or whoever recorded it, was logged out before it was sent."),
        "left": gettext("Whoever recorded it is not among the staff who are active."),
        "gone": gettext("The household is not theirs any more, or is no longer followed."),
        "too_old": gettext("It is more than 72 hours old."),
        "refused": gettext("Something in it was not taken."),
    }
    says = known.get(kept.because or "", "")
    return f"{says} {kept.says}" if kept.says else says
