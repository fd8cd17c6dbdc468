"""What a door refused, in the reader's language: a sentence beside the field that is meant."""

from __future__ import annotations

from collections.abc import Mapping

from contracts.faults import Refused
from services.console.pages.catalogues import gettext
from services.console.pages.shown.rows import Wrong


def why(refused: Refused, fields: Mapping[str, str] | None = None) -> list[Wrong]:
    """:param fields: name of a field at the door -> its name in the form."""
    known = _sentences()
    whole = {
        "unknown": gettext("It is not there any more, or was given to somebody else. Load the page again."),
        "not_allowed": gettext("Your role may not do this. Ask your officer."),
        "conflict": gettext("It has changed meanwhile. Look at what is there now, then decide again."),
    }
    if refused.kind in whole:
        return [Wrong("main", whole[refused.kind])]
    found = []
    for fault in refused.faults:
        last = fault.where.rpartition(".")[2]
        field = (fields or {}).get(fault.where) or (fields or {}).get(last) or last or "main"
        found.append(Wrong(field, known.get(fault.code) or gettext("This is not taken. Look at it again.")))
    return found


def _sentences() -> dict[str, str]:
    return {
        "missing": gettext("This is missing."),
        "empty": gettext("This is missing."),
        "contract": gettext("This is too long, or no such thing as is asked for."),
        "own_witness": gettext("Nobody witnesses what they say themselves: name a second member of staff."),
        "unknown_staff": gettext("There is no such member of staff."),
        "in_the_past": gettext("This lies in the past."),
        "in_the_future": gettext("This lies in the future."),
        "too_many_acts": gettext("So much was noted of it that no more is kept. Ring your officer."),
        "other_day": gettext("Only what was recorded today is corrected. Record what is right anew."),
        "not_of_this": gettext("This cannot be taken back. Record what is right."),
        "phone_invalid": gettext("This is no telephone number that can be rung here."),
        "phone_ambiguous": gettext("Write it with + and the country code."),
        "phone_spreadsheet": gettext("This is no telephone number that can be rung here."),
        "phone_several": gettext("Write one number only: the one that they answer."),
        "phone_letters": gettext("Write digits only."),
        "phone_area_missing": gettext("Write 0 and the area code before it."),
        "phone_country_missing": gettext("Write it with + and the country code."),
        "needs_carer": gettext("They stay at home: name who cares for them there."),
        "person_unknown": gettext("Give the number of a document, or a phone, or the day of birth."),
        "not_begun": gettext("The round has not begun yet."),
        "identity_checksum": gettext("The last character does not fit. Check it against the document."),
        "identity_length": gettext("This is no number of a document."),
        "identity_birth_date": gettext("The day of birth in it is none. Check it against the document."),
        "birth_date_impossible": gettext("Nobody is born on this day."),
        "birth_date_differs": gettext("The day of birth in the number is another one."),
    }
