"""A case: masked until somebody says why, with its tasks, its history, and what an officer decides of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from flask import Blueprint, make_response, redirect, render_template, request
from werkzeug.wrappers import Response

from chassis.ids import new_id
from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import DoorAway, Doors
from services.console.pages.catalogues import N_, gettext
from services.console.pages.entry.keys import key_of_form
from services.console.pages.entry.numbers import number_of
from services.console.pages.entry.who import acting, only_in
from services.console.pages.languages import language
from services.console.pages.officers.acts import Became, again, say, typed
from services.console.pages.officers.asking import Asking, Names
from services.console.pages.officers.cells import author_of, day, day_of, moment, place_of, staff_of
from services.console.pages.officers.decisions import SHOWN
from services.console.pages.officers.history import detail_of, what_of
from services.console.pages.officers.lists import STATUS
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.households import read_stages

SAID: Final = {
    "released": N_("The case is ended. The resident is told, and the worker."),
    "release": N_("The case is ended. The resident is told, and the worker."),
    "handed_over": N_("The case is handed over. The new owner and the resident are told."),
    "cancel": N_("The case is taken back. The resident is told, and the worker."),
    "refuse": N_("The refusal is decided. You have a task until that is settled."),
    "resume": N_("The case goes on as before the refusal."),
    "move_to_central": N_("The case ends here: the central site looks after them."),
    "bed": N_("A bed is held for them. Until they are admitted they are followed here: you have a task."),
    "carer_named": N_("The carer is named. Tell the centre."),
    "carer_named_moved": N_("The carer is named. Their room is another one now: tell the centre."),
    "move_to_hospital": N_("The case ends here. Call them: no text was sent."),
    "transfer": N_("Noted. They are followed here until the other district takes over: you have a task."),
    "asked_community": N_("The other community is asked. They are followed here until it takes them over."),
    "reopen": N_("The case is open again. The resident is told, and the worker."),
    "contact": N_("It stands on the contacts' list. Somebody tells them, before any text."),
    "waived": N_("The task is waived."),
    "taken": N_("The task is to be done again."),
    "done": N_("The task is done."),
}
_LIST_CONTACTS: Final = "list_contacts"
_OF_CONTACTS: Final = (_LIST_CONTACTS, "tell_contacts", "correct_contacts")
_DECIDED_AT: Final = {
    **dict.fromkeys(("decide_permit", "urgent_permit", "review_permit"), "permits_to_decide"),
    "judge_breach": "breaches_to_judge",
    "confirm_admission": "on_the_way",
}
"""Kind of task that ends with a decision about one thing -> the list on whose page that is decided."""
_LIVE: Final = ("missed", "not_possible", "due")
_OF_TRANSFER: Final = ("confirm_transfer", "settle_transfer")


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that was sent and not done, as the page shows it again.

    :param form: `reveal`, `hand_over`, `release`, or the id of a task.
    """

    form: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    became: Became | None = None


