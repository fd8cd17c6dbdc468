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
EXIT_ODD_ROWS = 3


def command(
    file: File,
    source: Annotated[str, typer.Option(help="Who published the list.")] = "National Health Commission",
    at: Annotated[
        str | None,
        typer.Option(help="When a CSV list was published, as in 2022-10-01T08:00; otherwise now."),
    ] = None,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="This list counts for its hour, also where it was corrected by another before."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    settings = settings_for("registration")
    found = import_risk_list(file, settings, source=source, published_at=at, replace=replace)
    if as_json:
        print_json(found, indent=2)
    else:
        _show(Console(), found)
    if found.get("odd"):
        raise typer.Exit(EXIT_ODD_ROWS)


group = group_of_import(
    "Published lists of risk areas.",
    "Import a whole list: official JSON or CSV. Another list of the same hour corrects the one of before. "
    "Exit code: 0 imported, 1 refused and nothing imported, 3 imported with odd rows, which are listed.",
    command,
)


def _show(console: Console, found: dict[str, Any]) -> None:
    if found["already_imported"]:
        console.print(f"The list of {found['published_at']} is there already: nothing changed. It was:")
    if found.get("corrected_by"):
        console.print(
            f"It was corrected by {found['corrected_by']}, which counts; --replace makes this one count.",
            markup=False,
        )
    if found.get("corrects"):
        console.print(f"It corrects {found['corrects']}; the differences are between the two.", markup=False)
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
        f"placed in a county or district: {placed['county']} of {found['areas']}, "
        f"in a development zone: {placed.get('zone', 0)} (together {found['placed_percent']} %), "
        f"at their city only: {placed['city_only']}, at their province only: {placed['province_only']}"
    )
    for area in found["not_in_a_county"]:
        console.print(f"  {area['placed']}: {_where(area)}", markup=False)
    _show_odd_rows(console, found.get("odd_rows", []))
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


def _show_odd_rows(console: Console, rows: list[dict[str, Any]]) -> None:
    if rows:
        console.print(f"odd rows: {len(rows)}, kept with the list; what is sound in them is imported")
    for odd in rows:
        for fault in odd["faults"]:
            console.print(f"  {fault['where']}: {fault['message']}", markup=False)


def _where(area: dict[str, str]) -> str:
    return f"{area['province']} {area['city']} {area['county']} {area['place']} [{area['division']}]"
