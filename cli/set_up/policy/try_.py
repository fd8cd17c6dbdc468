"""`doorstep policy try`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.options import AsJson
from cli.output import bar, local_time, print_json
from operations.policies import try_policy
from services.isolation.door import EFFECTS, Effects, Tried

_UNKNOWN = "place not known"


def command(
    file: Annotated[Path, typer.Argument(help="The policy to try.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Whom it would make stricter, laxer, longer or shorter, by place. Nothing is changed.

    Each open case is worked out as it would stand if the file were imported now, by the rules that plan it.
    """
    with bar("cases", None, quiet=as_json) as shown:
        tried = try_policy(file, shown.show)
    if as_json:
        print_json(_as_dict(tried), indent=2)
    else:
        _show(tried, Console())


def _as_dict(tried: Tried) -> dict[str, Any]:
    return {
        "policy_id": tried.policy.policy_id,
        "version": tried.version,
        "tried_at": tried.at,
        "applies_to_open_cases": tried.policy.applies_to_open_cases,
        "open_cases": _counts(tried, tried.open_cases),
        "newcomers": _counts(tried, tried.newcomers),
    }


def _counts(tried: Tried, effects: Effects) -> dict[str, Any]:
    return {
        "all": {effect: _sum(effects, effect) for effect in EFFECTS},
        "places": [
            {"place": id, "name": tried.names.get(id or "")}
            | {effect: effects.places[id, effect] for effect in EFFECTS}
            for id in _places(tried, effects)
        ],
        "measures": [
            {"before": before, "after": after, "people": people}
            for (before, after), people in sorted(effects.measures.items())
        ],
    }


def _sum(effects: Effects, effect: str) -> int:
    return sum(people for (_, found), people in effects.places.items() if found == effect)


def _places(tried: Tried, effects: Effects) -> list[str | None]:
    """By name, those that are not known at the end."""
    ids = {id for id, _ in effects.places}
    return sorted(ids, key=lambda id: (id is None, tried.names.get(id or "", id or ""), id or ""))


def _show(tried: Tried, console: Console) -> None:
    policy = tried.policy
    corrects = f"corrects version {tried.version - 1}" if tried.version > 1 else "is new"
    console.print(f"{policy.policy_id} ({policy.edition}) {corrects}; tried as of {local_time(tried.at)}")
    _table(tried, tried.open_cases, "Whoever is followed now", console)
    if not policy.applies_to_open_cases:
        console.print("It does not apply to open cases: they keep the policy that they began under.")
        title = "If it had been in force when they came"
        _table(tried, tried.newcomers, title, console)


def _table(tried: Tried, effects: Effects, title: str, console: Console) -> None:
    if not effects.places:
        console.print(f"{title}: nobody")
        return
    table = Table("", *EFFECTS, title=title, title_justify="left", box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for id in _places(tried, effects):
        name = tried.names.get(id or "", id or _UNKNOWN)
        table.add_row(name, *(str(effects.places[id, effect] or "–") for effect in EFFECTS))
    table.add_row("all", *(str(_sum(effects, effect)) for effect in EFFECTS), style="bold")
    console.print(table)
    for (before, after), people in sorted(effects.measures.items()):
        console.print(f"    {before} → {after}: {people}")
