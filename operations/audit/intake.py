"""Every event that ever arrived from outside is counted once: by what became of it.

What arrived was counted when it was settled (`chassis.messaging.arrived`). It is compared with the rows that
it led to: reports, and dead letters with what people did about them. What is replayed had arrived before.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from chassis.messaging.arrived import ARRIVED, DEAD_AGAIN, HANDLED, NOT_KEPT, ONCE, REPEATED, REPLAYED, UNREAD
from chassis.messaging.dead_letters import DEAD, EXPIRED
from operations.audit.result import Audit
from services.registration import handover as registration
from services.registration.handover import RECEIVER, Kept

SERVICE = "registration"

Arrived = dict[str, Counter[str]]
"""Publisher -> outcome -> events."""


def what_arrived_is_counted_once(audit: Audit, conn: Connection) -> None:
    """:param conn: a snapshot of registration's database, so that both sides are of one moment."""
    arrived, kept = _arrived(conn), registration.kept(conn)
    letters, bodies, size = _letters(conn)
    total = sum(arrived.values(), Counter[str]())
    needs_correction = min(kept.needs_correction, sum(kept.reports.values()))
    outcomes = {
        "handled": sum(kept.reports.values()) - needs_correction - total[REPLAYED],
        "needs_correction": needs_correction,
        "duplicate": total[REPEATED],
        **{name: letters[name] for name in ("dead", "expired", "discarded", "replayed")},
        "not_kept": total[NOT_KEPT],
    }
    before = sum(kept.uncounted.values()) + kept.uncounted_letters
    came = sum(total[outcome] for outcome in (*ONCE, REPEATED)) + before
    audit.sums["intake"] = {
        "arrived": came,
        **outcomes,
        # By replicas of a version that did not count what arrives; more rows than were counted, and no loss.
        "uncounted": max(0, sum(outcomes.values()) - came),
        "unread": {"bodies": bodies, "bytes": size},
        "by_publisher": _by_publisher(arrived, kept),
    }
    found = audit.missing_count
    _name_what_is_gone(audit, arrived, kept, letters["rows"])
    if sum(outcomes.values()) < came and audit.missing_count == found:  # the net under it
        audit.miss(
            "balance", "intake", f"{came} events arrived, and {sum(outcomes.values())} are accounted for"
        )


def _arrived(conn: Connection) -> Arrived:
    c = ARRIVED.c
    rows = conn.execute(
        select(c.publisher, c.outcome, func.sum(c.events))
        .where(c.handler == RECEIVER)
        .group_by(c.publisher, c.outcome)
    )
    found: Arrived = defaultdict(Counter)
    for publisher, outcome, count in rows:
        found[publisher][outcome] = int(count)
    return found


def _letters(conn: Connection) -> tuple[Counter[str], int, int]:
    """Letters by what became of them; bodies from which no event could be read, and their size in bytes.

    A letter that follows another is the fate of that one, which counts as replayed.
    """
    c = DEAD.c
    follows = c.follows.is_not(None)
    columns = (c.state, c.death, follows, func.count(), func.count(c.unread_bytes), func.sum(c.unread_bytes))
    found: Counter[str] = Counter()
    bodies = size = 0
    grouped = select(*columns).where(c.handler == RECEIVER).group_by(c.state, c.death, follows)
    for state, death, is_later, count, unread, in_bytes in conn.execute(grouped):
        found["rows"] += count
        if is_later:
            continue
        waiting = "expired" if death == EXPIRED else "dead"
        found[waiting if state == "waiting" else state] += count
        bodies, size = bodies + unread, size + int(in_bytes or 0)
    return found, bodies, size


def _by_publisher(arrived: Arrived, kept: Kept) -> dict[str, dict[str, int]]:
    found = {}
    for publisher in sorted({*arrived, *kept.uncounted}):
        counts, before = arrived.get(publisher, Counter()), kept.uncounted.get(publisher, 0)
        found[publisher or "(unknown)"] = {
            "arrived": sum(counts[outcome] for outcome in (*ONCE, REPEATED)) + before,
            "handled": counts[HANDLED] + before,
            "duplicate": counts[REPEATED],
            "dead": counts["dead"] + counts[UNREAD],
            "expired": counts[EXPIRED],
            "replayed": counts[REPLAYED],
            "not_kept": counts[NOT_KEPT],
        }
    return found


def _name_what_is_gone(audit: Audit, arrived: Arrived, kept: Kept, letters: int) -> None:
    for publisher, counts in sorted(arrived.items()):
        handled = counts[HANDLED] + counts[REPLAYED] + kept.uncounted.get(publisher, 0)
        gone = handled - kept.reports.get(publisher, 0)
        if gone > 0:
            why = f"{handled} events of it were handled, and the reports of {gone} are not there"
            audit.miss("reports", publisher or "(unknown)", why)
    buried = kept.uncounted_letters + kept.uncounted_later_letters
    for counts in arrived.values():
        buried += sum(counts[name] for name in ("dead", EXPIRED, UNREAD, DEAD_AGAIN))
    if buried > letters:
        why = f"{buried} were written, and {buried - letters} are not there: no row is ever deleted"
        audit.miss("dead letters", RECEIVER, why)


def parts_of(intake: dict[str, Any]) -> dict[str, Any]:
    """The numbers that add up to what arrived."""
    return {name: intake[name] for name in PARTS}


PARTS = ("handled", "needs_correction", "duplicate", "dead", "expired", "discarded", "replayed", "not_kept")
