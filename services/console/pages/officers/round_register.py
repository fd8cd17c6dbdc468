"""A register of residents is put into a round: a thousand lines a step, however many there are.

A step is a page of its own, whose form holds what is left and what came of the lines before: nothing is kept
here between two steps, so nothing is lost when the other side cannot be reached, or this process ends. A step
that is sent twice puts nobody in twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from werkzeug.datastructures import FileStorage, MultiDict

from field.sent_tables import text_of
from services.console.doors import Doors
from services.console.pages.catalogues import gettext
from services.console.pages.entry.keys import key_of_act
from services.console.pages.entry.numbers import number_of
from services.console.pages.officers.acts import Became, say
from services.console.pages.shown.register_rows import MOST, RegisterLine, first_line, headings, read_register

A_STEP: Final = 1_000
"""Lines of one step: a second or two, so that one sees it move."""
_AT_ONCE: Final = 200
"""Lines in one act."""
_LONGEST: Final = 3 << 20
"""Bytes of a register: with what is told of its lines the form of the next step takes no more than 4 MB."""
_WORKBOOK: Final = b"PK\x03\x04"
_AT_DOOR: Final = {"identity_number": "identity", "birth_date": "no_day", "building": "no_door"}


@dataclass(frozen=True, slots=True)
class Faulty:
    """A line that did not go in.

    :param codes: what is wrong with it.
    """

    number: int
    codes: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Register:
    """
    :param head: the first line of all, by which the columns are known; it holds headings, or data.
    :param lines: those that are left.
    :param of: how many lines with data there are in all.
    :param became: of an act that was refused as a whole, or could not be said; None: it goes on.
    """

    place: str
    head: str
    lines: tuple[RegisterLine, ...]
    of: int
    added: int = 0
    known: int = 0
    faulty: tuple[Faulty, ...] = ()
    became: Became | None = None

    @property
    def done(self) -> int:
        return self.of - len(self.lines)

    @property
    def first(self) -> int:
        """The number of the first line that is left."""
        return self.lines[0].number if self.lines else 1

    @property
    def rest(self) -> str:
        """What is left, for the form of the next step; empty lines between them let each keep its number."""
        texts = {line.number: line.text for line in self.lines}
        last = self.lines[-1].number if self.lines else 0
        return "\n".join(texts.get(number, "") for number in range(self.first, last + 1))

    @property
    def goes_on(self) -> bool:
        """Whether there is another step."""
        return bool(self.lines) and (self.became is None or self.became.kind == "away")

    @property
    def to_mend(self) -> str:
        """What did not go in, as it was sent: below its line of headings, where it has one."""
        lines = [one.text for one in sorted(self.faulty, key=lambda one: one.number)]
        lines += self.rest.splitlines()
        heads = headings(self.head)
        return "\n".join([heads, *lines] if heads and lines else lines)


def sent_register(form: MultiDict[str, str], files: Mapping[str, FileStorage]) -> Register | str:
    """What was sent: a file, or what was pasted, or the rest of one. A sentence where it cannot be read."""
    place = form.get("register_place", "").strip()
    if "rest" in form:
        return _going_on(form, place)
    text = form.get("register", "")
    file = files.get("file")
    if file and file.filename:
        data = file.read()
        try:
            text = "" if data.startswith(_WORKBOOK) else text_of(data)
        except UnicodeDecodeError:
            text = ""
        if not text:
            return gettext(
                "The file cannot be read: save it from the spreadsheet as %(kind)s, and send that.",
                kind="CSV",
            )
    if len(text.encode("utf-8", "replace")) > _LONGEST:
        return gettext("This is too long: send it in parts, or without the columns that are not named here.")
    lines = read_register(text)
    if not 0 < len(lines) <= MOST:
        return gettext("Send 1 to %(most)s lines at once.", most=format(MOST, ","))
    return Register(place, first_line(text), tuple(lines), len(lines))


def _going_on(form: MultiDict[str, str], place: str) -> Register:
    """Counts are only shown; whoever changes them deceives nobody but themselves."""
    head = form.get("head", "")
    lines = tuple(read_register(form["rest"], first=number_of(form.get("first", "")), head=head))
    added, known, of = (number_of(form.get(name, "")) for name in ("added", "known", "of"))
    return Register(place, head, lines, max(of, len(lines)), added, known, _faulty(form.get("faulty", "")))


def as_text(faulty: Sequence[Faulty]) -> str:
    """For the form of the next step."""
    return "\n".join(f"{one.number}\t{','.join(one.codes)}\t{one.text}" for one in faulty)


def _faulty(text: str) -> tuple[Faulty, ...]:
    found = []
    for line in filter(str.strip, text.splitlines()):
        number, _, more = line.partition("\t")
        codes, _, as_sent = more.partition("\t")
        found.append(Faulty(number_of(number), tuple(filter(None, codes.split(","))), as_sent))
    return tuple(found)


def put_in(doors: Doors, round_id: str, register: Register) -> Register:
    """One step of it. What is right goes in; a faulty line is named, and only it goes in again."""
    step, later = register.lines[:A_STEP], register.lines[A_STEP:]
    sound = [line for line in step if line.data is not None]
    faulty = [_as_faulty(line, line.wrong) for line in step if line.data is None]
    while sound:
        piece, sound = sound[:_AT_ONCE], sound[_AT_ONCE:]
        data: dict[str, Any] = {"round_id": round_id, "people": [line.data for line in piece]}
        data |= {"place": register.place} if register.place else {}
        became = say(doors, "isolation", "give_register", key_of_act(data, "register"), data)
        if became.kind == "done":
            added, known = register.added + became.result["added"], register.known + became.result["known"]
            register = replace(register, added=added, known=known)
        elif of_lines := _of_lines(piece, became.wrong):
            faulty += [_as_faulty(piece[at], wrong) for at, wrong in of_lines.items()]
            sound = [line for at, line in enumerate(piece) if at not in of_lines] + sound
        else:
            return _stopped(register, faulty, [*piece, *sound, *later], became)
    return _stopped(register, faulty, later, None)


def _stopped(
    register: Register, faulty: Sequence[Faulty], left: Sequence[RegisterLine], became: Became | None
) -> Register:
    return replace(
        register,
        lines=tuple(left),
        faulty=(*register.faulty, *sorted(faulty, key=lambda one: one.number)),
        became=became,
    )


def _as_faulty(line: RegisterLine, wrong: Mapping[str, str]) -> Faulty:
    return Faulty(line.number, tuple(dict.fromkeys(wrong.values())), line.text)


def _of_lines(piece: Sequence[RegisterLine], wrong: Mapping[str, str]) -> dict[int, dict[str, str]]:
    """What the door says is wrong, by the line that is meant: `people[3].birth_date`, or `people.3.name`."""
    found: dict[int, dict[str, str]] = {}
    for where in wrong:
        path = where.replace("[", ".").replace("]", "").split(".")
        if path[0] == "people" and len(path) > 1 and path[1].isdecimal() and int(path[1]) < len(piece):
            column = path[2] if len(path) > 2 else "name"
            found.setdefault(int(path[1]), {})[column] = _AT_DOOR.get(column, "long")
    return found


def says(codes: Sequence[str]) -> str:
    """What is wrong, and what to do."""
    known = {
        "missing": gettext("no name: write it in the column name"),
        "no_door": gettext("no door: write the building, or the room"),
        "no_flag": gettext("cannot walk: write yes, or leave it empty"),
        "no_day": gettext("day of birth: write it as 2022-10-01, or leave it empty"),
        "long": gettext("too long, or no such thing as the column is for: shorten it"),
        "identity": gettext("number of the document: one character is wrong; look at the card"),
    }
    return "; ".join(str(known.get(code, known["long"])) for code in codes)
