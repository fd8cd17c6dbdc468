"""The isolation service as the chassis runs it."""

from chassis.commands.by_broker import as_handlers
from chassis.handlers import Service
from services.isolation.door import COMMANDS
from services.isolation.handlers import HANDLERS, TIMERS
from services.isolation.metrics import FIGURES
from services.isolation.tasks.plan_staff_days import planned_at

SERVICE = Service(
    "isolation",
    (*HANDLERS, *as_handlers("isolation", COMMANDS)),
    TIMERS,
    FIGURES,
    checks=(planned_at,),
)
