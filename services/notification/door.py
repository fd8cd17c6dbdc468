"""Queries of notification; each gets a connection."""

from chassis.doors import Command, Query
from services.notification.messages import counts, lookup, queries
from services.notification.texts.loading import texts_from_environment

TRACE = Query("trace", queries.trace)
CASE_OF_MESSAGE = Query("case_of_message", lookup.case_of_message)
COUNTS = Query("counts", counts.counts)
TEXTS = Query("texts", texts_from_environment)
"""The templates in force, from the settings: `TRACE` shows texts with them."""

QUERIES = (TRACE, CASE_OF_MESSAGE, COUNTS, TEXTS)
COMMANDS: tuple[Command[..., object], ...] = ()
