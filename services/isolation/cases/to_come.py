"""The stages that follow the one in force, as pages show them."""

from __future__ import annotations

from typing import Any

from services.isolation.cases.story import Standing


def stages_to_come(stands: Standing) -> list[dict[str, Any]]:
    """Each as `measure`, `days` and `until`, the day on which its days are full."""
    return [
        {"measure": stage.rule.measure, "days": stage.rule.days, "until": stage.release_on.isoformat()}
        for stage in stands.to_come
    ]
