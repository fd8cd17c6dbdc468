"""The rule by which a case is followed, by what became known of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from services.isolation.cases.rows import story_from
from services.isolation.cases.story import Standing, standing
from services.isolation.policies.rules import Policy, Rule


def rule_of_case(row: Any, policies: Mapping[str, Policy], zone: ZoneInfo) -> Rule | None:
    """As `standing_of_case`."""
    stands = standing_of_case(row, policies, zone)
    return stands.rule if stands else None


def standing_of_case(row: Any, policies: Mapping[str, Policy], zone: ZoneInfo) -> Standing | None:
    """Where a case stands; one that has ended, as it was followed when it ended. None: what is stored was
    planned by another text than these.

    :param row: of a case, with chapters, arrived_at, closed_at, measure, days and counted_from.
    :param policies: by id, those of its chapters.
    """
    story = story_from(row.chapters)
    story = tuple(one for one in story if row.closed_at is None or one.at <= row.closed_at) or story
    stands = standing(story, row.arrived_at, policies, zone)
    planned = (row.measure, row.days, row.counted_from)
    return stands if (stands.rule.measure, stands.rule.days, stands.day_zero) == planned else None
