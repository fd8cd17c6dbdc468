"""The registration service as the chassis runs it."""

from chassis.handlers import Service
from services.registration.handlers import HANDLERS, TIMERS

SERVICE = Service("registration", HANDLERS, TIMERS)
