"""The table of check-ins. Values are kept with the case's id only; who it is stands sealed with the case."""

from sqlalchemy import Boolean, Column, Index, SmallInteger, String, Table, Text

from chassis.database.types import Id, Json, UtcDateTime
from services.isolation.metadata import metadata

check_ins = Table(
    "check_ins",
    metadata,
    Column("check_in_id", Id, primary_key=True),
    Column("case_id", Id, nullable=False),
    Column("corrects", Id),  # of a correction: the first one; null: it is none
    Column("version", SmallInteger, nullable=False),  # 1, and of its corrections 2, 3 …
    Column("at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("temperature", SmallInteger),  # tenths of a degree Celsius
    Column("symptoms", Json, nullable=False),
    Column("how_known", String(10), nullable=False),
    Column("note", Text),  # sealed
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
    Column("task_id", Id),  # the check-in task of whose window it is
    Column("late", Boolean, nullable=False),
    Column("abnormal", String(40), nullable=False),  # temperature, symptom, comma separated; '': it is not
    Column("alarm_task_id", Id),  # the task that was planned for it at once
    Column("told", Json, nullable=False),  # staff who were told at once
)
Index("check_ins_of_case", check_ins.c.case_id, check_ins.c.at)
_correction = check_ins.c.corrects.is_not(None)
Index("check_ins_corrected", check_ins.c.corrects, postgresql_where=_correction, sqlite_where=_correction)
