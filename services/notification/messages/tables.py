"""The tables of notification: notices, messages and attempts to send them.

A notice is the content of one event; a message is one text to one recipient. The sealed person, the worker to
call and the parameters stand once with the notice, for all its messages.
"""

from sqlalchemy import Boolean, Column, Index, Integer, SmallInteger, String, Table, Text, text

from chassis.database.types import Id, Json, UtcDateTime
from services.notification.metadata import metadata

notices = Table(
    "notices",
    metadata,
    Column("case_id", Id, primary_key=True),
    Column("notice", String(80), primary_key=True),  # opened:1, changed:3, overdue:<task>:2
    Column("arrival_id", Id, nullable=False),
    Column("household_id", Id),
    Column("event", String(40), nullable=False),
    Column("version", Integer, nullable=False),
    Column(
        "supersedes", Boolean, nullable=False
    ),  # earlier messages to the same recipients are no longer true
    Column("planned", SmallInteger, nullable=False),
    Column("plan", Text, nullable=False),  # rule>recipient, comma separated
    Column("person", Text),  # sealed; absent for task.overdue
    Column("worker", Text),  # sealed: the member of the team whom the resident may call
    Column("parameters", Json, nullable=False),
    Column("correlation_id", String(200), nullable=False),
    Column("traceparent", String(60)),
    Column("handled_at", UtcDateTime, nullable=False),  # time of the field
)

# To find the phone of the household for a resident who has none.
Index(
    "notices_household",
    notices.c.household_id,
    postgresql_where=notices.c.household_id.is_not(None),
    sqlite_where=notices.c.household_id.is_not(None),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Id, primary_key=True),  # made of the natural key: domain.notices.message_id
    Column("case_id", Id, nullable=False),
    Column("notice", String(80), nullable=False),
    Column("rule", String(60), nullable=False),
    Column("recipient_kind", String(10), nullable=False),  # resident | staff
    Column("staff_id", String(40)),
    Column("role", String(40)),
    Column("contact", Text),  # sealed, of staff; a resident is the notice's person
    Column("language", String(10), nullable=False),
    Column("template", String(60), nullable=False),
    Column("template_version", SmallInteger, nullable=False),
    Column("channels", String(60), nullable=False),  # in order, comma separated
    Column("channel", SmallInteger, nullable=False, server_default="0"),  # which of them
    Column("urgency", SmallInteger, nullable=False),
    Column("state", String(12), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),  # database's clock; while sending: when the lease ends
    Column("attempts", SmallInteger, nullable=False, server_default="0"),  # on this channel
    Column("lease", Id),
    Column("provider_reference", String(200)),
    Column("reason", String(60)),  # of the last attempt that failed
    Column("created_at", UtcDateTime, nullable=False),  # time of the field
)

# Small however many messages there are: a message that was sent leaves it.
_WAITING = text("state IN ('pending', 'sending')")
Index(
    "messages_due",
    messages.c.urgency,
    messages.c.due_at,
    postgresql_where=_WAITING,
    sqlite_where=_WAITING,
)

message_attempts = Table(
    "message_attempts",
    metadata,
    Column("message_id", Id, primary_key=True),
    Column("id", Id, primary_key=True),  # time ordered
    Column("at", UtcDateTime, nullable=False),  # time of the field
    Column("channel", String(20), nullable=False),
    Column("attempt", SmallInteger, nullable=False),  # on this channel; 0: no attempt was made
    Column("state", String(12), nullable=False),  # what the message became
    Column("reason", String(60)),
)
