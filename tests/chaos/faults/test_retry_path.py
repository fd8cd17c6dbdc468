"""The way by which copies of failed events come back is broken while events fail: nothing is lost, the fault
is named while it lasts, and once the topology is declared again everything is handled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from kombu import Connection

from chassis.names import BACK
from deploy.local import PrivateBroker
from services.isolation import tables as isolation
from tests.bad_rows import bad_row
from tests.chaos.conftest import Chaos, Faultless, same
from tests.waiting import eventually

pytestmark = [pytest.mark.chaos, pytest.mark.postgresql, pytest.mark.broker]

FIRST = "doorstep.retry.1s"
USER = "doorstep"


@pytest.fixture(autouse=True)
def _started_anew(broker: PrivateBroker) -> Iterator[None]:
    """What is broken here can leave RabbitMQ 3.10 without its supervisor of at-least-once dead letters: it
    takes no queue any more that wants them, until it is started again."""
    yield
    broker.restart()


@contextmanager
def retry_queue_away(chaos: Chaos) -> Iterator[str]:
    """As in a deployment, where services may declare nothing but reply queues."""
    rights = ("set_permissions", "-p", chaos.vhost, USER)
    with Connection(chaos.system.broker_url) as connection:
        connection.channel().queue_delete(FIRST)
    chaos.broker.rabbitmqctl(*rights, r"^doorstep\.replies\.", ".*", ".*")
    yield FIRST
    chaos.broker.rabbitmqctl(*rights, ".*", ".*", ".*")


@contextmanager
def dead_letter_exchange_away(chaos: Chaos) -> Iterator[str]:
    with Connection(chaos.system.broker_url) as connection:
        connection.channel().exchange_delete(BACK)
    yield BACK


@contextmanager
def retry_queues_limited_by_a_policy(chaos: Chaos) -> Iterator[str]:
    policy = ("-p", chaos.vhost, "mine")
    chaos.broker.rabbitmqctl(
        "set_policy", *policy, r"^doorstep\.retry", '{"max-length": 1}', "--priority", "9"
    )
    yield FIRST
    chaos.broker.rabbitmqctl("clear_policy", *policy)


FAULTS: tuple[Callable[[Chaos], AbstractContextManager[str]], ...] = (
    retry_queue_away,
    dead_letter_exchange_away,
    retry_queues_limited_by_a_policy,
)


@pytest.fixture
def impatient(broker: PrivateBroker) -> Iterator[None]:
    """A broker that finds no way for an expired message tries again after three seconds, not minutes."""
    name = "dead_letter_worker_publisher_confirm_timeout"
    broker.rabbitmqctl("eval", f"application:set_env(rabbit, {name}, 3000).")
    yield
    broker.rabbitmqctl("eval", f"application:unset_env(rabbit, {name}).")


@pytest.mark.timeout(600)
def test_what_fails_while_the_retry_path_is_broken_is_handled_once_it_is_whole(
    impatient: None, chaos: Chaos, faultless: Faultless
) -> None:
    measures = Counter(case[0] for _, case, _ in faultless()["arrivals"].values() if case)
    [(measure, _)] = measures.most_common(1)
    database = chaos.system.database("isolation")
    everything = chaos.day
    for number, fault in enumerate(FAULTS):
        chaos.day = everything[number :: len(FAULTS)]
        failed = _failed(chaos)
        with fault(chaos) as broken:
            with bad_row(database, isolation.cases, "measure", measure, on="INSERT"), chaos.flow(seconds=1):
                eventually(lambda broken=broken: _named(chaos, broken), 60, show=lambda: _attention(chaos))
                eventually(lambda failed=failed: _failed(chaos) > failed, 60)
            _, audit = chaos.system.audit()
            assert sum(audit["in_flight"].values()), "what waits for another try is not forgotten"
        database.dispose()
        chaos.system.cli("topology", "apply")
        chaos.system.settled(120)
    assert chaos.system.cli("topology", "check")["ok"]
    assert all(replica.ready for replica in chaos.system.replicas.values())
    same(chaos.outcome(), faultless())


def _attention(chaos: Chaos) -> list[tuple[str, str]]:
    return [(one["where"], one["what"]) for one in chaos.system.cli("queues")["attention"]]


def _named(chaos: Chaos, broken: str) -> bool:
    return any(where == broken for where, _ in _attention(chaos))


def _failed(chaos: Chaos) -> int:
    """How often a batch failed, so that its events, or copies of them, wait."""
    return chaos.system.log_text().count("batch_event_by_event")
