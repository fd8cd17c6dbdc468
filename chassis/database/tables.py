"""The chassis' own tables, in every service's database: inbox, outbox, dead letters, leases, trails."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table, Text, text

from chassis.database.guards import NOTED_IN, append_only, unwatched
from chassis.database.types import Id, Json, UtcDateTime


def chassis_tables(metadata: MetaData) -> None:
    """Add inbox, outbox, dead letters with the acts on them, and leases to a service's tables.

    It is long, for it lists their columns.
    """
    inbox = Table(
        "inbox",
        metadata,
        Column("handler", String(60), primary_key=True),
        Column("source", String(200), primary_key=True),
        Column("event_id", String(200), primary_key=True),
        Column("body_hash", String(16), nullable=False),
        Column("handled_at", UtcDateTime, nullable=False),  # real time
        Column("outcome", String(20)),  # of a command: done | not_noted | invalid
        Column("result", Json),  # what whoever says the command again is told
    )
    outbox = Table(
        "outbox",  # a row is one message: up to 50 events of one transaction for one routing key
        metadata,
        Column("id", Id, primary_key=True),
        Column("exchange", String(60), nullable=False),
        Column("routing_key", String(200), nullable=False),
        Column("events", Integer, nullable=False),
        Column("body", Text, nullable=False),  # a JSON array of CloudEvents, personal fields sealed
        Column("created_at", UtcDateTime, nullable=False),  # real time
        Column("published_at", UtcDateTime),
        Column("by_door", Boolean),  # written by a process without a broker connection: another one sends it
    )
    left = outbox.c.by_door.is_not(None) & outbox.c.published_at.is_(None)
    Index("outbox_of_door", outbox.c.created_at, postgresql_where=left, sqlite_where=left)
    Index("inbox_by_age", inbox.c.handled_at, postgresql_using="brin")
    unpublished = outbox.c.published_at.is_(None)
    Index("outbox_unpublished", outbox.c.created_at, postgresql_where=unpublished, sqlite_where=unpublished)
    Index("outbox_log", outbox.c.created_at, postgresql_using="brin")
    _add_dead_letters(metadata)
    Table(
        "arrived_events",  # of outsiders, counted where they are settled: chassis.messaging.arrived
        metadata,
        Column("handler", String(60), primary_key=True),
        Column("publisher", String(100), primary_key=True),
        Column("source", String(200), primary_key=True),
        Column("day", String(10), primary_key=True),  # of the event's time, in the district's zone
        Column("outcome", String(20), primary_key=True),
        Column("shard", Integer, primary_key=True, autoincrement=False),
        Column("events", Integer, nullable=False),
    )
    views = Table(
        "views",  # who saw personal data at a door, and why
        metadata,
        Column("id", Id, primary_key=True),
        Column("viewed_at", UtcDateTime, nullable=False),  # field time
        Column("viewer", String(200), nullable=False),  # the author's source
        Column("about", String(40), nullable=False),  # the kind of thing: case, staff
        Column("about_id", String(60), nullable=False),
        Column("reason", String(500), nullable=False),
        Column("day", String(10)),  # of own tasks, which are noted once a day
        info=append_only(),
    )
    once = views.c.day.is_not(None)
    Index(
        "views_once_a_day",
        views.c.viewer,
        views.c.about_id,
        views.c.day,
        views.c.about,
        unique=True,
        postgresql_where=once,
        sqlite_where=once,
    )
    Index("views_of", views.c.about_id)
    Table(
        "stuck_rows",  # rows that made a chore fail, set aside: chassis.stuck_rows
        metadata,
        Column("chore", String(100), primary_key=True),
        Column("of_table", String(60), primary_key=True),
        Column("row_key", String(200), primary_key=True),
        Column("since", UtcDateTime, nullable=False),  # real time, as all here
        Column("times", Integer, nullable=False),
        Column("retry_at", UtcDateTime, nullable=False),
        Column("error", String(100), nullable=False),  # its type; its text may quote somebody
        Column("place", String(200), nullable=False),  # in the code
        info=unwatched("the row that it sets aside is tried again, and set aside again"),
    )
    Table(
        "walks",  # through a large table, piece by piece: chassis.walks
        metadata,
        Column("name", String(100), primary_key=True),
        Column("after", String(60), nullable=False),  # the key that was reached
        Column("mark", String(200), nullable=False),  # what was so when it began; empty: it found one
        info=unwatched("the walk begins again"),
    )
    Table(
        "leases",
        metadata,
        Column("name", String(100), primary_key=True),
        Column("holder", String(100), nullable=False),
        Column("until", UtcDateTime, nullable=False),  # by the database's clock
        info=unwatched("it is taken again"),
    )
    _add_guards(metadata)


def _add_dead_letters(metadata: MetaData) -> None:
    dead = Table(
        "dead_letters",
        metadata,
        Column("id", Id, primary_key=True),
        Column("handler", String(60), nullable=False),
        Column("source", String(200)),
        Column("event_id", String(200)),
        Column("event_type", String(100)),
        Column("correlation_id", String(200)),
        Column("error", Text, nullable=False),
        Column("attempts", Integer, nullable=False),
        Column("first_failed_at", UtcDateTime, nullable=False),  # real time
        Column("dead_at", UtcDateTime, nullable=False),
        Column("content_type", String(200)),
        Column("sealed_body", Text, nullable=False),
        Column("headers", Json, nullable=False),
        Column("state", String(20), nullable=False),  # waiting | replayed | discarded
        Column("settled_at", UtcDateTime),
        Column("settled_by", String(100)),
        Column("settled_reason", Text),
        Column("act_id", Id),  # the last act on it; while it waits: a replay that was begun
        Column("handled_at", UtcDateTime),  # when its replayed copy was handled
        Column("follows", Id),  # the letter whose replayed copy this one was
        Column("content_encoding", String(200)),
        Column("death", String(20)),  # why the broker gave it up: expired, delivery_limit, rejected, maxlen
        Column("unread_bytes", Integer),  # size of a body from which not one event could be read
    )
    Index("dead_letters_by_state", dead.c.state, dead.c.handler)
    Index("dead_letters_by_event", dead.c.source, dead.c.event_id)
    for name, column in (
        ("dead_letters_by_act", dead.c.act_id),
        ("dead_letters_that_follow", dead.c.follows),
    ):
        given = column.is_not(None)
        Index(name, column, postgresql_where=given, sqlite_where=given)
    whole = text("settled_at IS NOT NULL AND event_id IS NOT NULL AND length(sealed_body) > 120")
    Index("dead_letters_to_empty", dead.c.settled_at, postgresql_where=whole, sqlite_where=whole)
    Table(
        "dead_letter_acts",  # an act on letters of several services has a row, with the same id, in each
        metadata,
        Column("id", Id, primary_key=True),
        Column("at", UtcDateTime, nullable=False),  # real time
        Column("by", String(100), nullable=False),
        Column("what", String(20), nullable=False),  # replay | discard
        Column("filter", Json, nullable=False),
        Column("reason", Text, nullable=False),
        Column("chosen", Integer, nullable=False),  # letters that were to be settled
        info=append_only(),
    )


def _add_guards(metadata: MetaData) -> None:
    Table(
        NOTED_IN,  # rows that were removed by no rule of the code: chassis.database.guards
        metadata,
        Column("id", Id, primary_key=True),  # time ordered
        Column("of_table", String(60), nullable=False),
        Column("row_key", Text, nullable=False),  # JSON: its key; of a table that was emptied: how many rows
        Column("removed_at", UtcDateTime, nullable=False),  # real time
        Column("removed_by", String(200), nullable=False),  # the database's user, and the program
        Column("accepted_at", UtcDateTime),  # real time: they may be gone
        Column("accepted_by", String(100)),
        Column("accepted_reason", Text),
        info=append_only("accepted_at", "accepted_by", "accepted_reason"),
    )
    Table(
        "trail_pieces",  # what is sealed of the trails, piece by piece: chassis.trails
        metadata,
        Column("trail", String(60), primary_key=True),
        Column("number", Integer, primary_key=True, autoincrement=False),  # from 1
        Column("last_id", Id, nullable=False),  # the piece goes from that of the piece before to this row
        Column("rows", Integer, nullable=False),
        Column("columns", Text),  # that are sealed, comma separated; null: all that there are
        Column("digest", String(64), nullable=False),  # keyed; of its rows and of the piece before
        Column("sealed_at", UtcDateTime, nullable=False),  # real time
        info=append_only(),
    )


def tables_of_chassis() -> dict[str, Table]:
    metadata = MetaData()
    chassis_tables(metadata)
    return dict(metadata.tables)


TABLES = tables_of_chassis()
