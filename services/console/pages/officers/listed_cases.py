"""Lists of people who are followed, of their tasks, and of their release."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from field.words import CASE_STATES, NEED_KINDS, PERMIT_KINDS
from services.console.pages.catalogues import N_
from services.console.pages.officers.listing import (
    MEASURE,
    OF_CASE,
    OWNER,
    PLACE,
    RISK,
    WORKER,
    Choice,
    Column,
    OfficersList,
)
from services.console.pages.words import TASKS

CHANGES: Final = ("opened", "ended", "moved", "abnormal")
"""What may have changed of a case since yesterday."""

_DAY: Final = Choice(N_("day of the measure"), "day", tuple(map(str, range(22))), kind="day")
_KIND: Final = Choice(N_("task"), "kind", tuple(TASKS), kind="task")
_BY_CASE: Final = {"case": N_("newest case first"), "due": N_("longest overdue first")}

OPEN_CASES: Final = OfficersList(
    "open_cases",
    "isolation",
    N_("Open cases"),
    N_(
        "Counted are people whose case is open at your places and below; a household is whom one report "
        "names "
        "together, or somebody alone."
    ),
    (
        *OF_CASE,
        Column(N_("measure"), "measure", "word"),
        Column(N_("day"), "day", "day"),
        Column(N_("ends on"), "release_on", "date"),
        Column(N_("risk"), "risk_level", "word"),
        Column(N_("owner"), "owner", "staff"),
        Column(N_("state"), "state", "word"),
    ),
    (PLACE, MEASURE, _DAY, RISK, Choice(N_("state"), "state", CASE_STATES[:3]), OWNER),
    {"newest": N_("newest first"), "release": N_("ending soonest first")},
)
WITHOUT_CHECK_IN: Final = replace(
    OPEN_CASES,
    name="without_check_in",
    title=N_("Without a check-in today"),
    definition=N_(
        "Counted are people of whom nothing was reported in any window that ended today, not even late; a "
        "household is whom one report names together, or somebody alone."
    ),
)
CHANGED_CASES: Final = OfficersList(
    "changed_cases",
    "isolation",
    N_("Changes since yesterday"),
    N_(
        "Counted are people of whom, since this hour yesterday, the case was opened for the first time, or "
        "ended, for whatever reason; or who moved to another grid, community or street of yours; or who had "
        "an abnormal check-in that was no mistake."
    ),
    (
        *OF_CASE,
        Column(N_("opened"), "opened_at", "moment"),
        Column(N_("moved"), "moved_at", "moment"),
        Column(N_("abnormal"), "abnormal_at", "moment"),
        Column(N_("case ended"), "closed_at", "moment"),
        Column(N_("state"), "state", "word"),
        Column(N_("measure"), "measure", "word"),
        Column(N_("day"), "day", "day"),
        Column(N_("owner"), "owner", "staff"),
    ),
    (PLACE, Choice(N_("change"), "change", CHANGES), MEASURE, _DAY, RISK, OWNER),
)
OVERDUE_TASKS: Final = OfficersList(
    "overdue_tasks",
    "isolation",
    N_("Overdue tasks"),
    N_(
        "Counted are tasks of your places and below that were not done in time, and the households they "
        "are in."
    ),
    (
        Column(N_("task"), "kind", "task"),
        Column(N_("was due by"), "due_by", "moment"),
        *OF_CASE,
        Column(N_("whose"), "staff_id", "staff"),
        Column(N_("informed last"), "told_level", "word"),
        Column(N_("climbs on"), "next_step_at", "moment"),
    ),
    (PLACE, _KIND, MEASURE, WORKER),
    _BY_CASE,
    "tasks",
)
OPEN_TASKS: Final = OfficersList(
    "open_tasks",
    "isolation",
    N_("Tasks of today"),
    N_(
        "Counted are tasks of your places and below that are to be done today or are overdue, and their "
        "households."
    ),
    (
        Column(N_("task"), "kind", "task"),
        Column(N_("state"), "state", "word"),
        Column(N_("due by"), "due_by", "moment"),
        *OF_CASE,
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (PLACE, _KIND, Choice(N_("state"), "state", ("due", "missed", "not_possible")), MEASURE, WORKER),
    {"case": N_("newest case first"), "due": N_("due soonest first")},
    "tasks",
)
DONE_TASKS: Final = replace(
    OPEN_TASKS,
    name="done_tasks",
    title=N_("Done today"),
    definition=N_("Counted are tasks of today at your places and below that are done, and their households."),
    filters=(PLACE, _KIND, MEASURE, WORKER),
)
TASKS_TO_DECIDE: Final = OfficersList(
    "tasks_to_decide",
    "isolation",
    N_("Tasks to decide"),
    N_(
        "Counted are tasks of your places and below that were not possible. Decide on the case's page "
        "before the "
        "time beside each, or the next level is informed."
    ),
    (
        Column(N_("task"), "kind", "task"),
        Column(N_("decide before"), "next_step_at", "moment"),
        *OF_CASE,
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (PLACE, _KIND, WORKER),
    {"case": N_("newest case first"), "due": N_("due soonest first")},
    "tasks",
)
OPEN_NEEDS: Final = OfficersList(
    "open_needs",
    "isolation",
    N_("Needs of households"),
    N_(
        "Counted are needs of households at your places and below that are not met yet. What was written "
        "stands on the page of the household alone."
    ),
    (
        Column(N_("need"), "kind", "need"),
        Column(N_("due by"), "due_by", "moment"),
        *OF_CASE,
        Column(N_("whose"), "staff_id", "staff"),
        Column(N_("urgent"), "urgent", "flag"),
        Column(N_("medicine for days"), "days_left"),
        Column(N_("not possible: decide"), "to_decide", "flag"),
    ),
    (
        PLACE,
        Choice(N_("need"), "kind", NEED_KINDS, kind="need"),
        Choice(N_("overdue"), "overdue", ("yes", "no")),
        WORKER,
    ),
    unit="needs",
)
PEOPLE_OUT: Final = OfficersList(
    "people_out",
    "isolation",
    N_("Out now"),
    N_("Counted are people of your places and below who are out by leave and not back yet."),
    (
        *OF_CASE,
        Column(N_("back by"), "ends", "moment"),
        Column(N_("out since"), "left_at", "moment"),
        Column(N_("why"), "kind", "permit"),
        Column(N_("back late"), "late", "flag"),
        Column(N_("owner"), "owner", "staff"),
    ),
    (PLACE, Choice(N_("why"), "kind", PERMIT_KINDS, kind="permit"), OWNER),
)
CASES_TO_RELEASE: Final = OfficersList(
    "cases_to_release",
    "isolation",
    N_("To be released"),
    N_(
        "Counted are people of your places and below whose days are full and whom nothing holds any more: "
        "confirm their release, and they and their worker are told."
    ),
    (
        *OF_CASE,
        Column(N_("measure"), "measure", "word"),
        Column(N_("day"), "day", "day"),
        Column(N_("ends on"), "release_on", "date"),
        Column(N_("proposed"), "proposed_at", "moment"),
        Column(N_("owner"), "owner", "staff"),
    ),
    (PLACE, MEASURE, OWNER),
)
CODES_TO_SET_BACK: Final = OfficersList(
    "codes_to_set_back",
    "isolation",
    N_("Released, code not yet set back"),
    N_(
        "Counted are people of your places and below who are released, and of whom nobody has said yet that "
        "their health code was set back: until it is, gates stop them."
    ),
    (
        Column(N_("released on"), "since", "moment"),
        *OF_CASE,
        Column(N_("owner"), "owner", "staff"),
    ),
    (PLACE, OWNER),
    meanwhile=N_(
        "Have the code set back where it was set, then open the line and say so. Until then their "
        "certificate counts at a gate."
    ),
)
HELD_PAST_TERM: Final = OfficersList(
    "held_past_term",
    "isolation",
    N_("Held past the term"),
    N_(
        "Counted are people of your places and below whose days were full before today, and whom something "
        "still holds. Health alone may hold them: see to what is named beside each."
    ),
    (
        *OF_CASE,
        Column(N_("what holds them"), "lacks", "words"),
        Column(N_("past the term since"), "past_since", "date"),
        Column(N_("measure"), "measure", "word"),
        Column(N_("day"), "day", "day"),
        Column(N_("owner"), "owner", "staff"),
    ),
    (PLACE, MEASURE, OWNER),
)
