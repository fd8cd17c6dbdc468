"""`doorstep docs`: the documents that are made from the code. For developers; operators do not need it."""

from typing import Annotated

import typer

from cli.output import say
from operations.documents.made import write_documents


def command(
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
    wrong = list(write_documents(check=check, readers_first=readers_first))
    for line in wrong:
        say(line)
    if wrong:
        raise typer.Exit(1)
