"""Tables of rounds of tests: the rounds, who belongs to each, and what was said of whom."""

from sqlalchemy import Column, Index, Integer, String, Table, Text, text

from chassis.database.types import Id, UtcDateTime
from services.isolation.metadata import metadata

test_rounds = Table(
    "test_rounds",
    metadata,
    Column("round_id", Id, primary_key=True),
    Column("place", String(40), nullable=False),
    Column("street", String(40)),  # in which it lies, likewise the next two; null: above or below it
    Column("community", String(40)),
    Column("grid", String(40)),
    Column("begins_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("version", Integer, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("source", String(200), nullable=False),  # of whoever opened it, by which command
    Column("event_id", String(200), nullable=False),
    Column("closed_at", UtcDateTime),  # null: it is open
    Column("closed_by", String(200)),
    Column("closed_event", String(200)),
    Column("closed_because", Text),  # sealed; null: nobody was missing, or it is stripped
    Column("stripped_at", UtcDateTime),
)
OPEN = text("test_rounds.closed_at IS NULL")
_open = text("closed_at IS NULL")
Index("test_rounds_open", test_rounds.c.ends_at, postgresql_where=_open, sqlite_where=_open)
_to_strip = text("closed_at IS NOT NULL AND stripped_at IS NULL")
Index("test_rounds_to_strip", test_rounds.c.closed_at, postgresql_where=_to_strip, sqlite_where=_to_strip)
Index("test_rounds_by_time", test_rounds.c.opened_at, test_rounds.c.round_id)

round_people = Table(
    "round_people",  # who should be tested in a round; nobody is ever taken off it
    metadata,
    Column("person_id", Id, primary_key=True),
    Column("round_id", Id, nullable=False),
    Column("case_id", Id),  # null: of a register, without a case
    Column("person", Text),  # sealed: name, phone, address of a register; null: the case says them
    Column("building", String(40), nullable=False),  # '': it cannot be read, or is stripped
    Column("visit", String(20)),  # a word of VISITS: whoever takes samples comes to them
    Column("street", String(40)),  # where they belonged to it last; likewise the next two
    Column("community", String(40)),
    Column("grid", String(40)),
    Column("state", String(10), nullable=False),
    Column("why", String(20)),
    Column("tested_at", UtcDateTime),
    Column("due_by", UtcDateTime, nullable=False),  # until when it is found out why they are missing
    Column("look_at", UtcDateTime),  # when it is looked next how they stand; null: when something is said
)
Index("round_people_of_round", round_people.c.round_id, round_people.c.state, round_people.c.building)
_of_case = round_people.c.case_id.is_not(None)
Index(
    "round_people_of_case",
    round_people.c.case_id,
    round_people.c.round_id,
    unique=True,
    postgresql_where=_of_case,
    sqlite_where=_of_case,
)
_looked_at = round_people.c.look_at.is_not(None)
Index("round_people_to_look_at", round_people.c.look_at, postgresql_where=_looked_at, sqlite_where=_looked_at)
MISSING = text("round_people.state = 'missing'")
_missing = text("state = 'missing'")
Index(
    "round_people_missing",
    round_people.c.due_by,
    round_people.c.person_id,
    postgresql_where=_missing,
    sqlite_where=_missing,
)

round_acts = Table(
    "round_acts",  # what was said of somebody in a round, and which register was given
    metadata,
    Column("act_id", Id, primary_key=True),
    Column("round_id", Id, nullable=False),
    Column("person_id", Id),  # null: of the round
    Column("what", String(20), nullable=False),  # a word of ROUND_OUTCOMES, or register
    Column("at", UtcDateTime, nullable=False),
    Column("note", Text),  # sealed
    Column("source", String(200), nullable=False),
    Column("event_id", String(200), nullable=False),
)
Index("round_acts_of_person", round_acts.c.person_id, round_acts.c.at)
Index("round_acts_of_round", round_acts.c.round_id)
