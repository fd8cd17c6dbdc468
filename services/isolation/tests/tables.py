"""Tables of results of tests."""

from sqlalchemy import Column, Date, Index, Integer, SmallInteger, String, Table, Text, text

from chassis.database.types import Id, UtcDateTime
from services.isolation.metadata import metadata


def _result() -> tuple[Column[object], ...]:
    return (
        Column("sample_id", String(60), nullable=False),
        Column("tube_id", String(60)),
        Column("pool_size", SmallInteger, nullable=False),
        Column("sampled_at", UtcDateTime, nullable=False),
        Column("reported_at", UtcDateTime, nullable=False),
        Column("method", String(10), nullable=False),
        Column("stage", String(20), nullable=False),
        Column("result", String(20), nullable=False),
        Column("supersedes", Id),  # result_id of the laboratory's earlier result, which no longer counts
        Column("source", String(200), nullable=False),
        Column("event_id", String(200), nullable=False),
        Column("received_at", UtcDateTime, nullable=False),
    )


test_results = Table(
    "test_results",
    metadata,
    Column("result_id", Id, primary_key=True),
    Column("case_id", Id, primary_key=True),  # a person may have two cases
    *_result(),
)
Index("test_results_of_case", test_results.c.case_id, test_results.c.sampled_at)

results_of_nobody = Table(
    "results_of_nobody",  # positives of people who are not followed here, and what corrects such a one
    metadata,
    Column("result_id", Id, primary_key=True),
    Column("identity", Text),  # sealed: type and number
    *_result(),
    Column("due_by", UtcDateTime),  # until when the district takes it up; null: there is nothing to take up
    Column("taken_up_at", UtcDateTime),
    Column("taken_up_as", String(20)),  # a word of TAKEN_UP
    Column("taken_up_by", String(200)),  # the source of whoever said so, by which command
    Column("taken_up_event", String(200)),
    Column("taken_up_note", Text),  # sealed
)
_waiting = results_of_nobody.c.due_by.is_not(None)
Index(
    "results_of_nobody_waiting",
    results_of_nobody.c.due_by,
    postgresql_where=_waiting,
    sqlite_where=_waiting,
)

_correcting = results_of_nobody.c.supersedes.is_not(None)
Index(
    "results_of_nobody_corrected",
    results_of_nobody.c.supersedes,
    postgresql_where=_correcting,
    sqlite_where=_correcting,
)

_named = text("identity IS NOT NULL")
Index(
    "results_of_nobody_to_strip",
    results_of_nobody.c.received_at,
    postgresql_where=_named,
    sqlite_where=_named,
)

results_counted = Table(
    "results_counted",  # of nobody here, and not kept
    metadata,
    Column("day", Date, primary_key=True),  # of sampling, in the jurisdiction's zone
    Column("source", String(200), primary_key=True),
    Column("result", String(20), primary_key=True),
    Column("number", Integer, nullable=False),
)
