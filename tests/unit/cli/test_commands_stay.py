"""Commands, options, defaults and their texts are an interface: commands.txt holds them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from cli.main import COMMANDS, app

KNOWN = Path(__file__).with_name("commands.txt")


def test_commands_and_options_are_those_that_scripts_know() -> None:
    """After a change that is wanted, `python -m tests.unit.cli.test_commands_stay` writes the file again."""
    assert "".join(described()) == KNOWN.read_text(encoding="utf-8")


def test_the_list_shows_the_first_paragraph_of_each_commands_help() -> None:
    root: Any = typer.main.get_command(app)
    ctx = root.context_class(root, info_name="doorstep")
    for name, entry in COMMANDS.items():
        _, command, _ = root.resolve_command(ctx, [name])
        assert " ".join(command.help.split("\n\n")[0].split()) == entry.summary
        assert command.hidden == entry.hidden


def described() -> Iterator[str]:
    """One line a command, then one a parameter."""
    root: Any = typer.main.get_command(app)
    return _command(root, root.context_class(root, info_name="doorstep"))


def _command(command: Any, ctx: Any) -> Iterator[str]:
    hidden = " (hidden)" if command.hidden else ""
    yield f"{ctx.command_path}{hidden}: {json.dumps(command.help, ensure_ascii=False)}\n"
    for param in command.params:
        yield f"    {json.dumps(_parameter(param), ensure_ascii=False)}\n"
    if hasattr(command, "list_commands"):
        for name in command.list_commands(ctx):
            _, inner, _ = command.resolve_command(ctx, [name])
            yield from _command(inner, inner.context_class(inner, info_name=name, parent=ctx))


def _parameter(param: Any) -> dict[str, Any]:
    """Without types, whose names differ between versions of typer."""
    names = ("opts", "secondary_opts", "required", "nargs", "multiple", "is_flag", "envvar", "hidden")
    found = {name: getattr(param, name, None) for name in (*names, "min", "max", "metavar", "help")}
    found["default"] = None if param.default is None else str(param.default)
    return {name: value for name, value in found.items() if value}


if __name__ == "__main__":
    KNOWN.write_text("".join(described()), encoding="utf-8")
