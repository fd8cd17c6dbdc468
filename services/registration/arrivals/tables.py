"""Arrivals, pairs that may be one arrival, and the open arrivals of each worker."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, Index, Integer, SmallInteger, String, Table, Text, text

from chassis.database.types import Id, Json, UtcDateTime
from services.registration.metadata import metadata

arrivals = Table(
    "arrivals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("state", String(20), nullable=False),  # of states.py
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
    # Of its rows in `likenesses`; 0: it has none yet, for an older version wrote it.
    Column("likeness_form", SmallInteger, nullable=False, server_default="0"),
    # Null as long as nobody has said anything of it beside the reports.
    Column("acts", Integer),  # rows in `arrival_history`
    Column("to_settle", String(200)),  # the matters that somebody must settle, comma separated
    Column("to_settle_since", UtcDateTime),  # the oldest of them
    Column("strip_on", Date),  # local: isolation says that its term has passed; null: not yet, or done
    Column("stripped_at", UtcDateTime),
)
Index("arrivals_person", arrivals.c.person_id)
Index("arrivals_household", arrivals.c.household_id)
_without = arrivals.c.likeness_form < 1
Index("arrivals_without_likeness", arrivals.c.arrived_at, postgresql_where=_without, sqlite_where=_without)
_waiting = arrivals.c.unassigned_since.is_not(None)
Index("arrivals_unassigned", arrivals.c.unassigned_since, postgresql_where=_waiting, sqlite_where=_waiting)
Index(
    "arrivals_to_place",
    arrivals.c.placed_with,
    arrivals.c.unassigned_since,
    postgresql_where=_waiting,
    sqlite_where=_waiting,
)

_to_settle = arrivals.c.to_settle_since.is_not(None)
Index(
    "arrivals_to_settle",
    arrivals.c.to_settle_since,
    postgresql_where=_to_settle,
    sqlite_where=_to_settle,
)
_to_strip = arrivals.c.strip_on.is_not(None)
Index("arrivals_to_strip", arrivals.c.strip_on, postgresql_where=_to_strip, sqlite_where=_to_strip)
# By a literal, as all partial indexes are: the planner must see that a query wants no other rows.
_expected = text("state = 'expected'")
Index(
    "arrivals_expected",
    arrivals.c.arrived_at,
    arrivals.c.state,  # SQLite answers from the index alone only if it holds every column asked for
    postgresql_where=_expected,
    sqlite_where=_expected,
)

arrival_history = Table(
    "arrival_history",
    metadata,
    Column("arrival_id", Id, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),  # when it was said; `happened_at`, what is said
    Column("happened_at", UtcDateTime, nullable=False),
    Column("what", String(60), nullable=False),
    Column("event_id", String(200), nullable=False),  # of the command or event that said it
    Column("source", String(200), nullable=False),
    Column("detail", Json, nullable=False),
    Column("sealed", Text),  # what is personal, and free text
)

possible_duplicates = Table(
    "possible_duplicates",
    metadata,
    Column("first", Id, primary_key=True),  # the smaller arrival id
    Column("second", Id, primary_key=True),
    Column("why", String(40), nullable=False),
    Column("details", Json),  # contradicts: the kinds of fact that differ; made_one: see decide_duplicate
    Column("state", String(10), nullable=False),  # open | merged | apart | dropped
    Column("opened_at", UtcDateTime, nullable=False),
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(200)),  # the source of whoever decided, by which command
    Column("by_command", String(200)),
    Column("note", Text),  # sealed
)
Index("possible_duplicates_second", possible_duplicates.c.second)
_made_one = possible_duplicates.c.state == "merged"
Index(
    "possible_duplicates_made_one",
    possible_duplicates.c.decided_at,
    postgresql_where=_made_one,
    sqlite_where=_made_one,
)
_open = possible_duplicates.c.state == "open"
Index(
    "possible_duplicates_open",
    possible_duplicates.c.opened_at,
    possible_duplicates.c.why,
    possible_duplicates.c.state,
    postgresql_where=_open,
    sqlite_where=_open,
)

worker_loads = Table(
    "worker_loads",  # open arrivals of a worker: the sum over shards; each replica adds to a shard of its own
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("shard", Integer, primary_key=True),
    Column("open", Integer, nullable=False),
)
