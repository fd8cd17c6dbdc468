"""Tables of cases: the cases, their history, and arrivals that wait for a policy."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    text,
)

from chassis.database.types import Id, Json, UtcDateTime
from services.isolation.metadata import metadata

cases = Table(
    "cases",
    metadata,
    Column("case_id", Id, primary_key=True),  # the arrival's id: one case an arrival
    Column("version", Integer, nullable=False),  # counts the events: case.opened is 1
    Column("arrival_version", Integer, nullable=False),  # the highest seen
    Column("state", String(20), nullable=False),
    Column("measure", String(20).with_variant(String(40), "postgresql"), nullable=False),
    Column("days", SmallInteger, nullable=False),
    Column("counted_from", Date, nullable=False),  # day 0
    Column("release_on", Date, nullable=False),
    Column("risk_level", String(10), nullable=False),
    Column("policy_id", String(60), nullable=False),
    Column("policy_version", Integer),  # of the text it was planned by; null: not known
    Column("policy_epoch", BigInteger, nullable=False),  # the policies' epoch when it was last looked at
    Column("chapters", Json, nullable=False),  # story.py: what became known, and when
    Column("arrived_at", UtcDateTime, nullable=False),
    Column("person", Text, nullable=False),  # sealed; passed on, never opened here
    Column("language", String(10), nullable=False),
    Column("household_id", String(36)),
    Column("division", String(12)),
    Column("district", String(40)),  # by the place tree; null: not known, or not worked out yet
    Column("street", String(40)),
    Column("community", String(40)),
    Column("grid", String(40)),
    Column("worker", String(40)),  # the worker that registration sent to the door
    Column("identity", BigInteger),  # blind index of the document's number; 0: none; null: not looked for yet
    Column("team", Json, nullable=False),  # [[role, staff_id]], the owner first
    Column("team_lacks", String(200)),  # roles of the measure that nobody has, comma separated; null: none
    Column("owner", String(40)),
    Column("unassigned_since", UtcDateTime),
    Column("staff_epoch", BigInteger, nullable=False),  # the staff's revision when a team was last looked for
    Column("tasks_planned", Integer, nullable=False),  # rows in `tasks`, whatever their state
    Column("plan_number", Integer, nullable=False),
    Column("planned_until", Date, nullable=False),
    Column("plan_next", Date),  # the day to be planned next; null when all is planned, or the case closed
    Column("notes", Integer, nullable=False),  # rows in `case_history`
    Column("opened_at", UtcDateTime, nullable=False),
    Column("moved_at", UtcDateTime),  # to another known place, last; null: never, or before 0018
    Column("closed_at", UtcDateTime),
    Column("correlation_id", String(200), nullable=False),
    Column("strip_on", Date),  # local: when its term has passed; null: not known yet, or it is stripped
    Column("stripped_at", UtcDateTime),
    # What registration says of the arrival after the case has ended: a fact each; `person` is sealed.
    Column("heard", Json),
)
_to_plan = cases.c.plan_next.is_not(None)
Index("cases_to_plan", cases.c.plan_next, postgresql_where=_to_plan, sqlite_where=_to_plan)
_waiting = cases.c.unassigned_since.is_not(None)
# The second column here, and the last two of `cases_by_policy`, let /metrics count by the index alone.
Index(
    "cases_unassigned",
    cases.c.staff_epoch,
    cases.c.unassigned_since,
    postgresql_where=_waiting,
    sqlite_where=_waiting,
)
_not_closed = cases.c.closed_at.is_(None)
# Laboratories name people by their number.
Index("cases_by_identity", cases.c.identity, postgresql_where=_not_closed, sqlite_where=_not_closed)
# Of a positive also those whose case has ended lately. Intake does not write it.
_ended = text("closed_at IS NOT NULL AND version > 0 AND identity <> 0")
Index("cases_ended_by_identity", cases.c.identity, postgresql_where=_ended, sqlite_where=_ended)
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

district_walks = Table(
    "district_walks",  # how far the cases are walked through: for their districts (cases), links and terms
    metadata,
    Column("name", String(20), primary_key=True),
    # Of the places by which it was done or goes on; of links 1; of terms the day.
    Column("revision", BigInteger, nullable=False),
    Column("after", Id),  # the case that was looked at last; null: all were
)

# Lists at the door: a page of a place, by case. They are the two that intake may pay for.
for _place in (cases.c.street, cases.c.community):
    Index(
        f"cases_open_in_{_place.name}",
        _place,
        cases.c.case_id,
        postgresql_where=_not_closed,
        sqlite_where=_not_closed,
    )

# What has ended lately. Intake does not write them: what is only expected is closed, too, in version 0.
_has_ended = text("closed_at IS NOT NULL AND version > 0")
for _place in (cases.c.street, cases.c.community):
    Index(
        f"cases_ended_in_{_place.name}",
        _place,
        cases.c.closed_at,
        postgresql_where=_has_ended,
        sqlite_where=_has_ended,
    )

# Those who may be released soon: a day's, and who is held. An arrival comes in when its last day is planned.
AT_ITS_END = text("closed_at IS NULL AND plan_next IS NULL AND days > 0")
Index("cases_at_their_end", cases.c.release_on, postgresql_where=AT_ITS_END, sqlite_where=AT_ITS_END)

# Those who refuse, by decision: few. A literal, so that the planner sees that the partial index has them all.
IS_REFUSED = text("cases.state = 'refused'")
_refused = text(IS_REFUSED.text.replace("cases.", ""))
Index("cases_refused", cases.c.case_id, postgresql_where=_refused, sqlite_where=_refused)

_to_strip = cases.c.strip_on.is_not(None)
Index("cases_to_strip", cases.c.strip_on, postgresql_where=_to_strip, sqlite_where=_to_strip)

release_checks = Table(
    "release_checks",  # cases whose last day is planned, until they end: whether they may be released
    metadata,
    Column("case_id", Id, primary_key=True),
    Column("check_at", UtcDateTime),  # when it is looked at next; null: proposed, and nothing changed since
    Column("lacks", String(100), nullable=False),  # words of RELEASE_LACKS, comma separated; '': nothing
    Column("proposed_at", UtcDateTime),  # null: not proposed
    Column("past_since", Date),  # the first day on which something held them past the term; null: nothing did
)
_to_check = release_checks.c.check_at.is_not(None)
Index("release_checks_due", release_checks.c.check_at, postgresql_where=_to_check, sqlite_where=_to_check)
_proposed = release_checks.c.proposed_at.is_not(None)
Index(
    "release_checks_proposed",
    release_checks.c.proposed_at,
    postgresql_where=_proposed,
    sqlite_where=_proposed,
)
_held = release_checks.c.past_since.is_not(None)
Index("release_checks_held", release_checks.c.past_since, postgresql_where=_held, sqlite_where=_held)

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

merged_cases = Table(
    "merged_cases",  # cases that ended because their arrival turned out to be another one
    metadata,
    Column("case_id", Id, primary_key=True),
    Column("version", Integer, nullable=False),  # of the arrival, that said so
    Column("goes_on_as", Id),  # that other arrival, and case; null: it is one of its own again
    Column("went_on_as", Id),  # before that, where that case is still to be looked at
    Column("was_followed", Boolean, nullable=False),  # the case was open until it ended so
    Column("look_at", UtcDateTime),  # when it is looked what follows for the case that goes on; null: it was
)
Index("merged_cases_by_end", merged_cases.c.goes_on_as)
_to_look_at = merged_cases.c.look_at.is_not(None)
Index(
    "merged_cases_to_look_at",
    merged_cases.c.look_at,
    postgresql_where=_to_look_at,
    sqlite_where=_to_look_at,
)

watched = Table(
    "watched",  # who wants to look when something becomes new of a case
    metadata,
    Column("id", Id, primary_key=True),  # of the case; or of somebody in a round of tests who has none
    Column("watcher", String(10), primary_key=True),  # watched.py
    Column("look_at", UtcDateTime),  # when something became new; null: it was looked since
)
_new = watched.c.look_at.is_not(None)
Index("watched_to_look_at", watched.c.watcher, watched.c.look_at, postgresql_where=_new, sqlite_where=_new)

waiting_for_policy = Table(
    "waiting_for_policy",  # arrivals that came before there was any policy: the recorded reason for no case
    metadata,
    Column("arrival_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("event", Json, nullable=False),  # as it came, personal fields sealed
    Column("since", UtcDateTime, nullable=False),
    Column("policy_epoch", BigInteger, nullable=False),
)

chosen_languages = Table(
    "chosen_languages",  # of messages; a row only for who chose one
    metadata,
    Column("case_id", Id, primary_key=True),
    Column("language", String(10), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
