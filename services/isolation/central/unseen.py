"""Moves that are not settled, and that no officer has a task to see to any more."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_

from services.isolation.central.rules import DECIDED, TAKEN_BACK
from services.isolation.central.tables import moves
from services.isolation.plans.states import CANCELLED, LIVE
from services.isolation.plans.tables import tasks

_M: Final = moves.c
_K: Final[Any] = tasks.c

UNSEEN: Final[ColumnElement[bool]] = or_(
    and_(_M.state == DECIDED, _K.state.not_in(sorted(LIVE))),
    and_(_M.state == TAKEN_BACK, _K.state == CANCELLED),
)
"""Of a move with its task. A held bed is open also where its task was done: a process of before the upgrade
took a report of it, of which nothing became.
"""
