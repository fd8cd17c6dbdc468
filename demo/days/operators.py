"""The operators: they publish policies, withdraw a wrong one, and start again what was killed."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from importlib import resources
from typing import Any

from chassis.errors import is_world_away
from demo.days.patience import until_it_answers
from demo.days.scene import Scene
from demo.samples import CENTRES, sample
from deploy.local.system import LocalSystem
from operations.policies import texts_of, withdraw
from operations.reference_imports import import_centres, import_policy
from operations.settings import environment
from services.isolation import door as isolation

POLICY_CHANGES, WRONG_POLICY, KILLED = 5, 7, 8
"""The days on which it happens."""
_KILLED_SERVICE = "notification"
_INFORMED = "inform_only"

Say = Callable[[str], object]
Stand = tuple[str, str]
"""Measure and day of release."""


@dataclass
class Operators:
    """Of a local system.

    :param before: case -> how it stood when the wrong policy was published.
    """

    system: LocalSystem
    say: Say
    before: dict[str, Stand] = field(default_factory=dict)

    def up(self) -> bool:
        """Whether all runs, once whatever died was started again, as `doorstep up` does."""
        self.system.watch(self.say)
        return self.system.is_up()

    def begin(self) -> None:
        """As `doorstep centres import` does: there are beds from now on."""
        self.say("  centres with their beds are imported")
        with resources.as_file(sample(CENTRES)) as file:
            import_centres(file, environment(self.system.directory))

    def in_the_morning(self, scene: Scene) -> bool:
        """Whether they did anything."""
        if scene.day == POLICY_CHANGES:
            self.say("  the next edition is in force from today on")
            self._publish(scene, in_force_from(_edition(), scene.now.date()))
        elif scene.day == WRONG_POLICY:
            self.say("  a wrong text of it is published")
            # Whoever's days are full may go on to the next stage meanwhile.
            today = scene.now.date().isoformat()
            self.before = {id: stand for id, stand in _stands(scene).items() if stand[1] > today}
            self._publish(scene, with_wrong_days(self._published(scene)))
        return scene.day in (POLICY_CHANGES, WRONG_POLICY)

    def at_noon(self, scene: Scene) -> bool:
        """Whether they did anything."""
        if scene.day == WRONG_POLICY:
            self.say("  and withdrawn: the text of before is in force again")
            wrong = until_it_answers(_newest_version, is_world_away)
            until_it_answers(lambda: self._withdraw(wrong), is_world_away)
        elif scene.day == KILLED:
            self.say(f"  {_KILLED_SERVICE} is killed")
            pid = self.system.pid_of(_KILLED_SERVICE)
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            scene.played.add("killed")
        return scene.day in (WRONG_POLICY, KILLED)

    def in_the_afternoon(self, scene: Scene) -> None:
        if scene.day == WRONG_POLICY:
            after = _stands(scene)
            same = [id for id, stand in self.before.items() if after.get(id, stand) == stand]
            scene.played.add("stood_before", len(self.before))
            scene.played.add("stand_as_before", len(same))

    def _withdraw(self, version: int) -> None:
        """As `doorstep policy withdraw` does, unless it was done already, and only the answer was lost."""
        if _newest_version() == version:
            reason, settings = "days were typed wrong", environment(self.system.directory)
            withdraw(_edition()["policy_id"], version, reason, "demo", settings)

    def _published(self, scene: Scene) -> dict[str, Any]:
        changed = scene.began.date().replace(day=scene.began.day + POLICY_CHANGES - 1)
        return in_force_from(_edition(), changed)

    def _publish(self, scene: Scene, document: dict[str, Any]) -> None:
        """As `doorstep policy import` does."""
        file = self.system.directory / "run" / f"{document['policy_id']}.json"
        file.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
        settings = environment(self.system.directory)
        published = until_it_answers(lambda: import_policy(file, settings), is_world_away)
        scene.played.add("policies", int(published["published"]))


def _edition() -> dict[str, Any]:
    """The newest that is shipped."""
    return max(isolation.SHIPPED_POLICIES(), key=lambda one: str(one["valid_from"]))


def _newest_version() -> int:
    return int(texts_of(_edition()["policy_id"])[-1]["version"])


def in_force_from(document: dict[str, Any], day: date) -> dict[str, Any]:
    return document | {"valid_from": day.isoformat()}


def with_wrong_days(document: dict[str, Any]) -> dict[str, Any]:
    """Somebody typed 17 for 7, and 13 for 3."""
    wrong = deepcopy(document)
    for level in wrong["levels"].values():
        if level.get("days"):
            level["days"] += 10
    return wrong


def _stands(scene: Scene) -> dict[str, Stand]:
    """Of whoever is followed and not only informed."""
    return {
        case["case_id"]: (case["measure"], case["release_on"])
        for case in scene.rows("isolation", "open_cases")
        if case["measure"] != _INFORMED
    }
