"""`doorstep duplicates list`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.options import AsJson
from cli.output import local_time, print_end, print_json
from field.words import LIKENESSES
from operations.possible_duplicates import open_duplicates


def command(
    why: Annotated[str | None, typer.Option(help=f"Only for this reason: {', '.join(LIKENESSES)}")] = None,
    most: Annotated[int, typer.Option(help="At most so many, the longest open", min=1)] = 1000,
    as_json: AsJson = False,
) -> None:
    """The open pairs, the longest open first: why they may be one, since when, and the two arrivals.

    No names, phones or numbers: `doorstep trace ID --reveal` shows an arrival's person, and notes who looked.
    """
    if why is not None and why not in LIKENESSES:
        raise typer.BadParameter(f"{why} is none of {', '.join(LIKENESSES)}", param_hint="--why")
    pairs = open_duplicates(most, why)
    if as_json:
        print_json(pairs)
        return
    for pair in pairs:
        print(f"{pair['why']}, open since {local_time(pair['opened_at'])}")
        for arrival in pair["arrivals"]:
            print(f"    {_shown(arrival)}")
    print_end(len(pairs), most, nothing="no pair is open")


def _shown(arrival: dict[str, Any]) -> str:
    came = "expected" if arrival["expected"] else "arrived"
    place, worker = arrival["place"] or "doorstep not found", arrival["worker"] or "no worker"
    return f"{arrival['arrival_id']}  {came} {local_time(arrival['arrived_at'])}  {place}  {worker}"
