"""The tables of notification: notices, messages and attempts to send them, digests, and what staff were sent.

A notice is the content of one event; a message is one text to one recipient. The sealed person, the worker to
call and the parameters stand once with the notice, for all its messages. A digest gathers what one member of
staff is to be told at one hour; it is told by a message with a notice of its own.
"""

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    Text,
    false,
    or_,
    text,
)

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
    Column("counted", Text),  # staff in whose next digest it is counted, comma separated; null: none
    Column("person", Text),  # sealed; absent for task.overdue
    Column("worker", Text),  # sealed: the member of the team whom the resident may call
    Column("link", Text),  # sealed: the token of the household's page
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

stripped_cases = Table(
    "stripped_cases",  # whose people are forgotten: what comes late names nobody
    metadata,
    Column("case_id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),  # time of the field
)

messages = Table(
    "messages",
    metadata,
    Column("id", Id, primary_key=True),  # made of the natural key: message_id.message_id
    Column("case_id", Id, nullable=False),
    Column("notice", String(80), nullable=False),
    Column("rule", String(60), nullable=False),
    Column("recipient_kind", String(10), nullable=False),  # resident | staff | former
    Column("staff_id", String(40)),
    Column("role", String(40)),
    Column("contact", Text),  # sealed, of staff; a resident is the notice's person
    Column("language", String(10), nullable=False),
    Column("template", String(60), nullable=False),
    Column("template_version", SmallInteger, nullable=False),
    Column("channels", String(60), nullable=False),  # in order, comma separated
    Column("channel", SmallInteger, nullable=False, server_default="0"),  # which of them
    Column("urgency", SmallInteger, nullable=False),  # place in book.URGENCIES
    Column("state", String(12), nullable=False),
    # Database's clock; while sending: when the lease ends; while held: until when, in the time of the field.
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", SmallInteger, nullable=False, server_default="0"),  # on this channel
    Column("lease", Id),
    Column("provider_reference", String(200)),
    Column("reason", String(60)),  # of the last attempt that failed; of waiting, while held
    Column("created_at", UtcDateTime, nullable=False),  # time of the field
    Column("digest", Id),  # of a message that was folded: digests.id
    Column("counted_on", Date),  # the local day of whose messages to its recipient it was one
    Column("deputy", String(40)),  # the staff_id of who got it, because the recipient was away
    # It was written for somebody who reads the rest at the console; so it says nothing personal.
    Column("on_phone", Boolean, nullable=False, server_default=false()),
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

_HELD = text("state = 'held'")
Index("messages_held", messages.c.due_at, postgresql_where=_HELD, sqlite_where=_HELD)
_FOLDED = messages.c.digest.is_not(None)
Index("messages_in_digest", messages.c.digest, postgresql_where=_FOLDED, sqlite_where=_FOLDED)

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

digests = Table(
    "digests",  # what one member of staff is to be told at one hour
    metadata,
    Column("id", Id, primary_key=True),  # made of staff_id and hour: digest.digest_id
    Column("staff_id", String(40), nullable=False),
    Column("hour", UtcDateTime, nullable=False),  # time of the field: the full hour for which it was begun
    Column("due_at", UtcDateTime, nullable=False),  # time of the field
    Column("role", String(40)),
    Column("contact", Text),  # sealed
    Column("language", String(10), nullable=False),
    Column("channels", String(60), nullable=False),  # in order, comma separated
    Column("case_id", Id, nullable=False),  # one of those it is about: events about the digest name it
    # Of new cases and folded messages: how many came in, and how many of them were told by a message. What
    # comes in late, while a replica already writes the message, is told by the next one.
    Column("cases", Integer, nullable=False),
    Column("cases_told", Integer, nullable=False),
    Column("folded", Integer, nullable=False),
    Column("folded_told", Integer, nullable=False),
    Column("content", Json, nullable=False),  # of the folded messages that are not told: digest.Content
    Column("message_id", Id),  # the message that told it last
)
digest_waits = or_(digests.c.cases != digests.c.cases_told, digests.c.folded != digests.c.folded_told)
"""Something of it is still to be told."""
Index(
    "digests_to_tell",
    digests.c.due_at,
    digests.c.staff_id,
    postgresql_where=digest_waits,
    sqlite_where=digest_waits,
)
_TOLD = digests.c.message_id.is_not(None)
Index("digests_by_message", digests.c.message_id, postgresql_where=_TOLD, sqlite_where=_TOLD)
# To find in which digest a case was counted.
Index("digests_of_staff", digests.c.staff_id, digests.c.hour)

digest_counts = Table(
    "digest_counts",  # what one batch of events adds to digests; gone when it is added, within seconds
    metadata,
    Column("id", Id, primary_key=True),  # time ordered
    Column("hour", UtcDateTime, nullable=False),  # time of the field
    Column("cases", Integer, nullable=False),  # the sum
    # [staff_id, cases, role, contact (sealed), language, channels, one of the cases] of each recipient
    Column("counts", Json, nullable=False),
)

number_days = Table(
    "number_days",  # a row each: locked while it is decided whether one text more may go
    metadata,
    Column("day", Date, primary_key=True),  # the local day that is counted
    Column("number", String(32), primary_key=True),  # a keyed digest of the phone
    Column("texts", SmallInteger, nullable=False),  # begun on that day, without urgent ones
    Column("urgent", SmallInteger, nullable=False),
)

staff_sent = Table(
    "staff_sent",  # a row each: locked while it is decided whether one message more may go
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("day", Date, nullable=False),  # the local day that is counted
    Column("messages", SmallInteger, nullable=False),  # begun on that day, without urgent ones
    Column("digest_at", UtcDateTime),  # the hour of the last digest
    Column("digest_message", Id),
)
