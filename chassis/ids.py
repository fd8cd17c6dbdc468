"""Identifiers. Version 7 of UUIDs keeps rows that are made together close in an index. Version 8 is for
things that must get the same identifier again."""

from datetime import datetime

from uuid_utils import uuid7

from field.ids import version_8


def new_id() -> str:
    return str(uuid7())


def derived_id(moment: datetime, together: str, number: int, digest: str) -> str:
    """A UUID version 8 that follows from what it is made of, and sorts by it in this order.

    The time has the first 32 bits of version 7, steps of 65.5 s. All 48 would not do: many come at the same
    full hour, and ids that share 48 bits are read together (messages of a case, by their ids).

    :param together: 4 hex digits (16 bits) that ids which are to lie together share.
    :param number: 12 bits.
    :param digest: hex digits, of which 62 bits are used.
    """
    time = int(moment.timestamp() * 1000) >> 16
    return version_8(f"{time:08x}{together[:4]}8{number & 0xFFF:03x}{digest}")
