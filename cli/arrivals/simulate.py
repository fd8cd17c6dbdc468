"""`doorstep simulate`: a realistic day of arrivals, and the outcome that it must have."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Annotated, BinaryIO
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.table import Table

from cli.arrivals.publish import broker_of
from cli.options import AsJson, BrokerUrl
from cli.output import print_json
from demo.day import PLAIN, Day, Line, Shares, line_bytes
from demo.geography import Destinations, NoPlaces, Origins
from doorstep_client import Raw
from operations.errors import WrongInput
from operations.publishing.publish import Tally, publish_items, publishing_to
from operations.publishing.report_lines import Item


def command(
    arrivals: Annotated[int, typer.Option(help="Distinct comings; some are reported twice", min=1)] = 1000,
    day: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"])] = datetime(2022, 10, 1),
    district: Annotated[str, typer.Option(help="Division code of the district that they come to")] = "620102",
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes")] = 7,
    now: Annotated[
        str | None,
        typer.Option(help="Nothing is reported after it: 2022-10-01T20:00. Default: the day's end"),
    ] = None,
    timezone: Annotated[str, typer.Option(envvar="DOORSTEP_TIMEZONE")] = "Asia/Shanghai",
    places: Annotated[Path | None, typer.Option(help="Your own places (CSV as for `places import`)")] = None,
    risk: Annotated[Path | None, typer.Option(help="Another risk list (official JSON)")] = None,
    plain: Annotated[
        bool, typer.Option("--plain", help="Only good, single reports: load without surprises")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="File for the JSON lines; - for standard output")] = None,
    to_broker: Annotated[bool, typer.Option("--publish", help="Publish them")] = False,
    rate: Annotated[
        float | None, typer.Option(help="With --publish: at most so many a second", min=0.1)
    ] = None,
    broker: BrokerUrl = None,
    as_json: AsJson = False,
) -> None:
    """Make a sample day of arrivals: households, several sources, mistakes, broken messages.

    All persons are invented. Prints what a right system must come to (to stderr with --out -).
    """
    if out is None and not to_broker:
        raise WrongInput("give --out FILE, --publish, or both")
    url = broker_of(broker) if to_broker else None
    tally = Tally()
    try:
        sample = Day(
            arrivals,
            day.date() if isinstance(day, datetime) else day,
            district,
            seed,
            _moment(now, timezone),
            shares=PLAIN if plain else Shares(),
            origins=_origins(risk, district),
            destinations=_destinations(places, district),
            zone=timezone,
        )
        with _target(out) as stream:
            lines = _written(sample, stream)
            if url is None:
                for _ in lines:
                    pass
            else:
                with publishing_to(url, None, rate=rate) as publisher:
                    publish_items(publisher, _items(lines), tally, rate=rate)
    except (NoPlaces, ValueError, KeyError) as error:
        raise WrongInput(str(error)) from None
    except OSError as error:
        raise WrongInput(f"{error.filename}: {error.strerror}") from None
    _show(sample, tally if to_broker else None, as_json, err=str(out) == "-")
    if not tally.good:
        raise typer.Exit(1)


def _moment(text: str | None, timezone: str) -> datetime | None:
    if text is None:
        return None
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone))


def _origins(risk: Path | None, district: str) -> Origins | None:
    return Origins(json.loads(risk.read_bytes()), district) if risk else None


def _destinations(places: Path | None, district: str) -> Destinations | None:
    if places is None:
        return None
    with places.open(encoding="utf-8-sig", newline="") as rows:
        return Destinations(list(csv.DictReader(rows)), district)


def _target(out: Path | None) -> AbstractContextManager[BinaryIO | None]:
    if out is None:
        return nullcontext(None)
    return nullcontext(sys.stdout.buffer) if str(out) == "-" else out.open("wb")


def _written(sample: Day, stream: BinaryIO | None) -> Iterator[Line]:
    for line in sample:
        if stream is not None:
            stream.write(line_bytes(line))
        yield line


def _items(lines: Iterator[Line]) -> Iterator[Item]:
    for number, line in enumerate(lines, 1):
        broken = line.get("broken")
        if broken:
            yield Item(number, Raw(broken["body"].encode(), broken["content_type"], broken["publisher"]), 0)
        else:
            yield Item(number, line, 0)


def _show(sample: Day, tally: Tally | None, as_json: bool, *, err: bool) -> None:
    truth = sample.truth.as_dict()
    if tally is not None:
        truth["published"] = tally.as_dict()["published"]
    if as_json:
        print_json(truth, err=err)
        return
    table = Table("expected", "", title="What must come of it", title_justify="left")
    for name, value in truth.items():
        shown = ", ".join(f"{k} {v}" for k, v in value.items()) if isinstance(value, dict) else str(value)
        table.add_row(name.replace("_", " "), shown)
    Console(stderr=err).print(table)
