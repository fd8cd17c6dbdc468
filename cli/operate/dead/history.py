"""`doorstep dead history`."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.operate.dead.choosing import LetterId
from cli.options import AsJson
from cli.output import local_time, print_json
from operations.dead_letters.history import PastAct, acts, rounds
from operations.dead_letters.showing import shown


def command(
    letter_id: LetterId = None,
    most: Annotated[int, typer.Option(help="At most so many acts, the newest", min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """Every replay and discard: by whom, when, why. With an ID, a message's rounds through dead letters."""
    if letter_id is None:
        _show_acts(acts(most), as_json)
    else:
        _show_rounds([shown(letter) for letter in rounds(letter_id)], as_json)


def _show_acts(found: list[PastAct], as_json: bool) -> None:
    if as_json:
        print_json([act.as_dict() for act in found])
        return
    for act in found:
        by_what = ", ".join(f"{name} {value}" for name, value in act.filter.items()) or "all"
        print(f"{local_time(act.at)}  {act.by}  {act.what}  ({by_what}): {act.reason}")
        counts = f"   {act.settled} of {act.chosen}"
        if act.what == "replay":
            counts += f", {act.handled} handled, {act.dead_again} dead again"
        print(f"{counts}  [{act.act}]")
    if not found:
        print("nobody has replayed or discarded anything")


def _show_rounds(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    for number, row in enumerate(rows, 1):
        print(f"{number}. {row['id']}  {row['handler']}  dead {local_time(row['dead_at'])}: {row['error']}")
        print(f"   {_settled(row)}")


def _settled(row: dict[str, Any]) -> str:
    if row["state"] == "waiting":
        return "waits; a replay of it was begun" if row["act_id"] else "waits"
    did = f"{row['state']} {local_time(row['settled_at'])} by {row['settled_by']}: {row['settled_reason']}"
    return f"{did}; handled {local_time(row['handled_at'])}" if row["handled_at"] else did
