"""`doorstep policy list`."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.options import AsJson
from cli.output import print_json
from operations.policies import stored


def command(as_json: AsJson = False) -> None:
    """The policies that are stored: where and when each holds, and whether it applies to open cases."""
    found = [_described(policy) for policy in stored()]
    if as_json:
        print_json(found)
        return
    if not found:
        print("no policy is stored: import one with `doorstep policy import FILE`")
        return
    table = Table("policy", "edition", "version", "from", "to", "where", "open cases", box=None)
    for one in found:
        where = ", ".join(one["places"]) or "everywhere"
        ends = "withdrawn" if one["withdrawn"] else str(one["valid_to"] or "–")
        applies = "apply too" if one["applies_to_open_cases"] else "stay"
        edition, version, begins = one["edition"], str(one["version"]), str(one["valid_from"])
        table.add_row(one["policy_id"], edition, version, begins, ends, where, applies)
    Console().print(table)


def _described(policy: Mapping[str, Any]) -> dict[str, Any]:
    document = policy["document"]
    names = ("policy_id", "version", "edition", "title", "valid_from", "valid_to", "imported_at", "withdrawn")
    return {name: policy[name] for name in names} | {
        "places": document["places"],
        "applies_to_open_cases": document["applies_to_open_cases"],
    }
