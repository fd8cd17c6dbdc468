"""The notification service as the chassis runs it."""

from chassis.commands.by_broker import as_handlers
from chassis.handlers import Service
from services.notification.door import COMMANDS
from services.notification.handlers import HANDLERS, LOOPS, TIMERS
from services.notification.metrics import FIGURES
from services.notification.rules.in_use import pace_in_use, rules_in_use

SERVICE = Service(
    "notification",
    (*HANDLERS, *as_handlers("notification", COMMANDS)),
    TIMERS,
    FIGURES,
    LOOPS,
    checks=(rules_in_use, pace_in_use),
)
