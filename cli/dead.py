"""`doorstep dead`: what the services gave up on, listed without personal data, replayed or discarded."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import typer

from cli.environment import SERVICES
from cli.publish import fail

STATES = ("waiting", "replayed", "discarded")
# Replayed and marked in steps, so that a crash in between repeats little.
STEP = 500

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
OfService = Annotated[
    str | None, typer.Option("--service", help=f"Only of one service: {', '.join(SERVICES)}")
]
OfHandler = Annotated[str | None, typer.Option("--handler", help="Only of one handler: isolation.open_case")]
By = Annotated[str | None, typer.Option("--by", help="Who does it. Default: the user of this machine")]

dead = typer.Typer(no_args_is_help=True, help="Dead letters: what the services gave up on.")


@dataclass(frozen=True)
class Found:
    service: str
    row: dict[str, Any]


def register(app: typer.Typer) -> None:
    app.add_typer(dead, name="dead")


@dead.command("list")
def list_letters(
    service: OfService = None,
    handler: OfHandler = None,
    state: Annotated[str, typer.Option(help=f"{', '.join(STATES)} or all")] = "waiting",
    most: Annotated[int, typer.Option(help="At most so many", min=1)] = 1000,
    as_json: AsJson = False,
) -> None:
    """Id, handler, reason and age of each; nothing of its content."""
    if state not in (*STATES, "all"):
        raise typer.BadParameter(f"{state} is none of {', '.join(STATES)}, all", param_hint="--state")
    found = sorted(letters(service, handler, state, most), key=lambda one: one.row["dead_at"])[:most]
    if as_json:
        print(json.dumps([_told(one) for one in found], ensure_ascii=False, default=_iso))
        return
    if not found:
        print("no dead letters" if state == "all" else f"no dead letters are {state}")
    for one in found:
        row = one.row
        since = row["dead_at"].astimezone().strftime("%Y-%m-%d %H:%M:%S")
        event = f"{row['event_type'] or 'unreadable'} {row['source'] or ''} {row['event_id'] or ''}".rstrip()
        print(f"{row['id']}  {row['handler']}  {row['state']}, dead since {since}, tries {row['attempts']}")
        print(f"    {event}: {row['error']}")


@dead.command("show")
def show(letter_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """One dead letter with its content, everything personal masked."""
    from cli.databases import settings_of

    one = _one(letter_id)
    told = _told(one) | {"headers": one.row["headers"], "body": _body(settings_of(one.service).sealer(), one)}
    print(json.dumps(told, ensure_ascii=False, default=_iso, indent=None if as_json else 2))


@dead.command("replay")
def replay(
    letter_id: Annotated[str | None, typer.Argument(metavar="[ID]")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that wait")] = False,
    service: OfService = None,
    handler: OfHandler = None,
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Send it to its handler again, once the cause is mended. What was handled since is not done twice."""
    if (letter_id is None) == (not everything):
        raise typer.BadParameter("give an ID, or --all with --service or --handler as you like")
    who = by or getpass.getuser()
    chosen = iter([_waiting(_one(letter_id))]) if letter_id else letters(service, handler, "waiting")
    count = sum(_replay(step, who) for step in _steps(chosen))
    print(json.dumps({"replayed": count}) if as_json else f"{count} sent again")


