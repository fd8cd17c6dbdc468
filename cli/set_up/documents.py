"""`doorstep docs`: writes what is made from contracts and handlers. For developers; operators need it not."""

import sys
from typing import Annotated

import typer


def register(app: typer.Typer) -> None:
    app.command("docs", hidden=True)(docs)


def docs(
    check: Annotated[bool, typer.Option("--check", help="write nothing, tell what is out of date")] = False,
    readers_first: Annotated[
        bool,
        typer.Option(
            "--readers-first",
            help="write also what only older readers refuse; then upgrade every reader before a writer",
        ),
    ] = False,
) -> None:
    """Write the JSON Schemas, the AsyncAPI document and the reference page of events."""
    from contracts.documents import run
    from operations.documents.asyncapi import made

    wrong = list(run(made(), check=check, readers_first=readers_first))
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        raise typer.Exit(1)
