"""Likenesses: what two people have in common who may be one person, though nothing says that they are.

A likeness joins nothing and holds up nothing: staff are asked. It counts between arrivals within 48 hours of
each other. Each kind has keys, equal where two are alike, so that the others are looked up and never searched
for:

- `name_birth`: one form of the name, and the birth date, which a resident identity number tells too. So a
  person is found who showed a passport here and a permit there, or no number at all.
- `phone`: the number alone. Two people with a resident identity number each are two, whatever phone they
  share; so are people of one household.
- `number_head`, `number_tail`: the name with either half of the number. A mistyped character, or two
  neighbours that changed places, leave one half as it was; where they changed places across the middle, both
  halves are known (`crossed`). Without the name, families with consecutive passports would be alike. Resident
  identity numbers have none: their check character finds such mistakes before they come here.
- `beside`: the name, or birth date, of who is known only beside somebody else, with the doorstep: an infant
  whom one report names with the father and another with the mother.

A key that many people bear says nothing: the phone of a school or a hotel, a birth date that somebody
invented for a whole list.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final, NamedTuple

FORM: Final = 1
"""Of the keys, kept with each arrival: an older version wrote arrivals without."""

NEAR: Final = timedelta(hours=48)
"""As for reports of one coming."""
_NEAR_S: Final = NEAR.total_seconds()

MOST_PEOPLE: Final = 6
"""A key of more people than these opens nothing. Six people make 15 pairs at the most."""

KEYS: Final = {
    "number_head": "similar_number",
    "number_tail": "similar_number",
    "name_birth": "same_name_and_birth_date",
    "beside": "same_name_beside",
    "phone": "same_phone",
}
"""Each key with what it shows; the stronger likeness first."""

_SHORTEST_NUMBER: Final = 6


class Traits(NamedTuple):
    """What a statement tells of a person: keyed digests of 64 bits. (A dataclass takes four times as long.)

    :param at: the arrival's time, in seconds since 1970.
    :param who: tells people under one key apart; odd: they have a resident identity number.
    :param crossed: head and tail of the number whose characters beside the middle changed places. Not stored.
    """

    arrival_id: str
    at: int
    who: int
    name_birth: int | None = None
    phone: int | None = None
    number_head: int | None = None
    number_tail: int | None = None
    beside: int | None = None
    crossed: tuple[int, int] | None = None


def are_alike(key: str, one: Traits, other: Traits) -> bool:
    """Whether two with this key in common may be one person."""
    if one.arrival_id == other.arrival_id or abs(one.at - other.at) > _NEAR_S:
        return False
    return not (key == "phone" and one.who & other.who & 1 and one.who != other.who)


def are_many(bearers: Iterable[Traits]) -> bool:
    """More people bear a key than it can say anything about."""
    return len({traits.who for traits in bearers}) > MOST_PEOPLE


def halves(number: str) -> tuple[str, str] | None:
    """A number's halves. None: it is too short for a half to say anything."""
    if len(number) < _SHORTEST_NUMBER:
        return None
    middle = len(number) // 2
    return number[:middle], number[middle:]


def crossed(number: str) -> str:
    """The number whose two characters beside the middle changed places."""
    middle = len(number) // 2
    return f"{number[: middle - 1]}{number[middle]}{number[middle - 1]}{number[middle + 1 :]}"
