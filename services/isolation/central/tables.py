"""Centres with their rooms, and moves: a row for each bed that was promised to somebody, or to two."""

from sqlalchemy import Boolean, Column, Index, SmallInteger, String, Table, Text, text

from chassis.database.types import Id, UtcDateTime
from services.isolation.metadata import metadata

centres = Table(
    "centres",  # imported: reference data. Locked by whoever gives a bed, so that none is given twice
    metadata,
    Column("centre_id", String(40), primary_key=True),
    Column("name", String(100), nullable=False),
    Column("district", String(40), nullable=False),  # place_id
)
rooms = Table(
    "rooms",
    metadata,
    Column("centre_id", String(40), primary_key=True),
    Column("room_id", String(20), primary_key=True),
    Column("beds", SmallInteger, nullable=False),  # 0: closed
    Column("families", Boolean, nullable=False),  # suited to a family
)
moves = Table(
    "moves",
    metadata,
    Column("move_id", Id, primary_key=True),
    Column(
        "case_id", Id, nullable=False
    ),  # of whom it was decided; its task may be of the one that goes on for it
    Column("centre_id", String(40), nullable=False),
    Column("room_id", String(20), nullable=False),
    Column("beds", SmallInteger, nullable=False),  # 2: a carer who has no case goes along
    Column("who", String(20), nullable=False),  # one of MOVED_AS
    Column("carer", Id),  # case_id of the adult who is with them there; null: an adult, or `said` names one
    Column("state", String(20), nullable=False),  # rules.py
    Column("decided_at", UtcDateTime, nullable=False),
    Column("decided_by", String(200), nullable=False),  # source
    Column("said", Text),  # sealed: carer, minded_by, note
    Column("task_id", Id, nullable=False),  # of the officer who sees to it now
    Column("escort_task_id", Id, nullable=False),
    Column("admitted_at", UtcDateTime),
    Column("settled_at", UtcDateTime),  # when the bed was given back
    Column("settled_by", String(200)),  # source of whoever admitted them, or gave it back; null: the clock
    Column("ended_as", String(20)),  # what was decided as they left the centre
)
Index("moves_of_case", moves.c.case_id)
Index("moves_of_task", moves.c.task_id, unique=True)
# Literals, so that the planner sees that the partial indexes hold all of them.
TAKES_BED = text("moves.state IN ('decided', 'admitted')")
IS_DECIDED = text("moves.state = 'decided'")
TO_SETTLE = text("moves.state IN ('decided', 'taken_back')")
IS_ADMITTED = text("moves.state = 'admitted'")
_takes_bed = text(TAKES_BED.text.replace("moves.", ""))
_decided = text(IS_DECIDED.text.replace("moves.", ""))
_to_settle = text(TO_SETTLE.text.replace("moves.", ""))
_admitted = text(IS_ADMITTED.text.replace("moves.", ""))
Index(
    "moves_in_rooms", moves.c.centre_id, moves.c.room_id, postgresql_where=_takes_bed, sqlite_where=_takes_bed
)
Index("moves_in_care", moves.c.carer, postgresql_where=_takes_bed, sqlite_where=_takes_bed)
Index("moves_decided", moves.c.task_id, postgresql_where=_decided, sqlite_where=_decided)
Index("moves_to_settle", moves.c.decided_at, postgresql_where=_to_settle, sqlite_where=_to_settle)
Index(
    "moves_admitted",
    moves.c.admitted_at,
    moves.c.move_id,
    postgresql_where=_admitted,
    sqlite_where=_admitted,
)
