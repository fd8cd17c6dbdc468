"""What is wrong with an input, and the answer *no*: one shape for each, everywhere.

Whoever judges input collects `Fault`s; whoever refuses an act raises or returns `Refused`. The edges map
them once each: to a reply event, to a line with an exit code, to a dead letter, later to HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

Kind = Literal["unknown", "not_allowed", "invalid", "conflict"]
KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with an input.

    :param where: field, path or row as its author knows it (`person.phone`, `row 3, phone`); "" is the whole.
    :param code: stable, for programs.
    :param message: a sentence for people. It never holds the value: values are people's data.
    """

    where: str
    code: str
    message: str

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.where else self.message

    def as_dict(self) -> dict[str, str]:
        """As replies to publishers carry it; `where` is called `field` there."""
        return {"field": self.where, "code": self.code, "message": self.message}


class Refused(Exception):
    """An act is refused, and nothing of it was done.

    Kinds: `unknown`, the thing does not exist, or not for whoever asks; `not_allowed`, they may not do this;
    `invalid`, the input breaks a rule (all faults at once); `conflict`, it has changed since they looked.
    """

    def __init__(self, kind: Kind, faults: Iterable[Fault]) -> None:
        self.kind = kind
        self.faults = tuple(faults)
        super().__init__("; ".join(map(str, self.faults)))

    @classmethod
    def unknown(cls, what: str, id: str) -> Refused:
        """:param what: the kind of thing ("report"); `id` is ours, never a person's number."""
        return cls("unknown", [Fault("", "unknown", f"there is no {what} {id}")])

    @classmethod
    def invalid(cls, faults: Iterable[Fault]) -> Refused:
        return cls("invalid", faults)

    @classmethod
    def conflict(cls, what: str, message: str) -> Refused:
        return cls("conflict", [Fault(what, "conflict", message)])
