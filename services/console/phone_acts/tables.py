"""What became of acts that phones kept. Those that were not done are sealed until an officer settles them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, String, Table, Text

from chassis.database.types import Id, UtcDateTime
from services.console.metadata import metadata

phone_acts = Table(
    "phone_acts",
    metadata,
    Column("id", String(64), primary_key=True),  # digest of the act as it was sealed
    Column("received_at", UtcDateTime, nullable=False),  # real time
    Column("account_id", Id, nullable=False),  # of its author; where nobody knows, of whoever sent it
    Column("staff_id", String(40), nullable=False),  # likewise
    Column("author_known", Boolean, nullable=False),
    Column("state", String(10), nullable=False),  # done | refused | entered | dismissed
    Column("because", String(20)),  # act.Because
    Column("says", String(1000)),  # what the form said is wrong with it; nothing that was typed
    Column("sealed", Text),  # until it is settled
    Column("settled_by", String(60)),  # name of the officer's account
)
Index("phone_acts_by_age", phone_acts.c.received_at)
_waits = phone_acts.c.state == "refused"
Index(
    "phone_acts_refused",
    phone_acts.c.staff_id,
    phone_acts.c.received_at,
    postgresql_where=_waits,
    sqlite_where=_waits,
)
