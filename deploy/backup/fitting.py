"""Whether a backup fits a deployment, and from when on its event logs are to be sent again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Final

from deploy.backup.errors import Refused

CONSOLE: Final = "console"
# The longest that a message can have been on its way unless nobody took it: every retry, one after another.
BEFORE: Final = timedelta(hours=3)


def replay_since(manifest: dict[str, Any]) -> datetime:
    """What the services recorded since then may not have reached everybody when the backup was made."""
    return datetime.fromisoformat(manifest["taken_at"]) - BEFORE


def compare(manifest: dict[str, Any], identity: dict[str, Any]) -> None:
    """Raises Refused unless a deployment of this identity can read the backup.

    :param identity: as `doorstep version --json` tells it.
    """
    _compare_keys(identity["keys"], manifest["keys"], "")
    if accounts := manifest["keys"].get(CONSOLE):
        _compare_keys(identity["keys"][CONSOLE], accounts, "console_")
    for service, found in manifest["tables"].items():
        histories = {service: found["revision"], "chassis": found.get("chassis")}
        for history, revision in histories.items():
            if revision is not None and revision not in identity["tables"].get(history, ()):
                raise Refused(
                    f"the tables of {service} are at {revision} ({history}), which this image does not know: "
                    f"it is older than the backup (Doorstep {manifest['doorstep']})"
                )


def _compare_keys(ours: dict[str, Any], theirs: dict[str, Any], prefix: str) -> None:
    """:param prefix: of the names of the secrets."""
    for name, fingerprint in theirs["seal"].items():
        if ours["seal"].get(name) != fingerprint:
            raise Refused(
                f"the backup is sealed with another key {name} than this deployment has: "
                f"put the {prefix}seal_keys of that time into its secrets (newer keys may stand before them)"
            )
    if ours["index"] != theirs["index"]:
        raise Refused(f"the backup was made with another {prefix}index_key: put that one into the secrets")
