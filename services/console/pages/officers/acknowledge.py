"""A wave of overdue tasks is acknowledged: chosen, looked at, said once, with an outcome for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final

import flask_babel
from flask import Blueprint, g, make_response, render_template, request
from werkzeug.wrappers import Response

from chassis.ids import new_id
from chassis.unit_of_work import Work
from field.words import ACKNOWLEDGED_BECAUSE, RUNG_OF_ROLE, RUNGS
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.clock import in_words
from services.console.pages.entry.keys import key_of_form
from services.console.pages.entry.who import only_in
from services.console.pages.officers.acts import again, say, typed
from services.console.pages.officers.asking import Asking
from services.console.pages.officers.cells import Cell, moment
from services.console.pages.officers.listed_cases import OVERDUE_TASKS
from services.console.pages.officers.lists import (
    Option,
    ShownList,
    list_of_form,
    list_page,
    with_all_chosen,
)
from services.console.pages.shown.figures import Count, count_in_words
from services.console.pages.shown.rows import Wrong
from services.console.pages.shown.terms import read_time, terms
from services.console.pages.words import word

_HELD: Final = ("held", "climbs")
_SAID_OF: Final = ("held", "climbs", "not_held")
"""What may become of a task that keeps what was said of it."""


@dataclass(frozen=True, slots=True)
class Acknowledging:
    """The form below the list of overdue tasks.

    :param chosen: ids of tasks whose boxes are ticked.
    """

    causes: Sequence[Option]
    untils: Sequence[Option]
    chosen: frozenset[str]
    typed: Mapping[str, str]
    wrong: Sequence[Wrong] = ()

    def fault(self, field: str) -> str:
        return next((one.says for one in self.wrong if one.field == field), "")


def add_acknowledge(pages: Blueprint, doors: Doors, work: Work) -> None:
    @pages.get("/lists/overdue_tasks")
    @only_in(work, "officer")
    def overdue() -> Response:
        every = request.args.get("choose") == "all"
        more = partial(_with_form, every=every)
        return list_page(doors, OVERDUE_TASKS, "officers/overdue.html", more, ("choose",))

    @pages.post("/acknowledge")
    @only_in(work, "officer")
    def look_first() -> Response:
        asking, shown = list_of_form(doors, OVERDUE_TASKS)
        if isinstance(shown, Response):
            return shown
        given = _given()
        ids = request.form.getlist("task_id")
        chosen = [(row, cells) for row, cells in shown.rows if row["task_id"] in ids]
        until = _until(given, shown.read_at)
        if wrong := list(_wrong(given, chosen, until, shown.read_at)):
            form = _form(shown, frozenset(ids), given, wrong)
            more = {**_with_form(shown, False), "form": form}
            page = render_template(
                "officers/overdue.html", of=shown.of, shown=shown, missing=asking.missing, **more
            )
            return make_response(page, 422)
        assert until
        return _preview(asking, shown, chosen, {**given, "until": until.isoformat()}, len(set(ids)))

    @pages.post("/acknowledge/now")
    @only_in(work, "officer")
    def acknowledge() -> Response:
        given, ids = _given(), request.form.getlist("task_id")[:500]
        data = {"task_ids": ids, "until": given["until"], "cause": given["cause"]}
        data |= {"note": given["note"]} if given["note"] else {}
        key = key_of_form()
        became = say(doors, "isolation", "acknowledge_overdue", key, data)
        if became.kind == "away":
            return again()
        asking, shown = list_of_form(doors, OVERDUE_TASKS)
        if isinstance(shown, Response):
            return shown
        if became.kind != "done":
            chosen = [(row, cells) for row, cells in shown.rows if row["task_id"] in ids]
            wrong = [Wrong(field, says) for field, says in became.wrong.items()]
            return _preview(asking, shown, chosen, given, len(ids), wrong, became.status)
        return _outcome(asking, shown, became.result["tasks"], given, key)

    @pages.post("/acknowledge/take-back")
    @only_in(work, "officer")
    def take_back() -> Response:
        ids, wave = request.form.getlist("task_id")[:500], typed("acknowledgement")["acknowledgement"]
        data = {"task_ids": ids, "acknowledgement": wave}
        became = say(doors, "isolation", "take_back_acknowledgement", key_of_form(), data)
        if became.kind == "away":
            return again()
        asking, shown = list_of_form(doors, OVERDUE_TASKS)
        if isinstance(shown, Response):
            return shown
        tasks = became.result["tasks"] if became.kind == "done" else [_unknown(id) for id in ids]
        return _taken_back(asking, shown, tasks, became.status)


def _with_form(shown: ShownList, every: bool) -> Mapping[str, Any]:
    """The form as it stands below the list at first: nothing is chosen, unless all of the page is."""
    chosen = frozenset(row["task_id"] for row, _ in shown.rows if every)
    return {"form": _form(shown, chosen, {}, ()), "all_of_page": with_all_chosen(shown)}


def _given() -> dict[str, str]:
    return typed("cause", "until", "until_at", "note", "list")


def _form(
    shown: ShownList, chosen: frozenset[str], given: Mapping[str, str], wrong: Sequence[Wrong]
) -> Acknowledging:
    causes = [Option(one, word(one)) for one in ACKNOWLEDGED_BECAUSE]
    says = {
        "two_hours": gettext("in two hours"),
        "evening": gettext("this evening"),
        "morning": gettext("tomorrow morning"),
    }
    untils = [Option(name, f"{says[name]} ({in_words(at)})") for name, at in terms(shown.read_at).items()]
    return Acknowledging(causes, [*untils, Option("at", gettext("another time"))], chosen, given, wrong)


def _until(given: Mapping[str, str], now: datetime) -> datetime | None:
    of_choice = terms(now).get(given["until"])  # type: ignore[call-overload]
    return of_choice or (read_time(given["until_at"], now) if given["until"] == "at" else None)


def _wrong(
    given: Mapping[str, str], chosen: Sequence[Any], until: datetime | None, now: datetime
) -> Sequence[Wrong]:
    found = []
    if not chosen:
        found.append(Wrong("tasks", gettext("Choose the tasks that you mean.")))
    if given["cause"] not in ACKNOWLEDGED_BECAUSE:
        found.append(Wrong("cause", gettext("Say why they are late.")))
    elif given["cause"] == "other" and not given["note"]:
        found.append(Wrong("note", gettext("Say in words what else it is.")))
    if not given["until"]:
        found.append(Wrong("until", gettext("Say by when they will be done.")))
    elif until is None:
        found.append(Wrong("until_at", gettext("Say a day and a time, such as 2022-10-01 18:00.")))
    elif until <= now:
        found.append(Wrong("until_at", gettext("Say a time that is still to come.")))
    return found


def _preview(
    asking: Asking,
    shown: ShownList,
    chosen: Sequence[tuple[Mapping[str, Any], tuple[Cell, ...]]],
    given: Mapping[str, str],
    wanted: int,
    wrong: Sequence[Wrong] = (),
    status: int = 200,
) -> Response:
    households = {row["household_id"] or row["case_id"] for row, _ in chosen}
    page = render_template(
        "officers/acknowledge.html",
        shown=shown,
        chosen=chosen,
        counted=count_in_words(Count(len(chosen), len(households), "tasks"), flask_babel),
        above=sum(_is_known_above(row["told_level"]) for row, _ in chosen),
        gone=wanted - len(chosen),
        given=given,
        until=moment(given["until"]),
        wrong=wrong,
        key=new_id(),
        missing=asking.missing,
    )
    return make_response(page, status)


def _is_known_above(level: str | None) -> bool:
    """Whether a level above that of whoever is in was informed of a task."""
    own = RUNG_OF_ROLE.get(g.viewer.role)
    return own in RUNGS and level in RUNGS and RUNGS.index(level) > RUNGS.index(own)


def _outcome(
    asking: Asking, shown: ShownList, tasks: Sequence[Mapping[str, Any]], given: Mapping[str, str], wave: str
) -> Response:
    """:param wave: the key of the act, by which it is taken back."""
    rows = {row["task_id"]: cells for row, cells in shown.rows}
    steps = {row["task_id"]: row["next_step_at"] for row, _ in shown.rows}
    tasks = [_as_it_stands(task, steps.get(task["task_id"])) for task in tasks]
    tasks = sorted(tasks, key=lambda task: task["became"] in _HELD)  # what was not done is seen first
    outcomes = [(rows.get(task["task_id"], ()), _became(task, given["until"])) for task in tasks]
    held = sum(task["became"] in _HELD for task in tasks)
    page = render_template(
        "officers/acknowledged.html",
        shown=shown,
        outcomes=outcomes,
        held=held,
        not_held=len(tasks) - held,
        said=[task["task_id"] for task in tasks if task["became"] in _SAID_OF],
        wave=wave,
        key=new_id(),
        missing=asking.missing,
    )
    return make_response(page)


def _taken_back(
    asking: Asking, shown: ShownList, tasks: Sequence[Mapping[str, Any]], status: int
) -> Response:
    rows = {row["task_id"]: cells for row, cells in shown.rows}
    says = {
        "taken_back": gettext("taken back: it goes on as before"),
        "too_late": gettext("more than two minutes ago: it stays acknowledged"),
        "not_acknowledged": gettext("not acknowledged by you just now: nothing was done"),
    }
    unknown = gettext("not there, or not yours")
    back = sum(task["became"] == "taken_back" for task in tasks)
    page = render_template(
        "officers/taken_back.html",
        shown=shown,
        outcomes=[(rows.get(task["task_id"], ()), says.get(task["became"], unknown)) for task in tasks],
        back=back,
        not_back=len(tasks) - back,
        missing=asking.missing,
    )
    return make_response(page, status)


def _unknown(task_id: str) -> Mapping[str, Any]:
    return {"task_id": task_id, "became": "unknown"}


def _as_it_stands(task: Mapping[str, Any], step: str | None) -> Mapping[str, Any]:
    """A form that is sent once more gets the outcome of the first time, which may be true no more.

    :param step: when the next level is told, as the list has it now; None: the task is not on its page.
    """
    said = task["next_step_at"]
    if task["became"] not in _HELD or not step or not said:
        return task
    same = datetime.fromisoformat(step) == datetime.fromisoformat(said)
    return task if same else {**task, "became": "changed", "next_step_at": step}


def _became(task: Mapping[str, Any], until: str) -> str:
    when = moment(task["next_step_at"]) if task["next_step_at"] else ""
    shorter = when and datetime.fromisoformat(task["next_step_at"]) < datetime.fromisoformat(until)
    if task["became"] == "held" and shorter:
        return str(gettext("held until %(when)s, the longest that the policy allows", when=when))
    says = {
        "held": gettext("held until %(when)s", when=when),
        "climbs": gettext(
            "acknowledged before, and nothing reported since: the next level is told in two minutes"
        ),
        "changed": gettext("taken back or changed since: the next level is told %(when)s", when=when),
        "not_held": gettext("acknowledged before, and nothing reported since: not held again"),
        "known_above": gettext("a higher level knows of it: only that level can hold it"),
        "not_overdue": gettext("not overdue: nothing was done"),
        "done": gettext("done meanwhile"),
        "waived": gettext("waived meanwhile"),
        "cancelled": gettext("taken back meanwhile"),
        "unknown": gettext("not there, or not yours"),
    }
    return str(says.get(task["became"], task["became"]))
