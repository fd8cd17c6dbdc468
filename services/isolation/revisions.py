"""The number of changes of policies, places and staff: by it a process sees that what it knows is old."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, String, Table

from chassis.copies import Revisions
from services.isolation.metadata import metadata

OPEN_POLICIES: Final = "open_policies"
"""Policies that apply to open cases, and corrections: only these make every open case be looked at again."""

revisions = Table(
    "revisions",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("revision", BigInteger, nullable=False),
)
REVISIONS = Revisions(revisions, number="revision")
