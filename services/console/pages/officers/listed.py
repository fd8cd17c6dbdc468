"""The lists that officers have: at which door, what is counted, their columns and filters. Plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from field.words import (
    BREACH_KINDS,
    CASE_STATES,
    CONTACT_KINDS,
    LEVELS,
    LIKENESSES,
    MATTERS,
    MEASURES,
    NEED_KINDS,
    PERMIT_KINDS,
    TEST_STAGES,
)
from services.console.pages.catalogues import N_
from services.console.pages.shown.figures import Unit
from services.console.pages.words import TASKS

Kind = Literal[
    "case",
    "name",
    "word",
    "words",
    "task",
    "need",
    "permit",
    "moment",
    "date",
    "day",
    "place",
    "staff",
    "data",
    "flag",
    "faults",
    "author",
    "other_place",
]
"""How a cell is shown. `case` and `name` are masked names, the first with the way to the case's page; `data`
is shown as it is; `other_place` is a place that is not the row's own."""


@dataclass(frozen=True, slots=True)
class Column:
    """:param of: the column of the door's list."""

    head: str
    of: str
    kind: Kind = "data"


@dataclass(frozen=True, slots=True)
class Choice:
    """A filter with a closed list of words; `staff` and `place` are filled from the page, `day` is a number.

    :param of: the filter of the door's list.
    """

    head: str
    of: str
    words: Sequence[str] = ()
    kind: Literal["word", "task", "need", "permit", "staff", "place", "day"] = "word"


@dataclass(frozen=True, slots=True)
class OfficersList:
    """:param name: of the door's list, and of the page.
    :param definition: what is counted, in a sentence.
    :param meanwhile: what to do where it cannot be worked off on a page yet.
    :param sorts: of the door, the first is the usual one -> what it is called.
    """

    name: str
    service: str
    title: str
    definition: str
    columns: Sequence[Column]
    filters: Sequence[Choice] = ()
    sorts: Mapping[str, str] | None = None
    unit: Unit = "people"
    meanwhile: str = ""


CHANGES: Final = ("opened", "ended", "moved", "abnormal")
"""What may have changed of a case since yesterday."""

