"""Who is released, and of whom nobody has said yet that their health code was set back."""

from sqlalchemy import Column, Index, Table

from chassis.database.types import Id, UtcDateTime
from services.isolation.metadata import metadata

codes_to_set_back = Table(
    "codes_to_set_back",  # a row goes when somebody says it, or with what is known of the person
    metadata,
    Column("case_id", Id, primary_key=True),
    Column("since", UtcDateTime, nullable=False),  # when they were released
)
Index("codes_to_set_back_since", codes_to_set_back.c.since, codes_to_set_back.c.case_id)
