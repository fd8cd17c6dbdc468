"""Transfers that nobody has settled, and that no officer has a task to see to any more."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_

from services.isolation.cases.decisions import NOT_TAKEN_OVER
from services.isolation.plans.states import CANCELLED, LIVE
from services.isolation.plans.tables import tasks
from services.isolation.transfers.tables import transfers

_T: Final = transfers.c
_K: Final[Any] = tasks.c

UNSEEN: Final[ColumnElement[bool]] = or_(
    and_(_T.outcome.is_(None), _K.state.not_in(sorted(LIVE))),
    and_(_T.outcome == NOT_TAKEN_OVER, _K.state == CANCELLED),
)
"""Of a transfer with its task. What nobody answered is open also where its task was done: what was decided
then was of another case, for theirs were made two again."""
