"""What was done to accounts is sealed piece by piece, as a service's trails are (`chassis.trails`)."""

from __future__ import annotations

import threading
import time
from typing import Final

import structlog

from chassis.errors import is_world_away
from chassis.telemetry import describe_error
from chassis.trails import Sealing
from chassis.unit_of_work import Work
from services.console.accounts.tables import account_acts

log = structlog.get_logger()

_EVERY_S: Final = 60.0


def keep_sealing(work: Work) -> None:
    """In a thread of its own, which ends with the process."""
    sealing = Sealing(work, (account_acts,))
    threading.Thread(target=_for_ever, args=(sealing,), name="seal_acts", daemon=True).start()


def _for_ever(sealing: Sealing) -> None:
    while True:
        try:
            sealing.turn()
        except Exception as error:
            log.warning("acts_not_sealed", error=describe_error(error), away=is_world_away(error))
        time.sleep(_EVERY_S)
