"""`doorstep policy diff`."""

import json
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.options import AsJson
from cli.output import print_json
from operations.policies import document_of
from services.isolation.door import differences


def command(
    before: Annotated[str, typer.Argument(metavar="POLICY", help="Its id, or a file.")],
    after: Annotated[str, typer.Argument(metavar="OTHER", help="Its id, or a file.")],
    as_json: AsJson = False,
) -> None:
    """What differs between two policies, path by path. Exit code 1 if anything does."""
    found = differences(document_of(before), document_of(after))
    if as_json:
        print_json([asdict(one) for one in found])
    for one in found if not as_json else ():
        print(f"{one.path}\n    - {_shown(one.before)}\n    + {_shown(one.after)}")
    if not found and not as_json:
        print("they say the same")
    if found:
        raise typer.Exit(1)


def _shown(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
