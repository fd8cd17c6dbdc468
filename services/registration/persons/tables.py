"""Persons are found by blind index; who looked at a person's record is kept."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, SmallInteger, String, Table

from chassis.database.guards import append_only
from chassis.database.types import Id, Json, UtcDateTime
from services.registration.metadata import metadata

person_keys = Table(
    "person_keys",
    metadata,
    # Blind index of the identity number, or of name and phone; 128 bits are half as big as a uuid.
    Column("key", Id, primary_key=True),
    Column("person_id", Id, nullable=False),
    # Of a name-and-phone key: the identity key that claimed it; a second one makes a possible duplicate.
    Column("identity_key", Id),
    Column("form", SmallInteger, nullable=False, server_default="1"),  # see persons/keys.py
    Column("facts", Json),  # what was said of the person: see persons/claims.py
    Column("others", Json),  # [person, facts] of those under the same key whom facts tell apart
)
_old = person_keys.c.form < 2
Index("person_keys_old", person_keys.c.key, postgresql_where=_old, sqlite_where=_old)

person_rivals = Table(
    "person_rivals",  # two persons under one key, who may be one; each pair stands in it both ways
    metadata,
    Column("person_id", Id, primary_key=True),
    Column("rival_id", Id, primary_key=True),
    Column("why", String(40), nullable=False),
    Column("contradicts", Json, nullable=False),  # kinds of fact that differ
)

person_views = Table(
    "person_views",  # who saw or exported a person's record, and why
    metadata,
    Column("id", Id, primary_key=True),
    Column("arrival_id", Id, nullable=False),
    Column("viewed_at", UtcDateTime, nullable=False),  # real time
    Column("viewed_by", String(100), nullable=False),
    Column("reason", String(500), nullable=False),
    info=append_only(),
)
Index("person_views_arrival", person_views.c.arrival_id)

# What may show that two people are one: keyed digests, see persons/likeness.py. Rows are found by these only;
# a primary key would cost a fourth of it.
likenesses = Table(
    "likenesses",
    metadata,
    Column("arrival_id", Id, nullable=False),  # several rows where its reports tell different things
    Column("at", BigInteger, nullable=False),  # the arrival's time as reported, in seconds since 1970
    Column("who", BigInteger, nullable=False),  # tells people under one key apart
    Column("name_birth", BigInteger),
    Column("phone", BigInteger),
    Column("number_head", BigInteger),  # of name and half the number; seldom, for other documents only
    Column("number_tail", BigInteger),
    Column("beside", BigInteger),  # seldom, too: of who is known only beside somebody else
)
for _key in ("name_birth", "phone", "number_head", "number_tail", "beside"):
    _there = likenesses.c[_key].is_not(None)
    Index(f"likenesses_{_key}", likenesses.c[_key], postgresql_where=_there, sqlite_where=_there)
