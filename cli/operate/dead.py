"""`doorstep dead`: what the services gave up on, listed without personal data, replayed or discarded."""

from __future__ import annotations

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.arrivals.publish import fail
from cli.options import By, who
from operations.dead_letters.choice import (
    ON_THE_WAY,
    STATES,
    Choice,
    Chosen,
    OfHandler,
    OfService,
    OfType,
    Since,
    Until,
    WithError,
    look_up,
    newest,
    one_chosen,
)

if TYPE_CHECKING:
    from chassis.messaging.dead_letters import Act

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
LetterId = Annotated[str | None, typer.Argument(metavar="[ID]")]
Everything = Annotated[bool, typer.Option("--all", help="All that wait and that the filters leave over")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would be about")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask before acting on --all; scripts need it")]

dead = typer.Typer(no_args_is_help=True, help="Dead letters: what the services gave up on.")


def register(app: typer.Typer) -> None:
    app.add_typer(dead, name="dead")


@dead.command("list")
def list_letters(
    service: OfService = None,
    handler: OfHandler = None,
    event_type: OfType = None,
    error: WithError = None,
    since: Since = None,
    until: Until = None,
    state: Annotated[str, typer.Option(help=f"{', '.join(STATES)} or all")] = "waiting",
    most: Annotated[int, typer.Option(help="At most so many, the newest", min=1)] = 1000,
    as_json: AsJson = False,
) -> None:
    """Id, handler, reason and age of each; nothing of its content."""
    from operations.dead_letters.choice import told

    if state not in (*STATES, "all"):
        raise typer.BadParameter(f"{state} is none of {', '.join(STATES)}, all", param_hint="--state")
    choice = Choice.read(service, handler, event_type, error, since, until, state)
    found = [told(one) for one in newest(choice, most)]
    if as_json:
        print(json.dumps(found, ensure_ascii=False, default=_iso))
        return
    for row in found:
        print(f"{row['id']}  {row['handler']}  {_standing(row)}, tries {row['attempts']}")
        event = " ".join(str(row[name]) for name in ("event_type", "source", "event_id") if row[name])
        print(f"    {event or 'unreadable'}: {row['error']}")
    if not found:
        print("no dead letters" if state == "all" else f"no dead letters are {state.replace('_', ' ')}")
    elif len(found) > 1:
        print(f"{len(found)} shown; `doorstep dead replay --all --dry-run` counts them by kind")


@dead.command("show")
def show(letter_id: Annotated[str, typer.Argument(metavar="ID")], as_json: AsJson = False) -> None:
    """One dead letter with its content, everything personal masked."""
    from operations.dead_letters.choice import body_of, headers_of, one, told

    found = one(letter_id)
    shown = told(found) | {"headers": headers_of(found), "body": body_of(found)}
    print(json.dumps(shown, ensure_ascii=False, default=_iso, indent=None if as_json else 2))


