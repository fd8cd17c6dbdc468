"""`python -m benchmarks.stranger`: the stranger publishes a report every 200 ms, first while nobody floods,
then beside each flood, in one run on one system. In the end each message of both is accounted for.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from benchmarks.arrivals import PUBLISHER, lines
from benchmarks.console import Bars, listen_for_interrupts, progress_on
from benchmarks.doors.figures import Waits
from benchmarks.load import Published
from benchmarks.measure import Bench
from benchmarks.nodes import Nodes
from benchmarks.pipeline import Progress, WrongEffects
from benchmarks.processes import Died, machine_cpu_seconds
from benchmarks.stranger.figures import LIMIT_MS, Beside, show
from benchmarks.stranger.floods import FLOODER, FLOODS
from benchmarks.stranger.system import DoorstepWithPublishers
from deploy.local import LocalNodeError
from deploy.local.broker import MANAGEMENT

RATE: Final = 5.0  # reports of the stranger a second
WARM_UP: Final = 300
_BEGUN_S: Final = 60.0
_SETTLED_S: Final = 300.0
_LOOK_S: Final = 0.2


def main(
    quick: Annotated[bool, typer.Option("--quick", help="A short look: ten seconds of each.")] = False,
    seconds: Annotated[float, typer.Option(min=2, help="How long the stranger publishes beside each.")] = 60,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Floods, of {', '.join(FLOODS)}; may be repeated.")
    ] = None,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
    keep: Annotated[bool, typer.Option(help="Keep the directory with logs and data.")] = False,
) -> None:
    """Measure what a flood does to others: see benchmarks/README.md."""
    console = Console()
    ways = only or list(FLOODS)
    if unknown := [way for way in ways if way not in FLOODS]:
        raise typer.BadParameter(
            f"{unknown[0]} is no flood: choose of {', '.join(FLOODS)}", param_hint="--only"
        )
    seconds = min(seconds, 10.0) if quick else seconds
    listen_for_interrupts()
    directory = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    directory.chmod(0o711)  # PostgreSQL may run as another user, who must get through
    nodes = Nodes(directory / "nodes", plugins=(MANAGEMENT,))  # by which publishers are made
    system = DoorstepWithPublishers(nodes, directory)
    found: list[Beside] = []
    try:
        with progress_on(console) as progress:
            nodes.start()
            run = _Run(system, directory, Bars(progress))
            run.prepare()
            found += [run.beside(way, seconds) for way in (None, *ways)]
            run.account_for_all()
    except KeyboardInterrupt:
        console.print("Interrupted; everything that was started has been stopped.")
        raise typer.Exit(130) from None
    except (LocalNodeError, WrongEffects, Died, TimeoutError) as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(1) from None
    finally:
        system.stop()
        nodes.stop()
        if keep:
            console.print(f"Kept: {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    show(console, found)
    if json_file:
        json_file.write_text(
            json.dumps({"beside": [one.as_dict(found[0]) for one in found]}, indent=2) + "\n"
        )
    if any(one.waits.ms(95) >= LIMIT_MS for one in found):
        raise typer.Exit(1)


class _Run:
    def __init__(self, system: DoorstepWithPublishers, directory: Path, progress: Progress) -> None:
        self._system, self._directory, self._progress = system, directory, progress
        self._next = WARM_UP
        """The number of the stranger's next report."""
        self._turn = 0
        """The number of the flooder's next turn."""
        self._sent = {PUBLISHER: WARM_UP, FLOODER: 0}

    def prepare(self) -> None:
        self._system.prepare()
        self._system.start()
        Bench(self._directory, self._progress).run(self._system, WARM_UP, what="warming up")

    def beside(self, way: str | None, seconds: float) -> Beside:
        """The stranger's reports of so many seconds, while the flooder does this all the time."""
        title = FLOODS[way].title if way else "nobody floods"
        still, out = self._directory / "flooding", self._directory / f"flood-{way}.json"
        used, machine, began = self._system.cpu(), machine_cpu_seconds(), time.monotonic()
        count = int(seconds * RATE)
        self._progress(title, 0, count)
        if way:
            before = self._system.arrived(FLOODER)
            self._system.begin_flood(way, self._turn, still, out)
            self._until(lambda: self._system.arrived(FLOODER) > before, "nothing of the flood came", _BEGUN_S)
        published, run = self._publish(count)
        flood, lasted = {"sent": 0, "turns": 0, "cpu_seconds": 0.0}, 0.0
        if way:
            still.unlink()
            self._system.flood.wait("flood", _SETTLED_S)
            flood, lasted = json.loads(out.read_text()), time.monotonic() - began
        self._turn += int(flood["turns"])
        self._sent[FLOODER] += int(flood["sent"])
        waits = self._waits(published, run)
        for publisher, sent in self._sent.items():
            lack = f"{title}: of the {sent:,} messages of {publisher} not all were counted"
            self._until(lambda publisher=publisher, sent=sent: self._system.arrived(publisher) >= sent, lack)
        self._until(self._system.is_quiet, f"{title}: what it led to was not handled")
        window = (time.monotonic() - began) * (os.cpu_count() or 1)
        all_used = machine_cpu_seconds() - machine
        ours = self._system.cpu() - used + published.cpu_seconds + float(flood["cpu_seconds"])
        self._progress(title, count, count)
        disturbed = max(0.0, all_used - ours) / window
        return Beside(Waits(title, waits), int(flood["sent"]), lasted, all_used / window, disturbed)

    def account_for_all(self) -> None:
        for publisher, sent in self._sent.items():
            if (found := self._system.arrived(publisher)) != sent:
                raise WrongEffects(f"{publisher} sent {sent:,} messages, and {found:,} were counted")
        self._system.audit()

    def _publish(self, count: int) -> tuple[Published, str]:
        """With the prefix of the events' ids."""
        run = f"stranger{self._next}"
        file = self._directory / f"{run}.jsonl"
        with file.open("wb") as out:
            out.writelines(line + b"\n" for line in lines(self._next, count, run))
        self._next += count
        self._sent[PUBLISHER] += count
        self._system.publish(file, RATE)
        published = self._system.published()
        if published.confirmed != count:
            raise WrongEffects(
                f"the broker confirmed {published.confirmed} of {count} reports of the stranger"
            )
        return published, run

    def _waits(self, published: Published, run: str) -> list[float]:
        """Each of them must have led to messages."""
        until = time.monotonic() + _SETTLED_S
        while True:
            try:
                return self._system.latencies(published, run).seconds
            except WrongEffects:
                if time.monotonic() > until:
                    raise
                self._system.check()
                time.sleep(1)

    def _until(self, condition: Callable[[], bool], lack: str, seconds: float = _SETTLED_S) -> None:
        until = time.monotonic() + seconds
        while not condition():
            self._system.check()
            self._system.flood.check()
            if time.monotonic() > until:
                raise WrongEffects(f"{lack} within {seconds:.0f} s")
            time.sleep(_LOOK_S)


if __name__ == "__main__":
    typer.run(main)
