"""How a row of a list that waits for somebody is worked off: which thing it is, and what can be said of it.

Plain data: `settle.py` makes the pages from it, one way for all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from services.console.pages.catalogues import N_
from services.console.pages.officers.listing import Column

FieldKind = Literal["text", "tel", "note", "word", "time", "place"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A field of the form of an act.

    :param of: the path in the data of the command.
    :param words: of the vocabulary, to choose from.
    """

    of: str
    label: str
    kind: FieldKind = "text"
    words: Sequence[str] = ()
    hint: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """
    :param name: in the form and the address.
    :param title: what is said with it; the heading of its form, and its button is `says`.
    :param command: of the door that has the list.
    :param fields: None: those of the report that is corrected.
    :param fixed: what the command says besides.
    :param expects: the field of the thing that says on which version this is decided.
    :param when: the state of the thing in which it can be said; "": while it waits.
    :param both: of a pair, whether only who sees both can say it.
    """

    name: str
    title: str
    says: str
    command: str
    fields: Sequence[Asked] | None
    fixed: Mapping[str, Any] = field(default_factory=dict)
    expects: str = ""
    when: str = ""
    both: bool = False

    def field_name(self, asked: Asked) -> str:
        """In the form: two acts on one page may each have a note."""
        return f"{self.name}-{asked.of.rpartition('.')[2]}"


@dataclass(frozen=True, slots=True)
class Settling:
    """
    :param thing: of the door, by the id of a row.
    :param id: by what a row is known, in the row and in commands; of a pair by two.
    :param waits: the field of the thing that says that it waits; `state` also with which value.
    :param facts: what is known of it, masked until somebody says why.
    :param masked: whether some of the facts are. Of a report none is: all of it is shown to be corrected.
    :param meanwhile: what to do until it is settled, in one sentence.
    :param compared: of a pair, what is known of each: in the thing each name stands twice, with `first_` and
        with `second_`.
    :param after: state of the thing once it is settled -> the code of what its page says then (`SAID`): for
        what can be taken back there.
    """

    thing: str
    id: tuple[str, ...]
    waits: tuple[str, Any]
    facts: Sequence[Column]
    acts: Sequence[Act]
    masked: bool
    meanwhile: str = ""
    compared: Sequence[Column] = ()
    after: Mapping[str, str] = field(default_factory=dict)

    def id_of(self, row: Mapping[str, Any]) -> str:
        return ":".join(str(row[name]) for name in self.id)

    def named(self, id: str) -> dict[str, str]:
        """The same, as commands name it."""
        return dict(zip(self.id, id.split(":"), strict=False))

    def still_waits(self, thing: Mapping[str, Any]) -> bool:
        name, value = self.waits
        return bool(thing[name] == value if value is not None else thing[name])


NOTE: Final = Asked("note", N_("Note"), "note", hint=N_("For the record; it is sealed"))
