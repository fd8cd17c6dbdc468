"""The registration service as the chassis runs it."""

from chassis.handlers import Service
from services.registration.handlers import HANDLERS, TIMERS
from services.registration.metrics import FIGURES

SERVICE = Service("registration", HANDLERS, TIMERS, FIGURES)
