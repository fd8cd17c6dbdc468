"""All tables of isolation in one place, for migrations and tests. Code imports from the sub-domains."""

from services.isolation.cases.tables import case_history, cases, district_walks, waiting_for_policy
from services.isolation.check_ins.tables import check_ins
from services.isolation.metadata import metadata
from services.isolation.plans.tables import staff_days, tasks
from services.isolation.policies.tables import policies
from services.isolation.revisions import revisions
from services.isolation.teams.tables import places, staff, staff_history, staff_load

__all__ = [
    "case_history",
    "cases",
    "check_ins",
    "district_walks",
    "metadata",
    "places",
    "policies",
    "revisions",
    "staff",
    "staff_days",
    "staff_history",
    "staff_load",
    "tasks",
    "waiting_for_policy",
]
