"""A worker takes back what they said today of a task by mistake: done, tried in vain, not possible."""

from __future__ import annotations

from typing import Any, Final

from flask import Blueprint, request
from werkzeug.wrappers import Response

from chassis.unit_of_work import Work
from contracts.faults import Refused
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.shown.rows import Wrong
from services.console.pages.workers.faults import why
from services.console.pages.workers.household import MOST_TASKS, Visit, at_household, page_of_household

_FOLLOWED_UP: Final = "arrival.followed_up:"
"""With which the id of an act begins that registration told of: arrival and number follow."""

_LONGEST: Final = 9
"""Digits of a number that the database can hold."""


def add_take_back(pages: Blueprint, work: Work, doors: Doors) -> None:
    here = at_household(work, doors)

    @pages.post("/doors/<household>/take-back")
    @here
    def take_back(visit: Visit) -> Response:
        """Sent twice it is one act, by its key: what is no longer there is asked of the door all the same."""
        tasks = {task["task_id"]: task for task in visit.document["tasks"]}
        named = [(id, request.form.get(f"act-{id}", "")) for id in request.form.getlist("task")[:MOST_TASKS]]
        chosen = [(tasks[id], act) for id, act in named if id in tasks and act]
        if not chosen:
            return page_of_household(visit, [Wrong("main", gettext("It is not there any more."))])
        try:
            for task, act in chosen:
                _take_back(visit, task, act)
        except Refused as refused:
            return page_of_household(visit, why(refused, {"report": "main", "number": "main"}))
        return visit.done("taken_back" if len(chosen) == len(named) else "changed")


def _take_back(visit: Visit, task: Any, act: str) -> None:
    """That nobody answered at the first visit registration knows: it tells isolation."""
    arrival, _, number = act.removeprefix(_FOLLOWED_UP).partition(":")
    if act.startswith(_FOLLOWED_UP) and number.isascii() and number.isdigit():
        if len(number) > _LONGEST:
            raise Refused.unknown("act of the author", number[:_LONGEST])
        visit.say(
            "registration", "take_back_following", task["task_id"], arrival_id=arrival, number=int(number)
        )
    else:
        visit.say("isolation", "take_back_report", task["task_id"], task_id=task["task_id"], report=act)
