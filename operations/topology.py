"""The exchanges, queues and bindings that the handlers ask for: declaring and checking them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kombu import Exchange, Queue

from chassis.handlers import Service
from chassis.messaging.topology import (
    Difference,
    Entity,
    Link,
    apply,
    check,
    service_entities,
    shared_entities,
)
from chassis.names import REPLIES
from chassis.settings import read_settings
from operations.broker import broker_connection
from operations.databases import settings_of
from operations.management_api import Management, NoManagement
from operations.publisher_queues import is_some_own_queue, own_queues_if_known
from operations.queue_policies import spoiled_queues
from operations.services import SERVICES, handlers_of
from operations.unrouted import send_on

CONNECTION = "doorstep topology"
OURS = tuple(f"{prefix}." for prefix in ("doorstep", *SERVICES))
"""How the names of our queues and exchanges begin."""


@dataclass(frozen=True)
class Checked:
    """Differences between the broker and the handlers' declarations.

    :param unseen: why bindings, surplus queues and policies were not looked at; None where they were.
    """

    differences: list[Difference]
    unseen: str | None


@dataclass(frozen=True)
class Applied:
    """How many exchanges and queues there are now, and how many messages went on that had found no queue."""

    declared: int
    sent_on: int


def apply_topology(environment: Mapping[str, str]) -> Applied:
    """Declare everything; what is there already stays.

    Raises WorldAway, and TopologyDiffers where something has other properties.
    """
    settings = read_settings(SERVICES[0], environment)
    wanted = [*_entities(settings.retry_delays), *(own_queues_if_known(environment) or ())]
    with broker_connection(CONNECTION, settings.broker_url) as connection:
        apply(connection, wanted)
        sent_on = send_on(connection, wanted)
    return Applied(sum(isinstance(entity, Exchange | Queue) for entity in wanted), sent_on)


def check_topology() -> Checked:
    """Look for what is missing, different or too much, and make nothing. Raises WorldAway.

    Bindings, policies, and queues that no handler asks for, are seen through the management API only.
    """
    own = own_queues_if_known()
    wanted = [*_entities(settings_of(SERVICES[0]).retry_delays), *(own or ())]
    with broker_connection(CONNECTION) as connection:
        differences = list(check(connection, wanted))
    try:
        management = Management.find()
        others = [*bound_otherwise(management, wanted), *spoiled_queues(management, OURS)]
        if own is None:  # nobody knows which publishers there are
            others = [one for one in others if not is_some_own_queue(one.name)]
        return Checked(differences + others, None)
    except NoManagement as error:
        return Checked(differences, str(error))


def bound_otherwise(management: Management, wanted: Sequence[Entity]) -> list[Difference]:
    """Missing bindings; bindings, queues and exchanges that no handler asks for. Raises WorldAway."""
    queues = {entity.name: entity for entity in wanted if isinstance(entity, Queue)}
    exchanges = {entity.name for entity in wanted if isinstance(entity, Exchange)}
    expected = {(b.exchange.name, q.name, b.routing_key or "") for q in queues.values() for b in q.bindings}
    expected |= {(link.source, link.name, link.key) for link in wanted if isinstance(link, Link)}
    rows = management.get("bindings", management.vhost)
    actual = {(row["source"], row["destination"], row["routing_key"]) for row in rows if row["source"]}
    there = {row["name"] for row in management.get("queues", management.vhost, columns="name")}
    made = {row["name"] for row in management.get("exchanges", management.vhost, columns="name")}

    found = [
        Difference(name, f"not bound to {exchange}{_by(key)}")
        for exchange, name, key in sorted(expected - actual)
        if name in there | made
    ]
    for exchange, name, key in sorted(actual - expected):
        if exchange != REPLIES and (exchange in exchanges or name in queues):
            found.append(Difference(name, f"bound to {exchange}{_by(key)}, which no handler asks for"))
    for name in sorted((there - set(queues)) | (made - exchanges)):
        if name.startswith(OURS) and not name.startswith(f"{REPLIES}."):
            found.append(Difference(name, "no handler asks for it; is it of an older version?"))
    return found


def lacking(management: Management) -> list[Difference]:
    """What the broker's management API shows at one look: shared exchanges and queues that are missing, and
    policies that give queues other limits. Raises WorldAway, SettingsError.
    """
    entities = shared_entities(settings_of(SERVICES[0]).retry_delays)
    found = []
    for kind, wanted in (("queues", Queue), ("exchanges", Exchange)):
        rows = management.get(kind, management.vhost, columns="name")
        there = {row["name"] for row in rows}
        names = [entity.name for entity in entities if isinstance(entity, wanted)]
        what = f"there is no such {kind[:-1]}: run `doorstep topology apply`"
        found += [Difference(name, what) for name in names if name not in there]
    return found + spoiled_queues(management, OURS)


def _by(key: str) -> str:
    return f" by {key}" if key else ""


def _entities(retry_delays: Sequence[int]) -> list[Entity]:
    found: list[Entity] = list(shared_entities(retry_delays))
    for service in SERVICES:
        found += service_entities(Service(service, tuple(handlers_of(service))))
    return found
