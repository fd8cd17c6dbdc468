"""How commands show what they found: JSON for programs, tables, one kind of progress bar."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


def print_json(value: Any, *, indent: int | None = None, err: bool = False) -> None:
    text = json.dumps(value, ensure_ascii=False, default=_plain, indent=indent)
    print(text, file=sys.stderr if err else sys.stdout, flush=True)


def say(text: str) -> None:
    """A step, or a remark beside the result: on stderr."""
    print(text, file=sys.stderr, flush=True)


def local_time(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


class Bar:
    """One line of progress."""

    def __init__(self, progress: Progress, title: str, total: int | None) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=total)

    def advance(self) -> None:
        self._progress.advance(self._task)

    def show(self, completed: int, total: int | None = None) -> None:
        self._progress.update(self._task, completed=completed, total=total)


@contextmanager
def bars(totals: dict[str, int | None], *, quiet: bool, stay: bool = False) -> Iterator[dict[str, Bar]]:
    """Progress on stderr, one bar a title; nothing where nobody sees it.

    :param stay: leave the bars on the screen at the end.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description:<16}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    shown = not quiet and console.is_terminal
    with Progress(*columns, console=console, disable=not shown, transient=not stay) as progress:
        yield {title: Bar(progress, title, total) for title, total in totals.items()}


@contextmanager
def bar(title: str, total: int | None, *, quiet: bool) -> Iterator[Bar]:
    with bars({title: total}, quiet=quiet) as shown:
        yield shown[title]


def _plain(value: object) -> str:
    if isinstance(value, datetime | date):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def print_end(shown: int, most: int, *, nothing: str) -> None:
    """The last line of a list that shows at most so many.

    :param nothing: what is said where it is empty.
    """
    if not shown:
        print(nothing)
    elif shown == most:
        print(f"{most} shown; there may be more: --most")
