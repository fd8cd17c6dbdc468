"""What a household needs, as pages show it: made of what isolation's door answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

_OPEN: Final = ("asked", "seen", "not_possible")


@dataclass(frozen=True, slots=True)
class Need:
    """:param text: what was written; "" where there is nothing, or where it is somebody else's to read.
    :param by: until when it is met, or somebody looks.
    :param state: one of field.words.NEED_STATES.
    :param told: (role, name) of those who were told at once.
    """

    id: str
    kind: str
    text: str
    days_left: int | None
    needs_cold: bool
    at: datetime
    by: datetime
    urgent: bool
    state: str
    seen_at: datetime | None
    settled_at: datetime | None
    how: str
    because: str
    told: Sequence[tuple[str, str]]
    may_withdraw: bool
    people: Sequence[str] = ()
    """Case ids of those for whom it is."""
    mine: bool = False
    """Whether its task is whoever's page it is."""

    @property
    def is_open(self) -> bool:
        return self.state in _OPEN


def read_needs(documents: Sequence[Mapping[str, Any]]) -> list[Need]:
    return [_need(one) for one in documents]


def _need(one: Mapping[str, Any]) -> Need:
    return Need(
        id=one["need_id"],
        kind=one["kind"],
        text=one["text"] or "",
        days_left=one["days_left"],
        needs_cold=one["needs_cold"],
        at=datetime.fromisoformat(one["at"]),
        by=datetime.fromisoformat(one["by"]),
        urgent=one["urgent"],
        state=one["state"],
        seen_at=_moment(one["seen_at"]),
        settled_at=_moment(one["settled_at"]),
        how=one["how"] or "",
        because=one["because"] or "",
        told=[(who["role"], who["name"] or "") for who in one["told"]],
        may_withdraw=one["may_withdraw"],
        people=one["people"],
        mine=one.get("mine", False),
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
