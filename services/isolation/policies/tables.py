"""Tables of policies: each as it stands now, and every text that it ever had."""

from sqlalchemy import Boolean, Column, Date, Integer, String, Table, Text, false

from chassis.database.types import Id, Json, UtcDateTime
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
policy_proposals = Table(
    "policy_proposals",  # one person proposes a text, another publishes it; none is ever removed
    metadata,
    Column("proposal_id", Id, primary_key=True),
    Column("policy_id", String(60), nullable=False),
    Column("expects", Integer, nullable=False),  # version of the policy that it corrects; 0: it is new
    Column("document", Json, nullable=False),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("source", String(200), nullable=False),  # of whoever proposed it, by which command
    Column("event_id", String(200), nullable=False),
    Column("decided_as", String(10)),  # a word of POLICY_DECISIONS; null: it waits for somebody
    Column("decided_at", UtcDateTime),
    Column("decided_by", String(200)),
    Column("decided_event", String(200)),
    Column("reason", Text),  # why it was discarded
)
