"""Which role may do which act, read from `field/roles.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml


@dataclass(frozen=True, slots=True)
class Roles:
    """:param who: role -> what somebody in it does.
    :param staff: those of staff.csv.
    :param acts: service -> act -> the roles that may do it.
    """

    who: Mapping[str, str]
    staff: frozenset[str]
    acts: Mapping[str, Mapping[str, frozenset[str]]]

    def may(self, role: str, service: str, act: str) -> bool:
        return role in self.acts.get(service, {}).get(act, frozenset())


@cache
def roles() -> Roles:
    """As they are shipped."""
    return read_roles(yaml.safe_load((files("field") / "roles.yaml").read_text(encoding="utf-8")))


def read_roles(document: Mapping[str, Any]) -> Roles:
    """Raises ValueError where an act names a role that there is not."""
    who = {role: about["who"] for role, about in document["roles"].items()}
    acts = {
        service: {act: frozenset(may) for act, may in of_service.items()}
        for service, of_service in document["acts"].items()
    }
    for service, of_service in acts.items():
        for act, may in of_service.items():
            if unknown := sorted(may - who.keys()):
                raise ValueError(f"roles.yaml: {service}, {act}: no such role: {', '.join(unknown)}")
    staff = frozenset(role for role, about in document["roles"].items() if about["staff"])
    return Roles(who, staff, acts)
