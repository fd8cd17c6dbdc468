"""The notification service as the chassis runs it."""

from chassis.handlers import Service
from services.notification.handlers import HANDLERS, LOOPS, TIMERS, telling
from services.notification.metrics import FIGURES

SERVICE = Service("notification", HANDLERS, TIMERS, FIGURES, LOOPS, checks=(telling,))
