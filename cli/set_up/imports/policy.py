"""`doorstep policy import`: the measures that follow from risks."""

from cli.options import AsJson, By, who_if_known
from cli.output import print_json
from cli.set_up.imports import File, settings_for
from operations.reference_imports import import_policy


def command(file: File, by: By = None, as_json: AsJson = False) -> None:
    """Publish a policy (JSON) alone, at once: for the first set-up, and where the console is away.

    Else two administrators do it at the console. The policy's history says that it was done here, by whom.
    """
    found = import_policy(file, settings_for("isolation"), who_if_known(by))
    if as_json:
        print_json(found, indent=2)
    elif found["published"]:
        edition, version = found["edition"], found["version"]
        print(f"policy {found['policy_id']} (edition {edition}), version {version}: published")
    else:
        print(f"policy {found['policy_id']} is there already, version {found['version']}: nothing changed")
