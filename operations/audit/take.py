"""Taking an audit, once or until nothing is in flight."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.handover import Sums
from chassis.messaging.dead_letters import DEAD
from operations.audit.copies import copies_are_alike
from operations.audit.event_log import other_events_are_handled
from operations.audit.intake import what_arrived_is_counted_once
from operations.audit.publishers_counts import publishers_counts_are_met
from operations.audit.relations import RELATIONS, SUMS, Relation
from operations.audit.removed_rows import removed_rows_are_there_again
from operations.audit.replayed_letters import replayed_letters_are_handled
from operations.audit.result import Audit
from operations.audit.standing_still import what_stands_still
from operations.audit.streams import Alike, Pair, Side, compared_by_block, count_handed_on, side
from operations.audit.trails import trails_are_as_they_were_sealed
from operations.audit.waiting_messages import Quiet, waiting
from operations.databases import console_database, databases, settings_of, snapshot
from operations.services import CONSOLE, SERVICES

LOOK_AGAIN_S = 1.0
# An event in a consumer's hands stands in no queue: as long as fewer and fewer seem lost, we look again.
RECHECK_S = 10.0

Told = Callable[[str], object]


def _nobody(_: str) -> None:
    pass


@dataclass(frozen=True)
class _Account:
    """A service's own, and by relation what it recorded and what it took in."""

    own: Sums
    recorded: dict[Relation, Side]
    taken_in: dict[Relation, Side]


def _accounts(conns: Mapping[str, Connection]) -> dict[str, _Account]:
    """Of all services side by side: databases have processors of their own."""

    def account(service: str) -> _Account:
        settings, conn = settings_of(service), conns[service]
        return _Account(
            SUMS[service](conn, settings.clock().today(settings.zone)),
            {one: side(conn, one.recorded(conn)) for one in RELATIONS if one.source == service},
            {one: side(conn, one.taken_in(conn)) for one in RELATIONS if one.taker == service},
        )

    with ThreadPoolExecutor(len(SERVICES)) as pool:
        return dict(zip(SERVICES, pool.map(account, SERVICES), strict=True))


def _telling(told: Told, relation: Relation, pairs: Iterable[Alike | Pair]) -> Iterator[Alike | Pair]:
    seen = 0
    for pair in pairs:
        if isinstance(pair, Alike):
            seen += pair.ids
            told(f"what {relation.taker} took in of {relation.source}: {seen:,}")
        yield pair


def take_audit(told: Told = _nobody) -> Audit:
    """As it is now. Raises NotSetUp, SettingsError.

    :param told: is called now and then with what is being looked at, for whoever waits.
    """
    told("what is on its way")
    audit = Audit(waiting())
    with ExitStack() as stack:
        # The taker's snapshot comes first: whatever it has, its source has recorded before.
        conns = {
            service: stack.enter_context(snapshot(databases()[service])) for service in reversed(SERVICES)
        }
        accounts = _accounts(conns)
        for service, account in accounts.items():
            own = account.own
            told(f"the account of {service}")
            audit.sums |= own.by_subject
            for lack in own.lacks:
                audit.miss(lack.what, lack.id, lack.why)
            audit.miss_unnamed(own.unnamed)
            if not own.balanced and not audit.missing_count:  # the net under all of the above
                why = f"the service's own sums do not add up: {own.by_subject}"
                audit.miss("balance", service, why)
        for relation in RELATIONS:
            told(f"what {relation.taker} took in of {relation.source}")
            recorded = accounts[relation.source].recorded[relation]
            pairs = compared_by_block(recorded, accounts[relation.taker].taken_in[relation])
            pairs = _telling(told, relation, pairs)
            audit.sums |= relation.sums(*count_handed_on(audit, relation, pairs))
        what_stands_still(audit, conns)
        what_arrived_is_counted_once(audit, conns["registration"])
        publishers_counts_are_met(audit, conns["registration"], settings_of("registration").zone)
        told("copies of places, staff and policies")
        copies_are_alike(audit, conns)
        told("what was removed")
        console = stack.enter_context(console_database())
        of_console = {CONSOLE: stack.enter_context(snapshot(console))} if console else {}
        removed_rows_are_there_again(audit, conns | of_console)
        told("trails of views and acts")
        trails_are_as_they_were_sealed(audit, conns | of_console)
    other_events_are_handled(audit)
    _count_dead_letters(audit)
    replayed_letters_are_handled(audit)
    for missing in audit.unhandled.missing:
        audit.miss(missing.what, missing.id, missing.why, lost=True)
    return audit


def take_settled_audit(wait: float, told: Told = _nobody) -> Audit:
    """The audit once nothing is in flight and nothing late, or when so many seconds are over."""
    deadline = time.monotonic() + wait
    quiet = Quiet()
    while True:
        while time.monotonic() < deadline and not quiet.reached():
            time.sleep(min(LOOK_AGAIN_S / 2, max(0.0, deadline - time.monotonic())))
        audit = _steady(take_audit(told), told)
        left = deadline - time.monotonic()
        is_late = audit.late_count > audit.set_aside
        if left <= 0 or not (audit.in_flight or audit.missing_count or is_late):
            return audit
        if audit.missing_count and not audit.only_lost and not audit.in_flight:
            return audit  # what is gone does not come back by waiting
        time.sleep(min(LOOK_AGAIN_S, left))


def _steady(audit: Audit, told: Told) -> Audit:
    while audit.missing_count and audit.only_lost:
        time.sleep(RECHECK_S)
        again = take_audit(told)
        if again.missing_count >= audit.missing_count:
            return again
        audit = again
    return audit


def _count_dead_letters(audit: Audit) -> None:
    sums = audit.sums["dead_letters"] = {"waiting": 0, "replayed": 0, "discarded": 0}
    for database in databases().values():
        with database.read() as conn:
            rows = conn.execute(
                select(DEAD.c.handler, DEAD.c.state, func.count()).group_by(DEAD.c.handler, DEAD.c.state)
            )
            for handler, state, count in rows:
                sums[state] += count
                if state == "waiting":
                    audit.dead_letters[handler] = audit.dead_letters.get(handler, 0) + count
