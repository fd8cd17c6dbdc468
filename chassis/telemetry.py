"""Logs as JSON lines and Prometheus metrics. Into both go ids and counts, nothing personal."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog
from prometheus_client import Counter, Gauge, Histogram

MESSAGES = Counter("doorstep_messages_total", "Events a handler was done with", ["handler", "outcome"])
DURATION = Histogram(
    "doorstep_message_duration_seconds",
    "Time of one batch from its first event taken to its commit",
    ["handler"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
LAG = Histogram(
    "doorstep_message_lag_seconds",
    "Age of an event when its handler committed (by the time of the field)",
    ["handler"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 1800, 7200),
)
RETRIES = Counter("doorstep_retries_total", "Copies sent to a retry queue", ["handler"])
DEAD_LETTERS = Counter("doorstep_dead_letters_total", "Events given up on", ["handler"])
DUPLICATES = Counter("doorstep_inbox_duplicates_total", "Events that had been handled before", ["handler"])
# A chore has its full name, such as `isolation.sweep`, where a handler has its queue's.
WORLD_AWAY = Counter(
    "doorstep_world_away_total",
    "Waits of a handler or a chore because broker or database was away",
    ["handler"],
)
TIMER_DONE = Counter("doorstep_timer_done_total", "Things a timer did", ["timer"])
RECORDED = Counter(
    "doorstep_events_recorded_total",
    "Events told to the other services or to a publisher, at their commit",
    ["type"],
)

SAME_IN_ALL = "(the same in every replica: take max by, not sum)"
OUTBOX_PENDING = Gauge(
    "doorstep_outbox_pending", f"Messages committed and not yet confirmed {SAME_IN_ALL}", ["service"]
)
OUTBOX_OLDEST = Gauge(
    "doorstep_outbox_oldest_age_seconds",
    f"Age of the oldest of them, in real time {SAME_IN_ALL}",
    ["service"],
)
DEAD_WAITING = Gauge(
    "doorstep_dead_letters_waiting", f"Dead letters that nobody has settled yet {SAME_IN_ALL}", ["handler"]
)


def begin_at_zero(handlers: Iterable[str], event_types: Iterable[str]) -> None:
    """Series are there before the first event: a rate sees also the first one, a graph has no holes."""
    for event_type in event_types:
        RECORDED.labels(event_type)
    for handler in handlers:
        for outcome in ("handled", "repeated", "dead"):
            MESSAGES.labels(handler, outcome)
        for metric in (DURATION, LAG, RETRIES, DEAD_LETTERS, DUPLICATES, WORLD_AWAY):
            metric.labels(handler)


def configure_logs(service: str, level: str) -> None:
    """JSON lines on standard output, also for libraries, which may only warn."""
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
    """Type and place of an error, without its text: that may quote a row with somebody's name."""
    place = ""
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "site-packages" not in code.co_filename:
            place = f" at {code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} in {code.co_name}"
        trace = trace.tb_next
    return f"{type(error).__name__}{place}"


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
