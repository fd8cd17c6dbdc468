"""The summary of an imported risk list, for whoever imported it."""

from __future__ import annotations

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
        "not_in_a_county": [
            {**_area(listed.area), "placed": f"{listed.placed}_only"}
            for listed in risk_list.listed
            if listed.placed != "county"
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
