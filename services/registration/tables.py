"""All tables of registration in one place, for migrations and tests. Code imports from the sub-domains."""

from services.registration.accounts.tables import closed_batches, uncounted
from services.registration.arrivals.tables import (
    arrival_history,
    arrivals,
    possible_duplicates,
    worker_loads,
)
from services.registration.metadata import metadata
from services.registration.persons.tables import (
    likenesses,
    person_keys,
    person_rivals,
    person_views,
)
from services.registration.places.tables import places
from services.registration.policies.tables import policies
from services.registration.publishers.tables import publisher_keys, publishers
from services.registration.reference.tables import versions
from services.registration.reports.tables import companion_arrivals, reports
from services.registration.risk.tables import corrected_risk_lists, risk_areas, risk_lists
from services.registration.staff.tables import staff, staff_history
from services.registration.transfers.tables import transfers

__all__ = [
    "arrival_history",
    "arrivals",
    "closed_batches",
    "companion_arrivals",
    "corrected_risk_lists",
    "likenesses",
    "metadata",
    "person_keys",
    "person_rivals",
    "person_views",
    "places",
    "policies",
    "possible_duplicates",
    "publisher_keys",
    "publishers",
    "reports",
    "risk_areas",
    "risk_lists",
    "staff",
    "staff_history",
    "transfers",
    "uncounted",
    "versions",
    "worker_loads",
]
