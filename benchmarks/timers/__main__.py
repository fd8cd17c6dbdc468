"""`python -m benchmarks.timers`: what falls due at one moment of a million open cases, beside intake."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from benchmarks.console import Bars, listen_for_interrupts, progress_on
from benchmarks.doorstep_pipeline import NOW
from benchmarks.measure import Bench
from benchmarks.nodes import Nodes
from benchmarks.pipeline import WrongEffects
from benchmarks.processes import Died
from benchmarks.timers.figures import Done, Figures, Wanted
from benchmarks.timers.open_cases import TEMPLATES
from benchmarks.timers.system import DoorstepWithOpenCases
from deploy.local import LocalNodeError
from doorstep_client import Publisher, event

WHOLE: Final = 1_000_000
EVERY: Final = 10
"""One case of so many falls due, and one is at its end; so many are closed beside them."""
DUE: Final = WHOLE // EVERY
PLANNED: Final = Wanted(WHOLE, 600.0)
OVERDUE: Final = Wanted(DUE, 60.0)
EVALUATED: Final = Wanted(DUE, 60.0)
STRIPPED: Final = Wanted(DUE, 300.0)
REPORTED: Final = Wanted(DUE, 120.0)
GIVEN_UP: Final = 3
"""A timer that takes so many times longer is not waited for."""
PARTS: Final = ("results", "overdue", "releases", "strip", "plan")
LABORATORY: Final = "bench-laboratory"


def main(
    quick: Annotated[bool, typer.Option("--quick", help="A look: a hundredth of the rows.")] = False,
    cases: Annotated[int, typer.Option(min=1000, help="Open cases.")] = WHOLE,
    only: Annotated[list[str] | None, typer.Option(help=f"Of {', '.join(PARTS)}; may be repeated.")] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
) -> None:
    """Measure the timers: see benchmarks/README.md."""
    console = Console()
    cases = min(cases, WHOLE // 100) if quick else cases
    listen_for_interrupts()
    directory = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    directory.chmod(0o711)
    nodes = Nodes(directory / "nodes")
    system = DoorstepWithOpenCases(nodes, directory)
    figures = Figures()
    try:
        with progress_on(console) as progress:
            run = _Run(system, Bench(directory, Bars(progress)), figures)
            nodes.start()
            run.prepare(cases, 2_000 if quick else 20_000)
            for part in PARTS:
                if not only or part in only:
                    getattr(run, part)()
    except KeyboardInterrupt:
        console.print("Interrupted; everything that was started has been stopped.")
        raise typer.Exit(130) from None
    except (LocalNodeError, WrongEffects, Died, TimeoutError) as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(2) from None
    finally:
        system.stop()
        nodes.stop()
        shutil.rmtree(directory, ignore_errors=True)
        if figures.done:
            figures.show(console)
            if json_file:
                json_file.write_text(json.dumps(figures.as_dict(), indent=2) + "\n")
    raise typer.Exit(0 if figures.hold else 1)


class _Run:
    def __init__(self, system: DoorstepWithOpenCases, bench: Bench, figures: Figures) -> None:
        self.system, self.bench, self.figures = system, bench, figures

    def prepare(self, cases: int, alone: int) -> None:
        """The cases, and how fast intake is on them when no timer has anything to do."""
        self.system.prepare()
        self.system.start()
        self.bench.run(self.system, TEMPLATES, what="warming up")
        self.system.fill_with_open_cases(cases, EVERY, self.bench.progress)
        self.figures.open_cases = cases
        self.figures.intake_alone = self.bench.run(self.system, alone, what="intake alone").rate

    def results(self) -> None:
        """Of those who were tested, by the broker: from the first that is published to the last kept."""
        tested = "kind = 'test' AND state = 'due' AND due_from < '2022-10-02 00:00+08'"
        with_results = f"SELECT case_id::text FROM tasks WHERE {tested}"
        cases = self.system.texts("isolation", with_results)
        read = self.system.read_whole()
        began = time.monotonic()
        with Publisher(self.system.nodes.amqp_uri(self.system.name), LABORATORY, closing_counts=False) as lab:
            outcomes = lab.publish_many(_result(case_id) for case_id in cases)
            if not outcomes.complete:
                raise WrongEffects(f"the broker did not take all results: {outcomes.counts()}")
        kept = f"SELECT count(*) FROM test_results WHERE source = '/{LABORATORY}/results'"
        while (done := self.system.ask("isolation", kept)) < len(cases):
            self._is_late(began, REPORTED, f"{done:,} results are kept")
            self.bench.progress("results of a laboratory", done, len(cases))
            time.sleep(0.5)
        seconds = time.monotonic() - began
        self.figures.done.append(
            Done(
                "results of a laboratory",
                REPORTED,
                len(cases),
                seconds,
                None,
                self.system.read_whole() - read,
            )
        )

    def overdue(self) -> None:
        due = "FROM tasks WHERE tell_at <= '2022-10-01 20:00+08'"
        self._timed("finding what is overdue", OVERDUE, "isolation", due, _at(20, 1))
        # They would climb again beside what is measured next.
        self.system.do(
            "isolation", "UPDATE tasks SET state = 'done', tell_at = NULL WHERE state = 'missed' AND told > 0"
        )

    def releases(self) -> None:
        due = "FROM release_checks WHERE check_at <= '2022-10-01 20:20+08'"
        self._timed("evaluating releases", EVALUATED, "isolation", due, _at(20, 21))

    def strip(self) -> None:
        """Cases first; their arrivals once registration has heard of all of them."""
        self.system.do("isolation", "UPDATE cases SET strip_on = '2022-10-01' WHERE strip_on = '2023-01-01'")
        due = "FROM cases WHERE strip_on <= '2022-10-01'"
        closed = self._timed("stripping cases", STRIPPED, "isolation", due, _at(20, 41))
        heard = "SELECT count(*) FROM arrivals WHERE strip_on IS NOT NULL OR stripped_at IS NOT NULL"
        told = "SELECT count(*) FROM notices WHERE person IS NULL AND worker IS NULL"
        for service, query in (("registration", heard), ("notification", told)):
            began = time.monotonic()
            while (done := self.system.ask(service, query)) < closed:
                self._is_late(began, STRIPPED, f"{service} has heard of {done:,} stripped cases")
                time.sleep(1)
        due = "FROM arrivals WHERE strip_on <= '2022-10-01'"
        self._timed("stripping arrivals", STRIPPED, "registration", due, _at(20, 42))

    def plan(self) -> None:
        due = "FROM cases WHERE plan_next <= '2022-10-03'"
        self._timed("planning the next day", PLANNED, "isolation", due, _at(24, 5))

    def _timed(self, what: str, wanted: Wanted, service: str, due: str, moment: datetime) -> int:
        """Returns how many rows were due.

        :param due: of a query that finds the rows which are due at that moment, and nothing else does them.
        """
        rows = self.system.ask(service, f"SELECT count(*) {due}")
        if not rows:
            raise WrongEffects(f"{what}: nothing is due")
        left = f"SELECT count(*) FROM (SELECT 1 {due} LIMIT 1) AS one"
        with self.system.arrivals(self.figures.intake_alone / 2) as beside:
            read, began = self.system.read_whole(), time.monotonic()
            self.system.set_clock(moment)
            while self.system.ask(service, left):
                self.system.check()
                self._is_late(began, wanted, f"{what} is not done")
                self.bench.progress(what, 0, rows)
                time.sleep(0.2)
            seconds, read = time.monotonic() - began, self.system.read_whole() - read
        self.bench.progress(what, rows, rows)
        self.figures.done.append(Done(what, wanted, rows, seconds, beside.kept, read))
        return rows

    def _is_late(self, began: float, wanted: Wanted, what: str) -> None:
        seconds = time.monotonic() - began
        if seconds > GIVEN_UP * wanted.seconds:
            raise TimeoutError(f"{what} after {seconds:.0f} s")


def _at(hour: int, minute: int) -> datetime:
    """Of the day of the bench; 24 is the next one's midnight."""
    return NOW.replace(hour=0, minute=0) + timedelta(hours=hour, minutes=minute)


def _result(case_id: str) -> dict[str, object]:
    sampled, said = NOW - timedelta(hours=2), NOW - timedelta(minutes=1)
    return event(
        "test.reported",
        f"/{LABORATORY}/results",
        {
            "case_id": case_id,
            "sample_id": f"S-{case_id[-12:]}",
            "sampled_at": sampled,
            "reported_at": said,
            "method": "pcr",
            "stage": "preliminary",
            "result": "negative",
        },
        id=f"sample-{case_id}",
        time=said,
    )


if __name__ == "__main__":
    typer.run(main)
