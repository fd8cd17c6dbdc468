"""Why an operation was not done: a few kinds, each with a text of one line (what, where, what to do)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path


class OperationFailed(Exception):
    """The operation was not done. `str(error)` is one line for the operator."""


class NotFound(OperationFailed):
    """There is no such thing."""


class Conflict(OperationFailed):
    """The thing is not in the state that the operation needs."""


class WrongInput(OperationFailed):
    """The operation cannot work with this name, file or setting."""


class NotSetUp(OperationFailed):
    """Something must be set up first."""


class BrokerRefused(OperationFailed):
    """The broker did not take all that was sent to it."""


class FileRefused(OperationFailed):
    """A file was refused whole, with all that is wrong in it. The only kind with more than one line."""

    def __init__(self, file: Path, faults: Sequence[object]) -> None:
        self.file = file
        self.faults = tuple(faults)
        count = f"{len(self.faults)} errors" if len(self.faults) != 1 else "1 error"
        lines = [f"{file} is refused, nothing was imported ({count}):", *(f"  {fault}" for fault in faults)]
        super().__init__("\n".join(lines))
