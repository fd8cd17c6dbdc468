"""`python -m benchmarks.doors`: pages, acts, check-ins and results, on a full database and beside intake."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from benchmarks.console import Bars, listen_for_interrupts, progress_on
from benchmarks.doors.figures import Figures, Waits
from benchmarks.doors.pages import Browser, officer, worker
from benchmarks.doors.phone import seconds_to_interactive
from benchmarks.doors.system import CONSOLE, WITH_DOOR, DoorstepWithDoors, Somebody
from benchmarks.doors.visits import Visits
from benchmarks.doorstep_pipeline import NOW
from benchmarks.measure import Bench
from benchmarks.nodes import Nodes
from benchmarks.pipeline import WrongEffects
from benchmarks.processes import Died
from chassis.doors.pages import COUNTED
from chassis.doors.roles import roles
from demo.days.doors import DoorClosed, Who
from deploy.local import LocalNodeError
from doorstep_client import Publisher, event

OPEN = 20_000  # arrivals whose cases are open while everything is measured
HOUSEHOLDS = 60  # of a worker on a usual day; the arrivals of the bench live alone
PAGES = 40  # requests for each page of the console at most: cases go on opening meanwhile
CALLERS = 12  # residents who say how they are at the same moment: as many as a door has threads
LABORATORY = "bench-laboratory"
SETTLED_S = 300.0
LIST = re.compile(r'href="(/lists/[a-z_]+)"')
HOUSEHOLD = re.compile(r'href="(/doors/[^"?/]+)"')


def main(
    quick: Annotated[bool, typer.Option("--quick", help="A short look: small tables, short runs.")] = False,
    bulk: Annotated[int, typer.Option(min=0, help="Finished arrivals to load first.")] = 1_000_000,
    pages: Annotated[int, typer.Option(min=10, help="First pages of each list for each level.")] = 100,
    minutes: Annotated[float, typer.Option(min=0.1, help="How long households check in.")] = 5.0,
    rate: Annotated[int, typer.Option(min=1, help="Check-ins of households a second.")] = 300,
    results: Annotated[int, typer.Option(min=1, help="Results of the laboratory.")] = 20_000,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
) -> None:
    """Measure the doors: see benchmarks/README.md."""
    console = Console()
    if quick:
        bulk, pages, minutes, results = min(bulk, 20_000), 20, 0.25, 2_000
    listen_for_interrupts()
    directory = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    directory.chmod(0o711)
    nodes = Nodes(directory / "nodes")
    system = DoorstepWithDoors(nodes, directory)
    figures = Figures()
    try:
        with progress_on(console) as progress:
            run = _Run(system, Bench(directory, Bars(progress)), figures)
            nodes.start()
            run.prepare(bulk, OPEN // 10 if quick else OPEN)
            run.lists_and_acts(pages)
            run.pages(min(pages, PAGES), max(10, pages // 3))
            run.check_ins(rate, minutes * 60)
            run.laboratory(results)
    except KeyboardInterrupt:
        console.print("Interrupted; everything that was started has been stopped.")
        raise typer.Exit(130) from None
    except (LocalNodeError, WrongEffects, Died, DoorClosed, TimeoutError) as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(1) from None
    finally:
        system.stop()
        nodes.stop()
        shutil.rmtree(directory, ignore_errors=True)
    figures.show(console)
    if json_file:
        json_file.write_text(json.dumps(figures.as_dict(), indent=2) + "\n")


class _Run:
    def __init__(self, system: DoorstepWithDoors, bench: Bench, figures: Figures) -> None:
        self.system, self.bench, self.figures = system, bench, figures

    def prepare(self, bulk: int, open_cases: int) -> None:
        """Full tables, and so many open cases; says how fast intake is when nobody is at a door."""
        self.system.prepare()
        self.system.start()
        self.bench.run(self.system, 300, what="warming up")
        if bulk:
            self.system.fill(bulk, self.bench.progress)
        found = self.bench.run(self.system, open_cases, what="intake alone")
        self.figures.intake_alone = found.rate
        self.system.vacuum()

    @contextmanager
    def _intake(self, share: float, seconds: float) -> Iterator[None]:
        """Meanwhile arrivals come in at this share of the rate. Every one of them must become a case."""
        rate = self.figures.intake_alone * share
        count = max(100, int(rate * seconds))
        with ThreadPoolExecutor(1) as pool:
            coming = pool.submit(self.bench.run, self.system, count, rate, f"intake at {rate:.0f}/s")
            yield
            self.figures.intake_beside.append(coming.result().rate)

    def lists_and_acts(self, pages: int) -> None:
        """The first page of every list for whoever has most to see at each level; then acts, one by one."""
        people = self.system.busiest()
        asked = [
            (somebody, service, query)
            for somebody in people
            for service, door in _doors().items()
            for query in door.lists
            if roles().may(somebody.role, service, query.name)
        ]
        seconds = 20 + len(asked) * pages * 0.02
        coming = self.figures.intake_alone * 0.5 * seconds
        with self._intake(0.5, seconds):
            for somebody, service, query in asked:
                visits = Visits(service, self.system.ports[service], self.system.key)
                who, name = Who.staff(somebody.staff_id), query.name
                # A list that looks through so many asks for a place; more open while it is measured.
                many = query.among is not None and somebody.cases + coming > COUNTED
                at = {"place": somebody.community} if many else {}
                whose = f"{name} ({somebody.role}, {somebody.cases:,} cases)"
                _, page = visits.page(who, name, count="few", **at)
                waits = [visits.page(who, name, count="few", **at)[0] for _ in range(pages)]
                self.figures.lists.append(Waits(whose, waits))
                if page["figures"]["more_than"]:  # the console asks for them after the rows
                    waits = [visits.page(who, name, **at)[0] for _ in range(pages)]
                    self.figures.counted.append(Waits(f"{whose}, counted", waits))
                visits.close()
            self._acts(pages * 2)

    def pages(self, times: int, on_a_phone: int) -> None:
        """The same people through the console: first pages, and a worker who finds nobody at home."""
        people = self.system.busiest()
        by_place = {
            f"/lists/{query.name}" for door in _doors().values() for query in door.lists if query.among
        }
        seconds = times * 2.5 + on_a_phone * 2
        coming = self.figures.intake_alone * 0.5 * seconds
        with self._intake(0.5, seconds):
            for somebody in people:
                given = (self.system.environment, self.system.ports[CONSOLE], somebody.staff_id)
                if somebody.role == "grid_worker":
                    self._worker_pages(worker(*given), somebody, times)
                    self._on_a_phone(on_a_phone)
                    continue
                browser = officer(*given)
                lists = sorted(set(LIST.findall(browser.get("/lists")[1])))
                many = somebody.cases + coming > COUNTED
                for path in ("/board", *lists):
                    at = f"?place={somebody.community}" if many and path in {*by_place, "/board"} else ""
                    self._page(browser, f"{path}{at}", f"page {path} ({somebody.role})", times)
                browser.close()

    def _worker_pages(self, browser: Browser, somebody: Somebody, times: int) -> None:
        first = self._page(browser, "/doors", f"page /doors ({somebody.role})", times)
        households = list(dict.fromkeys(HOUSEHOLD.findall(first)))
        self._page(browser, households[0], f"page of a household ({somebody.role})", times)
        waits = []
        for household in households[:times]:
            page = browser.get(household)[1]
            if f'action="{household}/no-answer"' in page:
                waits.append(browser.send(page, f"{household}/no-answer", {})[0])
        self.figures.acts_by_page = Waits(f"page: no answer ({somebody.role})", waits)
        browser.close()

    def _on_a_phone(self, times: int) -> None:
        usual = self.system.worker_with(HOUSEHOLDS)
        given = (self.system.environment, self.system.ports[CONSOLE], usual.staff_id)
        waits = seconds_to_interactive(*given, times)
        self.figures.on_a_phone = Waits(f"page /doors on a phone ({usual.cases:,} people)", waits)
        browser = worker(*given)
        self.figures.first_page_kb = len(browser.get("/doors")[1].encode()) / 1000
        browser.close()

    def _page(self, browser: Browser, path: str, what: str, times: int) -> str:
        _, page = browser.get(path)
        self.figures.pages.append(Waits(what, [browser.get(path)[0] for _ in range(times)]))
        return page

    def _acts(self, count: int) -> None:
        """Workers say that they have tried, of one task after another."""
        tasks = self.system.ask(
            "isolation",
            "SELECT t.task_id::text, c.owner FROM tasks t JOIN cases c USING (case_id) WHERE t.kind = "
            f"'first_contact' AND t.state = 'due' AND c.owner IS NOT NULL ORDER BY t.task_id LIMIT {count}",
        )
        visits = Visits("isolation", self.system.ports["isolation"], self.system.key)
        waits = [
            visits.say(Who.staff(str(owner)), "report_task", {"task_id": task, "outcome": "attempt"})[0]
            for task, owner in tasks
        ]
        visits.close()
        self.figures.acts = Waits("report_task", waits)

    def check_ins(self, rate: int, seconds: float) -> None:
        """Households say how they are, so many a second; each must be kept once."""
        households = self.system.ask(
            "isolation",
            "SELECT case_id::text, coalesce(household_id::text, case_id::text) "
            "FROM cases WHERE closed_at IS NULL ORDER BY case_id",
        )
        before = self._count("check_ins")
        wanted = int(rate * seconds)
        said = _Said(self.system, [(str(case), str(home)) for case, home in households], rate, wanted)
        with self._intake(0.1, seconds):
            said.say_all(lambda done: self.bench.progress("check-ins", done, wanted))
        self.figures.check_ins = Waits("report_check_in", said.waits)
        self.figures.check_ins_a_second = wanted / said.seconds
        kept = self._count("check_ins") - before
        if kept != wanted:
            raise WrongEffects(f"{wanted:,} check-ins were said and {kept:,} are kept")

    def laboratory(self, count: int) -> None:
        """Results by the broker, from the first that is published to the last that is kept."""
        cases = [
            str(row[0])
            for row in self.system.ask(
                "isolation",
                f"SELECT case_id::text FROM cases WHERE closed_at IS NULL ORDER BY case_id LIMIT {count}",
            )
        ]
        sampled, said = NOW - timedelta(hours=2), NOW - timedelta(minutes=1)
        events = [
            event(
                "test.reported",
                f"/{LABORATORY}/results",
                {
                    "case_id": cases[number % len(cases)],
                    "sample_id": f"S-{number}",
                    "sampled_at": sampled,
                    "reported_at": said,
                    "method": "pcr",
                    "stage": "preliminary",
                    "result": "negative",
                },
                id=f"sample-{number}",
                time=said,
            )
            for number in range(count)
        ]
        before = self._count("test_results")
        began = time.monotonic()
        with Publisher(self.system.nodes.amqp_uri(self.system.name), LABORATORY, closing_counts=False) as lab:
            outcomes = lab.publish_many(events)
        if not outcomes.complete:
            raise WrongEffects(f"the broker did not take all results: {outcomes.counts()}")
        while (kept := self._count("test_results") - before) < count:
            self.bench.progress("results of the laboratory", kept, count)
            if time.monotonic() - began > SETTLED_S:
                raise TimeoutError(f"{kept:,} of {count:,} results are kept after {SETTLED_S:.0f} s")
            time.sleep(0.2)
        self.figures.results, self.figures.results_s = count, time.monotonic() - began

    def _count(self, table: str) -> int:
        return int(str(self.system.ask("isolation", f"SELECT count(*) FROM {table}")[0][0]))


def _doors() -> dict[str, Any]:
    return {service: import_module(f"services.{service}.door").DOOR for service in WITH_DOOR}


class _Said:
    """Check-ins at a steady rate, by a few callers side by side who share one schedule."""

    def __init__(
        self, system: DoorstepWithDoors, cases: list[tuple[str, str]], rate: int, wanted: int
    ) -> None:
        self._system, self._cases, self._rate, self._wanted = system, cases, rate, wanted
        self._lock = threading.Lock()
        self._next = 0
        self.waits: list[float] = []
        self.seconds = 0.0

    def say_all(self, report: Callable[[int], None]) -> None:
        began = time.monotonic()
        with ThreadPoolExecutor(CALLERS) as pool:
            callers = [pool.submit(self._say, began) for _ in range(CALLERS)]
            while not all(caller.done() for caller in callers):
                report(len(self.waits))
                time.sleep(0.5)
            for caller in callers:
                self.waits += caller.result()
        self.seconds = time.monotonic() - began

    def _say(self, began: float) -> list[float]:
        visits = Visits("isolation", self._system.ports["isolation"], self._system.key)
        waits: list[float] = []
        while (number := self._take()) < self._wanted:
            time.sleep(max(0.0, began + number / self._rate - time.monotonic()))
            case, household = self._cases[number % len(self._cases)]
            person: dict[str, Any] = {
                "case_id": case,
                "temperature": 36.5,
                "symptoms": [],
                "how_known": "by_link",
            }
            waits.append(visits.say(Who.resident(household), "report_check_in", {"people": [person]})[0])
        visits.close()
        return waits

    def _take(self) -> int:
        with self._lock:
            self._next += 1
            return self._next - 1


if __name__ == "__main__":
    typer.run(main)
