"""A report as another system publishes it, of a person who came on the morning of 1 October 2022."""

from __future__ import annotations

from typing import Any, Final

SPRING: Final = {"division": "620102001801", "address": "酒泉路街道春和社区春和花园3号楼2单元501"}


def report(
    source: str,
    id: str,
    person: dict[str, Any],
    destination: dict[str, str] = SPRING,
    *,
    source_kind: str = "transport",
    **data: Any,
) -> dict[str, Any]:
    """:param data: changed fields of the data."""
    return {
        "specversion": "1.0",
        "id": id,
        "source": source,
        "type": "arrival.reported",
        "time": "2022-10-01T08:50:00+08:00",
        "datacontenttype": "application/json",
        "data": {
            "source_kind": source_kind,
            "person": person,
            "companions": [],
            "stops": [
                {"division": "620402", "address": "白银路1号", "from": "2022-09-25", "to": "2022-10-01"}
            ],
            "arrival": {"at": "2022-10-01T08:40:00+08:00", "expected": False},
            "destination": destination,
            **data,
        },
    }
