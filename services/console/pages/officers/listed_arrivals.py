"""Lists of arrivals that wait for somebody, and of reports and pairs of them."""

from __future__ import annotations

from typing import Final

from field.words import LIKENESSES, MATTERS
from services.console.pages.catalogues import N_
from services.console.pages.officers.listing import PLACE, RISK, WHERE, Choice, Column, OfficersList

_STATE_OF_ARRIVAL: Final = Choice(
    N_("state"),
    "state",
    ("not_here", "unreachable", "expected", "reported", "assigned", "contacted", "verified"),
)
_OF_ARRIVAL: Final = (Column(N_("who"), "name", "name"), Column(N_("phone"), "phone"), WHERE)

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
    (PLACE, Choice(N_("state"), "state", ("expected", "reported")), RISK),
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
        PLACE,
        Choice(N_("what was said"), "matter", MATTERS),
        _STATE_OF_ARRIVAL,
        RISK,
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
    (PLACE, RISK, Choice(N_("worker (staff number)"), "worker", kind="staff")),
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
