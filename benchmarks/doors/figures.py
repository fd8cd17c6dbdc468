"""The figures of the doors, beside what is wanted of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from rich.console import Console
from rich.table import Table

# Of issue "Doors": milliseconds at the 95th percentile; seconds for the results of a laboratory.
LIST_MS: Final = 30.0
ACT_MS: Final = 100.0
RESULTS_S: Final = 30.0
# Of issue "The console": through the console, doors included.
PAGE_MS: Final = 100.0
ACT_BY_PAGE_MS: Final = 150.0
PHONE_MS: Final = 2000.0


@dataclass(frozen=True, slots=True)
class Waits:
    """Seconds that each of some requests took, as whoever asked saw it."""

    what: str
    seconds: list[float]

    def ms(self, percent: float) -> float:
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))] * 1000 if ordered else 0.0


@dataclass(slots=True)
class Figures:
    intake_alone: float = 0.0
    """Arrivals a second."""
    intake_beside: list[float] = field(default_factory=list)
    lists: list[Waits] = field(default_factory=list)
    counted: list[Waits] = field(default_factory=list)
    """The same pages with the exact figure of a list of over 1,000 rows, which comes after them."""
    acts: Waits = field(default_factory=lambda: Waits("report_task", []))
    pages: list[Waits] = field(default_factory=list)
    """Through the console."""
    acts_by_page: Waits = field(default_factory=lambda: Waits("page: no answer", []))
    on_a_phone: Waits = field(default_factory=lambda: Waits("page on a phone", []))
    """Until the first page of a worker with a usual day can be used, where the processor is slow."""
    first_page_kb: float = 0.0
    """Of that page."""
    check_ins: Waits = field(default_factory=lambda: Waits("report_check_in", []))
    check_ins_a_second: float = 0.0
    results: int = 0
    results_s: float = 0.0

    def show(self, console: Console) -> None:
        table = Table(title="At the doors, milliseconds", title_justify="left")
        table.add_column("what")
        for column in ("asked", "p50", "p95", "p99", "wanted p95"):
            table.add_column(column, justify="right")
        rows: list[tuple[Waits, float | None]] = [(waits, LIST_MS) for waits in self.lists]
        rows += [*((waits, None) for waits in self.counted), (self.acts, ACT_MS)]
        rows += [*((waits, PAGE_MS) for waits in self.pages), (self.acts_by_page, ACT_BY_PAGE_MS)]
        rows += [(self.on_a_phone, PHONE_MS)]
        rows += [(self.check_ins, ACT_MS)]
        for waits, wanted in rows:
            p95 = waits.ms(95)
            colour = "white" if wanted is None else "green" if p95 < wanted else "red"
            shown = f"[{colour}]{p95:.1f}[/]"
            asked = f"{len(waits.seconds):,}"
            table.add_row(
                *(waits.what, asked, f"{waits.ms(50):.1f}", shown, f"{waits.ms(99):.1f}"),
                "" if wanted is None else f"{wanted:.0f}",
            )
        console.print(table)
        beside = ", ".join(f"{rate:,.0f}/s" for rate in self.intake_beside)
        console.print(
            f"intake: {self.intake_alone:,.0f} arrivals/s alone; beside the doors {beside}, none lost"
        )
        console.print(f"first page of a worker with a usual day: {self.first_page_kb:.0f} kB")
        console.print(f"check-ins of households: {self.check_ins_a_second:,.0f}/s, each kept once")
        console.print(
            f"results of a laboratory: {self.results:,} in {self.results_s:.1f} s (of {RESULTS_S:.0f})"
        )

    def as_dict(self) -> dict[str, Any]:
        def of(waits: Waits) -> dict[str, Any]:
            of_percent = {f"p{percent}_ms": round(waits.ms(percent), 2) for percent in (50, 95, 99)}
            return {"what": waits.what, "asked": len(waits.seconds), **of_percent}

        return {
            "intake_alone_per_s": round(self.intake_alone, 1),
            "intake_beside_per_s": [round(rate, 1) for rate in self.intake_beside],
            "lists": [of(waits) for waits in self.lists],
            "counted": [of(waits) for waits in self.counted],
            "acts": of(self.acts),
            "pages": [of(waits) for waits in self.pages],
            "acts_by_page": of(self.acts_by_page),
            "on_a_phone": of(self.on_a_phone),
            "first_page_kb": round(self.first_page_kb, 1),
            "check_ins": of(self.check_ins),
            "check_ins_per_s": round(self.check_ins_a_second, 1),
            "results": {"count": self.results, "seconds": round(self.results_s, 1)},
        }
