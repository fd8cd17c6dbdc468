"""Tables of results of tests."""

from typing import Final

from sqlalchemy import BigInteger, Column, Date, Index, Integer, SmallInteger, String, Table, Text, text

from chassis.database.types import Id, Json, UtcDateTime
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
    Column("batch_id", Id),  # of a laboratory's run, or hour; null: entered by staff, or before 0030
)
Index("test_results_of_case", test_results.c.case_id, test_results.c.sampled_at)

_in_batch = text("batch_id IS NOT NULL AND result = 'positive'")
Index(
    "test_results_of_batch",
    test_results.c.batch_id,
    postgresql_where=_in_batch,
    sqlite_where=_in_batch,
)

_positive = text("result = 'positive'")
Index(
    "test_results_positive",
    test_results.c.received_at,
    postgresql_where=_positive,
    sqlite_where=_positive,
)

_corrects = test_results.c.supersedes.is_not(None)
Index(
    "test_results_corrected",
    test_results.c.supersedes,
    postgresql_where=_corrects,
    sqlite_where=_corrects,
)

result_batches = Table(
    "result_batches",  # a laboratory's runs, or what it reports of an hour
    metadata,
    Column("batch_id", Id, primary_key=True),
    Column("source", String(200), nullable=False),
    Column("results", Integer, nullable=False),
    Column("positives", Integer, nullable=False),
    Column("unusual_at", UtcDateTime),  # when its share of positives was found unusual; null: it is not
    Column("wait_until", UtcDateTime),  # until then nothing follows from its positives
    Column("decided_at", UtcDateTime),  # when an officer said what the laboratory answered
    Column("decided_as", String(20)),  # a word of BATCH_OUTCOMES
    Column("decided_by", String(200)),  # source of whoever said so, by which command
    Column("decided_event", String(200)),
)
_undecided = text("unusual_at IS NOT NULL AND decided_at IS NULL")
Index(
    "result_batches_undecided",
    result_batches.c.wait_until,
    postgresql_where=_undecided,
    sqlite_where=_undecided,
)

positives = Table(
    "positives",  # people in whose samples something was found, and what was done about it
    metadata,
    Column("case_id", Id, primary_key=True),
    Column("look_at", UtcDateTime),  # when it is looked what follows; null: all that is known was seen to
    Column("result_id", Id),  # the confirmed finding that is seen to; null: none stands
    Column("found_at", UtcDateTime),  # when that was
    Column("call_task_id", Id),  # of the person who calls
    Column("decide_task_id", Id),  # of the officer who decides where they go
    Column("list_task_id", Id),  # of the officer who lists those with whom they were
    Column("doubt_id", Id),  # the pooled tube, or first finding, for which a second sample is taken
    Column("doubt_task_id", Id),
    Column("late_id", Id),  # the finding, or correction, that came after the end of the case
    Column("late_task_id", Id),  # of the officer who decides about that
    Column("tell_task_id", Id),  # of the officer who tells those on the contacts' list
    Column("correct_task_id", Id),  # of the officer who tells them that it was a mistake
    Column("told", Json, nullable=False),  # staff who were told at once
    Column("contacts_at", UtcDateTime),  # when those who live with them become contacts, or are so no more
    Column("contacts_since", Date),  # the last day of being together, as they were told; null: they are none
    Column("treated_until", UtcDateTime),  # they came back from hospital; what was found before is over
    Column("treated_from", UtcDateTime),  # when they went there; null: they did not, or came back before 0041
    Column("treated_id", Id),  # the confirmed finding of before that stands; null: none does
    Column("treated_told", Json),  # staff who were told at once of that one
)
OF_POSITIVE: Final = ("result_id", "found_at", "call_task_id", "decide_task_id", "list_task_id")
"""Columns of the confirmed finding that is seen to, with the tasks that followed from it."""
_to_look_at = positives.c.look_at.is_not(None)
Index("positives_to_look_at", positives.c.look_at, postgresql_where=_to_look_at, sqlite_where=_to_look_at)
_to_spread = positives.c.contacts_at.is_not(None)
Index("positives_to_spread", positives.c.contacts_at, postgresql_where=_to_spread, sqlite_where=_to_spread)

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

awaited_people = Table(
    "awaited_people",  # without a case, of whom a round of tests waits for a result
    metadata,
    Column("person_id", Id, primary_key=True),  # of the round
    Column("identity", BigInteger),  # blind index of the document's number; null: they are stripped
)
_known = awaited_people.c.identity.is_not(None)
Index("awaited_people_known", awaited_people.c.identity, postgresql_where=_known, sqlite_where=_known)

awaited_results = Table(
    "awaited_results",  # what laboratories said of them
    metadata,
    Column("person_id", Id, primary_key=True),
    Column("result_id", Id, primary_key=True),
    Column("sampled_at", UtcDateTime, nullable=False),
    Column("reported_at", UtcDateTime, nullable=False),
    Column("result", String(20), nullable=False),
    Column("supersedes", Id),
)

results_counted = Table(
    "results_counted",  # of nobody here, and not kept
    metadata,
    Column("day", Date, primary_key=True),  # of sampling, in the jurisdiction's zone
    Column("source", String(200), primary_key=True),
    Column("result", String(20), primary_key=True),
    Column("number", Integer, nullable=False),
)
