"""The outcome of the sample day, beside the outcome that the day must have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from operations.audit.result import Audit
from operations.counts import Counts


@dataclass(frozen=True)
class Line:
    """:param expected: as the sample day knows it; None where it does not know."""

    what: str
    expected: int | None
    found: int

    @property
    def right(self) -> bool:
        return self.expected is None or self.expected == self.found

    def as_dict(self) -> dict[str, Any]:
        return {
            "what": self.what.strip(),
            "expected": self.expected,
            "found": self.found,
            "right": self.right,
        }


@dataclass(frozen=True)
class Report:
    lines: list[Line]
    counts: Counts
    audit: Audit

    @property
    def adds_up(self) -> bool:
        audit = self.audit
        balanced = not audit.missing_count and not audit.in_flight and not audit.late_count
        return balanced and all(line.right for line in self.lines)

    @property
    def wrong(self) -> list[str]:
        """Lines that are not as expected."""
        return [line.what.strip() for line in self.lines if not line.right]

    def has_risk(self, level: str) -> bool:
        return any(name.split()[0] == level for name in self.counts.risk)

    def counts_by_title(self) -> dict[str, dict[str, int]]:
        """For people and programs: title -> name -> how many."""
        counts = self.counts
        return {
            "reports": counts.reports,
            "risk": counts.risk,
            "doorstep": counts.doorstep,
            "persons": {"known": counts.persons},
            "cases": counts.cases,
            "tasks": counts.tasks,
            "messages": counts.messages,
            "dead letters": counts.dead_letters,
        }

    def as_dict(self) -> dict[str, Any]:
        return {
            "adds_up": self.adds_up,
            "lines": [line.as_dict() for line in self.lines],
            "counts": self.counts_by_title(),
            "audit": self.audit.as_dict(),
        }


def report(truth: dict[str, Any], counts: Counts, audit: Audit, played: Sequence[Line] = ()) -> Report:
    """:param truth: `Day.truth` as a dict.
    :param played: what came of the days that were played afterwards.
    """
    outcomes, risk, from_risk = counts.reports, counts.risk, truth["from_risk"]
    exact_high, unharmed = risk.get("high exact", 0), risk.get("none exact", 0)
    registered = truth["accepted"] - truth["merged_reports"]
    lines = [
        Line("reports handled", truth["reports"], sum(outcomes.values())),
        Line("  registered an arrival", registered, outcomes["registered"]),
        Line("  merged into a known one", truth["merged_reports"], outcomes["merged"]),
        Line("  need correction", truth["invalid"], outcomes["needs_correction"]),
        Line("messages that are no reports", truth["broken"], sum(counts.dead_letters.values())),
        Line("arrivals", truth["comings"], sum(risk.values())),
        Line("  from a high-risk place", from_risk["high"], exact_high),
        # Whether a medium-risk place or the district around a high-risk one counts for more is for the
        # rules to say; the day knows that one of them was touched.
        Line(
            "  from a medium-risk place, or near one",
            from_risk["medium"] + from_risk["county_only"],
            sum(risk.values()) - exact_high - unharmed,
        ),
        Line("  from no risk area", from_risk["none"], unharmed),
        Line("  with no known doorstep", truth["unplaced"], counts.doorstep.get("unknown", 0)),
        Line("persons", truth["persons"], counts.persons),
        Line("cases", truth["comings"], sum(counts.cases.values())),
        Line("messages to be sent", None, sum(counts.messages.values())),
        Line("  still waiting", 0, counts.messages_still_to_send),
        *played,
    ]
    return Report(lines, counts, audit)
