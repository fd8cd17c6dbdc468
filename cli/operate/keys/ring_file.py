"""The file of the key ring, where this machine may write it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.keys.ring import RingFault, write
from operations.errors import WrongInput
from operations.settings import local_folder, remembered

_SETTING: Final = "DOORSTEP_SEAL_KEYS"


def change_ring(change: Callable[[str], tuple[str, str]]) -> str:
    """Write what `change` makes of the ring; returns what it says. Raises WrongInput."""
    file = _file()
    try:
        text, said = change(file.read_text())
        write(file, text)
    except RingFault as error:
        raise WrongInput(f"{file}: {error}") from None
    except OSError as error:
        raise WrongInput(
            f"{file} cannot be written here ({error.strerror}): where the system runs in containers, use "
            "`make keys` on the machine itself, see docs/operations/keys.md"
        ) from None
    return said


def _file() -> Path:
    if _SETTING in os.environ:
        raise WrongInput(f"{_SETTING} is set itself and not by a file: change it where it is set")
    file = os.environ.get(f"{_SETTING}_FILE") or remembered(local_folder()).get(f"{_SETTING}_FILE")
    if not file:
        raise WrongInput(f"{_SETTING}_FILE is not set: start the system once with `doorstep up`")
    return Path(file)
