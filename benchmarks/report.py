"""The figures of a bench: as tables for a reader, as JSON for a machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

from benchmarks.measure import OTHERS, Run

PACKAGES = (
    "nameko",
    "faststream",
    "SQLAlchemy",
    "psycopg",
    "psycopg2-binary",
    "asyncpg",
    "marshmallow",
    "pydantic",
)
# Above this share of the machine's CPU the figures say more about the neighbours than about the pipeline.
NOISE = 0.05


@dataclass(slots=True)
class Result:
    """Everything found out about one pipeline; `failed` where no figure can be given."""

    title: str
    full: Run | None = None
    rates: list[float] = field(default_factory=list)
    half: Run | None = None
    loaded: Run | None = None
    loaded_rates: list[float] = field(default_factory=list)
    rows_loaded: int = 0
    load_seconds: float = 0.0
    failed: str | None = None

    @property
    def change(self) -> float | None:
        """Rate on the full database beside the rate on the empty one: -0.05 is five per cent less."""
        return self.loaded.rate / self.full.rate - 1 if self.loaded and self.full else None


def machine(software: Mapping[str, str]) -> dict[str, Any]:
    return {
        "cpus": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "python": platform.python_version(),
        **software,
        **{package: _version(package) for package in PACKAGES},
    }


def as_json(
    results: Mapping[str, Result], machine: Mapping[str, Any], settings: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "machine": dict(machine),
        "settings": dict(settings),
        "pipelines": {name: _figures(result) for name, result in results.items()},
        "ratio": {
            f"doorstep/{peer}": round(ratio, 2)
            for peer in results
            if peer != "doorstep" and (ratio := _ratio(results, peer)) is not None
        },
    }


def show(console: Console, results: Mapping[str, Result], machine: Mapping[str, Any]) -> None:
    console.print(
        f"{machine['cpus']} CPUs, {machine['memory_gib']} GiB, Python {machine['python']}; "
        f"RabbitMQ {machine['rabbitmq']}, quorum queues; "
        f"PostgreSQL {machine['postgresql']}, synchronous commits"
    )
    console.print(_speeds(results))
    console.print(_cpu(results))
    for result in results.values():
        if result.failed:
            console.print(f"[red]{result.title}: no figures.[/red] {result.failed}", highlight=False)
        _notes(console, result)


def _speeds(results: Mapping[str, Result]) -> Table:
    table = Table(title="From publish to message queued")
    for heading in ("pipeline", "arrivals/s", "Doorstep", "half load", "p50", "p99", "when full"):
        table.add_column(heading, justify="left" if heading == "pipeline" else "right", no_wrap=True)
    for name, result in results.items():
        ratio = _ratio(results, name)
        table.add_row(
            result.title,
            f"{result.full.rate:,.0f}" if result.full else "-",
            f"{ratio:.1f} times" if ratio and name != "doorstep" else "",
            f"{result.half.asked_rate:,.0f}/s" if result.half and result.half.asked_rate else "-",
            f"{result.half.percentile(50) * 1000:,.0f} ms" if result.half else "-",
            f"{result.half.percentile(99) * 1000:,.0f} ms" if result.half else "-",
            f"{result.loaded.rate:,.0f}/s ({result.change:+.1%})"
            if result.loaded and result.change is not None
            else "",
        )
    return table


def _cpu(results: Mapping[str, Result]) -> Table:
    table = Table(title="CPU milliseconds per arrival at full speed")
    table.add_column("stage")
    runs = {name: result.full for name, result in results.items() if result.full}
    for name in runs:
        table.add_column(results[name].title, justify="right")
    stages = list(dict.fromkeys(stage for run in runs.values() for stage in run.cpu))
    for stage in stages:
        table.add_row(stage, *(f"{_ms(run, stage):.2f}" if stage in run.cpu else "" for run in runs.values()))
    table.add_section()
    table.add_row(
        "sum without others",
        *(f"{sum(_ms(run, s) for s in run.cpu if s != OTHERS):.2f}" for run in runs.values()),
    )
    table.add_row("of the machine", *(f"{run.busy:.0%}" for run in runs.values()))
    return table


def _notes(console: Console, result: Result) -> None:
    if result.rows_loaded:
        console.print(f"{result.rows_loaded:,} arrivals were bulk-loaded in {result.load_seconds:.0f} s.")
    for run in (result.full, result.half, result.loaded):
        if run and run.disturbed > NOISE:
            console.print(f"[yellow]{result.title}: other processes used the machine during a run.[/yellow]")
            break
    if result.half and result.half.latest > 0.05:
        console.print(
            f"[yellow]{result.title}: the load generator fell {result.half.latest:.2f} s behind.[/yellow]"
        )


def _figures(result: Result) -> dict[str, Any]:
    if result.failed:
        return {"title": result.title, "failed": result.failed}
    figures: dict[str, Any] = {"title": result.title}
    if result.full:
        figures |= _run(result.full) | {"rates": [round(rate, 1) for rate in result.rates]}
    if result.half:
        figures["half_load"] = _run(result.half) | {"asked_rate": result.half.asked_rate}
    if result.loaded and result.change is not None:
        figures["full_database"] = _run(result.loaded) | {
            "rates": [round(rate, 1) for rate in result.loaded_rates],
            "arrivals_loaded": result.rows_loaded,
            "load_seconds": round(result.load_seconds, 1),
            "change": round(result.change, 4),
        }
    return figures


def _run(run: Run) -> dict[str, Any]:
    return {
        "arrivals": run.arrivals,
        "seconds": round(run.seconds, 3),
        "arrivals_per_second": round(run.rate, 1),
        "latency_ms": {f"p{percent}": round(run.percentile(percent) * 1000, 1) for percent in (50, 90, 99)},
        "cpu_ms_per_arrival": {stage: round(_ms(run, stage), 3) for stage in run.cpu},
        "machine_busy": round(run.busy, 3),
        "machine_disturbed": round(run.disturbed, 3),
        "generator_late_ms": round(run.latest * 1000, 1),
    }


def _ms(run: Run, stage: str) -> float:
    return run.cpu.get(stage, 0.0) / run.arrivals * 1000


def _ratio(results: Mapping[str, Result], peer: str) -> float | None:
    ours, theirs = results.get("doorstep"), results[peer]
    return ours.full.rate / theirs.full.rate if ours and ours.full and theirs.full else None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
