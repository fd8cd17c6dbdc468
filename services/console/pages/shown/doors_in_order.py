"""The order in which somebody walks from door to door: building, unit, floor, room.

What cannot be read stands last, and nothing is ever left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, Final, TypeVar

from field.addresses import read_door

Thing = TypeVar("Thing")

_PARTS: Final = re.compile(r"[0-9]+|[^0-9]+")

_NO_FLOOR: Final = 1 << 20
"""Stands after every floor."""


def _natural(text: str) -> tuple[Any, ...]:
    """Numbers by their value and before letters; nothing comes last."""
    if text.isdecimal() and text.isascii():
        return (False, ((0, int(text), ""),))
    parts = tuple(
        (0, int(part), "") if part[0] in "0123456789" else (1, 0, part) for part in _PARTS.findall(text)
    )
    return (not parts, parts)


def in_order(
    things: Iterable[Thing], address: Callable[[Thing], str], *, from_top: bool = False
) -> list[Thing]:
    """Things by their doors; those of one door stay in the order given.

    :param from_top: the highest floor of each unit first, as somebody walks who has taken the lift.
    """
    natural = cache(_natural)  # the doors of a round share estates, buildings and units
    return sorted(things, key=lambda thing: door_key(address(thing), from_top=from_top, natural=natural))


def door_key(
    address: str, *, from_top: bool = False, natural: Callable[[str], tuple[Any, ...]] = _natural
) -> tuple[Any, ...]:
    """What is compared of two addresses: equal only for those that are written alike.

    :param natural: how a part of it is compared.
    """
    door = read_door(address)
    floor = _NO_FLOOR if door.floor is None else -door.floor if from_top else door.floor
    readable = door.building or door.unit or door.room or door.floor is not None
    parts = (door.estate, door.building, door.unit)
    return (not readable, *map(natural, parts), floor, natural(door.room), natural(door.rest), address)
