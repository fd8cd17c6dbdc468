"""What phones kept and could not be done: an officer sees why, enters it or dismisses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from flask import Blueprint, Response, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from chassis.doors.roles import roles
from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.ids import is_id
from field.telling_apart import Label
from services.console.accounts.acts import note
from services.console.doors import DoorAway, Doors
from services.console.pages.entry.kept import again_page, typed_now
from services.console.pages.entry.who import acting, only_in
from services.console.pages.refusals import refusal_page
from services.console.pages.workers.household import Visit
from services.console.pages.workers.not_done import because_of
from services.console.pages.workers.typed import typed_in
from services.console.pages.workers.without_network import Away, carry_out
from services.console.phone_acts.act import Act, read_act
from services.console.phone_acts.keys import ActKeys, NotOpened
from services.console.phone_acts.queries import Kept, kept_act, waiting, waiting_by_staff
from services.console.phone_acts.settle import account_of_lines, claim_act, close_act

_MOST_NAMES: Final = 500
"""So many the register says at once."""


_MOST_TRIED: Final = 20
"""Ids in an act that may be of its household's people."""
_NEAR: Final = timedelta(hours=1)
_REPORTED: Final = ("isolation", "report_task")
_SAID_BY: Final[Mapping[str, tuple[str, str]]] = {
    "check-in": ("isolation", "report_check_in"),
    "correct": ("isolation", "report_check_in"),
    "take-back": ("isolation", "take_back_report"),
    "notice": ("isolation", "sign_notice"),
    "refusal": ("isolation", "report_refusal"),
    "home-suits": ("isolation", "report_home"),
    "contact": ("isolation", "change_contact"),
    "need": ("isolation", "ask_need"),
    "need-answer": ("isolation", "answer_need"),
    "permit": ("isolation", "request_permit"),
    "passage": ("isolation", "report_passage"),
    "not-at-home": ("isolation", "report_breach"),
    "mend": ("registration", "mend_person"),
    "person": ("registration", "mend_person"),
    "not-found": ("registration", "follow_arrival"),
}
"""Name of a form -> the act at a door that not every officer may do."""


@dataclass(frozen=True, slots=True)
class Row:
    """:param name: of the author, or of whoever's phone sent it, as the register has it."""

    kept: Kept
    name: str
    because: str


@dataclass(frozen=True, slots=True)
class Near:
    """Something that is recorded of a household already.

    :param at: ISO 8601 with its time zone.
    :param task: kind of the task of which something was said; "": it is a check-in, with `degrees`.
    """

    of: Label
    at: str
    task: str = ""
    degrees: float | None = None

    @property
    def moment(self) -> datetime:
        return datetime.fromisoformat(self.at)


def add_from_phones(pages: Blueprint, work: Work, doors: Doors, keys: ActKeys) -> None:
    def mine(id: str) -> Row | None:
        with work.look() as uow:
            kept = kept_act(uow, id)
        if kept is None or kept.state != "refused":
            return None
        names = _names(doors, [kept.staff_id])
        return _row(kept, names) if kept.staff_id in names else None

    @pages.get("/from-phones")
    @only_in(work, "officer")
    def from_phones() -> Response:
        with work.look() as uow:
            names = _names(doors, sorted(waiting_by_staff(uow)))
            after = request.args.get("after", "")
            found, next_after = waiting(uow, names, after)
        page = render_template(
            "workers/from_phones.html",
            rows=[_row(one, names) for one in found],
            first=url_for("workers.from_phones") if after else "",
            next=url_for("workers.from_phones", after=next_after) if next_after else "",
        )
        return make_response(page)

    @pages.post("/from-phones/<id>")
    @only_in(work, "officer")
    def act_from_phone(id: str) -> Answer:
        """What was typed: that it was looked at is noted."""
        row = mine(id)
        if row is None:
            return refusal_page(404)
        with work.unit() as uow:
            note(uow, account_of_lines(row.kept, g.who.account), g.who.account.name, "phone_act_shown")
        return _page(doors, row, keys)

    @pages.post("/from-phones/<id>/enter")
    @only_in(work, "officer")
    def enter_act(id: str) -> Answer:
        """In the officer's own name, with its own time."""
        row = mine(id)
        act = opened(keys, row.kept) if row else None
        if row is None or act is None:
            return refusal_page(404)
        g.officer_enters = True
        try:
            with work.unit() as uow:
                kept = claim_act(uow, id)  # or two officers would do it twice
                not_done, says = carry_out(g.who, act)
                if not not_done:
                    close_act(uow, id, "entered", g.who.account)
        except (Away, DoorAway):
            return again_page(request.path, typed_now(), away=True)
        if not_done:
            return _page(doors, row, keys, because_of(replace(kept, because=not_done, says=says)), 422)
        return redirect(url_for("workers.from_phones"), 303)

    @pages.post("/from-phones/<id>/dismiss")
    @only_in(work, "officer")
    def dismiss_act(id: str) -> Answer:
        if mine(id) is None:
            return refusal_page(404)
        with work.unit() as uow:
            close_act(uow, id, "dismissed", g.who.account)
        return redirect(url_for("workers.from_phones"), 303)


