"""Identifiers: UUID version 7, so that rows made together lie together in an index."""

from uuid_utils import uuid7


def new_id() -> str:
    return str(uuid7())
