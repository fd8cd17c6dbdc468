"""`python -m benchmarks`: every pipeline in turn on private nodes, then the figures."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import psycopg
import typer
from rich.console import Console

from benchmarks import report
from benchmarks.console import Bars, listen_for_interrupts, progress_on
from benchmarks.doorstep_pipeline import Doorstep
from benchmarks.measure import Bench, median_of
from benchmarks.nodes import POSTGRES, Nodes
from benchmarks.peers.pipelines import FastStreamPeer, Nameko
from benchmarks.pipeline import Pipeline, WrongEffects
from benchmarks.processes import Died
from benchmarks.report import Result
from deploy.local import LocalNodeError

PIPELINES: dict[str, type[Pipeline]] = {"nameko": Nameko, "faststream": FastStreamPeer, "doorstep": Doorstep}
NEEDS = {"nameko": ("nameko", "psycopg2"), "faststream": ("faststream", "aio_pika", "asyncpg")}
WARM_UP = 300  # connections made, statements compiled and cached
HALF_LOAD_SECONDS = 30


def main(
    quick: Annotated[
        bool, typer.Option("--quick", help="A short look: fewer arrivals, no bulk load.")
    ] = False,
    arrivals: Annotated[int, typer.Option(min=100, help="Arrivals a run; the same for all.")] = 20_000,
    repeat: Annotated[int, typer.Option(min=1, help="Runs of each pipeline; the median counts.")] = 1,
    only: Annotated[
        list[str] | None, typer.Option(help=f"Of {', '.join(PIPELINES)}; may be repeated.")
    ] = None,
    bulk: Annotated[
        int, typer.Option(min=0, help="Arrivals to load before Doorstep runs again; 0: none.")
    ] = 1_000_000,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
    keep: Annotated[bool, typer.Option(help="Keep the directory with logs and data.")] = False,
) -> None:
    """Measure Doorstep beside nameko and FastStream: see benchmarks/README.md."""
    console = Console()
    if quick:
        arrivals, bulk = min(arrivals, 2000), 0
    chosen = _chosen(console, only or list(PIPELINES))
    listen_for_interrupts()
    directory = Path(tempfile.mkdtemp(prefix="doorstep-bench-"))
    directory.chmod(0o711)  # PostgreSQL may run as another user, who must get through
    nodes = Nodes(directory / "nodes")
    pipelines = {name: PIPELINES[name](nodes, directory) for name in chosen}
    results: dict[str, Result] = {}
    try:
        with progress_on(console) as progress:
            nodes.start()
            machine = report.machine(_software(nodes))
            for name, pipeline in pipelines.items():
                results[name] = _measure(
                    pipeline,
                    Bench(directory, Bars(progress)),
                    arrivals=arrivals,
                    repeat=repeat,
                    half_seconds=HALF_LOAD_SECONDS / 5 if quick else HALF_LOAD_SECONDS,
                    bulk=bulk if name == "doorstep" else 0,
                )
    except KeyboardInterrupt:
        console.print("Interrupted; everything that was started has been stopped.")
        raise typer.Exit(130) from None
    except LocalNodeError as error:
        console.print(f"[red]{error}[/red]", highlight=False)
        raise typer.Exit(1) from None
    finally:
        # Once more for what an interrupt kept from stopping; no second one is heard.
        for pipeline in pipelines.values():
            pipeline.stop()
        nodes.stop()
        if keep:
            console.print(f"Kept: {directory}")
        else:
            shutil.rmtree(directory, ignore_errors=True)
    report.show(console, results, machine)
    if json_file:
        settings = {"arrivals": arrivals, "repeat": repeat, "quick": quick, "postgresql": POSTGRES}
        json_file.write_text(
            json.dumps(report.as_json(results, machine, settings), indent=2, ensure_ascii=False) + "\n"
        )
    if any(result.failed for result in results.values()):
        raise typer.Exit(1)


def _measure(
    pipeline: Pipeline, bench: Bench, *, arrivals: int, repeat: int, half_seconds: float, bulk: int
) -> Result:
    result = Result(pipeline.title)
    # The cost of a full database is a difference of two rates: neither may be a single run.
    repeat = max(repeat, 3) if bulk else repeat
    try:
        pipeline.prepare()
        pipeline.start()
        bench.run(pipeline, WARM_UP, what="warming up")
        runs = [
            bench.run(pipeline, arrivals, what=f"full speed, run {number + 1}") for number in range(repeat)
        ]
        result.full, result.rates = median_of(runs), [run.rate for run in runs]
        half = result.full.rate / 2
        result.half = bench.run(pipeline, max(100, int(half * half_seconds)), half, what="half load")
        if bulk:
            began = time.monotonic()
            pipeline.fill(bulk, bench.progress)
            result.rows_loaded, result.load_seconds = bulk, time.monotonic() - began
            bench.run(pipeline, WARM_UP, what="warming up again")
            runs = [
                bench.run(pipeline, arrivals, what=f"on {bulk:,}, run {number + 1}")
                for number in range(repeat)
            ]
            result.loaded, result.loaded_rates = median_of(runs), [run.rate for run in runs]
    except (WrongEffects, Died, TimeoutError, NotImplementedError) as error:
        result.failed = str(error)
    finally:
        pipeline.stop()
    return result


def _chosen(console: Console, names: list[str]) -> list[str]:
    for name in names:
        if name not in PIPELINES:
            raise typer.BadParameter(
                f"{name} is no pipeline: choose of {', '.join(PIPELINES)}", param_hint="--only"
            )
    chosen = []
    for name in names:
        missing = Doorstep.missing() if name == "doorstep" else [m for m in NEEDS[name] if not find_spec(m)]
        if missing:
            console.print(
                f"[yellow]{name} is left out, not there: {', '.join(missing)} (see benchmarks/README.md)[/]"
            )
        else:
            chosen.append(name)
    return chosen


def _software(nodes: Nodes) -> dict[str, str]:
    with psycopg.connect(nodes.postgres_uri("postgres")) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return {"rabbitmq": nodes.broker_version(), "postgresql": row[0].split()[0] if row else "?"}


if __name__ == "__main__":
    typer.run(main)
