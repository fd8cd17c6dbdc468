"""Logs as JSON lines and Prometheus metrics. Both hold ids and counts and never personal data."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter(
    "doorstep_messages_total", "Events that a handler has finished with", ["handler", "outcome"]
)
DURATION = Histogram(
    "doorstep_message_duration_seconds",
    "Time from taking the first event of a batch to its commit",
    ["handler"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
LAG = Histogram(
    "doorstep_message_lag_seconds",
    "Age of the first event of a batch when the handler committed (by the time of the field)",
    ["handler"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200),
)
RETRIES = Counter(
    "doorstep_retries_total", "Copies of failed events that were sent to a retry queue", ["handler"]
)
DEAD_LETTERS = Counter("doorstep_dead_letters_total", "Events that became dead letters", ["handler"])
DUPLICATES = Counter(
    "doorstep_inbox_duplicates_total", "Events that arrived again after they had been handled", ["handler"]
)
PASSED_OVER = Counter(
    "doorstep_passed_over_total",
    "Messages that a publisher had the broker copy here, beside the queue to which their routing key leads",
    ["handler"],
)
# The label of a chore is its full name, such as `isolation.sweep`; that of a handler is its queue.
WORLD_AWAY = Counter(
    "doorstep_world_away_total",
    "Times a handler or a chore had to wait because the broker or the database was away",
    ["handler"],
)
CHORE_FAILURES = Counter(
    "doorstep_chore_failures_total",
    "Turns of a chore that failed for another reason than an absent broker or database, and rows set aside",
    ["chore"],
)
CHORE_SUCCEEDED = Gauge(
    "doorstep_chore_last_success_timestamp_seconds",
    "When a turn of the chore succeeded last, in real time; before the first, the start of the process. "
    "A timer runs in one replica: take max by",
    ["chore"],
)
CHORE_EVERY = Gauge(
    "doorstep_chore_every_seconds",
    "Real time between two turns of the chore that find nothing to do",
    ["chore"],
)
CANARY_AGE = Gauge(
    "doorstep_canary_age_seconds",
    "How long the message that goes through the retry queue once a minute has been on its way, in real time; "
    "0: it is back. One replica sends them: take max by",
    ["queue"],
)
RETRY_DELAY = Gauge(
    "doorstep_retry_delay_seconds",
    "How long the retry queue keeps a copy: a message that comes behind it may need as long",
    ["queue"],
)
TIMER_DONE = Counter("doorstep_timer_done_total", "Pieces of work that a timer has done", ["timer"])
RECORDED = Counter(
    "doorstep_events_recorded_total",
    "Events recorded for other services or for a publisher, counted at the commit",
    ["type"],
)

SAME_IN_ALL = "(the same in every replica: take max by, not sum)"
OUTBOX_PENDING = Gauge(
    "doorstep_outbox_pending",
    f"Messages that are committed and not yet confirmed by the broker {SAME_IN_ALL}",
    ["service"],
)
OUTBOX_OLDEST = Gauge(
    "doorstep_outbox_oldest_age_seconds",
    f"Age in real time of the oldest message that is not yet confirmed {SAME_IN_ALL}",
    ["service"],
)
STUCK_ROWS = Gauge(
    "doorstep_stuck_rows",
    f"Rows that made a chore fail and are set aside, so that it goes on with the others {SAME_IN_ALL}",
    ["chore"],
)
DEAD_WAITING = Gauge(
    "doorstep_dead_letters_waiting",
    f"Dead letters that nobody has replayed or discarded yet {SAME_IN_ALL}",
    ["handler"],
)


def begin_at_zero(handlers: Iterable[str], event_types: Iterable[str]) -> None:
    """Create the series before the first event, so that a rate counts that event and graphs have no holes."""
    for event_type in event_types:
        RECORDED.labels(event_type)
    for handler in handlers:
        for outcome in ("handled", "repeated", "dead"):
            MESSAGES.labels(handler, outcome)
        for metric in (DURATION, LAG, RETRIES, DEAD_LETTERS, DUPLICATES, PASSED_OVER, WORLD_AWAY):
            metric.labels(handler)


def configure_logs(service: str, level: str) -> None:
    """Log JSON lines to standard output. Libraries log warnings and errors only."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _name(service),
    ]
    structlog.configure(
        processors=[*shared, _errors_in_one_line, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(sys.stdout),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _errors_in_one_line,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def describe_error(error: BaseException) -> str:
    """Describe an error by type and place, without its text, which may quote a row with somebody's name."""
    place, kind = place_of(error), type(error).__name__
    cause = getattr(error, "orig", None)  # of the database's driver: QueryCanceled, UniqueViolation
    if cause is not None and type(cause).__name__ != kind:
        kind += f" ({type(cause).__name__})"
    return f"{kind} at {place}" if place else kind


def place_of(error: BaseException) -> str:
    """Where in our code it was raised: `file.py:12 in function`; "" where that is not known."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "site-packages" not in code.co_filename:
            place = f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
    return place


def _name(service: str) -> Any:
    def add(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        entry["service"] = service
        return entry

    return add


def _errors_in_one_line(
    _logger: Any, _method: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    found = entry.pop("exc_info", None)
    if found is True:
        found = sys.exc_info()
    if isinstance(found, tuple):
        found = found[1]
    if isinstance(found, BaseException):
        entry["error"] = describe_error(found)
    return entry
