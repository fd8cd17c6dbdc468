"""The table of tasks, and the days of which staff were told."""

from sqlalchemy import Column, Date, Index, SmallInteger, String, Table, text

from chassis.database.types import Id, Json, UtcDateTime
from services.isolation.metadata import metadata

tasks = Table(
    "tasks",
    metadata,
    Column("task_id", Id, primary_key=True),
    Column("case_id", Id, nullable=False),
    Column("kind", String(40), nullable=False),
    Column("about", String(100), nullable=False),  # id of the message, check-in …; '' for planned tasks
    Column("day", SmallInteger, nullable=False),  # day number of the measure
    Column("due_from", UtcDateTime, nullable=False),
    Column("due_by", UtcDateTime, nullable=False),
    Column("role", String(40), nullable=False),
    Column("staff_id", String(40)),
    Column("state", String(10).with_variant(String(20), "postgresql"), nullable=False),
    Column("told", SmallInteger, nullable=False),  # steps of the ladder that were informed so far
    Column("told_level", String(20)),  # the level informed last: worker … or nobody; null: none yet
    Column("tell_at", UtcDateTime),  # when the next step is informed, unless it is done by then
    Column("version", SmallInteger),  # how often something was said of it; null: never
    Column("acts", Json),  # rows.py: what people said of it; null: nothing yet
)
Index("tasks_natural_key", tasks.c.case_id, tasks.c.kind, tasks.c.due_from, tasks.c.about, unique=True)
_to_tell = tasks.c.tell_at.is_not(None)
Index("tasks_to_tell", tasks.c.tell_at, postgresql_where=_to_tell, sqlite_where=_to_tell)
_of_message = tasks.c.about != ""
Index(
    "tasks_about_messages",  # few: of what reached nobody, also after the case has ended
    tasks.c.state,
    tasks.c.case_id,
    postgresql_where=_of_message,
    sqlite_where=_of_message,
)
# What a household needs, refuses or asks leave for, at whom somebody must look, and breaches, where the task
# went with its case: few, and looked for all the time.
TAKEN_BACK = text(
    "tasks.state = 'cancelled' "
    "AND tasks.kind IN ('meet_need', 'medical_need', 'settle_refusal', 'see_abnormal', "
    "'decide_permit', 'urgent_permit', 'review_permit', 'see_breach', 'judge_breach', 'settle_breach')"
)
_taken_back = text(TAKEN_BACK.text.replace("tasks.", ""))
Index("tasks_taken_back", tasks.c.due_from, postgresql_where=_taken_back, sqlite_where=_taken_back)
_missed = tasks.c.state == "missed"
_undecided = tasks.c.state == "not_possible"
Index("tasks_to_decide", tasks.c.tell_at, postgresql_where=_undecided, sqlite_where=_undecided)
Index("tasks_missed", tasks.c.told_level, tasks.c.state, postgresql_where=_missed, sqlite_where=_missed)
_alarmed = text("kind = 'see_abnormal'")
# What alarmed lately, in a whole district. Intake does not write it: no task that is planned is of this kind.
Index("tasks_of_alarms", tasks.c.due_from, tasks.c.case_id, postgresql_where=_alarmed, sqlite_where=_alarmed)

staff_days = Table(
    "staff_days",  # a row a day, written with the events that tell staff what they have to do
    metadata,
    Column("day", Date, primary_key=True),  # local
    Column("planned_at", UtcDateTime, nullable=False),  # time of the field
)
