"""`doorstep policy history`."""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.options import AsJson
from cli.output import local_time, print_json
from operations.policies import texts_of


def command(
    policy_id: Annotated[str, typer.Argument(metavar="POLICY", help="Its id.", show_default=False)],
    as_json: AsJson = False,
) -> None:
    """Who published or withdrew which version of a policy, and why. `show --version` shows each text."""
    found = texts_of(policy_id)
    if as_json:
        print_json([{name: text[name] for name in text if name != "document"} for text in found])
        return
    table = Table("version", "what", "at", "by", "reason", box=None)
    for text in found:
        by = text["source"] or "not kept"
        table.add_row(str(text["version"]), text["what"], local_time(text["at"]), by, text["reason"] or "")
    Console().print(table)
