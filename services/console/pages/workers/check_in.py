"""The check-in of a household, person by person: what is typed is read back, and a mistake is corrected."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, request
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.checked_in import Typed, TypedPerson, read_typed
from services.console.pages.shown.rows import Wrong
from services.console.pages.words import temperature_fault
from services.console.pages.workers.faults import why
from services.console.pages.workers.household import Visit, at_household

HOW: Final = ("seen", "by_phone", "told_by")


def add_check_in(pages: Blueprint, work: Work, doors: Doors) -> None:
    here = at_household(work, doors)

    @pages.get("/doors/<household>/check-in")
    @here
    def check_in_page(visit: Visit) -> Response:
        return _page(visit, Typed())

    @pages.post("/doors/<household>/check-in")
    @here
    def check_in(visit: Visit) -> Response:
        """Whoever alarms others is asked once more: most of it is a slip of the finger."""
        typed = _read(visit, visit.case_ids)
        wrong = _wrong(visit, typed)
        if wrong:
            return _page(visit, typed, wrong)
        if request.form.get("sure") == "no":
            return _page(visit, typed)
        if typed.alarms and request.form.get("sure") != "yes":
            return visit.page("check_in_sure", typed_in=typed, action="check-in")
        try:
            visit.say("isolation", "report_check_in", "all", people=[_said(one) for one in typed.people])
        except Refused as refused:
            return _page(visit, typed, why(refused))
        return visit.done("check_in")

    @pages.get("/doors/<household>/correct/<check_in_id>")
    @here
    def correct_page(visit: Visit, check_in_id: str) -> Response:
        before = _own(visit, check_in_id)
        return _page(visit, Typed(), corrects=before) if before else refusal_page(404)

    @pages.post("/doors/<household>/correct/<check_in_id>")
    @here
    def correct(visit: Visit, check_in_id: str) -> Response:
        before = _own(visit, check_in_id)
        if before is None:
            return refusal_page(404)
        typed = _read(visit, [before["case_id"]])
        wrong = _wrong(visit, typed)
        if wrong:
            return _page(visit, typed, wrong, corrects=before)
        if request.form.get("sure") == "no":
            return _page(visit, typed, corrects=before)
        if typed.alarms and request.form.get("sure") != "yes":
            return visit.page("check_in_sure", typed_in=typed, action=f"correct/{check_in_id}")
        people = [{**_said(one), "corrects": check_in_id} for one in typed.people]
        try:
            visit.say("isolation", "report_check_in", "all", people=people)
        except Refused as refused:
            return _page(visit, typed, why(refused), corrects=before)
        return visit.done("corrected")


def _own(visit: Visit, check_in_id: str) -> Any:
    """A check-in of today that whoever asks has recorded, or None."""
    own = (one for one in visit.document["check_ins"] if one["mine"] and one["today"])
    return next((one for one in own if one["check_in_id"] == check_in_id), None)


def _read(visit: Visit, case_ids: list[str]) -> Typed:
    form = request.form
    return read_typed(
        [
            (
                case_id,
                form.get(f"temperature-{case_id}", "")[:50],
                form.getlist(f"symptom-{case_id}"),
                form.get(f"how-{case_id}", ""),
                form.get(f"note-{case_id}", "")[:500].strip(),
            )
            for case_id in case_ids
        ],
        known=visit.document["symptoms"],
        ways=HOW,
        fever=visit.document["fever"],
    )


def _wrong(visit: Visit, typed: Typed) -> list[Wrong]:
    says = {"how_missing": gettext("Say how it is known."), "nothing_said": gettext("Type a temperature.")}
    wrong = [Wrong(field, says.get(code) or temperature_fault(code)) for field, code in typed.wrong]
    wrong = visit.gone("temperature", "symptom", "how", "note") + wrong
    return wrong or ([] if typed.people else [Wrong("main", gettext("Nothing is typed yet."))])


def _said(one: TypedPerson) -> dict[str, Any]:
    said: dict[str, Any] = {"case_id": one.case_id, "symptoms": list(one.symptoms), "how_known": one.how}
    if one.temperature is not None:
        said["temperature"] = one.temperature.celsius
    return said | ({"note": one.note} if one.note else {})


def _page(visit: Visit, typed: Typed, wrong: list[Wrong] | None = None, corrects: Any = None) -> Response:
    """Nothing is filled in beforehand; what was typed stays."""
    people = [corrects["case_id"]] if corrects else visit.case_ids
    action = f"correct/{corrects['check_in_id']}" if corrects else "check-in"
    read = {one.case_id: one.temperature for one in typed.people}
    return visit.page("check_in", wrong, people=people, read=read, ways=HOW, corrects=corrects, action=action)
