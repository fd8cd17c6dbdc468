"""What came of the sample day, beside what had to come of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from operations.databases import database_of

if TYPE_CHECKING:
    from rich.console import Console

    from operations.audit.balance import Balance

STILL_TO_SEND = ("pending", "sending")


def progress() -> dict[str, int]:
    """How far it is, from the databases."""
    from sqlalchemy import func, select

    from services.isolation.tables import cases
    from services.notification.tables import messages
    from services.registration.tables import arrivals, reports

    with database_of("registration").read() as conn:
        found = {
            "reports": conn.execute(select(func.count()).select_from(reports)).scalar_one(),
            "arrivals": conn.execute(select(func.count()).select_from(arrivals)).scalar_one(),
        }
    with database_of("isolation").read() as conn:
        found["cases"] = conn.execute(select(func.count()).select_from(cases)).scalar_one()
    with database_of("notification").read() as conn:
        queued = conn.execute(select(func.count()).select_from(messages)).scalar_one()
        left = conn.execute(
            select(func.count()).select_from(messages).where(messages.c.state.in_(STILL_TO_SEND))
        ).scalar_one()
    return found | {"messages queued": queued, "messages sent": queued - left}


@dataclass(frozen=True)
class Line:
    """:param expected: what the sample day knows must come; None where it does not know."""

    what: str
    expected: int | None
    found: int

    @property
    def right(self) -> bool:
        return self.expected is None or self.expected == self.found


@dataclass(frozen=True)
class Report:
    lines: list[Line]
    counts: dict[str, dict[str, int]]
    """What the day does not know beforehand: title -> name -> how many."""
    balance: Balance

    @classmethod
    def read(cls, truth: dict[str, Any], balance: Balance) -> Report:
        counts = _counts()
        outcomes, risk = counts["reports"], counts["risk"]
        from_risk = truth["from_risk"]
        exact_high, unharmed = risk.get("high exact", 0), risk.get("none exact", 0)
        lines = [
            Line("reports handled", truth["reports"], sum(outcomes.values())),
            Line(
                "  registered an arrival", truth["accepted"] - truth["merged_reports"], outcomes["registered"]
            ),
            Line("  merged into a known one", truth["merged_reports"], outcomes["merged"]),
            Line("  need correction", truth["invalid"], outcomes["needs_correction"]),
            Line("messages that are no reports", truth["broken"], sum(counts["dead letters"].values())),
            Line("arrivals", truth["comings"], sum(risk.values())),
            Line("  from a high-risk place", from_risk["high"], exact_high),
            # Whether a medium-risk place or the district around a high-risk one counts for more is for the
            # rules to say; that one of them was touched, the day knows.
            Line(
                "  from a medium-risk place, or near one",
                from_risk["medium"] + from_risk["county_only"],
                sum(risk.values()) - exact_high - unharmed,
            ),
            Line("  from no risk area", from_risk["none"], unharmed),
            Line("  with no known doorstep", truth["unplaced"], counts["doorstep"].get("unknown", 0)),
            Line("persons", truth["persons"], counts["persons"]["known"]),
            Line("cases", truth["comings"], sum(counts["cases"].values())),
            Line("messages to be sent", None, sum(counts["messages"].values())),
            Line("  still waiting", 0, sum(counts["messages"].get(state, 0) for state in STILL_TO_SEND)),
        ]
        return cls(lines, counts, balance)

    @property
    def adds_up(self) -> bool:
        balanced = not self.balance.missing_count and not self.balance.in_flight
        return balanced and all(line.right for line in self.lines)

    def has_risk(self, level: str) -> bool:
        return any(name.split()[0] == level for name in self.counts["risk"])

    def as_dict(self) -> dict[str, Any]:
        from cli.operate.audit import as_dict

        return {
            "adds_up": self.adds_up,
            "lines": [
                {
                    "what": line.what.strip(),
                    "expected": line.expected,
                    "found": line.found,
                    "right": line.right,
                }
                for line in self.lines
            ],
            "counts": self.counts,
            "audit": as_dict(self.balance),
        }

    def show(self, console: Console) -> None:
        from rich.table import Table

        from cli.operate.audit import show

        table = Table("what came of the day", "expected", "found", "")
        for column in table.columns[1:3]:
            column.justify = "right"
        for line in self.lines:
            expected = "" if line.expected is None else str(line.expected)
            mark = "" if line.expected is None else "[green]✓[/]" if line.right else "[red]✗[/]"
            table.add_row(line.what, expected, str(line.found), mark)
        console.print(table)
        details = Table("by", "how many", title="What was made of it", title_justify="left")
        for title in ("cases", "tasks", "messages", "dead letters"):
            parts = ", ".join(f"{name} {count}" for name, count in self.counts[title].items())
            details.add_row(title, parts or "none")
        console.print(details)
        show(self.balance)

    def verdict(self, console: Console) -> None:
        wrong = [line.what.strip() for line in self.lines if not line.right]
        if self.adds_up:
            console.print("[bold green]Everybody who came is accounted for.[/]")
        elif wrong:
            console.print(f"[bold red]Not as expected: {', '.join(wrong)}[/]")
        else:
            console.print("[bold red]The balance does not add up: see above.[/]")


def _counts() -> dict[str, dict[str, int]]:
    from sqlalchemy import case, func, select

    from services.isolation.tables import cases, tasks
    from services.notification.tables import messages
    from services.registration.tables import arrivals, reports

    a = arrivals.c
    with database_of("registration").read() as conn:
        outcomes = {"registered": 0, "merged": 0, "needs_correction": 0} | _grouped(conn, reports.c.outcome)
        risk = _grouped(conn, a.risk_level + " " + a.risk_certainty)
        doorstep = _grouped(conn, case((a.community.is_(None), "unknown"), else_="known"))
        persons = conn.execute(select(func.count(a.person_id.distinct()))).scalar_one()
    with database_of("isolation").read() as conn:
        measures = _grouped(conn, cases.c.measure)
        kinds = _grouped(conn, tasks.c.kind)
    with database_of("notification").read() as conn:
        states = _grouped(conn, messages.c.state)
    return {
        "reports": outcomes,
        "risk": risk,
        "doorstep": doorstep,
        "persons": {"known": persons},
        "cases": measures,
        "tasks": kinds,
        "messages": states,
        "dead letters": _dead_letters(),
    }


def _dead_letters() -> dict[str, int]:
    """By reason."""
    from chassis.messaging.dead_letters import DEAD
    from operations.settings import SERVICES

    found: dict[str, int] = {}
    for service in SERVICES:
        with database_of(service).read() as conn:
            for reason, count in _grouped(conn, DEAD.c.error).items():
                found[reason] = found.get(reason, 0) + count
    return found


def _grouped(conn: Any, column: Any) -> dict[str, int]:
    from sqlalchemy import func, select

    name = column.label("name")
    rows = conn.execute(select(name, func.count()).group_by(name).order_by(func.count().desc(), name))
    return {str(value): count for value, count in rows}
