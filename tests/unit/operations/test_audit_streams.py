"""How the audit compares two sorted streams, and what it makes of events that are not handled."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from chassis.handover import RecordedAt
from operations.audit import streams
from operations.audit.relations import Relation
from operations.audit.result import Audit
from operations.audit.streams import Alike, Pair, compared, count_handed_on
from operations.audit.unhandled_events import GRACE, Recorded, UnhandledEvents
from operations.audit.waiting_messages import Waiting

rows = st.dictionaries(st.uuids().map(str), st.integers(1, 5))


@given(rows, rows, rows)
def test_every_id_of_either_side_comes_once_in_order(here, there, both):
    left, right = here | both, there | both
    pairs = list(compared(sorted(left.items()), sorted(right.items())))
    assert pairs == [Pair(id, left.get(id), right.get(id)) for id in sorted(left.keys() | right.keys())]


class NothingDead(UnhandledEvents):
    def _dead(self, handler, source, ids):
        return {id for id in ids if id == "dead"}

    def handled(self, handler, source, ids):
        return set()


def judged(
    *events: Recorded, outboxes: int = 0, queues: dict[str, int] | None
) -> tuple[Counter[str], UnhandledEvents]:
    unhandled = NothingDead(Waiting({"registration": outboxes}, queues))
    return unhandled.judge("isolation.open_case", "registration", events), unhandled


def recorded(id: str, ago: timedelta) -> Recorded:
    return Recorded(id, "arrival.registered", "a", datetime.now(UTC) - ago)


OLD = recorded("old", GRACE * 2)


def test_a_young_event_is_in_flight_though_no_queue_shows_it():
    found, unhandled = judged(recorded("new", GRACE / 2), queues={})
    assert found == {"in_flight": 1} and not unhandled.missing


def test_an_old_event_in_no_queue_is_lost_and_named():
    found, unhandled = judged(OLD, queues={"isolation.keep_staff": 7})
    assert found == {"lost": 1}
    assert [missing.id for missing in unhandled.missing] == ["old"]


def test_an_old_event_may_wait_in_its_queue_in_a_retry_queue_or_in_the_outbox():
    for where in ({"isolation.open_case": 1}, {"doorstep.retry.30s": 1}, {"isolation.open_case.dead": 1}):
        assert judged(OLD, queues=where)[0] == {"in_flight": 1}
    assert judged(OLD, outboxes=1, queues={})[0] == {"in_flight": 1}


def test_without_a_broker_nothing_is_called_lost():
    found, unhandled = judged(OLD, recorded("new", GRACE / 2), queues=None)
    assert found == {"in_flight": 2}
    assert unhandled.unseen == 1, "nor is it known not to be"
    assert judged(OLD, outboxes=1, queues=None)[1].unseen == 0


def test_events_given_up_on_are_accounted_for():
    assert judged(recorded("dead", GRACE * 2), queues={})[0] == {"dead_lettered": 1}


def test_of_each_version_it_counts_when_that_was_recorded_whatever_its_id_looks_like():
    now = datetime.now(UTC)
    long_ago = now - GRACE * 2
    recorded_at = {
        "fresh": RecordedAt(now, now),
        "changed": RecordedAt(long_ago, now),
        "old": RecordedAt(long_ago, long_ago),
    }
    relation = Relation(
        source="registration",
        taker="isolation",
        first=("arrival.registered", "isolation.open_case"),
        later=("arrival.reassessed", "isolation.reassess_case"),
        recorded=lambda conn: iter(()),
        taken_in=lambda conn: iter(()),
        versions_taken_in=lambda ids: {},
        excused=lambda ids: set(),
        recorded_at=lambda ids: {id: recorded_at[id] for id in ids},
        orphan=("arrival", ""),
        gone=lambda event, known: ("case", event.about, ""),
        sums=lambda first, later: {},
    )
    waiting = Waiting({"registration": 0}, {})
    audit = Audit(waiting)
    audit.unhandled = NothingDead(waiting)
    first, later = count_handed_on(
        audit, relation, [Pair("fresh", 1, None), Pair("changed", 2, None), Pair("old", 2, None)]
    )
    assert first == {"due": 3, "in_flight": 1, "lost": 2}
    assert later == {"due": 2, "in_flight": 1, "lost": 1}


# -- side by side, page by page ------------------------------------------------------------------------------


@given(
    st.dictionaries(st.integers(0, 60), st.integers(1, 3)),
    st.dictionaries(st.integers(0, 60), st.integers(1, 3)),
)
def test_in_step_sees_what_is_seen_one_by_one(left: dict[int, int], right: dict[int, int]) -> None:
    one, other = ([(f"{id:03}", n) for id, n in sorted(side.items())] for side in (left, right))
    with patch.object(streams, "PAGE", 4):
        found = list(streams.in_step(one, other))
    singly = list(compared(one, other))
    alike = [pair for pair in found if isinstance(pair, Alike)]
    pairs = [pair for pair in found if isinstance(pair, Pair)]
    assert [pair for pair in pairs if pair.recorded != pair.taken_in] == [
        pair for pair in singly if pair.recorded != pair.taken_in
    ]
    assert sum(run.ids for run in alike) + len(pairs) == len(singly)
    same = sum(pair.recorded or 0 for pair in pairs if pair.recorded == pair.taken_in)
    versions = sum(pair.recorded or 0 for pair in singly if pair.recorded == pair.taken_in)
    assert sum(run.versions for run in alike) + same == versions
