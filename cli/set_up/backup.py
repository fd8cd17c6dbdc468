"""`doorstep backup`: what `doorstep up` keeps here, into a new folder."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import AsJson
from cli.output import print_json
from deploy.backup.interrupts import end_as_by_ctrl_c
from deploy.local.backup import RECIPIENTS, backup
from operations.settings import local_folder


def command(
    to: Annotated[Path, typer.Argument(help="The folder below which the new one is made")],
    recipients: Annotated[
        list[str] | None,
        typer.Option(
            "--for", metavar="KEY", help=f"Public key of age; may be given again. Default: {RECIPIENTS}"
        ),
    ] = None,
    keep: Annotated[int | None, typer.Option(min=1, help="Only the newest so many stay below TO")] = None,
    as_json: AsJson = False,
) -> None:
    """Back up what `doorstep up` keeps here, while it runs: databases, keys, publishers; encrypted.

    All databases are of one instant. It is encrypted for a key of age that is not on this machine
    (`age-keygen -o key.txt` on another one): whoever has that key has the keys of the system, and without
    it nobody reads the backup. A compose deployment has `make backup` instead.
    """
    end_as_by_ctrl_c()  # so that nothing readable is left behind
    found = backup(local_folder(), to.absolute(), recipients=recipients or [], keep=keep)
    if as_json:
        print_json(found)
        return
    rows = sum(count for one in found["tables"].values() for count in one["rows"].values())
    print(
        f"{found['folder']}: as of {found['taken_at']}, {rows} rows, {len(found['publishers'])} publishers, "
        f"{found['bytes'] / 1e6:.1f} MB in {found['seconds']} s; "
        f"nothing was recorded for {found['pause_ms']} ms; encrypted for {', '.join(found['encrypted_for'])}"
    )
