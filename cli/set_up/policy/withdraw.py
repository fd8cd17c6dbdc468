"""`doorstep policy withdraw`."""

from dataclasses import asdict
from typing import Annotated

import typer

from cli.options import AsJson, By, who
from cli.output import print_json
from operations.policies import withdraw
from operations.settings import environment


def command(
    policy_id: Annotated[str, typer.Argument(metavar="POLICY", help="Its id.", show_default=False)],
    version: Annotated[
        int,
        typer.Option(
            min=1, help="Which text is wrong: the newest. `policy list` names it.", show_default=False
        ),
    ],
    reason: Annotated[str, typer.Option(help="What is wrong with it; it is kept.", show_default=False)],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Take the newest text of a policy back: the one that it corrected is in force again.

    Where it was new, the policy of before is in force again. Open cases are planned anew within seconds, and
    whoever is asked for something else is told. The policy's history says that it was done here, and by whom.
    Said again, after an answer that was lost, it is refused: another version is the newest then.
    """
    done = withdraw(policy_id, version, reason, who(by), environment())
    if as_json:
        print_json(asdict(done))
        return
    became = f"the text of version {done.restored} is in force again" if done.restored else "it holds nowhere"
    print(f"policy {policy_id}, version {done.version}: {became}")
