"""The figures of the timers, beside what is wanted of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Console
from rich.table import Table

KEPT: Final = 0.9
"""Of half the rate of intake, while a timer works."""
SEEN_S: Final = 3.0
"""Until a process has seen that the clock was set, and it is seen here that its last turn is over: of a quick
run that is most. Of a whole one it is not given."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Rows, and the seconds in which they are to be done."""

    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Done:
    """What one timer did beside intake.

    :param kept: the share of what was to come in meanwhile that became cases; None: nothing was to come.
    :param read_whole: rows that the services' database read by scans of whole tables meanwhile.
    """

    what: str
    wanted: Wanted
    rows: int
    seconds: float
    kept: float | None
    read_whole: int

    @property
    def allowed_s(self) -> float:
        """As many seconds for a row as are wanted of the whole."""
        share = self.rows / self.wanted.rows
        return self.wanted.seconds * share + (SEEN_S if share < 1 else 0.0)

    @property
    def holds(self) -> bool:
        return self.seconds < self.allowed_s and (self.kept is None or self.kept >= KEPT)


@dataclass(slots=True)
class Figures:
    intake_alone: float = 0.0
    """Arrivals a second."""
    open_cases: int = 0
    done: list[Done] = field(default_factory=list)

    @property
    def hold(self) -> bool:
        return all(one.holds for one in self.done)

    def show(self, console: Console) -> None:
        table = Table(title=f"Timers, {self.open_cases:,} open cases", title_justify="left")
        table.add_column("what")
        for column in ("rows", "seconds", "wanted", "rows/s", "intake kept", "rows of scans"):
            table.add_column(column, justify="right")
        for one in self.done:
            late, starved = one.seconds >= one.allowed_s, one.kept is not None and one.kept < KEPT
            table.add_row(
                one.what,
                f"{one.rows:,}",
                f"[{'red' if late else 'green'}]{one.seconds:.1f}[/]",
                f"{one.allowed_s:.1f}",
                f"{one.rows / one.seconds:,.0f}",
                "" if one.kept is None else f"[{'red' if starved else 'green'}]{one.kept:.0%}[/]",
                f"{one.read_whole:,}",
            )
        console.print(table)
        console.print(
            f"intake: {self.intake_alone:,.0f} arrivals/s alone; beside the timers half of that, none lost"
        )

    def as_dict(self) -> dict[str, Any]:
        return {
            "intake_alone_per_s": round(self.intake_alone, 1),
            "open_cases": self.open_cases,
            "hold": self.hold,
            "timers": [
                {
                    "what": one.what,
                    "rows": one.rows,
                    "seconds": round(one.seconds, 2),
                    "allowed_s": round(one.allowed_s, 2),
                    "intake_kept": None if one.kept is None else round(one.kept, 3),
                    "rows_of_scans": one.read_whole,
                    "holds": one.holds,
                }
                for one in self.done
            ],
        }
