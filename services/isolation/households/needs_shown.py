"""The needs of a household as its own page shows them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from chassis.doors.declared import Asked
from chassis.unit_of_work import UnitOfWork
from services.isolation.households.told import told
from services.isolation.needs.rows import Need, needs_of
from services.isolation.needs.rules import OPEN
from services.isolation.needs.shown import shown_need
from services.isolation.reference import Reference

_SHOWN_BACK: Final = timedelta(days=3)
"""So long what was settled is shown."""
_MOST: Final = 20


def needs_shown(
    uow: UnitOfWork, asked: Asked, case_ids: Sequence[str], reference: Reference
) -> list[dict[str, Any]]:
    """Open ones and those settled lately, the newest first.

    What a household wrote is shown to itself; a contact person reads what they wrote themselves.
    """
    found = [one for one in needs_of(uow.conn, case_ids) if _is_shown(one, asked.now)]
    return [_document(uow, asked, one, reference) for one in found[:_MOST]]


def _is_shown(need: Need, now: datetime) -> bool:
    return need.state in OPEN or now - (need.settled_at or need.at) <= _SHOWN_BACK


def _document(uow: UnitOfWork, asked: Asked, need: Need, reference: Reference) -> dict[str, Any]:
    own = asked.author.kind == "link" or need.source == asked.author.source
    return shown_need(uow, asked, need, own=own, told=told(uow, reference, need.told))
