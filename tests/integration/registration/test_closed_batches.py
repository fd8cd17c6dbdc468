"""What publishers say they sent is settled when it has arrived, also after inboxes have forgotten."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from chassis.inbox import INBOX
from chassis.messaging.batch import Runner
from chassis.names import ARRIVALS
from contracts.envelope import BATCH, ONE, dump_event, join_events, read_message
from contracts.faults import Refused
from contracts.registry import read_data
from doorstep_client import closing_event
from services.registration.accounts.close_batches import close_batches
from services.registration.accounts.differences import Difference, differences
from services.registration.accounts.forget_batches import KEPT, forget_batches
from services.registration.accounts.settle_batches import settle_batches
from services.registration.accounts.tables import closed_batches
from services.registration.handlers import HANDLERS
from tests.integration.registration.trial import CHINA, Trial, report

SOURCE, DAY = "/rail/arrivals", "2022-10-01"
LONG_AGO = datetime.now(UTC) - timedelta(days=6)


def say(trial: Trial, count: int, ids: list[str] | None = None, source: str = SOURCE) -> None:
    said = closing_event(source, DAY, count, ids or ())
    (event,) = read_message(dump_event(said), ONE, publisher="rail")
    with trial.work.unit() as uow:
        close_batches(uow, [read_data(event)])


def arrive(trial: Trial, *documents: dict[str, Any]) -> None:
    runner = Runner("registration.receive_report", HANDLERS[0], trial.work, cast(Any, None), ())
    way = {"exchange": ARRIVALS, "routing_key": "arrival.reported.rail", "redelivered": False}
    body = join_events(map(dump_event, documents))
    said = {"content_type": BATCH}
    runner.run([runner.read(SimpleNamespace(body=body, delivery_tag=1, delivery_info=way, properties=said))])


def settle(trial: Trial) -> int:
    with trial.work.unit() as uow:
        return settle_batches(uow)


def found(trial: Trial) -> list[Difference]:
    with trial.database.read() as conn:
        return differences(conn, LONG_AGO, CHINA)[1]


def ids(*orders: int) -> list[str]:
    return [f"rail-{n}" for n in orders]


def test_a_batch_is_settled_when_all_of_it_has_arrived_whatever_became_of_it(trial: Trial) -> None:
    say(trial, 4, ids(1, 2, 3, 4))
    arrive(trial, report(1), report(2) | {"time": "soon"}, report(2), report(3, at="no time"))
    assert settle(trial) == 0
    (row,) = trial.rows(closed_batches)
    assert row["ids"] == ["rail-4"] and row["settled_at"] is None
    (difference,) = found(trial)
    assert (difference.missing, difference.ids, difference.said) == (1, ["rail-4"], 4)
    arrive(trial, report(4))
    assert settle(trial) == 1 and settle(trial) == 0
    with trial.database.begin() as conn:
        conn.execute(delete(INBOX))  # forgotten
    assert not [one for one in found(trial) if one.missing]


def test_the_newest_count_of_a_whole_day_takes_the_place_of_earlier_ones(trial: Trial) -> None:
    arrive(trial, *(report(n) for n in range(5)))
    say(trial, 9)
    assert settle(trial) == 0
    assert [one.missing for one in found(trial)] == [4]
    say(trial, 4)
    assert [(one.missing, one.more) for one in found(trial)] == [(0, 1)]
    say(trial, 5)
    assert found(trial) == []
    settle(trial)
    assert all(row["settled_at"] for row in trial.rows(closed_batches))


def test_events_that_came_before_arrivals_were_counted_are_not_missed(trial: Trial) -> None:
    trial.receive(*(report(n) for n in range(3)))  # as an earlier version: reports, and no counts
    say(trial, 3)
    assert not [one for one in found(trial) if one.missing]


def test_counts_that_were_settled_long_ago_are_forgotten_and_no_others(trial: Trial) -> None:
    arrive(trial, *(report(n) for n in range(3)))
    for names in (ids(0), ids(1), ids(2), ids(9)):
        say(trial, 1, names)
    settle(trial)
    c, long_ago = closed_batches.c, datetime.now(UTC) - KEPT - timedelta(days=1)
    with trial.work.unit() as uow:
        settled = list(uow.conn.execute(select(c.id).where(c.settled_at.is_not(None))).scalars())
        uow.conn.execute(update(closed_batches).values(received_at=long_ago))
        uow.conn.execute(update(closed_batches).where(c.id == settled[0]).values(settled_at=long_ago))
    with trial.work.unit() as uow:
        assert (forget_batches(uow), forget_batches(uow)) == (1, 0)
    assert {row["id"] for row in trial.rows(closed_batches)}.isdisjoint(settled[:1])
    assert len(trial.rows(closed_batches)) == 3


@pytest.mark.parametrize(
    ("count", "names", "source"),
    [(2, ["a"], SOURCE), (-1, None, SOURCE), (1, ["a"], "/railway/x"), (2**40, None, SOURCE)],
)
def test_a_count_that_cannot_be_is_refused(
    trial: Trial, count: int, names: list[str] | None, source: str
) -> None:
    with pytest.raises(Refused):
        say(trial, count, names, source)
    assert trial.rows(closed_batches) == []


NUMBERS = st.sets(st.integers(1, 12), max_size=8)
SAID, CAME = st.lists(NUMBERS.filter(bool), max_size=4), st.lists(NUMBERS, max_size=4)
EXAMPLES = count(1)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    said=st.lists(NUMBERS.filter(bool), max_size=4), came=st.lists(NUMBERS, max_size=4), first=st.booleans()
)
def test_what_is_missing_is_what_was_said_and_never_came(
    trial: Trial, said: list[set[int]], came: list[set[int]], first: bool
) -> None:
    """However it was packed, said or repeated, and whichever came first; each in a source of its own."""
    example = next(EXAMPLES)
    source = f"{SOURCE}/{example}"

    def event(n: int) -> dict[str, Any]:
        return report(example * 100 + n, id=str(n)) | {"source": source}

    def counts() -> None:
        for batch in said:
            say(trial, len(batch), [str(n) for n in batch], source)

    if first:
        counts()
    for batch in came:
        if batch:
            arrive(trial, *(event(n) for n in sorted(batch)))
            settle(trial)
    if not first:
        counts()
    settle(trial)
    missing = set().union(*said) - set().union(*came)
    mine = [one for one in found(trial) if one.source == source]
    assert {id for one in mine for id in one.ids} == {str(n) for n in missing}
    assert sum(one.missing for one in mine) == len(missing)


def test_a_count_that_comes_when_inboxes_have_forgotten_names_no_loss(trial: Trial) -> None:
    """A program that ran for weeks says its counts when it ends."""
    sent = [report(n, publisher="rail") for n in (1, 2)]
    arrive(trial, *sent)
    with trial.work.unit() as uow:
        uow.conn.execute(delete(INBOX))
    say(trial, 3, ids(1, 2, 3))
    assert [(one.missing, one.ids) for one in found(trial)] == [(1, ["rail-3"])]
