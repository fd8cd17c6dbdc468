"""What comes otherwise at a door: they are not here or not at home, it is not possible, somebody refuses; and
the notice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.words import (
    HOME_LACKS,
    NOT_POSSIBLE_BECAUSE,
    NOTICE_OUTCOMES,
    REFUSED,
    REFUSED_BECAUSE,
    SPECIAL_GROUPS,
)
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.who import acting
from services.console.pages.shown.rows import Wrong
from services.console.pages.workers.faults import why
from services.console.pages.workers.household import View, Visit, at_household, text_of

Here = Callable[[View], View]

NOT_FOUND: Final = ("not_here", "lives_elsewhere", "no_such_door", "wrong_number", "not_yet_come")
_ENDS: Final = "not_here"
"""The case ends with it."""
_LEAVES_THE_ROUND: Final = ("not_here", "lives_elsewhere", "not_yet_come")
"""The page of the household may be gone a moment later."""


def add_otherwise(pages: Blueprint, work: Work, doors: Doors) -> None:
    here = at_household(work, doors)
    _add_not_found(pages, here)
    _add_not_possible(pages, here)
    _add_not_at_home(pages, here)
    _add_home(pages, here)
    _add_refusal(pages, here)
    _add_notice(pages, here)


def _add_not_found(pages: Blueprint, here: Here) -> None:
    def page(visit: Visit, wrong: list[Wrong] | None = None) -> Response:
        return visit.page("not_found", wrong, outcomes=NOT_FOUND)

    @pages.get("/doors/<household>/not-found")
    @here
    def not_found_page(visit: Visit) -> Response:
        return page(visit)

    @pages.post("/doors/<household>/not-found")
    @here
    def not_found(visit: Visit) -> Response:
        """What ends the case is asked once more. The page says what the register made of it."""
        outcome, chosen = request.form.get("outcome", ""), visit.chosen()
        wrong = [] if chosen else [Wrong("who", gettext("Say of whom."))]
        if outcome not in NOT_FOUND:
            wrong.append(Wrong("outcome", gettext("Choose one.")))
        said: dict[str, Any] = {"outcome": outcome, "note": text_of("note", 500)}
        if outcome == "lives_elsewhere" and (where := text_of("address", 300)):
            said["destination"] = {"address": where}
        if outcome == "not_yet_come" and (coming := text_of("coming", 10)):
            try:
                day = datetime.fromisoformat(coming).replace(hour=12, tzinfo=visit.now.tzinfo)
                said["coming_at"] = day.isoformat()
            except ValueError:
                wrong.append(Wrong("coming", gettext("This is no day.")))
        if wrong:
            return page(visit, wrong)
        if outcome == _ENDS and request.form.get("sure") != "yes":
            return visit.page("not_found_sure", chosen=chosen)
        to_settle: set[str] = set()
        try:
            for id in chosen:
                followed = visit.say("registration", "follow_arrival", id, arrival_id=id, how="seen", **said)
                to_settle.update(followed["to_settle"])
        except Refused as refused:
            return page(visit, why(refused, {"coming_at": "coming", "destination": "address"}))
        became = "followed" if outcome in to_settle and outcome != _ENDS else outcome
        if outcome in _LEAVES_THE_ROUND:
            return redirect(url_for("workers.doors_page", said=became), 303)
        return visit.done(became)


def _add_not_possible(pages: Blueprint, here: Here) -> None:
    def page(visit: Visit, wrong: list[Wrong] | None = None) -> Response:
        open_ones = [group for group in visit.household.groups if group.mine and group.live]
        return visit.page("not_possible", wrong, groups=open_ones, reasons=NOT_POSSIBLE_BECAUSE)

    @pages.get("/doors/<household>/not-possible")
    @here
    def not_possible_page(visit: Visit) -> Response:
        return page(visit)

    @pages.post("/doors/<household>/not-possible")
    @here
    def not_possible(visit: Visit) -> Response:
        task_id, because, note = (
            request.form.get("task", ""),
            request.form.get("because", ""),
            text_of("note", 500),
        )
        groups = [one for one in visit.household.groups if one.mine and one.live]
        group = next((one for one in groups if task_id in one.task_ids.values()), None)
        wrong = [] if group else [Wrong("task", gettext("Choose one."))]
        if because not in NOT_POSSIBLE_BECAUSE:
            wrong.append(Wrong("because", gettext("Choose one.")))
        if because == "other" and not note:
            wrong.append(Wrong("note", gettext("Say in a few words why.")))
        if wrong or group is None:
            return page(visit, wrong)
        said: dict[str, Any] = {"outcome": "not_possible", "because": because, "note": note}
        try:
            for id in group.task_ids.values():
                visit.say("isolation", "report_task", id, task_id=id, **said)
        except Refused as refused:
            return page(visit, why(refused))
        return visit.done("not_possible")


def _add_not_at_home(pages: Blueprint, here: Here) -> None:
    def page(visit: Visit, wrong: list[Wrong] | None = None) -> Response:
        return visit.page("not_at_home", wrong)

    @pages.get("/doors/<household>/not-at-home")
    @here
    def not_at_home_page(visit: Visit) -> Response:
        return page(visit)

    @pages.post("/doors/<household>/not-at-home")
    @here
    def not_at_home(visit: Visit) -> Response:
        """It is judged by an officer, who reads what was seen."""
        chosen, saw = visit.chosen(), text_of("saw", 500)
        wrong = [] if chosen else [Wrong("who", gettext("Say of whom."))]
        if not saw:
            wrong.append(Wrong("saw", gettext("Say in a few words what you saw.")))
        if wrong:
            return page(visit, wrong)
        try:
            visit.say("isolation", "report_breach", "all", case_ids=chosen, found="not_at_home", saw=saw)
        except Refused as refused:
            return page(visit, why(refused))
        return visit.done("not_at_home")


def _add_home(pages: Blueprint, here: Here) -> None:
    def page(visit: Visit, wrong: list[Wrong] | None = None) -> Response:
        return visit.page("home_suits", wrong, home_lacks=HOME_LACKS, groups=SPECIAL_GROUPS)

    @pages.get("/doors/<household>/home-suits")
    @here
    def home_suits_page(visit: Visit) -> Response:
        return page(visit)

    @pages.post("/doors/<household>/home-suits")
    @here
    def home_suits(visit: Visit) -> Response:
        """Of all people in the form at once: of whoever joined them since nobody was asked."""
        asked = [id for id in visit.case_ids if f"group-{id}" in request.form]
        suits, lacks = request.form.get("suits", ""), request.form.getlist("lacks")
        lacks = [one for one in HOME_LACKS if one in lacks]
        wrong = [] if suits in ("yes", "no") else [Wrong("suits", gettext("Choose one."))]
        if suits == "no" and not lacks:
            wrong.append(Wrong("lacks", gettext("Say what is missing.")))
        wrong = visit.gone("group", "carer") + wrong
        if not asked and not wrong:
            wrong = [Wrong("main", gettext("Say of whom."))]
        if wrong:
            return page(visit, wrong)
        people = [
            {
                "case_id": id,
                "group": request.form.get(f"group-{id}") or None,
                "carer": text_of(f"carer-{id}", 200) or None,
            }
            for id in asked
        ]
        lacks = lacks if suits == "no" else []
        try:
            visit.say("isolation", "report_home", "all", people=people, lacks=lacks)
        except Refused as refused:
            fields = {f"people[{number}].carer": f"carer-{id}" for number, id in enumerate(asked)}
            return page(visit, why(refused, fields))
        return visit.done("home_suits")


def _add_refusal(pages: Blueprint, here: Here) -> None:
    def page(visit: Visit, wrong: list[Wrong] | None = None) -> Response:
        return visit.page(
            "refusal", wrong, witnesses=_witnesses(visit), refused=REFUSED, reasons=REFUSED_BECAUSE
        )

    @pages.get("/doors/<household>/refusal")
    @here
    def somebody_refuses_page(visit: Visit) -> Response:
        return page(visit)

    @pages.post("/doors/<household>/refusal")
    @here
    def refusal(visit: Visit) -> Response:
        """Each person for themselves: an adult refuses for nobody else, a guardian for a child."""
        said: dict[str, Any] = {name: text_of(name, 500) for name in ("what", "why", "what_would_help")}
        said["witness"], field = _witness(visit)
        chosen = visit.chosen()
        wrong = [] if chosen else [Wrong("who", gettext("Say of whom."))]
        missing = [name for name in ("what", "why", "witness") if not said[name]]
        wrong += [Wrong(field if name == "witness" else name, gettext("Choose one.")) for name in missing]
        if wrong:
            return page(visit, wrong)
        try:
            visit.say("isolation", "report_refusal", "all", case_ids=chosen, **said)
        except Refused as refused:
            return page(visit, why(refused, {"witness": field}))
        return visit.done("refusal")


def _add_notice(pages: Blueprint, here: Here) -> None:
    def page(visit: Visit, wrong: list[Wrong] | None = None) -> Response:
        return visit.page("notice", wrong, witnesses=_witnesses(visit), outcomes=NOTICE_OUTCOMES)

    @pages.get("/doors/<household>/notice")
    @here
    def notice_page(visit: Visit) -> Response:
        return page(visit)

    @pages.post("/doors/<household>/notice")
    @here
    def notice(visit: Visit) -> Response:
        """Who refuses to sign has been handed it all the same, before a witness, and refuses nothing else."""
        outcome, chosen = request.form.get("outcome", ""), visit.chosen()
        wrong = [] if chosen else [Wrong("who", gettext("Say of whom."))]
        if outcome not in NOTICE_OUTCOMES:
            wrong.append(Wrong("outcome", gettext("Choose one.")))
        if wrong:
            return page(visit, wrong)
        said: dict[str, Any] = {"outcome": outcome, "signed_by": text_of("signed_by", 100)}
        witness, field = _witness(visit)
        said |= {"witness": witness} if outcome == "refused_to_sign" else {}
        said |= {"read_aloud": True} if request.form.get("read_aloud") == "yes" else {}
        try:
            visit.say("isolation", "sign_notice", "all", case_ids=chosen, **said)
        except Refused as refused:
            return page(visit, why(refused, {"witness": field}))
        return visit.done("notice")


def _witness(visit: Visit) -> tuple[str, str]:
    """Who is named, and in which field: somebody of the team, or by number anybody else of the staff."""
    if number := text_of("witness_number", 40):
        return number, "witness_number"
    return text_of("witness", 40), "witness" if _witnesses(visit) else "witness_number"


def _witnesses(visit: Visit) -> list[tuple[str, str]]:
    """Of the team, but for whoever asks."""
    own = acting().author.id
    return [
        (one["staff_id"], one["name"] or one["staff_id"])
        for one in visit.document["team"]
        if one["staff_id"] != own
    ]
