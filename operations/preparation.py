"""What must be there before a service starts: its tables, and the exchanges and queues."""

from collections.abc import Mapping
from importlib import import_module

from operations.settings import SERVICES


def migrate(environment: Mapping[str, str]) -> None:
    """Bring the database of every service to the newest version."""
    from chassis.database.engine import Database
    from chassis.database.migrations import upgrade
    from chassis.settings import read_settings

    for service in SERVICES:
        upgrade(service, Database(read_settings(service, environment).database_url))


def apply_topology(environment: Mapping[str, str]) -> None:
    """Declare all exchanges, queues and bindings; what is there already stays. Raises TopologyDiffers."""
    from chassis.broker_address import describe
    from chassis.handlers import Service
    from chassis.messaging.connection import BROKER_AWAY, connect
    from chassis.messaging.topology import apply, service_entities, shared_entities
    from chassis.settings import read_settings
    from deploy.local.processes import LocalNodeError

    settings = read_settings(SERVICES[0], environment)
    try:
        connection = connect(settings.broker_url, "doorstep up")
    except BROKER_AWAY as error:
        raise LocalNodeError(
            f"no connection to the broker at {describe(settings.broker_url)}: {error}"
        ) from None
    try:
        apply(connection, shared_entities(settings.retry_delays))
        for service in SERVICES:
            handlers = import_module(f"services.{service}.handlers").HANDLERS
            apply(connection, service_entities(Service(service, handlers)))
    finally:
        connection.release()
