"""All tables of isolation in one place, for migrations and tests. Code imports from the sub-domains."""

from services.isolation.breaches.tables import breaches
from services.isolation.cases.tables import (
    case_history,
    cases,
    chosen_languages,
    district_walks,
    merged_cases,
    release_checks,
    waiting_for_policy,
    watched,
)
from services.isolation.central.tables import centres, moves, rooms
from services.isolation.check_ins.tables import check_ins
from services.isolation.contacts.tables import contact_links, contacts
from services.isolation.links.tables import links
from services.isolation.metadata import metadata
from services.isolation.needs.tables import needs
from services.isolation.notices.tables import notices, refusals
from services.isolation.permits.tables import outings, passages, permits
from services.isolation.plans.tables import staff_days, tasks
from services.isolation.policies.tables import policies, policy_proposals, policy_texts
from services.isolation.positives.tables import close_contacts
from services.isolation.release.tables import codes_to_set_back
from services.isolation.revisions import revisions
from services.isolation.rounds.tables import round_acts, round_people, test_rounds
from services.isolation.teams.tables import places, staff, staff_history, staff_load
from services.isolation.tests.tables import (
    awaited_people,
    awaited_results,
    positives,
    result_batches,
    results_counted,
    results_of_nobody,
    test_results,
)
from services.isolation.transfers.tables import transfers

__all__ = [
    "awaited_people",
    "awaited_results",
    "breaches",
    "case_history",
    "cases",
    "centres",
    "check_ins",
    "chosen_languages",
    "close_contacts",
    "codes_to_set_back",
    "contact_links",
    "contacts",
    "district_walks",
    "links",
    "merged_cases",
    "metadata",
    "moves",
    "needs",
    "notices",
    "outings",
    "passages",
    "permits",
    "places",
    "policies",
    "policy_proposals",
    "policy_texts",
    "positives",
    "refusals",
    "release_checks",
    "result_batches",
    "results_counted",
    "results_of_nobody",
    "revisions",
    "rooms",
    "round_acts",
    "round_people",
    "staff",
    "staff_days",
    "staff_history",
    "staff_load",
    "tasks",
    "test_results",
    "test_rounds",
    "transfers",
    "waiting_for_policy",
    "watched",
]
