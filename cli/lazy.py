"""Commands that are imported when they are called: `doorstep --help` and a quick command load no other."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from cli.errors import EXIT_FAILED, lines_of


@dataclass(frozen=True)
class Entry:
    """One command or group of commands.

    :param module: has the function `command`, or the group `group`.
    :param summary: the first paragraph of its help, as the list of commands shows it.
    """

    module: str
    summary: str
    hidden: bool = False


def lazy_group(entries: dict[str, Entry]) -> type[TyperGroup]:
    """A group class with these commands, by name."""

    class LazyGroup(TyperGroup):
        def __init__(self, **attrs: Any) -> None:
            """For lists of commands, and for what a wrong name may have meant: names and summaries."""
            attrs["commands"] = {
                name: TyperCommand(name, help=entry.summary, hidden=entry.hidden)
                for name, entry in entries.items()
            }
            super().__init__(**attrs)

        def resolve_command(self, ctx: Any, args: list[str]) -> Any:
            """The command itself, with its options; whoever asks wants to run it."""
            name, _, rest = super().resolve_command(ctx, args)
            return name, load(str(name), entries[str(name)]) if name else None, rest

        def main(self, *args: Any, **kwargs: Any) -> Any:
            """An error that an operator can mend is one line on stderr and exit 1, never a traceback."""
            try:
                return super().main(*args, **kwargs)
            except Exception as error:
                lines = lines_of(error)
                if lines is None:
                    raise
                print(f"doorstep: {lines}", file=sys.stderr)
                sys.exit(EXIT_FAILED)

    return LazyGroup


def load(name: str, entry: Entry) -> Any:
    module = import_module(entry.module)
    group = getattr(module, "group", None)
    if group is not None:
        return _named(name, group)
    return _named(name, single(module.command, hidden=entry.hidden))


def single(command: Callable[..., None], *, hidden: bool = False) -> typer.Typer:
    """An app of one command."""
    app = typer.Typer(add_completion=False)
    app.command(hidden=hidden)(command)
    return app


def _named(name: str, app: typer.Typer) -> Any:
    found: Any = typer.main.get_command(app)
    found.name = name
    return found
