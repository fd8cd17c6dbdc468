"""`doorstep console certificate`."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import AsJson
from cli.output import print_json
from operations.certificate import first_certificate
from operations.settings import environment


def command(
    folder: Annotated[
        Path, typer.Argument(help="Where tls.crt and tls.key are, or are made.", show_default=False)
    ],
    as_json: AsJson = False,
) -> None:
    """Make a certificate for the console's pages where there is none, to begin with.

    It is for localhost and for the host of DOORSTEP_PUBLIC_URL and lasts 13 months. No browser trusts it:
    put a real one in its place before people come. What is there stays.
    """
    made = first_certificate(folder, environment().get("DOORSTEP_PUBLIC_URL", ""))
    if as_json:
        print_json({"made": made is not None, "names": made or []})
    elif made:
        print(f"made a certificate for {', '.join(made)} in {folder}: no browser trusts it")
    else:
        print(f"{folder} has a certificate")
