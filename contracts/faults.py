"""One shape for a fault of an input, and one for the answer *no*, everywhere.

Code that judges input collects `Fault`s; code that refuses an act raises or returns `Refused`. The edges map
each of them once: to a reply event, to a line with an exit code, to a dead letter, later to HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from field.ids import is_id

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

    def within(self, place: str) -> Fault:
        """Return the fault as one of the whole to which the input belongs: a file, a row, a rule."""
        return Fault(f"{place}: {self.where}" if self.where else place, self.code, self.message)

    def as_dict(self) -> dict[str, str]:
        """Return the shape that replies to publishers carry; `where` is called `field` there."""
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
        """
        :param what: the kind of thing ("report").
        :param id: as it was given. It is said again where it has the form of our ids: another text may be
            anything, a person's number too.
        """
        which = id if is_id(id) else "with this id"
        return cls("unknown", [Fault("", "unknown", f"there is no {what} {which}")])

    @classmethod
    def invalid(cls, faults: Iterable[Fault]) -> Refused:
        return cls("invalid", faults)

    @classmethod
    def conflict(cls, what: str, message: str) -> Refused:
        return cls("conflict", [Fault(what, "conflict", message)])


def faults_of(
    messages: object, *, whole: str = "", item: str = "[{}]", keyed: bool = False, code: str = "contract"
) -> Iterator[Fault]:
    """marshmallow's nested messages as a flat list, in the order of the document. None quotes a value.

    :param whole: `where` of a fault of the whole document.
    :param item: how the number of an entry is written after the name of its list.
    :param keyed: the schema has `Dict` fields. marshmallow files the faults of an entry under `key` and
        `value` then; without this they are the names of fields.
    """

    def flat(inside: object, path: str) -> Iterator[Fault]:
        if isinstance(inside, Mapping):
            for name, deeper in inside.items():
                if name == "_schema" or (keyed and name == "value"):
                    yield from flat(deeper, path)
                elif keyed and name == "key":
                    yield from flat(deeper, f"{path} (name)")
                elif isinstance(name, int):
                    yield from flat(deeper, path + item.format(name))
                else:
                    yield from flat(deeper, f"{path}.{name}" if path else str(name))
        elif isinstance(inside, list):
            for each in inside:
                yield from flat(each, path)
        else:
            yield Fault(path or whole, code, str(inside))

    return flat(messages, "")
