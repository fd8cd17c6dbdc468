"""registration with a repaired reader: `python -m tests.e2e.repaired_registration`.

It knows version 2 of a report, in which the arrival's time stands by itself, and takes a time without a zone
for the district's.
"""

from dataclasses import replace
from datetime import datetime
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from chassis.messaging import transaction
from chassis.running.process import main  # first: it patches
from contracts import envelope, registry
from contracts.envelope import Event

ZONE = ZoneInfo("Asia/Shanghai")


def read_version_2(event: Event) -> Event:
    if event.dataschema != "urn:doorstep:arrival.reported:2":
        return registry.read_data(event)
    data = dict(event.data)
    data["arrival"] = {"at": data.pop("arrived_at")}
    return registry.read_data(replace(event, dataschema="urn:doorstep:arrival.reported:1", data=data))


def read_time(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def repair(module: ModuleType, name: str, repaired: Any) -> None:
    """Raises AttributeError if nothing of this name is there to be repaired."""
    getattr(module, name)
    setattr(module, name, repaired)


if __name__ == "__main__":
    repair(transaction, "read_data", read_version_2)
    repair(envelope, "_time", read_time)
    main("registration")
