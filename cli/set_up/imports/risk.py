"""`doorstep risk import`: published lists of risk areas."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.options import AsJson
from cli.output import print_json
from cli.set_up.imports import File, group_of_import, settings_for
from operations.reference_imports import import_risk_list

SHOWN = 12


def command(
    file: File,
    source: Annotated[str, typer.Option(help="Who published the list.")] = "National Health Commission",
    at: Annotated[
        str | None,
        typer.Option(help="When a CSV list was published, as in 2022-10-01T08:00; otherwise now."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    found = import_risk_list(file, settings_for("registration"), source=source, published_at=at)
    if as_json:
        print_json(found, indent=2)
    else:
        _show(Console(), found)


group = group_of_import(
    "Published lists of risk areas.", "Import a whole list: official JSON or CSV.", command
)


def _show(console: Console, found: dict[str, Any]) -> None:
    if found["already_imported"]:
        console.print(f"The list of {found['published_at']} is there already: nothing changed. It was:")
    console.print(f"Risk areas as of {found['published_at']} ({found['list_id']})", markup=False)
    table = Table()
    table.add_column("level")
    table.add_column("published", justify="right")
    table.add_column("imported", justify="right")
    for level, count in found["counted"].items():
        table.add_row(level, str(found["published"].get(level, "–")), str(count))
    console.print(table)
    for remark in found["remarks"]:
        console.print(f"• {remark}", markup=False)
    placed = found["placed"]
    console.print(
        f"placed in a county or district: {placed['county']} of {found['areas']} "
        f"({found['placed_percent']} %), at their city only: {placed['city_only']}, "
        f"at their province only: {placed['province_only']}"
    )
    for area in found["not_in_a_county"]:
        console.print(f"  {area['placed']}: {_where(area)}", markup=False)
    console.print(
        f"new {found['new']}, changed level {found['changed']}, ended {found['ended']}, "
        f"unchanged {found['unchanged']}"
    )
    for title, name in (("new", "new_areas"), ("changed", "changed_areas"), ("ended", "ended_areas")):
        for area in found[name][:SHOWN]:
            before = f"{area['previous_level']} → " if "previous_level" in area else ""
            console.print(f"  {title}: {before}{area['level']}  {_where(area)}", markup=False)
        if found[title] > SHOWN:
            console.print(f"  … and {found[title] - SHOWN} more {title} (--json lists them)", markup=False)


def _where(area: dict[str, str]) -> str:
    return f"{area['province']} {area['city']} {area['county']} {area['place']} [{area['division']}]"
