"""`doorstep policy import`: the measures that follow from risks."""

from cli.options import AsJson
from cli.output import print_json
from cli.set_up.imports import File, settings_for
from operations.reference_imports import import_policy


def command(file: File, as_json: AsJson = False) -> None:
    found = import_policy(file, settings_for("isolation"))
    if as_json:
        print_json(found, indent=2)
    elif found["published"]:
        edition, version = found["edition"], found["version"]
        print(f"policy {found['policy_id']} (edition {edition}), version {version}: published")
    else:
        print(f"policy {found['policy_id']} is there already, version {found['version']}: nothing changed")
