"""Accounts, the links by which they are taken up, recovery codes, tries to log in, and what was done.

What opens anything is kept as a keyed digest only (`BlindIndex`), but for the secret of the one-time codes,
which is sealed with a key that only the console has. All times are real time.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table

from chassis.database.guards import append_only, unwatched
from chassis.database.types import Id, UtcDateTime
from services.console.metadata import metadata

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(60), nullable=False),  # of log-in, as `read_name` writes it
    Column("kind", String(20), nullable=False),  # administrator | officer | worker
    Column("staff_id", String(40)),  # an administrator may be no member of staff
    Column("state", String(20), nullable=False),  # invited | active | ended
    Column("password_hash", String(200)),  # argon2id; of a worker's PIN
    Column("sealed_secret", String(200)),  # of the one-time codes
    Column("last_step", BigInteger),  # of 30 s, whose code was used last
    Column("taken_up_at", UtcDateTime),  # the last time; sessions of before have ended
    Column("created_at", UtcDateTime, nullable=False),
)
Index("accounts_by_name", accounts.c.name, unique=True)
Index("accounts_of_staff", accounts.c.staff_id)
_in_use = accounts.c.staff_id.is_not(None) & (accounts.c.state != "ended")
Index(
    "accounts_one_of_a_kind",  # a second one would act under the first one's number
    accounts.c.staff_id,
    accounts.c.kind,
    unique=True,
    postgresql_where=_in_use,
    sqlite_where=_in_use,
)

one_time_links = Table(
    "one_time_links",
    metadata,
    Column("digest", String(32), primary_key=True),
    Column("account_id", Id, nullable=False),
    Column("sealed_secret", String(200), nullable=False),  # of the one-time codes to be; '': a worker's
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),  # taken up, or another one was made
)
Index("one_time_links_of", one_time_links.c.account_id)

recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("account_id", Id, primary_key=True),
    Column("digest", String(32), primary_key=True),
    Column("used_at", UtcDateTime),
)

tries = Table(
    "tries",  # wrong ones since the last right one; also under names that nobody has
    metadata,
    Column("digest", String(32), primary_key=True),  # of the name: what is typed there may be a password
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    info=unwatched("tries are forgotten when one is right, and after a day"),
)
Index("tries_by_age", tries.c.last_at)

account_acts = Table(
    "account_acts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("account_id", Id, nullable=False),
    Column("by", String(100), nullable=False),  # the name of an account, or whoever sat at the shell
    Column("what", String(30), nullable=False),  # invited | taken_up | logged_in | …
    info=append_only(),
)
Index("account_acts_of", account_acts.c.account_id, account_acts.c.at)
