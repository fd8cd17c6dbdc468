"""One person with a shell publishes a policy: for the first set-up, and where the console is away."""

from __future__ import annotations

from typing import Any, Final

from chassis.unit_of_work import UnitOfWork
from services.isolation.policies.publish import Act, Published, publish

COMMAND_LINE: Final = "/command-line"
"""The source of what the command line did; a name may follow. Nobody confirmed it."""


def import_policy(uow: UnitOfWork, document: dict[str, Any], by: str | None = None) -> Published:
    """Raises Refused with all that is wrong; then nothing is stored.

    :param by: whoever did it, where it is known.
    """
    return publish(uow, document, Act(source_of(by)))


def source_of(by: str | None) -> str:
    return f"{COMMAND_LINE}/{by}"[:200] if by else COMMAND_LINE
