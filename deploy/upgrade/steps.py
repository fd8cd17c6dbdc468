"""The steps of an upgrade. Each leaves alone what is as it must be, so that all may be run again.

What could be wrong is looked at first: until the backup is made nothing that runs is changed. The old
services work until it is their turn: tables and queues only grow, and each service finishes what it has in
hand before the new one starts.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deploy.backup import containers, databases
from deploy.backup.__main__ import backup
from deploy.backup.containers import SERVICES
from deploy.backup.errors import Refused
from deploy.compose.make_secrets import Unusable, make, unreadable

Say = Callable[[str], object]

EARLIER = "doorstep:before"
"""The image of the earlier version: it looks at what it leaves behind, and is kept for going back."""
SETTLE_S = 180


def upgrade(to: Path, *, keep: int | None, build: bool, say: Say) -> None:
    """Raises Refused at the step that cannot be done; what was done by then stays, and nothing is lost.

    :param to: the folder below which the backup goes.
    :param keep: afterwards only the newest so many backups stay there.
    :param build: whether the image of this version is still to be built.
    """
    running = containers.images_of(*SERVICES)
    if not running:
        raise Refused(
            "no service was started here: make secrets, then docker-compose up -d, start this version"
        )
    _make_secrets(say)
    if build:
        say("building the image of this version")
        containers.compose("build", "doorstep")
    if containers.image_named(containers.setting("DOORSTEP_IMAGE", "doorstep:latest")) in running:
        say("this version runs already: no audit of before, and no backup")
        before: dict[str, Any] = {}
    else:
        before = _look_and_keep(min(running), to, keep, say)
    say("bringing the databases up to date")
    # Roles and databases that this version has besides; the server was started with the secrets of before.
    databases.make_roles(*containers.up_to_date("postgres"))
    containers.job("migrate")
    say("giving users of the broker the rights of today, declaring exchanges and queues")
    _renew_rights()
    containers.job("topology")
    say("starting this version, service by service")
    containers.renew()
    say("announcing places, staff and policies to copies that are new")
    containers.job("doorstep", "reference", "announce", "--json")
    say("auditing")
    after = _audit()
    _compare(before, after)
    say(f"done: {_in_words(after)}")


def _make_secrets(say: Say) -> None:
    if closed := unreadable(containers.ROOT):
        raise Refused(f"containers cannot read all: chmod -R a+rX {' '.join(closed)}")
    try:
        made = make(_secrets_folder())
    except Unusable as error:
        raise Refused(str(error)) from None
    say(f"secrets: made {', '.join(made)}" if made else "secrets: all are there")


def _secrets_folder() -> Path:
    return containers.ROOT / containers.setting("DOORSTEP_SECRETS", "deploy/compose/secrets")


def _look_and_keep(running: str, to: Path, keep: int | None, say: Say) -> dict[str, Any]:
    """The audit of the version that runs; its image is kept under a name of its own, its data in a backup."""
    containers.tag(running, EARLIER)
    with containers.using_image(EARLIER):
        say("auditing as it is")
        before = _audit()
        say(f"balanced: {_in_words(before)}")
        kept = backup(to, keep)
    say(f"backup: {kept['folder']}, as of {kept['taken_at']}; the image is kept as {EARLIER}")
    return before


def _renew_rights() -> None:
    """The broker reads its definitions when it starts; it goes on running, so they are read to it.

    Publishers are no part of them: the topology job renews those.
    """
    definitions = _secrets_folder() / "rabbitmq_definitions.json"
    rabbitmq = containers.container(*containers.brokers())
    containers.execute(rabbitmq, "rabbitmqctl", "-q", "import_definitions", given=definitions.read_bytes())


def _audit() -> dict[str, Any]:
    """By the image that DOORSTEP_IMAGE names. Raises Refused unless all is there."""
    chosen = os.environ.get("DOORSTEP_IMAGE")
    by_hand = (
        f"{f'DOORSTEP_IMAGE={chosen} ' if chosen else ''}docker-compose run --rm --no-deps doorstep audit"
    )
    code, said = containers.asked("doorstep", "audit", "--json", "--wait", str(SETTLE_S))
    try:
        found: dict[str, Any] = json.loads(said.splitlines()[-1])
    except (IndexError, ValueError):
        raise Refused(f"the audit could not be made (exit code {code}): {by_hand} says why") from None
    if not found.get("balanced"):  # what stands still may be what the upgrade mends
        raise Refused(
            f"the audit does not balance, {found['missing_count']} are missing: {by_hand} names them"
        )
    return found


def _compare(before: dict[str, Any], after: dict[str, Any]) -> None:
    for what, number in _figures(before).items():
        if (now := _figures(after)[what]) < number:
            raise Refused(f"there were {number} {what}, and there are {now}: the backup has them all")


def _figures(audit: dict[str, Any]) -> dict[str, int]:
    if not audit:
        return {}
    sums = audit["sums"]
    return {
        "reports": sums["reports"]["received"],
        "arrivals": sums["arrivals"]["registered"],
        "messages": sums["messages"]["found"],
    }


def _in_words(audit: dict[str, Any]) -> str:
    return ", ".join(f"{number} {what}" for what, number in _figures(audit).items())
