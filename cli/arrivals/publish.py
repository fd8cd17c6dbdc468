"""`doorstep publish FILE`: events from a file, handed in as another system would."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Annotated, BinaryIO
from zoneinfo import ZoneInfo

import typer

from cli.options import BROKER, AsJson, BrokerUrl
from cli.output import bar, print_json, say
from operations.errors import WrongInput
from operations.publishing.publish import LISTED, SETTLED_KINDS, Tally, publish_stream, read_replies
from operations.publishing.report_lines import ReportLines, WrongFile
from operations.settings import environment

SHOWN = 50
_LONGEST = 200  # characters of a list of lines; --json has it whole


_TimeLimit = Annotated[
    float, typer.Option(help="Seconds until a message that the broker does not take is given up", min=1)
]
_TimeZone = Annotated[str, typer.Option(envvar="DOORSTEP_TIMEZONE", help="Of CSV times without a zone")]


def command(
    file: Annotated[Path, typer.Argument(help="JSON lines or CSV; - reads JSON lines from standard input")],
    publisher: Annotated[
        str | None, typer.Option(help="Your name at the broker. Default: from each event's source")
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="Source of lines that have none. Default: /PUBLISHER/files")
    ] = None,
    broker: BrokerUrl = None,
    format: Annotated[str | None, typer.Option(help="jsonl or csv. Default: by the file's name")] = None,
    replies: Annotated[
        bool,
        typer.Option(
            "--replies", help="Wait for what became of each report. Takes the replies out of the queue"
        ),
    ] = False,
    wait: Annotated[
        float, typer.Option(help="With --replies: give up after so many seconds without one", min=0)
    ] = 30,
    rate: Annotated[float | None, typer.Option(help="At most so many reports a second", min=0.1)] = None,
    time_limit: _TimeLimit = 30,
    timezone: _TimeZone = "Asia/Shanghai",
    as_json: AsJson = False,
) -> None:
    """Publish reports of arrivals, or other events, from a file.

    A JSON line is the data of a report, or an event by its type and data ({"type": "test.reported", "data":
    {...}}, with id, source and time where they are known), or a whole CloudEvent. A table holds reports only.

    Event ids come from source, line number and content: publishing a file again, or after an interruption,
    doubles nothing. Broken lines are listed and do not stop the others; at the end each line is accounted
    for. Exit code 1 if anything was not accepted, or with --replies not answered, rejected or to be corrected
    in a part. Mend the lines and publish the file again: only what was missing is registered.

    Tables may be separated by commas, semicolons or tabs, be UTF-8, UTF-16 or GB18030, and have empty
    columns and rows.

    CSV columns: name and arrived_at; and as known id, source, time, source_kind, reference, identity_type,
    identity_number, phone, birth_date, sex, nationality, issuing_country, transport_mode, transport_number,
    carriage, seat, expected, entered_on, destination_division, destination_address, remarks, language,
    companions (name/identity_type/identity_number/phone;…) and
    stops (620402:2022-09-20:2022-10-01;… with code, address, or code and address).
    """
    url = broker_of(broker)
    tally = Tally(waiting={} if replies else None)
    lines = ReportLines(source or (f"/{publisher}/files" if publisher else None), _zone(timezone))
    with _named_in_errors(file), _opened(file) as stream, bar("publishing", _size(file), quiet=as_json) as it:
        publish_stream(
            *(stream, lines, url, tally),
            csv=(format or file.suffix.lower().lstrip(".")) == "csv",
            publisher=publisher,
            rate=rate,
            time_limit=time_limit,
            advance=it.show,
        )
    if replies:
        read_replies(url, tally, wait)
    print_json(tally.as_dict()) if as_json else _show(tally)
    if not tally.good:
        raise typer.Exit(1)


@contextmanager
def _named_in_errors(file: Path) -> Iterator[None]:
    try:
        yield
    except WrongFile as error:
        raise WrongInput(f"{file}: {error}") from None
    except OSError as error:
        raise WrongInput(f"{file}: {error.strerror or error}") from None


def broker_of(given: str | None) -> str:
    """The broker's URL, also of the local system. Raises WrongInput."""
    url = given or environment().get(BROKER)
    if not url:
        raise WrongInput(f"no broker given: use --broker or set {BROKER}")
    return url


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise WrongInput(f"no such time zone: {name}") from None


def _opened(file: Path) -> AbstractContextManager[BinaryIO]:
    return nullcontext(sys.stdin.buffer) if str(file) == "-" else file.open("rb")


def _size(file: Path) -> int | None:
    return file.stat().st_size if str(file) != "-" and file.is_file() else None


def _show(tally: Tally) -> None:
    for trouble in tally.troubles[:SHOWN]:
        say(f"line {trouble['line']}: {trouble['kind'].replace('_', ' ')}: {trouble['reason']}")
    if tally.trouble_count > SHOWN:
        say(f"… and {tally.trouble_count - SHOWN} more (--json lists up to {LISTED})")
    parts = [f"{count} {standing}" for standing, count in sorted(tally.standings.items()) if count]
    parts.append(f"{tally.broken_lines} broken lines")
    print(f"{tally.lines} lines: {', '.join(parts)}, in {tally.seconds:.1f} s")
    for outcome, lines in tally.accounts().items():
        print(f"  {outcome}: line {lines if len(lines) <= _LONGEST else lines[:_LONGEST] + ' …'}")
    if tally.waiting is not None:
        answers = [f"{tally.outcomes[kind]} {kind}" for kind in ("registered", "merged", "rejected")]
        answers += [f"{tally.outcomes[kind]} {kind}" for kind in SETTLED_KINDS if tally.outcomes[kind]]
        print(f"replies: {', '.join(answers)}, {len(tally.waiting)} missing")
        if tally.waiting:
            say("a report that was published before is not answered again")
    if tally.stopped_at is not None:
        say(f"stopped near line {tally.stopped_at}: run the same command again, nothing is doubled")