def opened(keys: ActKeys, kept: Kept) -> Act | None:
    try:
        return read_act(keys.open(kept.sealed or ""))
    except NotOpened:
        return None


def _page(doors: Doors, row: Row, keys: ActKeys, wrong: str = "", status: int = 200) -> Response:
    act = opened(keys, row.kept)
    visit = _visit(doors, act)
    reached = visit is not None or (act is not None and _reaches(doors, act))
    page = render_template(
        "workers/from_phone.html",
        row=row,
        act=act,
        visit=visit,
        may_enter=act and visit and _may(doors, act),
        reached=reached,
        typed=typed_in(act, visit) if act and reached else [],
        near=_near(visit, act) if act and visit else [],
        wrong=wrong,
    )
    return make_response(page, status)


def _reaches(doors: Doors, act: Act) -> bool:
    """Whether somebody of the household is at the officer's places, also when nobody goes there any more.

    Raises DoorAway.
    """
    parts = [part for name, value in act.fields for part in (name.partition("-")[2], value)]
    for id in [one for one in dict.fromkeys([act.household, *parts]) if is_id(one)][:_MOST_TRIED]:
        try:
            case = doors.thing("isolation", "case", id, acting())
        except Refused:
            continue  # no case, or one of other places
        if act.household in (case["household_id"], case["case_id"]):
            return True
    return False


def _may(doors: Doors, act: Act) -> bool:
    """Whether the officer's role may say at a door what this form says."""
    you = doors.look_up("registration", "names", acting(), {})["you"]
    return bool(you and roles().may(you["role"], *_SAID_BY.get(act.what, _REPORTED)))


def _near(visit: Visit, act: Act) -> list[Near]:
    """What was recorded there within an hour of it, which may be the same."""
    labels = visit.household.labels
    found = [
        Near(labels[one["case_id"]], one["at"], degrees=one["temperature"])
        for one in visit.document["check_ins"]
    ]
    found += [
        Near(labels[task["case_id"]], task["last"]["at"], task=task["kind"])
        for task in visit.document["tasks"]
        if task["last"]
    ]
    found = [one for one in found if abs(one.moment - act.at) <= _NEAR]
    return sorted(found, key=lambda one: one.at)


def _visit(doors: Doors, act: Act | None) -> Visit | None:
    """The household as it is now, where the officer reaches it."""
    try:
        return Visit(doors, act.household) if act else None
    except (Refused, DoorAway):
        return None


def _row(kept: Kept, names: Mapping[str, str]) -> Row:
    return Row(kept, names[kept.staff_id], because_of(kept))


def _names(doors: Doors, staff_ids: Sequence[str]) -> Mapping[str, str]:
    """Of those of them who work, or worked, at the officer's places. Raises Refused, DoorAway."""
    names: dict[str, str] = {}
    for turn in range(0, len(staff_ids), _MOST_NAMES):
        wanted = {"staff": staff_ids[turn : turn + _MOST_NAMES]}
        known = doors.look_up("registration", "names", acting(), wanted)["staff"]
        names |= {id: known[id]["name"] or id for id in wanted["staff"] if id in known and known[id]["yours"]}
    return names
