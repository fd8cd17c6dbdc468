"""The summary of an imported risk list, for whoever imported it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from services.registration.risk.assessing import RiskArea
from services.registration.risk.published_lists import Comparison, RiskList

_MOST_LISTED = 200


def list_summary(risk_list: RiskList, comparison: Comparison, zone: ZoneInfo) -> dict[str, Any]:
    """Counts are whole; of the new, changed and ended areas the first are listed."""
    return {
        "list_id": risk_list.list_id,
        "published_at": risk_list.published_at.astimezone(zone).isoformat(timespec="minutes"),
        "areas": len(risk_list.listed),
        "counted": risk_list.counted(),
        "published": dict(risk_list.published),
        "remarks": list(risk_list.remarks),
        "placed": risk_list.placed(),
        "placed_percent": risk_list.placed_percent(),
        "placed_by": risk_list.placed_by(),
        "not_in_a_county": [
            {
                **_area(listed.area),
                "placed": "nowhere" if listed.placed == "nowhere" else f"{listed.placed}_only",
                "placed_by": listed.placed_by,
            }
            for listed in risk_list.listed
            if listed.placed not in ("county", "zone")
        ],
        "whole": risk_list.whole,
        "odd": len(risk_list.odd),
        "odd_rows": [
            {"faults": [asdict(fault) for fault in odd.faults], "row": odd.row} for odd in risk_list.odd
        ],
        "new": len(comparison.new),
        "changed": len(comparison.changed),
        "ended": len(comparison.ended),
        "unchanged": comparison.unchanged,
        "new_areas": [_area(area) for area in comparison.new[:_MOST_LISTED]],
        "changed_areas": [
            {**_area(after), "previous_level": before.level.name}
            for before, after in comparison.changed[:_MOST_LISTED]
        ],
        "ended_areas": [_area(area) for area in comparison.ended[:_MOST_LISTED]],
    }


def _area(area: RiskArea) -> dict[str, str]:
    return {
        "level": area.level.name,
        "province": area.province,
        "city": area.city,
        "county": area.county,
        "place": area.place,
        "division": area.division,
    }
