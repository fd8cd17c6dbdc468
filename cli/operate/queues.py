"""`doorstep queues`: the queues, how fast they move, and whatever wants attention."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Annotated

import typer
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from cli.options import AsJson
from cli.output import print_json
from operations.queues.look import look
from operations.queues.picture import HandlerFigures, Picture, Queue

EVERY_S = 2.0
# Lags of a live table are of the last minute.
RECENT = 30
BAR = 10
BARS_FROM = 130
WIDTH = 150
# Title, heads and rules of the table, and the line of the replicas.
FRAME = 6
# The last bound of the services' histogram.
LONGEST_S = 7200
EXIT_ATTENTION = 1


def command(
    watch: Annotated[bool, typer.Option("--watch", help="Again every 2 s until Ctrl-C")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Also empty queues")] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Exit code 1 if anything wants attention (for scripts)")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Every queue with its messages, rates and consumers, and the work that each handler has done.

    Asks the broker's management API (DOORSTEP_MANAGEMENT_URL) and every replica of the services
    (DOORSTEP_<SERVICE>_ADDRESS); who does not answer is named, the others' figures are shown. What wants
    attention is said below the table: no consumer, dead letters, unrouted messages, a stuck outbox. Lags are
    from publishing to commit: of the last minute with --watch, otherwise since the services started. Retries
    are copies that wait for another try, of all handlers together: how many of them are this one's, at most.
    """
    if watch and (as_json or check):
        raise typer.BadParameter("--watch goes with neither --json nor --check")
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDTH)
    if watch:
        try:
            _watch(console, everything)
        except KeyboardInterrupt:
            return
    picture = look()
    if as_json:
        print_json(picture.as_dict())
    else:
        console.print(table_of(picture, everything, console.width))
    if check and picture.attention:
        raise typer.Exit(EXIT_ATTENTION)


def _watch(console: Console, everything: bool) -> None:
    """Until Ctrl-C."""
    earlier: deque[Picture] = deque(maxlen=RECENT)
    with Live(console=console, auto_refresh=False, screen=console.is_terminal) as live:
        while True:
            began = time.monotonic()
            picture = look(earlier[0] if earlier else None)
            earlier.append(picture)
            if console.is_terminal:
                live.update(screen_of(picture, everything, console.width, console.height), refresh=True)
            else:
                console.print(table_of(picture, everything, console.width))
            time.sleep(max(0.0, began + EVERY_S - time.monotonic()))


def table_of(picture: Picture, everything: bool, width: int) -> RenderableType:
    """Every queue that is looked at, and below them what wants attention."""
    names = _names(picture, everything)
    return Group(_table(picture, names, width), *_attention(picture), _replicas(picture, len(names)))


def screen_of(picture: Picture, everything: bool, width: int, height: int) -> RenderableType:
    """What wants attention, and below it as many queues as the screen holds: idle ones are left out first."""
    attention = _attention(picture)
    names = _names(picture, everything)
    room = max(0, height - FRAME - len(attention))
    if len(names) > room:
        marked = {wants.where for wants in picture.attention}
        first = sorted(names, key=lambda name: (name not in marked, -_messages(picture, name)))[:room]
        names = [name for name in names if name in first]
    return Group(*attention, _replicas(picture, len(names)), _table(picture, names, width))


def _names(picture: Picture, everything: bool) -> list[str]:
    """Of the queues that are shown where there is room: those of handlers first."""
    of_handlers = [figures.handler for figures in picture.handlers]
    others = [name for name in picture.queues if name not in of_handlers]
    return [*of_handlers, *(name for name in others if everything or _busy(picture.queues[name]))]


def _messages(picture: Picture, name: str) -> int:
    queue = picture.queues.get(name)
    return queue.messages if queue else 0


def _table(picture: Picture, names: Sequence[str], width: int) -> Table:
    marked = {wants.where for wants in picture.attention}
    handlers = {figures.handler: figures for figures in picture.handlers}
    most = (
        max((queue.ready or 0 for queue in picture.queues.values()), default=0) if width >= BARS_FROM else 0
    )
    table = Table(title=f"{picture.at.astimezone():%Y-%m-%d %H:%M:%S}", title_justify="left")
    table.add_column("queue", no_wrap=True)
    for title in ("ready", "", "unacked", "in/s", "out/s", "consumers"):
        table.add_column(title, justify="left" if not title else "right")
    for title in ("handled", "lag p50", "p95", "retries", "dead"):
        table.add_column(title, justify="right")
    for name in names:
        cells = [*_broker_cells(picture.queues.get(name), most), *_handler_cells(handlers.get(name))]
        named = Text(f"! {name}", style="bold red") if name in marked else Text(f"  {name}")
        table.add_row(named, *cells)
    return table


def _attention(picture: Picture) -> list[Text]:
    lines = [Text(f"! {wants.where}: {wants.what}", style="bold red") for wants in picture.attention]
    return lines or [Text("nothing wants attention", style="green")]


def _replicas(picture: Picture, shown: int) -> Text:
    replicas = ", ".join(f"{service.name} {service.replicas}" for service in picture.services)
    hidden = len(picture.queues.keys() | {figures.handler for figures in picture.handlers}) - shown
    rest = f"; {hidden} idle queues are not shown: doorstep queues --all" if hidden else ""
    return Text(f"replicas that answer: {replicas}{rest}", style="dim")


def _busy(queue: Queue) -> bool:
    """Or one that is always looked at."""
    of_one_publisher = ".from." in queue.name or queue.name.startswith("doorstep.replies.")
    idle_is_usual = of_one_publisher or queue.name.endswith((".dead", "_guarded", ".canary", ".health"))
    return not idle_is_usual or bool(queue.ready or queue.unacknowledged)


def _broker_cells(queue: Queue | None, most: int) -> list[str]:
    if queue is None or queue.ready is None:
        return ["?", "", "?", "?", "?", "?"]
    length = -(-queue.ready * BAR // most) if most else 0
    colour = "red" if queue.ready > 10_000 else "yellow" if queue.ready > 500 else "green"
    consumers = "?" if queue.consumers is None else str(queue.consumers or "-")
    return [
        f"{queue.ready}",
        f"[{colour}]{'▇' * length}[/]",
        f"{queue.unacknowledged or '-'}",
        f"{queue.rate_in or '-'}",
        f"{queue.rate_out or '-'}",
        consumers,
    ]


def _handler_cells(handler: HandlerFigures | None) -> list[str]:
    if handler is None:
        return [""] * 5
    if handler.handled is None:
        return ["?"] * 5
    waiting = handler.retries_waiting
    retries = "?" if waiting is None else f"≤{waiting}" if waiting else "-"
    letters = handler.dead_letters
    dead = "?" if letters is None else f"[bold red]{letters}[/]" if letters else "-"
    return [str(handler.handled), _seconds(handler.lag_p50), _seconds(handler.lag_p95), retries, dead]


def _seconds(value: float | None) -> str:
    if value is None:
        return "-"
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value >= LONGEST_S:
        return f">{LONGEST_S // 3600} h"
    return f"{value:.1f} s" if value < 60 else f"{value / 60:.0f} min"
