"""What the broker has run out of, and what it lacks, as its management API says at one look."""

from __future__ import annotations

from operations.management_api import Management, read
from operations.topology import lacking

_KINDS = {"mem_alarm": "memory", "disk_free_alarm": "disk"}


def alarms(management: Management) -> list[str]:
    """Until there is room again the broker takes no message. None where this user may not ask.

    Raises WorldAway.
    """
    answer = management.ask("GET", "nodes", query={"columns": f"name,{','.join(_KINDS)}"}, refusable=True)
    nodes = read(answer) if answer.ok else []
    return [
        f"{node['name']} has run out of {_KINDS[kind]}" for node in nodes for kind in _KINDS if node.get(kind)
    ]


def troubles() -> list[str]:
    """Of the broker that the environment names, each in a few words. Raises WorldAway, SettingsError."""
    management = Management.find()
    return [*alarms(management), *(f"{one.name}: {one.what}" for one in lacking(management))]