def add_case(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/cases/<case_id>")
    @only_in(work, "officer")
    def case_page(case_id: str) -> Response:
        return _page(doors, case_id, Tried())

    @pages.post("/cases/<case_id>/reveal")
    @only_in(work, "officer")
    def reveal(case_id: str) -> Response:
        given = typed("reason")
        try:
            full = doors.reveal("isolation", "case", case_id, acting(given["reason"]))
        except DoorAway:
            return again()
        except Refused as refused:
            wrong = {"reason": gettext("Say why, in 3 to 500 characters. Your reason is kept.")}
            return _page(doors, case_id, Tried("reveal", given, Became(refused.kind, wrong=wrong)))
        return _page(doors, case_id, Tried("reveal"), full)

    @pages.post("/cases/<case_id>/hand-over")
    @only_in(work, "officer")
    def hand_over(case_id: str) -> Response:
        given = typed("to", "note", "expects")
        data = {"case_id": case_id, "to": given["to"], "expects": number_of(given["expects"])}
        became = say(
            doors, "isolation", "hand_over_case", key_of_form(), data | _noted(given["note"], "note")
        )
        return _after(doors, case_id, "handed_over", Tried("hand_over", given, became))

    @pages.post("/cases/<case_id>/release")
    @only_in(work, "officer")
    def release(case_id: str) -> Response:
        given = typed("expects")
        data = {"case_id": case_id, "decision": "release", "expects": number_of(given["expects"])}
        became = say(doors, "isolation", "decide_case", key_of_form(), data)
        return _after(doors, case_id, "released", Tried("release", given, became))

    @pages.post("/cases/<case_id>/contacts")
    @only_in(work, "officer")
    def list_contact(case_id: str) -> Response:
        given = typed("kind", "name", "phone", "address", "last_on", "lives_there", "remark")
        wrong = {name: gettext("This is still missing.") for name in ("name", "last_on") if not given[name]}
        if given["last_on"] and not _is_day(given["last_on"]):
            wrong["last_on"] = gettext("Say a day, such as 2022-10-01.")
        if wrong:
            return _page(doors, case_id, Tried("contact", given, Became("invalid", wrong=wrong)))
        data: dict[str, Any] = {"case_id": case_id, "lives_there": bool(given["lives_there"])}
        data |= {name: given[name] for name in ("kind", "name", "phone", "address", "last_on") if given[name]}
        data |= _noted(given["remark"], "note")
        became = say(doors, "isolation", "list_close_contact", key_of_form(), data)
        return _after(doors, case_id, "contact", Tried("contact", given, became))

    @pages.post("/cases/<case_id>/tasks/<task_id>")
    @only_in(work, "officer")
    def decide(case_id: str, task_id: str) -> Response:
        given = typed("what", "reason", "expects")
        note = _noted(given["reason"], "note")
        if given["what"] == "waived":
            data: dict[str, Any] = {
                "task_id": task_id,
                "reason": given["reason"],
                "expects": number_of(given["expects"]),
            }
            became = say(doors, "isolation", "waive_task", key_of_form(), data)
        else:
            outcome = "done" if given["what"] == "done" else "taken"
            data = {"task_id": task_id, "outcome": outcome, **note}
            became = say(doors, "isolation", "report_task", key_of_form(), data)
        return _after(doors, case_id, given["what"], Tried(task_id, given, became))


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _noted(text: str, name: str) -> dict[str, str]:
    return {name: text} if text else {}


def _after(doors: Doors, case_id: str, said: str, tried: Tried) -> Response:
    assert tried.became
    if tried.became.kind == "away":
        return again()
    if tried.became.kind == "done":
        return redirect(f"/cases/{case_id}?said={said}", 303)
    return _page(doors, case_id, tried)


def _page(doors: Doors, case_id: str, tried: Tried, full: Mapping[str, Any] | None = None) -> Response:
    asking = Asking(doors)
    try:
        story = asking.thing("isolation", "case_story", case_id)
    except Refused as refused:
        return refusal_page(STATUS[refused.kind])
    if story is None:
        names = asking.names()
        return make_response(render_template("officers/case.html", story=None, missing=asking.missing), 503)
    names = asking.names(
        {story["owner"], *(one["staff_id"] for one in (*story["team"], *story["tasks"]))}
        | {act["staff_id"] for task in story["tasks"] for act in task["acts"]}
        | {who for line in story["history"] for who in _people(line)},
        {story[level] for level in ("grid", "community", "street")},
    )
    as_of = datetime.fromisoformat(story["as_of"])
    live = [task for task in story["tasks"] if task["state"] in _LIVE]
    begun = [task for task in live if datetime.fromisoformat(task["due_from"]) <= as_of]
    page = render_template(
        "officers/case.html",
        story=story,
        full=full,
        shown={
            "place": place_of(story, names),
            "day": day_of(story, as_of),
            "policy": _policy(story),
            # A version of isolation before does not say the first day.
            "counted_from": day(story.get("first_day") or story["counted_from"]),
            "entered_on": day(story["entered_on"]) if story.get("entered_on") else "",
            "release_on": day(story["release_on"]),
            "then": read_stages(story.get("then", ())),
            "closed_at": moment(story["closed_at"]) if story["closed_at"] else "",
            "as_of": moment(story["as_of"]),
        },
        names=names,
        next=min(live, key=lambda task: str(task["due_by"]), default=None),
        groups=[
            begun,
            [task for task in live if task not in begun],
            [task for task in story["tasks"] if task["state"] not in _LIVE],
        ],
        moment=moment,
        history=[
            (
                moment(line["at"]),
                author_of(line["who"], names) if line["who"] else None,
                what_of(line),
                detail_of(line, names),
            )
            for line in story["history"]
        ],
        transferring=any(task["kind"] in _OF_TRANSFER for task in live),
        decisions=[(one, SHOWN[one].title) for one in story.get("decisions") or () if _is_shown(one, story)],
        **_contacts(asking, story, names),
        judged_at=_DECIDED_AT,
        candidates=candidates(asking, story, names) if not story["closed_at"] else [],
        tried=tried,
        said=SAID.get(request.args.get("said", "")),
        key=new_id,
        missing=asking.missing,
    )
    return make_response(page, tried.became.status if tried.became else 200)


def _is_shown(decision: str, story: Mapping[str, Any]) -> bool:
    """Whoever is followed here is released below, or from the list of those who can be."""
    return decision in SHOWN and (decision != "release" or story["state"] == "moved_to_central")


def _contacts(asking: Asking, story: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """The contacts' list of somebody positive: what is still to be told, and whether more can be listed."""
    kinds = {task["kind"] for task in story["tasks"] if task["kind"] in _OF_CONTACTS}
    if not kinds or not names.may("isolation", "close_contacts"):
        return {"contacts": [], "shows_contacts": False, "may_list": False}
    try:
        page = asking.rows("isolation", "close_contacts", {"case_id": story["case_id"]})
    except Refused:
        page = None
    rows = [(row, day(row["last_on"]), moment(row["due_by"])) for row in page.rows] if page else []
    may_list = _LIST_CONTACTS in kinds and names.may("isolation", "list_close_contact")
    return {"contacts": rows, "shows_contacts": True, "may_list": may_list}


def _policy(story: Mapping[str, Any]) -> str:
    """Its name: in Chinese as it was published, in other languages the word for its edition."""
    published = story.get("policy_title") if language() == "zh-CN" else None
    return str(published or story["edition"] or "")


def _people(line: Mapping[str, Any]) -> Sequence[str | None]:
    """Ids of staff in a line of history."""
    found: list[Any] = [staff_of(line["who"])] if line["who"] else []
    for name in ("from", "to", "owner", "witness"):
        value = line["with"].get(name)
        found += value if isinstance(value, list) else [value]
    return [one for one in found if isinstance(one, str)]


def candidates(asking: Asking, story: Mapping[str, Any], names: Names) -> list[tuple[str, str, str]]:
    """(staff_id, name, role) of those who work at a place of the case and are there."""
    found: dict[str, tuple[str, str, str]] = {}
    for level in ("grid", "community", "street"):
        if not story[level]:
            continue
        try:
            page = asking.rows("registration", "staff", {"place": story[level]})
        except Refused:
            return []
        for row in page.rows if page else ():
            if row["active"] and row["staff_id"] != story["owner"]:
                found[row["staff_id"]] = (row["staff_id"], row["name"], row["role"])
    named = asking.names(found)
    return [(id, named.of_staff(id), role) for id, _, role in found.values()]
