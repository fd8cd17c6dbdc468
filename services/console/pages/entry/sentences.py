"""What is wrong with what was typed, and why something was not done: a sentence for each code."""

from __future__ import annotations

from contracts.faults import Fault
from services.console.pages.catalogues import gettext


def said_of(faults: tuple[Fault, ...]) -> dict[str, str]:
    """Field -> what is wrong with it; "" is the whole."""
    return {fault.where: sentence(fault.code) for fault in faults}


def sentence(code: str) -> str:
    """In the language of whoever asks. A code that is none of these is a fault of ours."""
    known: dict[str, str] = {
        "wrong": gettext("The name, the password or the code is wrong."),
        "too_many": gettext("Too many tries at once. Wait a minute and try again."),
        "name": gettext("Use 1 to 60 letters, digits, and . _ - @ only."),
        "staff_id": gettext(
            "An officer or a worker has a staff number, as in the register; an administrator has none."
        ),
        "conflict": gettext("This name is somebody else's. Choose another one."),
        "account_ended": gettext("The account of this name has ended. Choose another one."),
        "link": gettext("This link does not count any more: it was used, or is too old. Ask for a new one."),
        "too_short": gettext("Use at least 12 characters. A few words in a row are easy to remember."),
        "too_long": gettext("Use at most 200 characters."),
        "too_easy": gettext(
            "This is too easy to guess. Leave out your name, and use more than a few characters."
        ),
        "differs": gettext("This is not the same password."),
        "wrong_code": gettext("This is not the code that the authenticator shows now."),
        "pin_digits": gettext("Choose 6 digits."),
        "pin_easy": gettext("This is too easy to guess. Take no digits in a row, and more than two of them."),
        "pin_differs": gettext("This is not the same PIN."),
        "wrong_pin": gettext("This is another PIN. Try again."),
        "foreign": gettext("This was sent from another website, so nothing was done."),
        "old_form": gettext("This page was open for too long, so nothing was done. Go back, load it again."),
        "not_active": gettext(
            "You are not among the staff who are active, so you were logged out here and everywhere."
        ),
        "not_yet_known": gettext(
            "This part does not know yet, or not any more, that you are among the staff. Try again in a "
            "minute."
        ),
        "has_account": gettext("This member of staff has an account under another name."),
        "no_such_staff": gettext("Nobody who is active has this number in the register of staff."),
        "last_administrator": gettext("This is the last administrator: make another one first."),
        "no_account": gettext("There is no such account any more."),
        "no_session": gettext("There is no such device any more."),
    }
    return known[code]
