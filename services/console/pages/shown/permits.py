"""Leave to go out, as pages show it: made of what isolation's door answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Outing:
    """:param left_at: when they were seen going; None: they were not.
    :param back_at: None: they are out, or never went.
    """

    begins: datetime
    ends: datetime
    left_at: datetime | None
    back_at: datetime | None
    late: bool

    @property
    def is_out(self) -> bool:
        return self.left_at is not None and self.back_at is None


@dataclass(frozen=True, slots=True)
class Permit:
    """:param where: what was written; "" where it is somebody else's to read, as `why` is.
    :param how: how they go; "": nobody said.
    :param by: until when it is decided.
    :param state: one of field.words.PERMIT_STATES.
    :param reviewed: whether an officer has decided; an emergency goes before.
    :param reason: why it was refused, and what is possible.
    :param escort: who takes them, as the officer arranged it.
    :param told: (role, name) of those who were told at once.
    """

    id: str
    people: Sequence[str]
    kind: str
    where: str
    why: str
    how: str
    at: datetime
    outings: Sequence[Outing]
    by: datetime
    state: str
    reviewed: bool
    reason: str
    escort: str
    told: Sequence[tuple[str, str]]
    may_withdraw: bool

    @property
    def is_out(self) -> bool:
        return any(one.is_out for one in self.outings)

    @property
    def urgent(self) -> bool:
        return self.kind == "emergency"


def _outing(one: Mapping[str, Any]) -> Outing:
    return Outing(
        datetime.fromisoformat(one["begins"]),
        datetime.fromisoformat(one["ends"]),
        _moment(one["left_at"]),
        _moment(one["back_at"]),
        one["late"],
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def read_permits(documents: Sequence[Mapping[str, Any]]) -> list[Permit]:
    return [_permit(one) for one in documents]


def _permit(one: Mapping[str, Any]) -> Permit:
    return Permit(
        id=one["permit_id"],
        people=one["people"],
        kind=one["kind"],
        where=one["where"] or "",
        why=one["why"] or "",
        how=one["how"] or "",
        at=datetime.fromisoformat(one["at"]),
        outings=[_outing(of) for of in one["outings"]],
        by=datetime.fromisoformat(one["by"]),
        state=one["state"],
        reviewed=one["reviewed"],
        reason=one["reason"] or "",
        escort=one["escort"] or "",
        told=[(who["role"], who["name"] or "") for who in one["told"]],
        may_withdraw=one["may_withdraw"],
    )