_PLACE: Final = Choice(N_("place"), "place", kind="place")
_WORKER: Final = Choice(N_("worker (staff number)"), "staff_id", kind="staff")
_OWNER: Final = Choice(N_("owner (staff number)"), "owner", kind="staff")
_MEASURE: Final = Choice(N_("measure"), "measure", MEASURES)
_DAY: Final = Choice(N_("day of the measure"), "day", tuple(map(str, range(22))), kind="day")
_RISK: Final = Choice(N_("risk"), "risk_level", LEVELS)
_STATE_OF_ARRIVAL: Final = Choice(
    N_("state"),
    "state",
    ("not_here", "unreachable", "expected", "reported", "assigned", "contacted", "verified"),
)
_KIND: Final = Choice(N_("task"), "kind", tuple(TASKS), kind="task")
_WHERE: Final = Column(N_("place"), "place", "place")
_OF_CASE: Final = (
    Column(N_("who"), "name", "case"),
    _WHERE,
)
_OF_ARRIVAL: Final = (Column(N_("who"), "name", "name"), Column(N_("phone"), "phone"), _WHERE)
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
        *_OF_CASE,
        Column(N_("measure"), "measure", "word"),
        Column(N_("day"), "day", "day"),
        Column(N_("ends on"), "release_on", "date"),
        Column(N_("risk"), "risk_level", "word"),
        Column(N_("owner"), "owner", "staff"),
        Column(N_("state"), "state", "word"),
    ),
    (_PLACE, _MEASURE, _DAY, _RISK, Choice(N_("state"), "state", CASE_STATES[:3]), _OWNER),
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
        *_OF_CASE,
        Column(N_("opened"), "opened_at", "moment"),
        Column(N_("moved"), "moved_at", "moment"),
        Column(N_("abnormal"), "abnormal_at", "moment"),
        Column(N_("case ended"), "closed_at", "moment"),
        Column(N_("state"), "state", "word"),
        Column(N_("measure"), "measure", "word"),
        Column(N_("day"), "day", "day"),
        Column(N_("owner"), "owner", "staff"),
    ),
    (_PLACE, Choice(N_("change"), "change", CHANGES), _MEASURE, _DAY, _RISK, _OWNER),
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
        *_OF_CASE,
        Column(N_("whose"), "staff_id", "staff"),
        Column(N_("informed last"), "told_level", "word"),
        Column(N_("climbs on"), "next_step_at", "moment"),
    ),
    (_PLACE, _KIND, _MEASURE, _WORKER),
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
        *_OF_CASE,
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (_PLACE, _KIND, Choice(N_("state"), "state", ("due", "missed", "not_possible")), _MEASURE, _WORKER),
    {"case": N_("newest case first"), "due": N_("due soonest first")},
    "tasks",
)
DONE_TASKS: Final = replace(
    OPEN_TASKS,
    name="done_tasks",
    title=N_("Done today"),
    definition=N_("Counted are tasks of today at your places and below that are done, and their households."),
    filters=(_PLACE, _KIND, _MEASURE, _WORKER),
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
        *_OF_CASE,
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (_PLACE, _KIND, _WORKER),
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
        *_OF_CASE,
        Column(N_("whose"), "staff_id", "staff"),
        Column(N_("urgent"), "urgent", "flag"),
        Column(N_("medicine for days"), "days_left"),
        Column(N_("not possible: decide"), "to_decide", "flag"),
    ),
    (
        _PLACE,
        Choice(N_("need"), "kind", NEED_KINDS, kind="need"),
        Choice(N_("overdue"), "overdue", ("yes", "no")),
        _WORKER,
    ),
    unit="needs",
)
PERMITS_TO_DECIDE: Final = OfficersList(
    "permits_to_decide",
    "isolation",
    N_("Leave to go out"),
    N_(
        "Counted are requests of people at your places and below to go out, on which nobody has decided yet; "
        "of an emergency, who went at once, nobody has reviewed it."
    ),
    (
        Column(N_("why"), "kind", "permit"),
        Column(N_("decide by"), "due_by", "moment"),
        *_OF_CASE,
        Column(N_("out from"), "begins", "moment"),
        Column(N_("back by"), "ends", "moment"),
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (
        _PLACE,
        Choice(N_("why"), "kind", PERMIT_KINDS, kind="permit"),
        Choice(N_("overdue"), "overdue", ("yes", "no")),
        _WORKER,
    ),
    unit="permits",
    meanwhile=N_("Open a line to see where to and why, and decide. They stay in until then."),
)
PEOPLE_OUT: Final = OfficersList(
    "people_out",
    "isolation",
    N_("Out now"),
    N_("Counted are people of your places and below who are out by leave and not back yet."),
    (
        *_OF_CASE,
        Column(N_("back by"), "ends", "moment"),
        Column(N_("out since"), "left_at", "moment"),
        Column(N_("why"), "kind", "permit"),
        Column(N_("back late"), "late", "flag"),
        Column(N_("owner"), "owner", "staff"),
    ),
    (_PLACE, Choice(N_("why"), "kind", PERMIT_KINDS, kind="permit"), _OWNER),
)
TRANSFERS_TO_CONFIRM: Final = OfficersList(
    "transfers_to_confirm",
    "isolation",
    N_("Other districts asked"),
    N_(
        "Counted are people of your places and below whom another district is asked to take over and has not "
        "confirmed, or did not take over. Until it does they are followed here."
    ),
    (
        Column(N_("which office was asked"), "agency"),
        Column(N_("answer by"), "due_by", "moment"),
        *_OF_CASE,
        Column(N_("state"), "state", "word"),
        Column(N_("asked"), "at", "moment"),
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (
        _PLACE,
        Choice(N_("state"), "state", ("transfer_asked", "not_taken_over")),
        Choice(N_("overdue"), "overdue", ("yes", "no")),
        _WORKER,
    ),
    meanwhile=N_("Open a line to say what the other district answered. Their tasks here go on until then."),
)
TRANSFERS_TO_ANSWER: Final = OfficersList(
    "transfers_to_answer",
    "registration",
    N_("Between communities"),
    N_(
        "Counted are people whom another community is asked to take over: those for whom yours is asked, "
        "those for whom yours asked, and those whom the other one did not take over."
    ),
    (
        *_OF_ARRIVAL,
        Column(N_("moves to"), "place", "other_place"),
        Column(N_("state"), "state", "word"),
        Column(N_("answer by"), "answer_by", "moment"),
        Column(N_("overdue"), "overdue", "flag"),
        Column(N_("with the level"), "level", "word"),
        Column(N_("asked"), "asked_at", "moment"),
    ),
    (
        Choice(N_("answer"), "answer", ("asked", "refused")),
        Choice(N_("overdue"), "overdue", ("yes", "no")),
    ),
    meanwhile=N_(
        "Open a line to accept or refuse whom you are asked to take over. Until then they are followed where "
        "they are, with all their tasks."
    ),
)
BREACHES_TO_JUDGE: Final = OfficersList(
    "breaches_to_judge",
    "isolation",
    N_("Breaches to judge"),
    N_(
        "Counted is what contradicts the measure of people at your places and below by what was reported, "
        "and nobody has judged yet. There may be a reason."
    ),
    (
        Column(N_("what happened"), "why", "word"),
        Column(N_("judge by"), "due_by", "moment"),
        *_OF_CASE,
        Column(N_("when it was"), "at", "moment"),
        Column(N_("owner"), "owner", "staff"),
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (
        _PLACE,
        Choice(N_("what happened"), "why", BREACH_KINDS),
        Choice(N_("overdue"), "overdue", ("yes", "no")),
        _WORKER,
    ),
    unit="breaches",
    meanwhile=N_("Open a line to see what shows it, hear them, and judge. Nobody is moved by it."),
)
CONFIRMED_BREACHES: Final = OfficersList(
    "confirmed_breaches",
    "isolation",
    N_("Confirmed breaches"),
    N_("Counted are breaches of people at your places and below that an officer has confirmed."),
    (
        Column(N_("what happened"), "why", "word"),
        *_OF_CASE,
        Column(N_("when it was"), "at", "moment"),
        Column(N_("confirmed on"), "judged_at", "moment"),
    ),
    (_PLACE, Choice(N_("what happened"), "why", BREACH_KINDS)),
    unit="breaches",
    meanwhile=N_("Has more come to be known? Open the line and judge it once more: the last word counts."),
)
WAITING_ARRIVALS: Final = OfficersList(
    "waiting_arrivals",
    "registration",
    N_("Arrivals without a door or an owner"),
    N_("Counted are people who have arrived or are expected, and whom no worker has yet."),
    (
        *_OF_ARRIVAL,
        Column(N_("arrival"), "arrived_at", "moment"),
        Column(N_("waits since"), "unassigned_since", "moment"),
        Column(N_("risk"), "risk_level", "word"),
        Column(N_("state"), "state", "word"),
    ),
    (_PLACE, Choice(N_("state"), "state", ("expected", "reported")), _RISK),
    {"longest": N_("longest waiting first"), "newest": N_("newest first")},
    meanwhile=N_(
        "They are placed by themselves as soon as their address is known or their grid has a worker at work. "
        "Open a line to say to which place they belong, or to mend the address; see under Staff whether the "
        "grid has anybody."
    ),
)
ARRIVALS_TO_SETTLE: Final = OfficersList(
    "arrivals_to_settle",
    "registration",
    N_("Arrivals to settle"),
    N_(
        "Counted are arrivals of which somebody said what an officer has not settled yet: not here, lives "
        "elsewhere, no such door, unreachable, wrong number, not this person."
    ),
    (
        *_OF_ARRIVAL,
        Column(N_("what was said"), "to_settle", "words"),
        Column(N_("since"), "to_settle_since", "moment"),
        Column(N_("state by now"), "state", "word"),
        Column(N_("with the level"), "level", "word"),
        Column(N_("worker"), "worker", "staff"),
    ),
    (
        _PLACE,
        Choice(N_("what was said"), "matter", MATTERS),
        _STATE_OF_ARRIVAL,
        _RISK,
        Choice(N_("worker (staff number)"), "worker", kind="staff"),
    ),
    meanwhile=N_(
        "Open a line to say what is right, or what came of it: then it leaves this list. Meanwhile they are "
        "followed as before, but for those who are not here: their case has ended, and only this list asks "
        "for them."
    ),
)
EXPECTED_ARRIVALS: Final = OfficersList(
    "expected_arrivals",
    "registration",
    N_("Expected arrivals"),
    N_("Counted are people who are announced and have not come yet."),
    (
        *_OF_ARRIVAL,
        Column(N_("announced for"), "arrived_at", "moment"),
        Column(N_("date has passed"), "overdue", "flag"),
        Column(N_("with the level"), "level", "word"),
        Column(N_("worker"), "worker", "staff"),
    ),
    (_PLACE, _RISK, Choice(N_("worker (staff number)"), "worker", kind="staff")),
    meanwhile=N_(
        "Their workers ring them before they come and say so on their phones. Where the date has passed, ask "
        "the worker to ring today, or open the line and say what you heard."
    ),
)
POSSIBLE_DUPLICATES: Final = OfficersList(
    "possible_duplicates",
    "registration",
    N_("Possible duplicates"),
    N_(
        "Counted are pairs of arrivals that may be one, and about which nobody has decided. Both are "
        "followed."
    ),
    (
        Column(N_("first"), "first_name", "name"),
        Column(N_("phone"), "first_phone"),
        Column(N_("arrival"), "first_arrived_at", "moment"),
        Column(N_("second"), "second_name", "name"),
        Column(N_("phone"), "second_phone"),
        Column(N_("arrival"), "second_arrived_at", "moment"),
        Column(N_("why"), "why", "word"),
        Column(N_("since"), "opened_at", "moment"),
    ),
    (Choice(N_("why"), "why", LIKENESSES),),
    unit="pairs",
    meanwhile=N_(
        "Open a line to compare the two, and say whether they are one. Nothing is lost meanwhile: both are "
        "followed as if they were two."
    ),
)
PAIRS_MADE_ONE: Final = OfficersList(
    "pairs_made_one",
    "registration",
    N_("Pairs made one"),
    N_("Counted are pairs of arrivals of which an officer said that they are one person's, reported twice."),
    (
        Column(N_("first"), "first_name", "name"),
        Column(N_("arrival"), "first_arrived_at", "moment"),
        Column(N_("second"), "second_name", "name"),
        Column(N_("arrival"), "second_arrived_at", "moment"),
        Column(N_("why"), "why", "word"),
        Column(N_("made one"), "decided_at", "moment"),
        Column(N_("by"), "decided_by", "author"),
    ),
    (Choice(N_("why"), "why", LIKENESSES),),
    unit="pairs",
    meanwhile=N_(
        "Was one of them made one by mistake? Open its line and make them two again: nothing is lost."
    ),
)
REPORTS_TO_CORRECT: Final = OfficersList(
    "reports_to_correct",
    "registration",
    N_("Reports to correct"),
    N_("Counted are reports that wait for correction, whole or in a part."),
    (
        Column(N_("from"), "publisher"),
        Column(N_("received"), "received_at", "moment"),
        Column(N_("only a part waits"), "in_part", "flag"),
        Column(N_("what is wrong"), "reasons", "faults"),
        Column(N_("reference"), "event_id"),
    ),
    unit="reports",
    meanwhile=N_(
        "Open a line to correct it. Meanwhile: call the source by its name and reference; if it sends the "
        "report again, the line goes away with it."
    ),
)
POSITIVES_OF_NOBODY: Final = OfficersList(
    "positives_of_nobody",
    "isolation",
    N_("Positive results of nobody here"),
    N_(
        "Counted are positive results of people who are not followed here, without those that the laboratory "
        "corrected."
    ),
    (
        Column(N_("sample"), "sample_id"),
        Column(N_("sampled"), "sampled_at", "moment"),
        Column(N_("stage"), "stage", "word"),
        Column(N_("call before"), "due_by", "moment"),
        Column(N_("laboratory"), "source"),
    ),
    (Choice(N_("stage"), "stage", TEST_STAGES),),
    unit="results",
    meanwhile=N_(
        "At once: call the laboratory by the sample's number, find the person, and call them yourself; then "
        "open the line and say what came of it. Nobody learns of it by a text message."
    ),
)

UNUSUAL_BATCHES: Final = OfficersList(
    "unusual_batches",
    "isolation",
    N_("Unusual laboratory batches"),
    N_(
        "Counted are batches of laboratories with an unusual share of positives, of which nobody has said "
        "what the laboratory answered."
    ),
    (
        Column(N_("laboratory"), "source"),
        Column(N_("results"), "results"),
        Column(N_("positives"), "positives"),
        Column(N_("found"), "unusual_at", "moment"),
        Column(N_("goes on at"), "wait_until", "moment"),
    ),
    unit="batches",
    meanwhile=N_(
        "At once: call the laboratory and ask whether it stands by its results; then open the line and say "
        "what it answered. Until then nobody is told anything; after the time it goes on by itself."
    ),
)
CLOSE_CONTACTS: Final = OfficersList(
    "close_contacts",
    "isolation",
    N_("Close contacts to tell"),
    N_(
        "Counted are people and places on the contacts' lists of your places and below whom nobody has told "
        "yet, or not yet that it was a mistake."
    ),
    (
        Column(N_("who"), "name", "name"),
        _WHERE,
        Column(N_("kind"), "kind", "word"),
        Column(N_("last together on"), "last_on", "date"),
        Column(N_("lives there"), "lives_there", "flag"),
        Column(N_("it was a mistake"), "mistake", "flag"),
        Column(N_("tell by"), "due_by", "moment"),
    ),
    (_PLACE, Choice(N_("kind"), "kind", CONTACT_KINDS)),
    unit="contacts",
    meanwhile=N_(
        "A person tells them, before any text; who has no case here is registered as an arrival, or passed "
        "on to where they are. Then open the line and say what came of it."
    ),
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
        *_OF_CASE,
        Column(N_("measure"), "measure", "word"),
        Column(N_("day"), "day", "day"),
        Column(N_("ends on"), "release_on", "date"),
        Column(N_("proposed"), "proposed_at", "moment"),
        Column(N_("owner"), "owner", "staff"),
    ),
    (_PLACE, _MEASURE, _OWNER),
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
        *_OF_CASE,
        Column(N_("what holds them"), "lacks", "words"),
        Column(N_("past the term since"), "past_since", "date"),
        Column(N_("measure"), "measure", "word"),
        Column(N_("day"), "day", "day"),
        Column(N_("owner"), "owner", "staff"),
    ),
    (_PLACE, _MEASURE, _OWNER),
)

WAITING_FOR_BED: Final = OfficersList(
    "waiting_for_bed",
    "isolation",
    N_("Waiting for a bed in central isolation"),
    N_(
        "Counted are people of your places and below of whom an officer has still to decide whether they go "
        "to central isolation: they refuse, a breach was confirmed again, or they were not admitted."
    ),
    (
        *_OF_CASE,
        Column(N_("what is to be decided"), "kind", "task"),
        Column(N_("decide by"), "due_by", "moment"),
        Column(N_("state"), "state", "word"),
        Column(N_("owner"), "owner", "staff"),
        Column(N_("whose"), "staff_id", "staff"),
    ),
    (_PLACE, Choice(N_("overdue"), "overdue", ("yes", "no")), _WORKER),
    meanwhile=N_("Open their case: choose a bed there, or decide otherwise. Until then they stay here."),
)
ON_THE_WAY: Final = OfficersList(
    "on_the_way",
    "isolation",
    N_("On the way to central isolation"),
    N_(
        "Counted are people of your places and below for whom a bed is held, and who are not admitted yet; "
        "until they are, they are followed as before."
    ),
    (
        Column(N_("bed held since"), "decided_at", "moment"),
        *_OF_CASE,
        Column(N_("room"), "room_id"),
        Column(N_("as"), "who", "word"),
        Column(N_("admitted by"), "due_by", "moment"),
        Column(N_("owner"), "owner", "staff"),
    ),
    (_PLACE, Choice(N_("overdue"), "overdue", ("yes", "no")), _WORKER),
    meanwhile=N_("Open a line to say that they were admitted, or were not: then the bed is free again."),
)
IN_CENTRES: Final = OfficersList(
    "in_centres",
    "isolation",
    N_("In central isolation"),
    N_("Counted are people of your places and below who were admitted to central isolation and are there."),
    (
        *_OF_CASE,
        Column(N_("room"), "room_id"),
        Column(N_("as"), "who", "word"),
        Column(N_("admitted"), "admitted_at", "moment"),
        Column(N_("ends on"), "release_on", "date"),
        Column(N_("their carer has gone"), "carer_gone", "flag"),
    ),
    (_PLACE,),
    meanwhile=N_(
        "Do they leave? Open their case: released, to hospital, or opened again as they come home. With that "
        "the bed is free."
    ),
)

CASES_AND_TASKS: Final = (
    OPEN_CASES,
    HELD_PAST_TERM,
    CASES_TO_RELEASE,
    WITHOUT_CHECK_IN,
    CHANGED_CASES,
    OPEN_TASKS,
    OVERDUE_TASKS,
    DONE_TASKS,
    TASKS_TO_DECIDE,
    OPEN_NEEDS,
    PEOPLE_OUT,
    IN_CENTRES,
)
WAITING: Final = (
    PERMITS_TO_DECIDE,
    TRANSFERS_TO_ANSWER,
    TRANSFERS_TO_CONFIRM,
    BREACHES_TO_JUDGE,
    WAITING_FOR_BED,
    ON_THE_WAY,
    WAITING_ARRIVALS,
    ARRIVALS_TO_SETTLE,
    EXPECTED_ARRIVALS,
    POSSIBLE_DUPLICATES,
    REPORTS_TO_CORRECT,
    POSITIVES_OF_NOBODY,
    UNUSUAL_BATCHES,
    CLOSE_CONTACTS,
)
DECIDED: Final = (PAIRS_MADE_ONE, CONFIRMED_BREACHES)
"""What was decided and can be taken back."""
LISTS: Final = {one.name: one for one in (*CASES_AND_TASKS, *WAITING, *DECIDED)}
