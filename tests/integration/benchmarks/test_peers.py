"""Each pipeline of the bench really does the work it is measured by, the same work."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("faststream", reason="needs the bench extra")
pytest.importorskip("asyncpg", reason="needs the bench extra")
pytest.importorskip("psycopg2", reason="needs the bench extra")

from benchmarks.doorstep_pipeline import Doorstep
from benchmarks.measure import Bench
from benchmarks.nodes import Nodes
from benchmarks.peers.pipelines import FastStreamPeer, Nameko
from benchmarks.pipeline import Effects, Pipeline, WrongEffects

pytestmark = [pytest.mark.broker, pytest.mark.postgresql]


@pytest.fixture(scope="module")
def directory() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="doorstep-bench-test-") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture(scope="module")
def nodes(directory: Path) -> Iterator[Nodes]:
    with Nodes(directory / "nodes") as nodes:
        yield nodes


@pytest.fixture(params=[Nameko, FastStreamPeer, Doorstep], ids=lambda kind: kind.name, scope="module")
def pipeline(request: pytest.FixtureRequest, nodes: Nodes, directory: Path) -> Iterator[Pipeline]:
    pipeline: Pipeline = request.param(nodes, directory)
    try:
        pipeline.prepare()
        pipeline.start()
        yield pipeline
    finally:
        pipeline.stop()


@pytest.fixture(scope="module")
def bench(directory: Path) -> Bench:
    return Bench(directory, lambda what, queued, of: None)


def test_twenty_arrivals_end_as_cases_with_six_tasks_and_two_messages_each(
    pipeline: Pipeline, bench: Bench
) -> None:
    before = pipeline.effects()

    run = bench.run(pipeline, 20)

    assert pipeline.effects() - before == Effects(arrivals=20, cases=20, tasks=120, messages=40)
    assert len(run.latencies) == 20
    assert all(0 < seconds < 60 for seconds in run.latencies)
    assert {"broker", "postgres", "registration", "isolation", "notification"} < run.cpu.keys()


def test_a_rate_is_kept(pipeline: Pipeline, bench: Bench) -> None:
    run = bench.run(pipeline, 20, rate=20)

    assert 0.9 < run.seconds < 10


def test_no_figure_is_given_where_a_row_is_missing(
    pipeline: Pipeline, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        pipeline, "expected", lambda arrivals: Effects(arrivals, arrivals, 7 * arrivals, 2 * arrivals)
    )

    with pytest.raises(WrongEffects, match="should give"):
        bench.run(pipeline, 20)
