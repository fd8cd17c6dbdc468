"""What the commands run with: the environment, and where it is silent what `doorstep up` wrote down."""

import json
import os
from pathlib import Path

SERVICES = ("registration", "isolation", "notification")


def var() -> Path:
    """Everything the local system writes is below this folder: DOORSTEP_VAR, or `var` where we are."""
    found = Path(os.environ.get("DOORSTEP_VAR") or "var").absolute()
    if any(part.exists() and not part.is_dir() for part in (found, *found.parents)):
        from deploy.local.processes import LocalNodeError

        raise LocalNodeError(f"{found} can be no folder, a file is in its place: set DOORSTEP_VAR to another")
    return found


def environment(directory: Path | None = None) -> dict[str, str]:
    """For `read_settings(service, environment())`: a command finds the system that `doorstep up` made.

    What is set outside as a secret's file is read here, so that it stands before what is remembered.
    """
    from chassis.settings import with_secret_files

    return remembered(directory or var()) | with_secret_files(dict(os.environ))


def remembered(directory: Path) -> dict[str, str]:
    file = directory / "environment.json"
    try:
        found: dict[str, str] = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        from deploy.local.processes import LocalNodeError

        raise LocalNodeError(f"{file} cannot be read: remove it and start again with `doorstep up`") from None
    return found


def remember(directory: Path, chosen: dict[str, str]) -> None:
    """Holds the broker's password: for the owner's eyes."""
    write_private(directory / "environment.json", json.dumps(chosen, indent=1) + "\n")


def write_private(file: Path, text: str) -> None:
    """Mode 0600 from the first byte on, and never half-written."""
    temporary = file.with_name(f"{file.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    temporary.replace(file)
