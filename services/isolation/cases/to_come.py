"""The stages that follow the one in force, as pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.isolation.cases.story import Chapter, standing
from services.isolation.policies.rules import Policy


def stages_to_come(
    story: Sequence[Chapter], arrived_at: datetime, policies: Mapping[str, Policy], zone: ZoneInfo
) -> list[dict[str, Any]]:
    """Each as `measure`, `days` and `until`, the day on which its days are full."""
    stands = standing(story, arrived_at, policies, zone)
    return [
        {"measure": stage.rule.measure, "days": stage.rule.days, "until": stage.release_on.isoformat()}
        for stage in stands.to_come
    ]
