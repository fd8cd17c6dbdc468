"""Tables of isolation. No foreign keys: one arrival writes about ten rows, and all come from one use case."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    MetaData,
    RowMapping,
    SmallInteger,
    String,
    Table,
    Text,
)

from chassis.database.tables import chassis_tables
from chassis.database.types import Id, Json, UtcDateTime

metadata = MetaData()
chassis_tables(metadata)

cases = Table(
    "cases",
    metadata,
    Column("case_id", Id, primary_key=True),  # the arrival's id: one case an arrival
    Column("version", Integer, nullable=False),  # counts what was told: case.opened is 1
    Column("arrival_version", Integer, nullable=False),  # the highest seen
    Column("state", String(20), nullable=False),
    Column("measure", String(20), nullable=False),
    Column("days", SmallInteger, nullable=False),
    Column("counted_from", Date, nullable=False),  # day 0
    Column("release_on", Date, nullable=False),
    Column("risk_level", String(10), nullable=False),
    Column("policy_id", String(60), nullable=False),
    Column("policy_version", Integer),  # of the text it was planned by; null: not known
    Column("policy_epoch", BigInteger, nullable=False),  # policies as they were when it was last looked at
    Column("chapters", Json, nullable=False),  # domain/story.py: what became known, and when
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("person", Text, nullable=False),  # sealed; passed on, never opened here
    Column("language", String(10), nullable=False),
    Column("household_id", String(36)),
    Column("division", String(12)),
    Column("street", String(40)),
    Column("community", String(40)),
    Column("grid", String(40)),
    Column("worker", String(40)),  # whom registration sent to the door
    Column("team", Json, nullable=False),  # [[role, staff_id]], the owner first
    Column("team_lacks", String(200)),  # roles of the measure that nobody has, comma separated; null: none
    Column("owner", String(40)),
    Column("unassigned_since", UtcDateTime),
    Column("staff_epoch", BigInteger, nullable=False),  # staff as it was when an owner was last looked for
    Column("tasks_planned", Integer, nullable=False),  # rows in `tasks`, whatever their state
    Column("plan_number", Integer, nullable=False),
    Column("planned_until", Date, nullable=False),
    Column("plan_next", Date),  # the day to be planned next; null when all is planned, or the case closed
    Column("notes", Integer, nullable=False),  # rows in `case_history`
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("correlation_id", String(200), nullable=False),
)
_to_plan = cases.c.plan_next.is_not(None)
Index("cases_to_plan", cases.c.plan_next, postgresql_where=_to_plan, sqlite_where=_to_plan)
_waiting = cases.c.unassigned_since.is_not(None)
# The second column of this one and of the next only lets /metrics count by the index alone.
Index(
    "cases_unassigned",
    cases.c.staff_epoch,
    cases.c.unassigned_since,
    postgresql_where=_waiting,
    sqlite_where=_waiting,
)
_not_closed = cases.c.closed_at.is_(None)
_thin = cases.c.team_lacks.is_not(None) & _not_closed
Index("cases_short_of_staff", cases.c.staff_epoch, postgresql_where=_thin, sqlite_where=_thin)
Index(
    "cases_by_policy",
    cases.c.policy_epoch,
    cases.c.measure,
    cases.c.closed_at,  # SQLite answers from the index alone only if it holds every column asked for
    postgresql_where=_not_closed,
    sqlite_where=_not_closed,
)

tasks = Table(
    "tasks",
    metadata,
    Column("task_id", Id, primary_key=True),
    Column("case_id", Id, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("about", String(100), nullable=False),  # the message it is about; '' for planned tasks
    Column("day", SmallInteger, nullable=False),  # day number of the measure
    Column("due_from", UtcDateTime, nullable=False),
    Column("due_by", UtcDateTime, nullable=False),
    Column("role", String(40), nullable=False),
    Column("staff_id", String(40)),
    Column("state", String(10), nullable=False),
    Column("told", SmallInteger, nullable=False),  # steps of the ladder told so far
    Column("told_level", String(20)),  # who was told last: worker … or nobody; null: not told yet
    Column("tell_at", UtcDateTime),  # when the next step is told, unless it is done by then
)
Index("tasks_natural_key", tasks.c.case_id, tasks.c.kind, tasks.c.due_from, tasks.c.about, unique=True)
_to_tell = tasks.c.tell_at.is_not(None)
Index("tasks_to_tell", tasks.c.tell_at, postgresql_where=_to_tell, sqlite_where=_to_tell)
_missed = tasks.c.state == "missed"
Index("tasks_missed", tasks.c.told_level, tasks.c.state, postgresql_where=_missed, sqlite_where=_missed)

case_history = Table(
    "case_history",
    metadata,
    Column("case_id", Id, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("what", String(60), nullable=False),
    Column("event_id", String(200)),  # what caused it; null: a timer
    Column("detail", Json, nullable=False),
)

waiting_for_policy = Table(
    "waiting_for_policy",  # arrivals that came before there was any policy: the recorded reason for no case
    metadata,
    Column("arrival_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("event", Json, nullable=False),  # as it came, personal fields sealed
    Column("since", UtcDateTime, nullable=False),
    Column("policy_epoch", BigInteger, nullable=False),
)

policies = Table(
    "policies",
    metadata,
    Column("policy_id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("edition", String(60), nullable=False),
    Column("title", String(200), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("document", Json, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
)

places = Table(
    "places",
    metadata,
    Column("place_id", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("parent", String(40)),
    Column("level", String(20), nullable=False),
    Column("name", String(100), nullable=False),
    Column("division", String(12)),
    Column("removed", Boolean, nullable=False),
)

staff = Table(
    "staff",
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("role", String(40), nullable=False),
    Column("place", String(40), nullable=False),
    Column("active", Boolean, nullable=False),
    Column("person", Text, nullable=False),  # sealed
    Column("language", String(10), nullable=False),
)

staff_load = Table(
    "staff_load",  # apart from `staff`, so that giving a case rewrites a short row
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("cases", Integer, nullable=False),
)

revisions = Table(
    "revisions",  # how often policies, places and staff have changed: tells a process that its copy is old
    metadata,
    Column("name", String(20), primary_key=True),
    Column("revision", BigInteger, nullable=False),
)


def as_dict(row: RowMapping) -> dict[str, Any]:
    """A row that can be written again: SQLAlchemy's own keys are a kind of str that JSON refuses."""
    return {str(name): value for name, value in row.items()}
