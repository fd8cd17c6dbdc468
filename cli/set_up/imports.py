"""`doorstep risk|places|staff|policy import FILE`: what the services compare and plan with.

An import is whole or nothing: what is wrong is listed by row and column, and exit 1.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from operations.settings import environment, var

# The services' modules are imported by the commands that need them: `doorstep --help` is to be quick.
if TYPE_CHECKING:
    from chassis.unit_of_work import UnitOfWork
    from services.registration.risk.published_lists import RiskList

Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
File = Annotated[Path, typer.Argument(help="The file to import.", show_default=False)]

_SHOWN = 12


def register(app: typer.Typer) -> None:
    """Add the four groups to the command line."""
    for name, about, command, summary in (
        ("risk", "Published lists of risk areas.", import_risk, "Import a whole list: official JSON or CSV."),
        ("places", "The tree of places.", import_places, "Import a CSV of places."),
        ("staff", "Who works where.", import_staff, "Import a CSV of staff."),
        ("policy", "Which measure follows from which risk.", import_policy, "Import a policy (JSON)."),
    ):
        group = typer.Typer(help=about, no_args_is_help=True)
        group.callback()(_no_command_yet)
        group.command("import", help=summary)(command)
        app.add_typer(group, name=name)


def _no_command_yet() -> None:
    """Makes `import` a command of the group, though it is the only one."""


def import_risk(
    file: File,
    source: Annotated[str, typer.Option(help="Who published the list.")] = "National Health Commission",
    at: Annotated[
        str | None,
        typer.Option(help="When a CSV list was published, as in 2022-10-01T08:00; otherwise now."),
    ] = None,
    as_json: Json = False,
) -> None:
    from services.registration.risk.import_risk_list import import_risk_list

    with _unit("registration", file) as uow:
        found = import_risk_list(uow, _read_risk_list(file, uow, at), source)
    if as_json:
        _print_json(found)
    else:
        _show_risk_list(Console(), found)


def import_places(file: File, as_json: Json = False) -> None:
    from services.registration.places.import_places import import_places as use_case

    text = _text(file)
    with _unit("registration", file) as uow:
        found = use_case(uow, text)
    _show_counts("places", found, as_json)


def import_staff(file: File, as_json: Json = False) -> None:
    from services.registration.staff.import_staff import import_staff as use_case

    text = _text(file)
    with _unit("registration", file) as uow:
        found = use_case(uow, text)
    _show_counts("staff", found, as_json)


def import_policy(file: File, as_json: Json = False) -> None:
    from contracts.faults import Refused
    from services.isolation.policies.import_policy import import_policy as use_case

    document = _json(file)
    if not isinstance(document, dict):
        _refuse(file, ["document: must be a JSON object"])
    try:
        with _unit("isolation", file) as uow:
            found = use_case(uow, document)
    except Refused as error:
        _refuse(file, [str(fault) for fault in error.faults])
    told = {
        "policy_id": found.policy_id,
        "edition": found.edition,
        "version": found.version,
        "published": found.new,
    }
    if as_json:
        _print_json(told)
    elif found.new:
        typer.echo(f"policy {found.policy_id} (edition {found.edition}), version {found.version}: published")
    else:
        typer.echo(f"policy {found.policy_id} is there already, version {found.version}: nothing changed")


def _environment(service: str) -> dict[str, str]:
    """Also before the first `doorstep up`: then it is the files under var/ that it will go on with."""
    known = environment()
    if any(name in known for name in (f"DOORSTEP_{service.upper()}_DATABASE_URL", "DOORSTEP_BROKER_URL")):
        return known
    from deploy.local.system import LocalSystem

    system = LocalSystem(var())
    system.prepare_files()
    return system.environment()


@contextmanager
def _unit(service: str, file: Path) -> Iterator[UnitOfWork]:
    """One transaction on a service's database. Its events wait in the outbox for the service's sweep."""
    from chassis.database.engine import Database
    from chassis.database.migrations import upgrade
    from chassis.settings import read_settings
    from chassis.unit_of_work import Work
    from services.registration.reference.imported_tables import BadInput

    settings = read_settings(service, _environment(service))
    database = Database(settings.database_url, application="doorstep-cli", pool_size=1)
    try:
        upgrade(service, database)
        with Work.of(settings, database).unit() as uow:
            yield uow
    except BadInput as error:
        _refuse(file, error.faults)
    finally:
        database.dispose()


def _read_risk_list(file: Path, uow: UnitOfWork, at: str | None) -> RiskList:
    from services.registration.reference.imported_tables import read_table
    from services.registration.risk.published_lists import CSV_COLUMNS, read_csv, read_official

    if file.suffix.lower() != ".csv":
        return read_official(_json(file), uow.zone)
    published_at = uow.now
    if at:
        try:
            published_at = datetime.fromisoformat(at)
        except ValueError:
            _refuse(file, ["--at must be as in 2022-10-01T08:00"])
        if published_at.tzinfo is None:
            published_at = published_at.replace(tzinfo=uow.zone)
    rows = read_table(_text(file), CSV_COLUMNS, optional=("valid_from",))
    return read_csv(rows, uow.zone, f"csv-{published_at.astimezone(uow.zone):%Y%m%d%H%M}", published_at)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except OSError as error:
        _refuse(file, [f"cannot be read: {error.strerror}"])
    except UnicodeDecodeError as error:
        _refuse(file, [f"is not UTF-8 (at byte {error.start}): save it as UTF-8"])


def _json(file: Path) -> Any:
    try:
        return json.loads(_text(file))
    except json.JSONDecodeError as error:
        _refuse(file, [f"row {error.lineno}, column {error.colno}: is no JSON: {error.msg}"])


def _refuse(file: Path, faults: Sequence[object]) -> NoReturn:
    count = f"{len(faults)} errors" if len(faults) != 1 else "1 error"
    typer.echo(f"doorstep: {file} is refused, nothing was imported ({count}):", err=True)
    for fault in faults:
        typer.echo(f"  {fault}", err=True)
    raise typer.Exit(1)


def _print_json(found: Any) -> None:
    typer.echo(json.dumps(found, ensure_ascii=False, indent=2))


def _show_counts(what: str, found: dict[str, int], as_json: bool) -> None:
    if as_json:
        _print_json(found)
        return
    typer.echo(
        f"{what}: {found['rows']} rows, {found['new']} new, {found['changed']} changed, "
        f"{found['unchanged']} as they were"
    )


def _show_risk_list(console: Console, found: dict[str, Any]) -> None:
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
        for area in found[name][:_SHOWN]:
            before = f"{area['previous_level']} → " if "previous_level" in area else ""
            console.print(f"  {title}: {before}{area['level']}  {_where(area)}", markup=False)
        if found[title] > _SHOWN:
            console.print(f"  … and {found[title] - _SHOWN} more {title} (--json lists them)", markup=False)


def _where(area: dict[str, str]) -> str:
    return f"{area['province']} {area['city']} {area['county']} {area['place']} [{area['division']}]"
