"""The notification service as the chassis runs it: handlers, and the loop that sends."""

from eventlet import GreenPool

from chassis.handlers import Service
from chassis.running.housekeeping import Chore, publishing
from chassis.settings import Settings
from chassis.unit_of_work import Work
from services.notification.handlers import HANDLERS, LOOPS, TIMERS, telling
from services.notification.metrics import FIGURES

SERVICE = Service("notification", HANDLERS, TIMERS, FIGURES)

# Requests to the gateway under way at once.
_AT_ONCE = 20


def extra_chores(work: Work, settings: Settings) -> list[Chore]:
    """The sending loop, with an outlet of its own. Raises SettingsError for wrong rules or templates."""
    telling()
    pool = GreenPool(_AT_ONCE)
    chores = []
    for loop in LOOPS:
        own, settle = publishing(work, settings, f"notification.{loop.name}")
        sender = loop.make(own, pool.imap)
        if sender is not None:
            chores.append(Chore(loop.name, loop.every_s, settle(sender.run_once)))
    return chores
