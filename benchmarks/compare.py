"""`python -m benchmarks.compare COMMIT`: CPU per arrival of the present code, beside that of the commit."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from benchmarks.console import listen_for_interrupts
from benchmarks.processes import ROOT, machine_cpu_seconds
from benchmarks.verdict import MOST_OF_OTHERS, Cost, Pair, Used, cost_of, judge
from deploy.local import LocalNodeError
from deploy.local.checkout import commit_id, unpack

MORE_CPU, VOID, NO_FIGURES, INTERRUPTED = 1, 3, 4, 130
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-bench.lock")
WITNESS = ROOT / "benchmarks" / "witness"
QUICK_ARRIVALS = 2000
# A benchmark that is asked to end stops a broker, a database server and three services.
STOP_SECONDS = 90.0


class NoFigures(Exception):
    """A benchmark ended without figures, or ran other code than it should."""


@dataclass(frozen=True, slots=True)
class Source:
    """Code to measure, and the interpreter that has the packages which it is locked to."""

    name: str
    folder: Path
    python: str


@dataclass(slots=True)
class Comparison:
    """Everything measured so far; what is written as JSON."""

    against: str
    arrivals: int
    trial: bool
    pairs: list[Pair] = field(default_factory=list)
    runs: list[dict[str, Any]] = field(default_factory=list)
    void: str | None = None
    """Why nothing follows from the figures."""

    def as_dict(self) -> dict[str, Any]:
        verdict = None if self.void or not self.pairs else judge(self.pairs)
        return {
            "against": self.against,
            "arrivals": self.arrivals,
            "pairs": [
                {
                    "earlier_ms": round(pair.earlier.total, 3),
                    "present_ms": round(pair.present.total, 3),
                    "ratio": round(pair.ratio, 4),
                }
                for pair in self.pairs
            ],
            "median_ratio": round(verdict.median_ratio, 4) if verdict else None,
            "within": verdict.within if verdict else None,
            "void": self.void,
            "runs": self.runs,
        }


def main(
    against: Annotated[str, typer.Argument(metavar="COMMIT", help="The commit to compare with.")],
    pairs: Annotated[int, typer.Option(min=1, help="Pairs of runs, the earlier commit first in each.")] = 5,
    arrivals: Annotated[int, typer.Option(min=100, help="Arrivals a run.")] = 20_000,
    quick: Annotated[
        bool,
        typer.Option("--quick", help="A trial: one pair of short runs, to the end on a busy machine too."),
    ] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Write all figures to this file.")] = None,
) -> None:
    """Measure Doorstep's pipeline of COMMIT and of this checkout in turn: see benchmarks/README.md.

    Exit code: 0 within the limit, 1 not, 3 void because the machine was busy, 4 no figures.
    """
    listen_for_interrupts()
    if quick:
        pairs, arrivals = 1, min(arrivals, QUICK_ARRIVALS)
    try:
        with _folder() as folder:
            comparison = Comparison(commit_id(against), arrivals, trial=quick)
            _compare(comparison, against, folder, pairs)
    except KeyboardInterrupt:
        _fail(INTERRUPTED, "interrupted; everything that was started has been stopped")
    except (LocalNodeError, NoFigures) as error:
        _fail(NO_FIGURES, str(error))
    if json_file:
        text = json.dumps(comparison.as_dict(), indent=2, ensure_ascii=False)
        json_file.write_text(text + "\n", encoding="utf-8")
    if comparison.void:
        _fail(VOID, f"void: {comparison.void}")
    verdict = judge(comparison.pairs)
    _say(str(verdict))
    if not verdict.within:
        raise typer.Exit(MORE_CPU)


def _compare(comparison: Comparison, against: str, folder: Path, pairs: int) -> None:
    """Ends as soon as a run is void, for the rest would be of no use. A trial goes on."""
    sources = (_earlier(against, folder), Source("present", ROOT, sys.executable))
    _say(f"the present code against {against}: {pairs} pairs of runs, {comparison.arrivals:,} arrivals a run")
    for number in range(1, pairs + 1):
        costs = []
        for source in sources:
            costs.append(_measured(comparison, source, folder / f"{number}-{source.name}"))
            if comparison.void and not comparison.trial:
                return
        pair = Pair(*costs)
        comparison.pairs.append(pair)
        _say(f"pair {number}: ratio {pair.ratio:.3f}")


def _earlier(against: str, folder: Path) -> Source:
    """The commit beside us: with our interpreter, or with its own packages where the locks differ."""
    checkout = folder / "checkout"
    unpack(against, checkout)
    if all(_content(checkout / lock) == _content(ROOT / lock) for lock in LOCKS):
        return Source("earlier", checkout, sys.executable)
    _say(f"{against} is locked to other packages: it gets a virtual environment of its own")
    log = folder / "setup.log"
    with log.open("wb") as out:
        setup = [str(checkout / "deploy/local/setup.sh"), "--dev", "--bench"]
        done = subprocess.run(setup, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    if done.returncode:
        raise NoFigures(f"no virtual environment for {against}: {_tail(log)}")
    return Source("earlier", checkout, str(checkout / ".venv/bin/python"))


def _measured(comparison: Comparison, source: Source, folder: Path) -> Cost:
    folder.mkdir()
    figures, log, modules = folder / "figures.json", folder / "log", folder / "modules"
    command = [source.python, "-m", "benchmarks", "--only", "doorstep", "--bulk", "0"]
    command += ["--arrivals", str(comparison.arrivals), "--json", str(figures)]
    command += ["--quick"] if comparison.trial else []
    environment = {**os.environ, "DOORSTEP_BENCH_MODULES": str(modules)}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, (source.folder, source.folder / "clients", WITNESS)))
    used, code = _run(command, source.folder, environment, log)
    if code or not figures.exists():
        raise NoFigures(f"the benchmark of the {source.name} code ended with code {code}: {_tail(log)}")
    programs = programs_of(source, modules)
    if not any(run["code"] == source.name for run in comparison.runs):
        counted = ", ".join(f"{program} ({count})" for program, count in sorted(programs.items()))
        _say(f"{source.name}: these processes ran the code of {source.folder}: {counted}")
    report = json.loads(figures.read_text())
    comparison.runs.append(
        {
            "code": source.name,
            "cpu_seconds": {name: round(seconds, 2) for name, seconds in asdict(used).items()},
            "programs": programs,
            "figures": report,
        }
    )
    if used.busy:
        comparison.void = (
            f"during a run of the {source.name} code other processes used {used.others:.1f} s of CPU, "
            f"{used.share_of_others:.0%} of its own {used.own:.1f} s; the limit is {MOST_OF_OTHERS:.0%}"
        )
    try:
        cost = cost_of(report)
    except ValueError as error:
        raise NoFigures(f"the benchmark of the {source.name} code has no figures: {error}") from None
    _say(
        f"{source.name}: {cost.total:.3f} ms of CPU per arrival; "
        f"others used {used.share_of_others:.0%} of the run's own CPU"
    )
    return cost


def _run(command: list[str], folder: Path, environment: Mapping[str, str], log: Path) -> tuple[Used, int]:
    """Run to the end, in a session of its own so that Ctrl-C reaches only us."""
    machine, own = machine_cpu_seconds(), _children_cpu_seconds()
    with log.open("wb") as out:
        benchmark = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        code = benchmark.wait()
    except KeyboardInterrupt:
        benchmark.terminate()
        try:
            benchmark.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            benchmark.kill()
        raise
    own = _children_cpu_seconds() - own
    return Used(own, max(0.0, machine_cpu_seconds() - machine - own)), code


def _children_cpu_seconds() -> float:
    """CPU time of all children that have ended, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def programs_of(source: Source, modules: Path) -> dict[str, int]:
    """How many processes of each program ran, all of them from the right folder. Raises NoFigures."""
    lines = [json.loads(line) for line in modules.read_text().splitlines()] if modules.exists() else []
    programs: dict[str, int] = {}
    for line in lines:
        strange = [file for file in line["files"].values() if not _belongs(Path(file), source)]
        if strange:
            raise NoFigures(f"{line['program']} of the {source.name} code ran {strange[0]} instead")
        programs[line["program"]] = programs.get(line["program"], 0) + 1
    if not programs:
        raise NoFigures(f"no process of the {source.name} code said which modules it ran")
    return programs


def _belongs(file: Path, source: Source) -> bool:
    """Another checkout may lie in the present one's `var`."""
    return file.is_relative_to(source.folder) and not file.is_relative_to(source.folder / "var")


@contextmanager
def _folder() -> Iterator[Path]:
    var = ROOT / "var"
    var.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="bench-against-", dir=var))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _content(file: Path) -> bytes | None:
    return file.read_bytes() if file.exists() else None


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])


def _say(line: str) -> None:
    print(line, flush=True)


def _fail(code: int, line: str) -> None:
    print(f"compare: {line}", file=sys.stderr, flush=True)
    raise typer.Exit(code)


if __name__ == "__main__":
    typer.run(main)
