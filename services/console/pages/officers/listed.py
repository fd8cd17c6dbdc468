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
    CODES_TO_SET_BACK,
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
from services.console.pages.officers.listed_central import (
    DECIDED_REFUSALS,
    ESCORTS,
    IN_CENTRES,
    ON_THE_WAY,
    WAITING_FOR_BED,
)
from services.console.pages.officers.listed_decisions import (
    BREACHES_TO_JUDGE,
    CLOSE_CONTACTS,
    CONFIRMED_BREACHES,
    PERMITS_TO_DECIDE,
    POSITIVES_OF_NOBODY,
    ROUND_MISSING,
    TRANSFERS_TO_CONFIRM,
    UNUSUAL_BATCHES,
)

CASES_AND_TASKS: Final = (
    OPEN_CASES,
    HELD_PAST_TERM,
    CASES_TO_RELEASE,
    CODES_TO_SET_BACK,
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
    ESCORTS,
    WAITING_ARRIVALS,
    ARRIVALS_TO_SETTLE,
    EXPECTED_ARRIVALS,
    POSSIBLE_DUPLICATES,
    REPORTS_TO_CORRECT,
    POSITIVES_OF_NOBODY,
    UNUSUAL_BATCHES,
    CLOSE_CONTACTS,
    ROUND_MISSING,
)
DECIDED: Final = (PAIRS_MADE_ONE, CONFIRMED_BREACHES, DECIDED_REFUSALS)
"""What was decided, and can be decided otherwise."""
LISTS: Final = {one.name: one for one in (*CASES_AND_TASKS, *WAITING, *DECIDED)}
