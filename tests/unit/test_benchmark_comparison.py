"""The rules of `make bench AGAINST=COMMIT`, and the check that every process ran the measured code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("psutil")

from benchmarks.compare import WITNESS, Comparison, NoFigures, Source, programs_of
from benchmarks.measure import OTHERS
from benchmarks.verdict import Cost, Pair, Used, cost_of, judge


def pair(earlier: float, present: float) -> Pair:
    return Pair(Cost({"broker": earlier / 2, "isolation": earlier / 2}), Cost({"isolation": present}))


def test_the_median_of_the_ratios_decides() -> None:
    verdict = judge([pair(1.0, 1.01), pair(1.0, 3.0), pair(2.0, 2.06), pair(1.0, 0.9), pair(1.0, 1.04)])

    assert verdict.median_ratio == pytest.approx(1.03)
    assert verdict.within
    assert str(verdict) == "median ratio 1.030: within 5%"


def test_more_than_five_per_cent_is_too_much() -> None:
    assert judge([pair(1.0, 1.05)]).within
    assert not judge([pair(1.0, 1.0501)]).within
    assert str(judge([pair(1.0, 1.2)])) == "median ratio 1.200: not within 5%"


def test_less_cpu_than_before_is_always_within() -> None:
    assert judge([pair(1.0, 0.2)]).within


def test_a_machine_that_others_use_is_busy() -> None:
    assert not Used(own=50, others=5).busy
    assert Used(own=50, others=5.1).busy
    assert Used(own=0, others=0).busy, "a benchmark that used nothing has measured nothing"


def test_the_cpu_of_others_is_no_cost_of_an_arrival() -> None:
    figures = {"cpu_ms_per_arrival": {"broker": 0.2, "postgres": 0.3, "load generator": 0.1, OTHERS: 9.0}}

    assert cost_of({"pipelines": {"doorstep": figures}}).total == pytest.approx(0.6)


def test_a_failed_pipeline_has_no_cost() -> None:
    with pytest.raises(ValueError, match="a row is missing"):
        cost_of({"pipelines": {"doorstep": {"title": "Doorstep", "failed": "a row is missing"}}})


def test_a_void_comparison_has_pairs_and_no_verdict() -> None:
    comparison = Comparison("43d6811", 100, trial=False, pairs=[pair(1.0, 1.0)], void="the machine was busy")

    written = comparison.as_dict()

    assert written["pairs"] == [{"earlier_ms": 1.0, "present_ms": 1.0, "ratio": 1.0}]
    assert (written["median_ratio"], written["within"], written["void"]) == (
        None,
        None,
        "the machine was busy",
    )


def ran(folder: Path, record: Path) -> None:
    """A program of this folder imports a module of it, as a service does."""
    (folder / "package").mkdir(parents=True)
    (folder / "package" / "__init__.py").touch()
    (folder / "package" / "program.py").write_text("import package, json")
    environment = {
        **os.environ,
        "PYTHONPATH": f"{folder}{os.pathsep}{WITNESS}",
        "DOORSTEP_BENCH_MODULES": str(record),
    }
    subprocess.run([sys.executable, "-m", "package.program"], env=environment, cwd=folder, check=True)


def test_each_process_says_from_where_it_took_its_modules(tmp_path: Path) -> None:
    ran(tmp_path / "checkout", tmp_path / "modules")

    line = json.loads((tmp_path / "modules").read_text())

    assert line["files"]["package"] == str(tmp_path / "checkout" / "package" / "__init__.py")
    assert "json" not in line["files"]
    assert programs_of(Source("earlier", tmp_path / "checkout", sys.executable), tmp_path / "modules") == {
        "package.program": 1
    }


@pytest.mark.parametrize("place", ["elsewhere", "present/var/bench-against-x/checkout"])
def test_a_process_that_ran_the_code_of_another_checkout_voids_the_figures(
    tmp_path: Path, place: str
) -> None:
    ran(tmp_path / place, tmp_path / "modules")

    with pytest.raises(NoFigures, match=r"ran .*package/__init__\.py instead"):
        programs_of(Source("present", tmp_path / "present", sys.executable), tmp_path / "modules")


def test_without_word_of_any_process_there_are_no_figures(tmp_path: Path) -> None:
    with pytest.raises(NoFigures, match="no process of the present code"):
        programs_of(Source("present", tmp_path, sys.executable), tmp_path / "modules")
