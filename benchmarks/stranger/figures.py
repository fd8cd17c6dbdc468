"""How long the stranger's reports waited, beside what is wanted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.doors.figures import Waits
from benchmarks.report import NOISE

LIMIT_MS: Final = 1000.0
"""Of issue "Nothing stops in silence", at the 95th percentile."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The stranger's reports beside one flood, or beside none.

    :param flooded: messages of the flooder.
    :param lasted: seconds that the flooder ran.
    :param busy: share of the machine's CPU that was used, and
    :param disturbed: the share of it that was nobody's of the bench.
    """

    waits: Waits
    flooded: int
    lasted: float
    busy: float
    disturbed: float

    @property
    def flooded_a_second(self) -> float:
        return self.flooded / self.lasted if self.flooded else 0.0

    def times(self, alone: Beside) -> float:
        """As long as without a flood, at the 95th percentile."""
        return self.waits.ms(95) / alone.waits.ms(95)

    def as_dict(self, alone: Beside) -> dict[str, Any]:
        return {
            "what": self.waits.what,
            "reports": len(self.waits.seconds),
            **{f"p{percent}_ms": round(self.waits.ms(percent), 1) for percent in (50, 95, 100)},
            "times_alone": round(self.times(alone), 2),
            "flooded": self.flooded,
            "flooded_per_s": round(self.flooded_a_second, 1),
            "machine_busy": round(self.busy, 3),
            "machine_disturbed": round(self.disturbed, 3),
        }


def show(console: Console, found: Sequence[Beside]) -> None:
    table = Table(
        title="A stranger's report, milliseconds until its messages are queued", title_justify="left"
    )
    table.add_column("meanwhile")
    for column in ("reports", "p50", "p95", "longest", "p95 is", "flooded", "machine"):
        table.add_column(column, justify="right", no_wrap=True)
    for one in found:
        p95 = one.waits.ms(95)
        table.add_row(
            one.waits.what,
            f"{len(one.waits.seconds):,}",
            f"{one.waits.ms(50):,.0f}",
            f"[{'green' if p95 < LIMIT_MS else 'red'}]{p95:,.0f}[/]",
            f"{one.waits.ms(100):,.0f}",
            "" if one is found[0] else f"{one.times(found[0]):.1f} times",
            f"{one.flooded_a_second:,.0f}/s" if one.flooded else "",
            f"{one.busy:.0%}",
        )
    console.print(table)
    console.print("Each message of both publishers was counted, and the audit balances.")
    if any(one.disturbed > NOISE for one in found):
        console.print("[yellow]Other processes used the machine meanwhile.[/yellow]")
