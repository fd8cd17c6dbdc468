"""The page of one household: who, what is due, how to reach it; and what is done there with one tap."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Final

from flask import Blueprint, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from contracts.faults import Refused
from field.telling_apart import Label
from field.visiting import LAST_TRY, next_try
from field.words import HOW_KNOWN
from services.console.doors import DoorAway, Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.kept import again_page, typed_now
from services.console.pages.entry.keys import key_of_act, key_that_stays
from services.console.pages.entry.who import acting, only_in
from services.console.pages.refusals import refusal_page
from services.console.pages.shown.needs import read_needs
from services.console.pages.shown.permits import read_permits
from services.console.pages.shown.revocable import revocable_in
from services.console.pages.shown.rounds import (
    FIRST_VISIT,
    LIVE,
    NEEDS,
    Group,
    Household,
    clock,
    household_of,
)
from services.console.pages.shown.rows import Viewer, Wrong
from services.console.pages.workers.faults import why
from services.console.phone_acts.act import read_moment

View = Callable[..., Response]

_OF_EACH: Final = frozenset({FIRST_VISIT, "see_abnormal", "see_silent", "test", "call_them", "visit_them"})
"""Kinds of task that are done for each person: nobody is called seen whom nobody saw."""
MOST_TASKS: Final = 100
"""In one form."""
AT_MOST_AGO: Final = timedelta(hours=72)
"""What is older is judged by an officer."""
_ELSEWHERE: Final = frozenset({"check_in", "signed_notice", *NEEDS})
"""Kinds that have a form of their own."""


class Visit:
    """One household, as its page was asked for.

    :param now: field time, in the district's zone.
    """

    def __init__(self, doors: Doors, id: str) -> None:
        """Raises Refused, DoorAway."""
        self.doors = doors
        document = doors.look_up("isolation", "my_household", acting(), {"household": id})
        self.id = id
        self.now = g.as_of = datetime.fromisoformat(document["as_of"])
        self.household: Household = household_of(document, self.now)
        self.document = document
        self.case_ids = [person["case_id"] for person in document["people"]]

    @property
    def at(self) -> datetime | None:
        """When the form was sent, where the phone says it, in the district's zone; never after it came, as
        doors read it, too.
        """
        said = read_moment(request.form.get("at", ""))
        return min(said, self.now).astimezone(self.now.tzinfo) if said else None

    def phones(self) -> list[tuple[str, Label]]:
        """Each number once, with whose it is."""
        found: dict[str, Label] = {}
        for person in self.document["people"]:
            if person["phone"]:
                found.setdefault(person["phone"], self.household.labels[person["case_id"]])
        return list(found.items())

    def chosen(self, field: str = "who") -> list[str]:
        """The cases of the people who stand in the form; nobody where one of them is followed here no more:
        what was said of two is not said of one.
        """
        named = request.form.getlist(field)
        return [id for id in self.case_ids if id in named] if set(named) <= set(self.case_ids) else []

    def gone(self, *fields: str) -> list[Wrong]:
        """What is wrong where something was typed of somebody who is followed here no more.

        :param fields: whose names end in a case: `temperature` of `temperature-<case>`.
        """
        typed = (name.partition("-") for name, value in request.form.items(multi=True) if value)
        of = {case_id for field, _, case_id in typed if field in fields}
        says = gettext("Somebody in it is followed here no more: nothing is sent yet. Look at who is left.")
        return [Wrong("main", says)] if of - set(self.case_ids) else []

    def say(
        self,
        service: str,
        command: str,
        key: str,
        /,
        *,
        emptied: Sequence[str] = (),
        of_now: bool = False,
        **data: Any,
    ) -> Any:
        """What is empty is left out. A form that is sent twice is one act. Raises Refused, DoorAway.

        :param key: tells what one form says of several things apart.
        :param emptied: what is said when it is empty, too: it was taken away.
        :param of_now: what is said was made from what stands there now, not when the form was sent.
        """
        given = {name: value for name, value in data.items() if value not in (None, "") or name in emptied}
        key, at = key_of_act(given, key), None if of_now else read_moment(request.form.get("at", ""))
        return self.doors.say(service, command, acting(), key, given | ({"at": at.isoformat()} if at else {}))

    def done(self, said: str, **more: str) -> Response:
        """Back to the page of the household, which says what was done."""
        g.said = said
        given: dict[str, Any] = {"household": self.household.id, "said": said, **more}
        return redirect(url_for("workers.household_page", **given), 303)

    def page(self, template: str, wrong: list[Wrong] | None = None, /, **more: Any) -> Response:
        """A form that comes back keeps its key: what was done of it is not done twice."""
        g.wrong = wrong or []
        shown = {
            "typed": request.form,
            "wrong": wrong or [],
            "fault": {one.field: one.says for one in wrong or []},
        }
        page = render_template(
            f"workers/{template}.html",
            visit=self,
            household=self.household,
            document=self.document,
            home=url_for("workers.household_page", household=self.household.id),
            key=key_that_stays(),
            **shown,
            **more,
        )
        return make_response(page, 422 if wrong else 200)


def see_as(document: Mapping[str, Any]) -> None:
    """The head of the page names whoever is in, as the door knows them: an account has only a number."""
    if you := document.get("you"):  # a door of the version before says nothing of them
        g.viewer = Viewer(you["name"] or g.viewer.name, you["role"])


def text_of(field: str, most: int) -> str:
    """:param most: characters that are read."""
    return request.form.get(field, "")[:most].strip()


def at_household(work: Work, doors: Doors) -> Callable[[View], View]:
    """The view gets the household as a Visit. Whoever does not go there finds nothing.

    Where a door is away, what was typed stands in a page from which it is sent again.
    """

    def guarded(view: View) -> View:
        @only_in(work, "worker", "officer")
        @wraps(view)
        def seen(household: str, **given: str) -> Response:
            try:
                try:
                    if "visit" not in g:
                        g.visit = Visit(doors, household)
                except Refused:
                    return refusal_page(404)
                see_as(g.visit.document)
                late = g.visit.at and g.visit.now - g.visit.at > AT_MOST_AGO
                if late and not g.get("officer_enters"):
                    g.too_old = True
                    return refusal_page(422, [gettext("It is more than 72 hours old.")])
                return view(g.visit, **given)
            except DoorAway:
                if request.method != "POST":
                    raise
                return again_page(request.path, typed_now(), away=True)

        return seen

    return guarded


def add_household(pages: Blueprint, work: Work, doors: Doors) -> None:
    here = at_household(work, doors)

    @pages.get("/doors/<household>")
    @here
    def household_page(visit: Visit) -> Response:
        return page_of_household(visit)

    @pages.post("/doors/<household>/done")
    @here
    def done(visit: Visit) -> Response:
        """What was settled meanwhile stays as it is; sent twice, it was settled by the form itself."""
        chosen, how = request.form.getlist("task")[:MOST_TASKS], request.form.get("how", "")
        if how not in HOW_KNOWN:
            return refusal_page(404)
        if not chosen:
            return page_of_household(
                visit, [Wrong(_box_of(visit, request.form.get("of", "")), gettext("Say of whom."))]
            )
        tasks = {task["task_id"]: task for task in visit.document["tasks"]}
        live = [id for id in chosen if id in tasks and tasks[id]["state"] in LIVE]
        try:
            for id in live:
                visit.say("isolation", "report_task", id, task_id=id, outcome="done", how=how)
        except Refused as refused:
            return page_of_household(visit, why(refused))
        others = [tasks.get(id) for id in chosen if id not in live]
        return visit.done("done" if all(_done_by_me(task) for task in others) else "changed")

    @pages.post("/doors/<household>/no-answer")
    @here
    def no_answer(visit: Visit) -> Response:
        """Of the tasks that stood on the page: others may have begun since, or be settled."""
        chosen = set(request.form.getlist("task")[:MOST_TASKS])
        if not chosen:
            return page_of_household(visit, [Wrong("main", gettext("Say of whom."))])
        open_here = [group for group in visit.household.groups if group.mine and group.live]
        tried = [
            (group, case_id, task_id)
            for group in open_here
            for case_id, task_id in group.task_ids.items()
            if task_id in chosen
        ]
        at = visit.at or visit.now
        terms = {task["task_id"]: datetime.fromisoformat(task["due_by"]) for task in visit.document["tasks"]}
        tries = {task_id: next_try(at, terms[task_id]) for _, _, task_id in tried}
        again = min((moment for moment in tries.values() if moment), default=None)
        try:
            for group, case_id, task_id in tried:  # one ring is for all of them; a term is held no longer
                until = again if again and tries[task_id] else terms[task_id]
                _try_in_vain(visit, group, case_id, task_id, until)
        except Refused as refused:
            return page_of_household(visit, why(refused))
        if len(tried) < len(chosen):
            return visit.done("changed")
        without = min((terms[task_id] for task_id, moment in tries.items() if not moment), default=None)
        shown = {name: moment for name, moment in (("again", again), ("term", without)) if moment}
        said = {name: clock(moment.isoformat(), at) for name, moment in shown.items()}
        return visit.done("no_answer", **said)


def _box_of(visit: Visit, task_id: str) -> str:
    """The field where it is chosen of whom one of these tasks is done."""
    group = next((one for one in visit.household.groups if task_id in one.task_ids.values()), None)
    return f"who-{next(iter(group.task_ids.values()))}" if group else "main"


def _done_by_me(task: Any) -> bool:
    """:param task: None: it is not there any more."""
    return bool(task and task["state"] == "done" and task["last"] and task["last"]["own"])


def _try_in_vain(visit: Visit, group: Group, case_id: str, task_id: str, until: datetime) -> None:
    """Registration counts how often somebody was not met, and tells isolation of the first visit."""
    if group.row.kind == FIRST_VISIT:
        visit.say(
            "registration",
            "follow_arrival",
            case_id,
            arrival_id=case_id,
            outcome="no_answer",
            how="seen",
            try_again_at=until.isoformat(),
        )
    else:
        visit.say(
            "isolation",
            "report_task",
            task_id,
            task_id=task_id,
            outcome="attempt",
            next_try_at=until.isoformat(),
        )


def page_of_household(visit: Visit, wrong: list[Wrong] | None = None) -> Response:
    said = request.args.get("said", "") if request.method == "GET" else ""
    mine = [group for group in visit.household.groups if group.mine]
    return visit.page(
        "household",
        wrong,
        mine=mine,
        others=[group for group in visit.household.groups if not group.mine],
        of_each=_OF_EACH,
        elsewhere=_ELSEWHERE,
        of_needs=NEEDS,
        needs=read_needs(visit.document.get("needs", ())),
        permits=read_permits(visit.document.get("permits", ())),
        can_try=any(group.is_tried for group in mine),
        said=said_of(said),
        changed=said == "changed",
        me=acting().author.id,
        check_ins=visit.document["check_ins"],
        revocable=revocable_in(visit.document["tasks"], visit.now),
        clock=lambda moment: clock(moment, visit.now),
        help_now=_help(visit),
    )


def said_of(code: str) -> str:
    """What was just done, as the page says it; "" for what nobody here says."""
    known: dict[str, str] = {
        "done": gettext("Done, and noted."),
        "changed": gettext("It has changed meanwhile: what was open is noted, the rest stays as it was."),
        "no_answer": _no_answer(),
        "check_in": gettext("The check-in is sent. This is how it was read:"),
        "corrected": gettext("Corrected. The first value is kept; whoever was alarmed is told."),
        "taken_back": gettext("Taken back: it is as if it had not been said. Both stay in the history."),
        "mended": gettext("Mended. Messages go by it from now on."),
        "added": gettext("Added. They are followed with the household; their tasks come in a moment."),
        "followed": gettext("Noted. What must be settled stands on your officer's list, with a clock."),
        "not_here": gettext(
            "Noted: not known here. The case ends with it, and your officer asks what became of them."
        ),
        "lives_elsewhere": gettext("Noted, and the address is mended: they are followed there from now on."),
        "not_yet_come": gettext(
            "Noted: not yet come. They stand among the expected arrivals, and are followed once they come."
        ),
        "not_possible": gettext("Noted. Your officer decides what is done now."),
        "home_suits": gettext("Noted. Where somebody cannot stay here, your officer decides where they go."),
        "not_at_home": gettext("Noted. Your officer is told, and judges it; whoever has leave may be away."),
        "refusal": gettext("Noted with the witness. Your officer finds out what would help."),
        "notice": gettext("The notice is noted."),
        "permit": gettext("Noted. It stands below: an officer decides, an emergency is told at once."),
        "passage_out": gettext("Noted: they are out."),
        "passage_back": gettext("Noted: they are back."),
        "need": gettext("Noted. It stands below, with its clock; what cannot wait is told at once."),
        "need_seen": gettext("Noted: you do it. The household sees that."),
        "need_met": gettext("Noted: it is met. The household sees that."),
        "need_withdrawn": gettext("Noted: it is needed no more."),
        "contact": gettext("Noted for everybody who comes to this door."),
    }
    return known.get(code, "")


def _no_answer() -> str:
    """When it is tried next, and what of it has no try left."""
    again, term = (request.args.get(name, "")[:11] for name in ("again", "term"))
    if again and term:
        said: str = gettext(
            "No answer: noted. Next try %(time)s. What is due by %(term)s has no try left: it is overdue "
            "then, and goes to your officer.",
            time=again,
            term=term,
        )
    elif term:
        said = gettext(
            "No answer: noted. No try is left before its term, %(term)s: it is overdue then, and goes to "
            "your officer.",
            term=term,
        )
    elif " " in again:  # a clock with its day
        said = gettext(
            "No answer: noted. No try is left today: nobody rings at a door after %(last)s. Next try "
            "%(time)s.",
            last=LAST_TRY.strftime("%H:%M"),
            time=again,
        )
    else:
        said = gettext("No answer: noted. Next try %(time)s.", time=again)
    return said


def _help(visit: Visit) -> list[tuple[str, str]]:
    """Whom to ring at once."""
    numbers = [(gettext("120, ambulance"), "120")]
    names = {"health_worker": gettext("health worker"), "community_officer": gettext("community officer")}
    for role, name in names.items():
        member = next((one for one in visit.document["team"] if one["role"] == role and one["phone"]), None)
        if member:
            numbers.append((name, member["phone"]))
    return numbers
