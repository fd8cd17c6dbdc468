"""What is wrong is mended at the door: phone, door, language; one more person; what to know at this door."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, request
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.telling_apart import Label
from field.words import HELP_MARKS, IDENTITY_TYPES
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.shown.rows import Wrong
from services.console.pages.words import document_word
from services.console.pages.workers.faults import why
from services.console.pages.workers.household import Visit, at_household, text_of

_LANGUAGES: Final = (("zh-CN", "中文"), ("en", "English"))
"""By their own names."""


def add_mending(pages: Blueprint, work: Work, doors: Doors) -> None:
    here = at_household(work, doors)

    @pages.get("/doors/<household>/mend")
    @here
    def mend_page(visit: Visit) -> Response:
        return _mend_form(visit)

    @pages.post("/doors/<household>/mend")
    @here
    def mend(visit: Visit) -> Response:
        """A phone is one person's; the door and the language are those of everybody who is marked."""
        typed = {name: text_of(name, 300) for name in ("phone", "address", "language")}
        chosen = visit.chosen()
        wrong = [] if chosen else [Wrong("who", gettext("Say of whom."))]
        if not any(typed.values()):
            wrong.append(Wrong("phone", gettext("Type what is right.")))
        if typed["phone"] and len(chosen) > 1:
            wrong.append(Wrong("phone", gettext("A phone is one person's: mark only whose it is.")))
        if wrong:
            return _mend_form(visit, wrong)
        right: dict[str, Any] = {"phone": typed["phone"], "language": typed["language"]}
        right |= {"destination": {"address": typed["address"]}} if typed["address"] else {}
        try:
            for case_id in chosen:
                visit.say("registration", "mend_person", case_id, arrival_id=case_id, **right)
        except Refused as refused:
            return _mend_form(visit, why(refused, {"destination": "address"}))
        return visit.done("mended")

    @pages.get("/doors/<household>/person")
    @here
    def person_page(visit: Visit) -> Response:
        return visit.page("person", documents=_documents())

    @pages.post("/doors/<household>/person")
    @here
    def add_person(visit: Visit) -> Response:
        """Beside the first of the household: who has no document is known by day of birth."""
        names = ("name", "birth_date", "identity_type", "identity_number", "phone", "sex")
        companion = {name: typed for name in names if (typed := text_of(name, 100))}
        if "identity_number" not in companion:
            companion.pop("identity_type", None)
        if "name" not in companion:
            wrong = [Wrong("name", gettext("This is missing."))]
            return visit.page("person", wrong, documents=_documents())
        beside = visit.case_ids[0]
        try:
            visit.say("registration", "mend_person", "companion", arrival_id=beside, companion=companion)
        except Refused as refused:
            return visit.page("person", why(refused, {"companion": "name"}), documents=_documents())
        return visit.done("added")

    @pages.get("/doors/<household>/contact")
    @here
    def contact_page(visit: Visit) -> Response:
        return _contact_form(visit)

    @pages.post("/doors/<household>/contact")
    @here
    def contact(visit: Visit) -> Response:
        """All is given whole: what is on the page stands there from now on. Only contact persons are told one
        by one, and put to those who stand there when it comes.
        """
        said: dict[str, Any] = {"marks": [one for one in HELP_MARKS if one in request.form.getlist("marks")]}
        said["best_time"] = text_of("best_time", 100)
        gone = set(request.form.getlist("gone"))
        added: list[dict[str, Any]] = []
        person = {name: text_of(f"contact_{name}", 100) for name in ("name", "phone", "relation")}
        if any(person.values()):
            wrong = [
                Wrong(f"contact_{name}", gettext("This is missing."))
                for name in ("name", "phone")
                if not person[name]
            ]
            if wrong:
                return _contact_form(visit, wrong)
            new: dict[str, Any] = {name: value for name, value in person.items() if value}
            new["phone"] = person["phone"][:30]
            new |= {name: request.form.get(name) == "yes" for name in ("may_report", "proxy")}
            added = [new]
        of = visit.case_ids
        try:
            visit.say("isolation", "change_contact", "contact", emptied=["best_time"], case_ids=of, **said)
            if gone or added:  # the one that is added stands once, also where the form is sent twice
                other = {_contact_key(one) for one in added} | gone
                kept = [one for one in visit.document["contacts"] if _contact_key(one) not in other]
                persons = [*kept, *added]
                visit.say(
                    "isolation", "change_contact", "persons", of_now=True, case_ids=of, contacts=persons
                )
        except Refused as refused:
            return _contact_form(visit, why(refused))
        return visit.done("contact")


def _mend_form(visit: Visit, wrong: list[Wrong] | None = None) -> Response:
    """Beside each field stands what is written now, as the door shows it to whoever asks."""
    now = {name: _written(visit, name) for name in ("phone", "address", "language")}
    return visit.page("mend", wrong, languages=_LANGUAGES, now=now)


def _written(visit: Visit, name: str) -> list[tuple[str, list[Label]]]:
    """Each value once, "" for none, with those of whom it is written."""
    found: dict[str, list[Label]] = {}
    for person in visit.document["people"]:
        value = dict(_LANGUAGES).get(person[name], person[name] or "")
        found.setdefault(value, []).append(visit.household.labels[person["case_id"]])
    return list(found.items())


def _contact_form(visit: Visit, wrong: list[Wrong] | None = None) -> Response:
    stood = [(_contact_key(one), one) for one in visit.document["contacts"]]
    return visit.page("contact", wrong, marks=HELP_MARKS, stood=stood)


def _contact_key(one: Mapping[str, Any]) -> str:
    """By which a contact person of a household is known in its form."""
    return f"{one['phone']} {one['name']}"


def _documents() -> list[tuple[str, str]]:
    return [(one, document_word(one)) for one in IDENTITY_TYPES]
