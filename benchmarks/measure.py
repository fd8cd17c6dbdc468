"""One run of one pipeline, and the figures that come of it."""

from __future__ import annotations

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from benchmarks import arrivals
from benchmarks.pipeline import Pipeline, Progress, WrongEffects
from benchmarks.processes import cpu_seconds, machine_cpu_seconds

LOAD = "load generator"
MACHINE, CLOCK = "machine", "clock"
OTHERS = "others, the bench itself included"
POLL_SECONDS = 0.5
# A pipeline that queues nothing for so long is stuck, and the run fails with the counts it got to.
STUCK_SECONDS = 60.0
# Statistics lag behind a server process that has just gone idle; then an exact count decides.
LAG_SECONDS = 1.5


@dataclass(frozen=True, slots=True)
class Run:
    """Figures of one run. `cpu` is CPU seconds by stage."""

    arrivals: int
    seconds: float  # from the first publish to the commit of the last message row
    rate: float
    latencies: list[float]
    cpu: dict[str, float]
    asked_rate: float | None
    latest: float  # how far behind its schedule the load generator was at worst, seconds
    window: float  # seconds over which `cpu` was taken: a little longer than the run

    def percentile(self, percent: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]

    @property
    def busy(self) -> float:
        """Share of the machine's CPU that was used, by whomever."""
        return sum(self.cpu.values()) / (self.window * (os.cpu_count() or 1))

    @property
    def disturbed(self) -> float:
        """Share of the machine's CPU that went to none of the stages."""
        return self.cpu[OTHERS] / (self.window * (os.cpu_count() or 1))


class Bench:
    """Gives each run of a pipeline the next persons of the list, so that none comes twice."""

    def __init__(self, directory: Path, progress: Progress) -> None:
        self._directory = directory
        self.progress = progress
        self._next: dict[str, int] = {}

    def run(self, pipeline: Pipeline, count: int, rate: float | None = None, what: str = "") -> Run:
        run, file = self._write(pipeline.name, count)
        title = f"{pipeline.title}: {what or 'run'}"
        before = pipeline.effects()
        queued_before = pipeline.done()
        stages = {**pipeline.nodes.processes(), **pipeline.processes()}
        used_before = _used(stages)
        pipeline.publish(file, rate)
        target = pipeline.expected(count)
        used = self._wait(pipeline, stages, title, before.messages, queued_before, target.messages)
        published = pipeline.published()
        cpu = {stage: used[stage] - used_before[stage] for stage in used}
        window = cpu.pop(CLOCK)
        cpu[LOAD] = published.cpu_seconds
        cpu[OTHERS] = max(0.0, cpu.pop(MACHINE) - sum(cpu.values()))
        if published.confirmed != count:
            raise WrongEffects(
                f"{title}: {published.confirmed} of {count} arrivals were confirmed by the broker"
            )
        effects = pipeline.effects() - before
        if effects != target:
            raise WrongEffects(
                f"{title}: {count} arrivals should give {target}; the databases have {effects}"
            )
        found = pipeline.latencies(published, run)
        seconds = found.last_queued - found.first_published
        return Run(count, seconds, count / seconds, found.seconds, cpu, rate, published.latest, window)

    def _wait(
        self,
        pipeline: Pipeline,
        stages: dict[str, int],
        title: str,
        before: int,
        queued_before: int,
        target: int,
    ) -> dict[str, float]:
        """Returns the CPU time used when all was done, the exact counting not included."""
        queued, changed, counted = 0, time.monotonic(), time.monotonic()
        while True:
            time.sleep(POLL_SECONDS)
            pipeline.check()
            now = time.monotonic()
            latest = min(pipeline.done() - queued_before, target)
            if latest > queued:
                queued, changed = latest, now
                self.progress(title, queued, target)
            if (queued == target or now - changed > LAG_SECONDS) and now - counted > LAG_SECONDS:
                used = _used(stages)
                exact = pipeline.effects().messages - before
                counted = time.monotonic()
                if exact >= target:
                    self.progress(title, target, target)
                    return used
                if exact > queued:
                    queued, changed = exact, now
                    self.progress(title, queued, target)
            if now - changed > STUCK_SECONDS:
                raise WrongEffects(
                    f"{title}: stuck at {queued:,} of {target:,} messages for {STUCK_SECONDS:.0f} s; "
                    f"the databases have {pipeline.effects()}"
                )

    def _write(self, pipeline: str, count: int) -> tuple[str, Path]:
        first = self._next.get(pipeline, 0)
        self._next[pipeline] = first + count
        run = uuid4().hex[:8]
        file = self._directory / f"{pipeline}-{run}.jsonl"
        with file.open("wb") as out:
            out.writelines(line + b"\n" for line in arrivals.lines(first, count, run))
        return run, file


def _used(stages: dict[str, int]) -> dict[str, float]:
    used = {stage: cpu_seconds(pid) for stage, pid in stages.items()}
    return {**used, MACHINE: machine_cpu_seconds(), CLOCK: time.monotonic()}


def median_of(runs: list[Run]) -> Run:
    """The run with the median rate: figures of one real run, not a mixture."""
    middle = statistics.median_low(run.rate for run in runs)
    return next(run for run in runs if run.rate == middle)
