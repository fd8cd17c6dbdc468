"""The settings that operations work with: the environment, and below it what `doorstep up` wrote down."""

import json
import os
from pathlib import Path

from chassis.settings import with_secret_files
from operations.errors import NotSetUp, WrongInput


def local_folder() -> Path:
    """The local system writes below this folder only: DOORSTEP_VAR, or `var` in the current folder."""
    folder = Path(os.environ.get("DOORSTEP_VAR") or "var").absolute()
    if any(part.exists() and not part.is_dir() for part in (folder, *folder.parents)):
        raise WrongInput(
            f"{folder} can be no folder, a file is in its place: set DOORSTEP_VAR to another one"
        )
    return folder


def environment(folder: Path | None = None) -> dict[str, str]:
    """For `read_settings(service, environment())`: a command finds the system that `doorstep up` made.

    A secret's file that is set outside is read here, so that it stands before what was written down.
    """
    return remembered(folder or local_folder()) | with_secret_files(dict(os.environ))


def remembered(folder: Path) -> dict[str, str]:
    """The settings that `doorstep up` chose; empty where it never ran."""
    file = folder / "environment.json"
    try:
        found: dict[str, str] = json.loads(file.read_text())
    except FileNotFoundError:
        return {}
    except ValueError:
        raise NotSetUp(f"{file} cannot be read: remove it and start again with `doorstep up`") from None
    return found


def remember(folder: Path, chosen: dict[str, str]) -> None:
    """The file holds the broker's password: only its owner may read it."""
    write_private(folder / "environment.json", json.dumps(chosen, indent=1) + "\n")


def write_private(file: Path, text: str) -> None:
    """Mode 0600 from the first byte on, and never half-written."""
    temporary = file.with_name(f"{file.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as opened:
        opened.write(text)
    temporary.replace(file)
