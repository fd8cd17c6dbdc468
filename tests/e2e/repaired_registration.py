"""registration with a repaired reader: `python -m tests.e2e.repaired_registration`.

It knows version 2 of a report, in which the arrival's time stands by itself, and takes a time without a zone
for the district's.
"""

from datetime import datetime
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from chassis.messaging import transaction
from chassis.running.process import main  # first: it patches
from contracts import envelope, registry

ZONE = ZoneInfo("Asia/Shanghai")


def load_version_2(type: str, dataschema: str | None, data: dict[str, Any]) -> Any:
    if dataschema == "urn:doorstep:arrival.reported:2":
        dataschema, data = "urn:doorstep:arrival.reported:1", dict(data)
        data["arrival"] = {"at": data.pop("arrived_at")}
    return registry.load_data(type, dataschema, data)


def read_time(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def repair(module: ModuleType, name: str, repaired: Any) -> None:
    """Raises AttributeError if nothing of this name is there to be repaired."""
    getattr(module, name)
    setattr(module, name, repaired)


if __name__ == "__main__":
    repair(transaction, "load_data", load_version_2)
    repair(envelope, "_time", read_time)
    main("registration")
