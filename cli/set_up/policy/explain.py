"""`doorstep policy explain`."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated

import typer

from cli.options import AsJson
from cli.output import local_time, print_json
from operations.policies import explain
from services.isolation.door import Explained, Step

_ABSENT = {"expected": "they were only expected: nothing was asked", "not_coming": "nobody came: it ended"}


def command(
    case_id: Annotated[str, typer.Argument(metavar="CASE", help="The id of its arrival.")],
    as_json: AsJson = False,
) -> None:
    """Why a case has its measure and its days: which line of which policy made it so."""
    found = explain(case_id)
    if as_json:
        print_json(asdict(found), indent=2)
        return
    for line in _lines(found):
        print(line)


def _lines(found: Explained) -> Iterator[str]:
    yield f"case {found.case_id}: {found.state}, came {local_time(found.arrived_at)}"
    yield f"{found.measure}, {found.days} days from {found.counted_from} to {found.release_on}"
    for step in found.steps:
        yield ""
        yield from _step(step)
    yield ""
    yield f"{found.policy_id}, version {found.policy_version}: {found.title}"
    yield f"    published: {found.source}"


def _step(step: Step) -> Iterator[str]:
    if step.stage:
        yield f"{local_time(step.at)}  the days of a stage were full: stages[{step.stage}] began"
    elif step.discharged:
        yield f"{local_time(step.at)}  they came home from hospital"
    elif step.arrival_version is None:
        yield f"{local_time(step.at)}  a policy began to apply, was corrected or withdrawn"
    else:
        yield f"{local_time(step.at)}  version {step.arrival_version} of the arrival"
    if step.absent:
        yield f"    {_ABSENT[step.absent]}"
    if step.withdrawn:
        yield f"    {step.withdrawn} was in force, and was withdrawn since: it counts no more"
    for exposure, counts in step.exposures:
        left = exposure.left_on or "on a day that is not known"
        ignored = "" if counts else f"; does not count: before {step.look_back_from}"
        yield f"    exposed to {exposure.level} risk, left {left}{ignored}"
    if step.entered_on:
        yield f"    came from abroad, entered on {step.entered_on}"
    if not step.exposures:
        yield "    exposed to no risk that is known"
    yield f"    decides: {step.decided_by.level}, by {step.line} of {step.policy_id} ({step.edition})"
    counted = f"counted from {step.counted_by} ({step.day_zero})"
    yield f"    so: {step.measure}, {step.days} days, {counted}, until {step.release_on}"
    for measure, days in step.then:
        yield f"    then: {measure}, {days} days"
