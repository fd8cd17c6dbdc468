"""The rules of a comparison: how much CPU may be taken, and when a run is void."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from benchmarks.measure import OTHERS

MOST_MORE = 0.05
"""The share by which CPU per arrival may grow."""
MOST_OF_OTHERS = 0.10
"""CPU that other processes may use during a run, as a share of the run's own. With more, the run is void."""


@dataclass(frozen=True, slots=True)
class Used:
    """CPU seconds from the start of a run's first process to the end of its last."""

    own: float
    others: float

    @property
    def share_of_others(self) -> float:
        return self.others / self.own if self.own else float("inf")

    @property
    def busy(self) -> bool:
        """Whether other processes used so much of the machine that the run says nothing."""
        return self.share_of_others > MOST_OF_OTHERS


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU milliseconds per arrival at full speed, of each process that takes part."""

    stages: Mapping[str, float]

    @property
    def total(self) -> float:
        return sum(self.stages.values())


@dataclass(frozen=True, slots=True)
class Pair:
    """One run of the earlier commit and the run of the present code after it."""

    earlier: Cost
    present: Cost

    @property
    def ratio(self) -> float:
        return self.present.total / self.earlier.total


@dataclass(frozen=True, slots=True)
class Verdict:
    median_ratio: float

    @property
    def within(self) -> bool:
        """To take less is always within."""
        return self.median_ratio <= 1 + MOST_MORE

    def __str__(self) -> str:
        return f"median ratio {self.median_ratio:.3f}: {'' if self.within else 'not '}within {MOST_MORE:.0%}"


def judge(pairs: Sequence[Pair]) -> Verdict:
    return Verdict(statistics.median(pair.ratio for pair in pairs))


def cost_of(report: Mapping[str, Any]) -> Cost:
    """From the JSON of `python -m benchmarks --only doorstep`. Raises ValueError where it has no figure."""
    pipeline = report["pipelines"]["doorstep"]
    if "failed" in pipeline:
        raise ValueError(str(pipeline["failed"]))
    stages = pipeline["cpu_ms_per_arrival"]
    return Cost({stage: used for stage, used in stages.items() if stage != OTHERS})
