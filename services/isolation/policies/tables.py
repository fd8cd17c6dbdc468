"""Tables of policies: each as it stands now, and every text that it ever had."""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, Text, false

from chassis.database.types import Json, UtcDateTime
from services.isolation.metadata import metadata

policies = Table(
    "policies",
    metadata,
    Column("policy_id", String(60), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("edition", String(60), nullable=False),
    Column("title", String(200), nullable=False),
    Column("valid_from", Date, nullable=False),
    Column("valid_to", Date),
    Column("document", Json, nullable=False),
    Column("imported_at", UtcDateTime, nullable=False),
    Column("withdrawn", Boolean, nullable=False, server_default=false()),  # it holds nowhere any more
)
policy_texts = Table(
    "policy_texts",  # a row a version; none is ever changed or removed
    metadata,
    Column("policy_id", String(60), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("what", String(10), nullable=False),  # published | withdrawn
    Column("document", Json, nullable=False),  # in force from then on; withdrawn whole: the last that was
    Column("at", UtcDateTime, nullable=False),
    Column("source", String(200)),  # of whoever did it; null: published before texts were kept
    Column("event_id", String(200)),  # of the command; null: by the command line
    Column("reason", Text),  # of a withdrawal
)
