"""How the audit compares two sorted streams, and what it makes of events that are not handled."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from operations.audit.balance import Balance
from operations.audit.in_flight import GRACE, Passage, Recorded, Waiting
from operations.audit.streams import Pair, Relation, compared, hand_on

rows = st.dictionaries(st.uuids().map(str), st.integers(1, 5))


@given(rows, rows, rows)
def test_every_id_of_either_side_comes_once_in_order(here, there, both):
    left, right = here | both, there | both
    pairs = list(compared(sorted(left.items()), sorted(right.items())))
    assert pairs == [Pair(id, left.get(id), right.get(id)) for id in sorted(left.keys() | right.keys())]


class NothingDead(Passage):
    def _dead(self, handler, source, ids):
        return {id for id in ids if id == "dead"}

    def handled(self, handler, source, ids):
        return set()


def judged(
    *events: Recorded, outboxes: int = 0, queues: dict[str, int] | None
) -> tuple[Counter[str], Passage]:
    passage = NothingDead(Waiting({"registration": outboxes}, queues))
    return passage.judge("isolation.open_case", "registration", events), passage


def recorded(id: str, ago: timedelta) -> Recorded:
    return Recorded(id, "arrival.registered", "a", datetime.now(UTC) - ago)


OLD = recorded("old", GRACE * 2)


def test_a_young_event_is_in_flight_though_no_queue_shows_it():
    found, passage = judged(recorded("new", GRACE / 2), queues={})
    assert found == {"in_flight": 1} and not passage.missing


def test_an_old_event_in_no_queue_is_lost_and_named():
    found, passage = judged(OLD, queues={"isolation.keep_staff": 7})
    assert found == {"lost": 1}
    assert [one.id for one in passage.missing] == ["old"]


def test_an_old_event_may_wait_in_its_queue_in_a_retry_queue_or_in_the_outbox():
    for where in ({"isolation.open_case": 1}, {"doorstep.retry.30s": 1}, {"isolation.open_case.dead": 1}):
        assert judged(OLD, queues=where)[0] == {"in_flight": 1}
    assert judged(OLD, outboxes=1, queues={})[0] == {"in_flight": 1}


def test_without_a_broker_nothing_is_called_lost():
    found, passage = judged(OLD, recorded("new", GRACE / 2), queues=None)
    assert found == {"in_flight": 2}
    assert passage.unseen == 1, "nor is it known not to be"
    assert judged(OLD, outboxes=1, queues=None)[1].unseen == 0


def test_events_given_up_on_are_accounted_for():
    assert judged(recorded("dead", GRACE * 2), queues={})[0] == {"dead_lettered": 1}


def test_of_each_version_it_counts_when_that_was_recorded_whatever_its_id_looks_like():
    now = datetime.now(UTC)
    long_ago = now - GRACE * 2
    recorded_at = {"fresh": (now, now), "changed": (long_ago, now), "old": (long_ago, long_ago)}
    relation = Relation(
        source="registration",
        first=("arrival.registered", "isolation.open_case"),
        later=("arrival.reassessed", "isolation.reassess_case"),
        known=lambda ids: {},
        excused=lambda ids: set(),
        recorded_at=lambda ids: {id: recorded_at[id] for id in ids},
        orphan=("arrival", ""),
        gone=lambda event, known: ("case", event.about, ""),
    )
    waiting = Waiting({"registration": 0}, {})
    balance = Balance(waiting)
    balance.passage = NothingDead(waiting)
    first, later = hand_on(
        balance, relation, [Pair("fresh", 1, None), Pair("changed", 2, None), Pair("old", 2, None)]
    )
    assert first == {"due": 3, "in_flight": 1, "lost": 2}
    assert later == {"due": 2, "in_flight": 1, "lost": 1}
