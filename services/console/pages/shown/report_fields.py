"""A report as the fields of a form, one for each value in it, and the report that such a form says. Pure.

What a source sent may be anything: fields are made for what can stand in a report, and for what its faults
name as missing. A field is known by its path, as faults name it: `companions[0].identity_number`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

_ALWAYS: Final = (
    *("source_kind", "person.name", "person.identity_type", "person.identity_number", "person.phone"),
    *("person.birth_date", "arrival.at", "arrival.expected", "destination.division", "destination.address"),
)
"""Fields that stand in the form though the report lacks them."""
_SECTIONS: Final = ("source_kind", "person", "companions", "arrival", "destination", "stops", "transport")
"""In this order; whatever else there is follows."""
_NAMES: Final = (
    *("name", "identity_type", "identity_number", "phone", "birth_date", "sex", "at", "expected", "division"),
    *("address", "from", "to"),
)
"""In this order inside a section."""
_YES_NO: Final = frozenset({"expected", "called_off"})
_PART: Final = re.compile(r"\.?([A-Za-z_]\w{0,39})|\[(\d{1,2})\]")
_MOST: Final = 600
_DEEPEST: Final = 4

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class ReportField:
    """
    :param group: the part of the report in which it stands: `person`, `companions`, …; "" is the report.
    :param number: of the companion or stop, from 1; 0: there is only one.
    :param value: as text; of a yes or no `yes`, `no` or "".
    """

    path: str
    group: str
    number: int
    name: str
    value: str

    @property
    def yes_no(self) -> bool:
        return self.name in _YES_NO


def fields_of_report(data: Any, faulty: Iterable[str] = ()) -> list[ReportField]:
    """
    :param data: of the report as it came, which may be no report at all.
    :param faulty: paths that its faults name.
    """
    values = {path: "" for text in (*_ALWAYS, *faulty) if (path := _read(text)) and _is_field(path)}
    values |= dict(_leaves(data, ()))
    inner = {path[:length] for path in values for length in range(1, len(path))}
    paths = sorted((path for path in values if path not in inner), key=_order)[:_MOST]
    return [_field(path, values[path]) for path in paths]


def report_of_fields(given: Mapping[str, str]) -> dict[str, Any]:
    """The data of the report that the fields of a form say: what is left empty is left out.

    :param given: path -> what was typed.
    """
    whole: dict[str | int, Any] = {}
    for text, value in list(given.items())[:_MOST]:
        path = _read(text)
        if path is None or isinstance(path[0], int) or not value.strip():
            continue
        here = whole
        for part in path[:-1]:
            deeper = here.setdefault(part, {})
            if not isinstance(deeper, dict):
                break
            here = deeper
        else:
            here[path[-1]] = _said(path[-1], value.strip())
    return {
        str(name): _in_place(part) if name == "companions" else _folded(part) for name, part in whole.items()
    }


def _in_place(part: Any) -> Any:
    """Who came along keeps their place, also after somebody of whom nothing is left: by it the register knows
    in whose arrival they go on.
    """
    if not isinstance(part, dict) or not all(isinstance(name, int) for name in part):
        return _folded(part)
    return [_folded(part.get(index, {})) for index in range(max(part) + 1)]


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Mapping) and len(path) < _DEEPEST:
        for name, deeper in value.items():
            if re.fullmatch(r"[A-Za-z_]\w{0,39}", str(name)):
                yield from _leaves(deeper, (*path, str(name)))
    elif isinstance(value, list) and path:
        for index, deeper in enumerate(value[:100]):
            yield from _leaves(deeper, (*path, index))
    elif path and _is_field(path) and not isinstance(value, Mapping | list):
        yield path, _text(value)


def _is_field(path: Path) -> bool:
    """Not a whole companion or stop, of which nothing says what it was."""
    return isinstance(path[-1], str) and (len(path) > 1 or path[-1] not in _SECTIONS[1:])


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)[:1000]


def _said(name: str | int, value: str) -> Any:
    return value == "yes" if name in _YES_NO and value in ("yes", "no") else value


def _folded(part: Any) -> Any:
    """Numbered parts become a list; those of which nothing is left are left out."""
    if not isinstance(part, dict):
        return part
    if part and all(isinstance(name, int) for name in part):
        return [_folded(part[index]) for index in sorted(part)]
    return {str(name): _folded(deeper) for name, deeper in part.items()}


def _read(text: str) -> Path | None:
    """The parts of a path as faults write it; None where it is none."""
    path: list[str | int] = []
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None:
            return None
        path.append(found[1] if found[1] else int(found[2]))
        at = found.end()
    return tuple(path) if path and len(path) <= _DEEPEST else None


def _order(path: Path) -> tuple[Any, ...]:
    known = _SECTIONS.index(str(path[0])) if path[0] in _SECTIONS else len(_SECTIONS)
    number = next((part for part in path if isinstance(part, int)), -1)
    name = path[-1]
    return (known, number, _NAMES.index(name) if name in _NAMES else len(_NAMES), _written(path))


def _written(path: Path) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def _field(path: Path, value: str) -> ReportField:
    number = next((part + 1 for part in path if isinstance(part, int)), 0)
    group = str(path[0]) if len(path) > 1 else ""
    return ReportField(_written(path), group, number, str(path[-1]), value)


def place_of_path(text: str) -> tuple[str, int, str]:
    """(group, number, name) of a path, for whoever names it; the name is "" of a whole part."""
    path = _read(text)
    if path is None:
        return "", 0, text
    if len(path) == 1 and path[0] in _SECTIONS[1:]:
        return str(path[0]), 0, ""
    if isinstance(path[-1], int):
        return str(path[0]), path[-1] + 1, ""
    field = _field(path, "")
    return field.group, field.number, field.name
