"""The lists that officers have, in the order in which they are named."""

from __future__ import annotations

from typing import Final

from services.console.pages.officers.listed_arrivals import (
    ARRIVALS_TO_SETTLE,
    EXPECTED_ARRIVALS,
    PAIRS_MADE_ONE,
    POSSIBLE_DUPLICATES,
    REPORTS_TO_CORRECT,
    TRANSFERS_TO_ANSWER,
    WAITING_ARRIVALS,
)
from services.console.pages.officers.listed_cases import (
    CASES_TO_RELEASE,
    CHANGED_CASES,
    DONE_TASKS,
    HELD_PAST_TERM,
    OPEN_CASES,
    OPEN_NEEDS,
    OPEN_TASKS,
    OVERDUE_TASKS,
    PEOPLE_OUT,
    TASKS_TO_DECIDE,
    WITHOUT_CHECK_IN,
)
from services.console.pages.officers.listed_decisions import (
    BREACHES_TO_JUDGE,
    CLOSE_CONTACTS,
    CONFIRMED_BREACHES,
    PERMITS_TO_DECIDE,
    POSITIVES_OF_NOBODY,
    TRANSFERS_TO_CONFIRM,
    UNUSUAL_BATCHES,
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
