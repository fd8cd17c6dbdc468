"""The isolation service as the chassis runs it."""

from chassis.handlers import Service
from services.isolation.handlers import HANDLERS, TIMERS
from services.isolation.metrics import FIGURES

SERVICE = Service("isolation", HANDLERS, TIMERS, FIGURES)