@dead.command("replay")
def replay(
    letter_id: LetterId = None,
    everything: Everything = False,
    service: OfService = None,
    handler: OfHandler = None,
    event_type: OfType = None,
    error: WithError = None,
    since: Since = None,
    until: Until = None,
    state: Annotated[
        str | None,
        typer.Option(
            help=f"{ON_THE_WAY}: those that were replayed and whose copies are gone, in place of waiting"
        ),
    ] = None,
    dry_run: DryRun = False,
    rate: Annotated[float | None, typer.Option(help="At most so many a second", min=0.01)] = None,
    wait: Annotated[float, typer.Option(help="Seconds to see what becomes of them", min=0)] = 10,
    reason: Annotated[str, typer.Option(help="What was mended; kept with the letters")] = "replayed",
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Send it to its handler again, once the cause is mended.

    What was handled since is not done twice, and nothing is lost if this is killed: run it again. Exit code 1
    if something came back dead again. An ID may also be that of one of which nothing was heard since.
    """
    from cli.operate.replay import Bar
    from operations.dead_letters.replay import outcome
    from operations.dead_letters.replay import replay as send

    if state not in (None, "waiting", ON_THE_WAY):
        raise typer.BadParameter(f"{state} is neither waiting nor {ON_THE_WAY}", param_hint="--state")
    if not reason.strip():
        raise typer.BadParameter("say what was mended, or leave it out", param_hint="--reason")
    filters = (service, handler, event_type, error, since, until, state)
    found = _chosen(letter_id, everything, *filters, of_one=("waiting", ON_THE_WAY))
    if dry_run:
        _tell_groups(found, as_json)
        return
    act = _act("replay", found, by, reason)
    if everything:
        _confirm("send again", found, yes)
    with Bar("dead letters", found.letters, quiet=as_json) as advance:
        sent = send(found, act, rate, advance)
    became = outcome(act, found.choice.services, wait if sent else 0)
    if as_json:
        counts = {"handled": became.handled, "dead_again": became.dead_again, "on_the_way": became.on_the_way}
        print(json.dumps({"act": act.id, "replayed": sent} | counts))
    else:
        print(f"{sent} sent again: {became.handled} handled, {became.dead_again} dead again", end="")
        print(f", {became.on_the_way} on their way" if became.on_the_way else "")
    if became.dead_again:
        raise typer.Exit(1)


@dead.command("discard")
def discard(
    letter_id: LetterId = None,
    reason: Annotated[
        str | None, typer.Option(help="Why nothing is lost by it; kept with the letter")
    ] = None,
    everything: Everything = False,
    service: OfService = None,
    handler: OfHandler = None,
    event_type: OfType = None,
    error: WithError = None,
    since: Since = None,
    until: Until = None,
    dry_run: DryRun = False,
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Settle it by hand. The row stays, with who did it and why."""
    found = _chosen(letter_id, everything, service, handler, event_type, error, since, until)
    if dry_run:
        _tell_groups(found, as_json)
        return
    if reason is None and sys.stdin.isatty():
        reason = typer.prompt("Why is nothing lost by it?", err=True)
    if not (reason or "").strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    act = _act("discard", found, by, str(reason))
    if everything:
        _confirm("discard", found, yes)
    settled = _discard(found, act)
    if letter_id and not settled:
        fail(f"{letter_id} was settled by somebody else just now")
    print(json.dumps({"act": act.id, "discarded": settled}) if as_json else f"{settled} discarded")


@dead.command("history")
def history(
    letter_id: LetterId = None,
    most: Annotated[int, typer.Option(help="At most so many acts, the newest", min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """Who replayed or discarded what, when and why; with an ID, one message's rounds through dead letters."""
    from operations.dead_letters.history import acts, rounds

    found = acts(most) if letter_id is None else rounds(letter_id)
    if as_json:
        print(json.dumps(found, ensure_ascii=False, default=_iso))
        return
    if letter_id:
        for number, row in enumerate(found, 1):
            print(f"{number}. {row['id']}  {row['handler']}  dead {_time(row['dead_at'])}: {row['error']}")
            print(f"   {_settled(row)}")
        return
    for act in found:
        by_what = ", ".join(f"{name} {value}" for name, value in act["filter"].items()) or "all"
        print(f"{_time(act['at'])}  {act['by']}  {act['what']}  ({by_what}): {act['reason']}")
        counts = f"   {act['settled']} of {act['chosen']}"
        if act["what"] == "replay":
            counts += f", {act['handled']} handled, {act['dead_again']} dead again"
        print(f"{counts}  [{act['act']}]")
    if not found:
        print("nobody has replayed or discarded anything")


def _chosen(
    letter_id: str | None, everything: bool, *filters: str | None, of_one: tuple[str, ...] = ("waiting",)
) -> Chosen:
    """:param of_one: states in which a letter that is given by its id may be."""
    if (letter_id is None) == (not everything):
        raise typer.BadParameter("give an ID, or --all with filters as you like")
    if letter_id is None:
        return look_up(Choice.read(*filters))
    if any(value is not None for value in filters):
        raise typer.BadParameter("filters go with --all, not with an ID")
    return one_chosen(letter_id, *of_one)


def _confirm(what: str, found: Chosen, yes: bool) -> None:
    """Ends the command where nobody says yes."""
    if yes or not found.letters:
        return
    if not sys.stdin.isatty():
        fail(f"{found.letters} letters: add --yes where nobody can be asked (--dry-run shows them)")
    _tell_groups(found, as_json=False)
    typer.confirm(f"{what} these {found.letters}?", abort=True, err=True)


def _tell_groups(found: Chosen, as_json: bool) -> None:
    if as_json:
        kinds = [group.as_dict() for group in found.groups]
        print(json.dumps({"letters": found.letters, "kinds": kinds}, ensure_ascii=False))
        return
    for group in found.groups:
        print(f"{group.letters:>6}  {group.handler}  {group.event_type or 'unreadable'}: {group.error}")
    print(f"{found.letters:>6}  in all")


def _act(what: str, found: Chosen, by: str | None, reason: str) -> Act:
    from chassis.ids import new_id
    from chassis.messaging.dead_letters import Act

    return Act(new_id(), who(by), what, found.choice.as_dict(), reason.strip())


def _discard(found: Chosen, act: Act) -> int:
    from chassis.messaging.dead_letters import begin, discarded, take
    from operations.databases import database_of
    from operations.dead_letters.choice import in_steps

    count = 0
    for service, ids in found.ids.items():
        if ids:
            with database_of(service).begin() as conn:
                begin(conn, act, len(ids))
        for step in in_steps(ids):
            with database_of(service).begin() as conn:
                mine = [row["id"] for row in take(conn, step, act)]
                discarded(conn, mine)
            count += len(mine)
    return count


def _standing(row: dict[str, Any]) -> str:
    again = ", came back after a replay" if row["follows"] else ""
    return f"{row['state']}, dead since {_time(row['dead_at'])}{again}"


def _settled(row: dict[str, Any]) -> str:
    if row["state"] == "waiting":
        return "waits; a replay of it was begun" if row["act_id"] else "waits"
    did = f"{row['state']} {_time(row['settled_at'])} by {row['settled_by']}: {row['settled_reason']}"
    return f"{did}; handled {_time(row['handled_at'])}" if row["handled_at"] else did


def _time(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
