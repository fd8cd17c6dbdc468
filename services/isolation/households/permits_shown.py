"""Leave to go out of a household as its own page shows it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from chassis.doors.declared import Asked
from chassis.unit_of_work import UnitOfWork
from services.isolation.households.told import told
from services.isolation.permits.rows import Permit, permits_of
from services.isolation.permits.shown import shown_permit
from services.isolation.reference import Reference

_SHOWN_BACK: Final = timedelta(days=3)
"""So long what is over is shown."""
_MOST: Final = 20


def permits_shown(
    uow: UnitOfWork, asked: Asked, case_ids: Sequence[str], reference: Reference
) -> list[dict[str, Any]]:
    """Those to come and those of the last days, the newest first.

    What a household wrote is shown to itself; a contact person reads what they wrote themselves.
    """
    found = [
        one for one in permits_of(uow.conn, case_ids) if max(one.ends, one.at) >= asked.now - _SHOWN_BACK
    ]
    return [_document(uow, asked, one, reference) for one in found[:_MOST]]


def _document(uow: UnitOfWork, asked: Asked, permit: Permit, reference: Reference) -> dict[str, Any]:
    own = asked.author.kind == "link" or permit.source == asked.author.source
    return shown_permit(uow, asked, permit, own=own, told=told(uow, reference, permit.told))
