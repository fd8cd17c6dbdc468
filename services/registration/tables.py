"""Registration's tables. Personal data stands in `sealed` columns only; persons are found by blind index."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from chassis.database.tables import chassis_tables
from chassis.database.types import Id, Json, UtcDateTime

metadata = MetaData(
    naming_convention={"ix": "%(table_name)s_%(column_0_name)s", "pk": "%(table_name)s_pkey"},
)
chassis_tables(metadata)

reports = Table(
    "reports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("publisher", String(100)),
    Column("reported_at", UtcDateTime, nullable=False),  # the event's time
    Column("received_at", UtcDateTime, nullable=False),
    Column("outcome", String(20), nullable=False),  # registered | merged | needs_correction | corrected
    Column("arrival_id", Id),  # of the person; companions are in companion_arrivals
    Column("reasons", Json),
    Column("sealed", Text, nullable=False),  # the event as it came
    Column("correlation_id", String(200), nullable=False),
    Column("corrects", Id),  # the report that this one was resubmitted for
    Column("corrected_by", String(100)),
)
Index("reports_arrival", reports.c.arrival_id)
_open = reports.c.outcome == "needs_correction"
Index(
    "reports_needing_correction",
    reports.c.received_at,
    reports.c.publisher,
    reports.c.outcome,  # SQLite answers from the index alone only if it holds every column asked for
    postgresql_where=_open,
    sqlite_where=_open,
)

companion_arrivals = Table(
    "companion_arrivals",
    metadata,
    Column("report_id", Id, primary_key=True),
    Column("position", Integer, primary_key=True),  # 1 is the first companion
    Column("arrival_id", Id, nullable=False),
)
Index("companion_arrivals_arrival", companion_arrivals.c.arrival_id)

person_keys = Table(
    "person_keys",
    metadata,
    # Blind index of the identity number, or of name and phone; 128 bits are half as big as a uuid.
    Column("key", Id, primary_key=True),
    Column("person_id", Id, nullable=False),
    # Of a name-and-phone key: the identity key that claimed it; a second one makes a possible duplicate.
    Column("identity_key", Id),
)

arrivals = Table(
    "arrivals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),  # expected | reported | assigned
    Column("person_id", Id, nullable=False),
    Column("household_id", Id, nullable=False),
    Column("sealed", Text, nullable=False),  # the person, as in the event
    Column("language", String(10), nullable=False),
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("expected", Boolean, nullable=False),
    Column("source_kinds", Json, nullable=False),
    Column("reports", Integer, nullable=False),
    Column("place_key", String(40), nullable=False),  # community, or blind index of an address nobody knows
    Column("division", String(12)),
    Column("street", String(40)),
    Column("community", String(40)),
    Column("grid", String(40)),
    Column("placed_by", String(10), nullable=False),
    Column("worker", String(40)),
    Column("risk_level", String(10), nullable=False),
    Column("risk_certainty", String(20), nullable=False),
    Column("left_on", Date),
    Column("risk_areas", Json, nullable=False),
    Column("risk_list", String(60)),  # the newest list when it was assessed
    Column("correlation_id", String(200), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("unassigned_since", UtcDateTime),
    Column("placed_with", Integer, nullable=False),  # state of places and staff when it was last placed
)
Index("arrivals_person", arrivals.c.person_id)
Index("arrivals_household", arrivals.c.household_id)
_waiting = arrivals.c.unassigned_since.is_not(None)
Index("arrivals_unassigned", arrivals.c.unassigned_since, postgresql_where=_waiting, sqlite_where=_waiting)
Index(
    "arrivals_to_place",
    arrivals.c.placed_with,
    arrivals.c.unassigned_since,
    postgresql_where=_waiting,
    sqlite_where=_waiting,
)

possible_duplicates = Table(
    "possible_duplicates",
    metadata,
    Column("first", Id, primary_key=True),  # the smaller arrival id
    Column("second", Id, primary_key=True),
    Column("why", String(40), nullable=False),
    Column("state", String(10), nullable=False),  # open | merged | apart
    Column("opened_at", UtcDateTime, nullable=False),
)

worker_loads = Table(
    "worker_loads",  # open arrivals of a worker: the sum over shards; each replica adds to a shard of its own
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("open", Integer, nullable=False),
)

risk_lists = Table(
    "risk_lists",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("published_at", UtcDateTime, nullable=False, unique=True),
    Column("source", String(200), nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("areas", Json, nullable=False),  # the whole list, placed
    Column("summary", Json, nullable=False),
)

risk_areas = Table(
    "risk_areas",  # the areas with the time they were in force, from all lists in order
    metadata,
    Column("id", Id, primary_key=True),
    Column("list_id", String(60), nullable=False),
    Column("level", String(10), nullable=False),
    Column("province", String(60), nullable=False),
    Column("city", String(60), nullable=False),
    Column("county", String(60), nullable=False),
    Column("street", String(60), nullable=False),
    Column("place", Text, nullable=False),
    Column("division", String(6), nullable=False),
    Column("valid_from", UtcDateTime, nullable=False),
    Column("valid_to", UtcDateTime),
)


places = Table(
    "places",
    metadata,
    Column("place_id", String(40), primary_key=True),
    Column("parent", String(40)),
    Column("level", String(20), nullable=False),
    Column("name", String(100), nullable=False),
    Column("aliases", Json, nullable=False),
    Column("division", String(12)),
    Column("kind", String(40)),
    Column("removed", Boolean, nullable=False),
    Column("version", Integer, nullable=False),
)

staff = Table(
    "staff",
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("role", String(40), nullable=False),
    Column("place", String(40), nullable=False),
    Column("language", String(10), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("sealed", Text, nullable=False),  # name and phone
    Column("version", Integer, nullable=False),
)

policies = Table(
    "policies",  # copy of what isolation publishes
    metadata,
    Column("policy_id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("edition", String(60), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("places", Json, nullable=False),
    Column("document", Json, nullable=False),
)

versions = Table(
    "versions",  # goes up when a reference table changes, so that caches in all replicas notice
    metadata,
    Column("name", String(20), primary_key=True),  # risk | places | staff | policies
    Column("version", Integer, nullable=False),
)

person_views = Table(
    "person_views",  # who saw or exported a person's record, and why
    metadata,
    Column("id", Id, primary_key=True),
    Column("arrival_id", Id, nullable=False),
    Column("viewed_at", UtcDateTime, nullable=False),  # real time
    Column("viewed_by", String(100), nullable=False),
    Column("reason", String(500), nullable=False),
)
Index("person_views_arrival", person_views.c.arrival_id)