@dead.command("discard")
def discard(
    letter_id: Annotated[str, typer.Argument(metavar="ID")],
    reason: Annotated[str, typer.Option(help="Why nothing is lost by it; kept with the letter")],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Settle it by hand. The row stays, with who did it and why."""
    from chassis.messaging.dead_letters import settle
    from cli.databases import database_of

    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    one = _waiting(_one(letter_id))
    with database_of(one.service).begin() as conn:
        settled = settle(conn, one.row["id"], "discarded", by=by or getpass.getuser(), reason=reason)
    if not settled:
        fail(f"{letter_id} was settled by somebody else just now")
    print(json.dumps({"discarded": letter_id}) if as_json else f"{letter_id} is discarded")


def letters(service: str | None, handler: str | None, state: str, most: int | None = None) -> Iterator[Found]:
    """Of all services, oldest first within each."""
    from sqlalchemy import select

    from chassis.messaging.dead_letters import DEAD
    from cli.databases import database_of, service_of_handler

    if service is not None and service not in SERVICES:
        raise typer.BadParameter(f"{service} is none of {', '.join(SERVICES)}", param_hint="--service")
    for name in SERVICES:
        if (service and name != service) or (handler and name != service_of_handler(handler)):
            continue
        wanted = select(DEAD).order_by(DEAD.c.id)
        if handler:
            wanted = wanted.where(DEAD.c.handler == handler)
        if state != "all":
            wanted = wanted.where(DEAD.c.state == state)
        last = ""
        left = most
        while left is None or left > 0:
            step = STEP if left is None else min(STEP, left)
            with database_of(name).read() as conn:
                page = wanted.where(DEAD.c.id > last) if last else wanted
                rows = [dict(row._mapping) for row in conn.execute(page.limit(step))]
            yield from (Found(name, row) for row in rows)
            if len(rows) < step:
                break
            last, left = rows[-1]["id"], None if left is None else left - len(rows)


def _one(letter_id: str) -> Found:
    from chassis.messaging.dead_letters import one
    from cli.databases import databases

    if _is_id(letter_id):
        for service, database in databases().items():
            with database.read() as conn:
                row = one(conn, letter_id)
            if row:
                return Found(service, row)
    fail(f"there is no dead letter {letter_id}: see `doorstep dead list`")


def _waiting(found: Found) -> Found:
    row = found.row
    if row["state"] != "waiting":
        when = row["settled_at"].astimezone().isoformat(timespec="seconds") if row["settled_at"] else "?"
        fail(f"{row['id']} was {row['state']} by {row['settled_by']} at {when}")
    return found


def _steps(found: Iterator[Found]) -> Iterator[list[Found]]:
    step: list[Found] = []
    for one in found:
        if step and (len(step) >= STEP or step[0].service != one.service):
            yield step
            step = []
        step.append(one)
    if step:
        yield step


def _replay(step: list[Found], who: str) -> int:
    """Publish, wait for the confirms, then mark: a crash in between only repeats."""
    from chassis.messaging.dead_letters import PURPOSE, settle
    from chassis.messaging.publisher import Publisher
    from chassis.messaging.topology import BACK
    from cli.databases import database_of, settings_of

    service = step[0].service
    settings = settings_of(service)
    sealer = settings.sealer()
    _must_exist({one.row["handler"] for one in step})
    confirmed: list[str] = []
    publisher = Publisher(settings.broker_url, "doorstep dead")
    try:
        for one in step:
            row = one.row
            publisher.send(
                row["id"],
                BACK,
                row["handler"],
                sealer.unseal(row["sealed_body"], PURPOSE).encode(),
                content_type=row["content_type"] or "",
                on_confirmed=confirmed.append,
                headers=row["headers"],
            )
        publisher.wait()
    finally:
        with database_of(service).begin() as conn:
            for letter_id in confirmed:
                settle(conn, letter_id, "replayed", by=who, reason="replayed")
        publisher.drop()
    if publisher.refused:
        fail(f"the broker refused {publisher.refused} of {len(step)}: see `doorstep status`")
    return len(confirmed)


def _must_exist(queues: set[str]) -> None:
    """A copy for a queue that is not there would lie unseen in doorstep.unrouted."""
    from amqp.exceptions import NotFound

    from cli.databases import broker

    with broker("doorstep dead") as connection:
        for queue in sorted(queues):
            try:
                connection.channel().queue_declare(queue, passive=True)
            except NotFound:
                fail(f"there is no queue {queue}: run `doorstep topology apply`")


def _body(sealer: Any, found: Found) -> Any:
    import orjson

    from chassis.messaging.dead_letters import PURPOSE
    from chassis.sealing import SealBroken
    from cli.masking import masked

    try:
        body: str = sealer.unseal(found.row["sealed_body"], PURPOSE)
    except SealBroken as error:
        return f"(sealed: {error})"
    try:
        return masked(orjson.loads(body))
    except orjson.JSONDecodeError as error:
        return f"(no JSON at character {error.pos}; {len(body)} characters, not shown)"


def _told(found: Found) -> dict[str, Any]:
    """Everything but body and headers."""
    hidden = ("sealed_body", "headers")
    return {"service": found.service} | {k: v for k, v in found.row.items() if k not in hidden}


def _is_id(text: str) -> bool:
    import uuid

    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
