"""Who a number, or a name with a phone, belongs to: each person under it, with what was said of them.

A number alone decides nothing. A statement is about a person under the same number, or the same name and
phone, if no fact of it contradicts that person; then it completes their facts. If it contradicts everybody
there, it is about somebody else, and the two are rivals: they may be one person of whom something wrong was
said, and staff are asked.

Keys, claims and matches are slotted and not frozen, for several are made of every statement, and a frozen one
takes ten times as long to make; nobody edits one in place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from services.registration.persons.compared import Compared

Facts = Mapping[str, str]
"""What was said of a person, by kind of fact: in clear only what names nobody, the rest as blind digests.

The kinds: identity_type, issuing_country, sex; birth_date, identity_number; name.<script>, for names of two
scripts cannot be compared."""

NUMBER: Final = "identity_number"
# These are known of the person, whatever led to them; the other facts belong to the number.
_OF_THE_PERSON: Final = ("birth_date", "sex")

# More people under one number than this: nobody's number, typed in to fill the field.
MOST_CLAIMS: Final = 8


@dataclass(slots=True)
class Keys:
    """What a statement says of who somebody is.

    :param identity: blind index of the identity number.
    :param by_name: blind index of name and phone, or of whatever else a name is found by.
    :param identity_facts: what is compared under the number. Of a resident identity number the kind, issuer,
        birth date and sex are parts: under the same number they are the same.
    :param name_facts: what is compared under the name.
    :param compared: what the keys were made of.
    :param beside: who they are among those who came with somebody, where the identity is no number of their
        own, but whom they came with.
    """

    identity: str | None
    by_name: str | None
    identity_facts: Facts
    name_facts: Facts
    compared: Compared
    beside: str | None = None


@dataclass(slots=True)
class Claim:
    """One person under a key."""

    person_id: str
    facts: Facts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rival:
    """Somebody else under the same key.

    :param why: `same_number` or `same_name_and_phone`.
    :param contradicts: the kinds of fact that differ; none where a statement fits several people.
    """

    person_id: str
    why: str
    contradicts: tuple[str, ...]


@dataclass(slots=True)
class PersonMatch:
    """The person that a statement names.

    :param merged: the person that the name led to until this statement gave them an identity number that
        another person has: nothing leads to `merged` any more, and its arrivals are this person's.
    """

    person_id: str
    merged: str | None = None
    rivals: tuple[Rival, ...] = ()


def contradictions(one: Facts, other: Facts) -> tuple[str, ...]:
    """The kinds of fact that both know and that differ, sorted."""
    differing = [kind for kind, value in one.items() if other.get(kind, value) != value]
    return tuple(sorted({kind.partition(".")[0] for kind in differing})) if differing else ()


@dataclass(slots=True)
class Book:
    """The people under each key. Statements in hand are entered one after the other.

    :param digest: makes a key out of a text.
    """

    new_person: Callable[[], str]
    digest: Callable[[str], str]
    claims: dict[str, tuple[Claim, ...]] = field(default_factory=dict)

    def enter(self, keys: Keys, fallback: str | None = None) -> PersonMatch:
        """
        :param fallback: the id of the person if nobody under the keys fits.
        """
        if keys.identity not in self.claims and keys.by_name not in self.claims:
            return PersonMatch(self._begin(keys, fallback or self.new_person()))
        number = self.key_for(keys.identity, keys.identity_facts)
        name_facts = keys.name_facts
        if number and keys.beside is None:
            name_facts = {**name_facts, NUMBER: number}
        name = self.key_for(keys.by_name, name_facts)
        by_number = self._fitting(number, keys.identity_facts)
        by_name = self._fitting(name, name_facts)
        if by_name is not None and number and not _may_be(by_name, by_number, number):
            by_name = None
        found = by_number or by_name
        person = found.person_id if found else fallback or self.new_person()
        merged = by_name.person_id if by_name and by_name.person_id != person else None
        rivals = (
            *self._rivals(keys.identity, "same_number", person, keys.identity_facts),
            *self._rivals(keys.by_name, "same_name_and_phone", person, name_facts),
        )
        known = _known_of(by_number, by_name)
        self._put(number, by_number, person, {**known, **keys.identity_facts})
        self._put(name, by_name, person, {**known, **name_facts})
        return PersonMatch(person, merged, tuple(rival for rival in rivals if rival.person_id != merged))

    def _begin(self, keys: Keys, person: str) -> str:
        """Nobody is known under these keys."""
        name_facts = keys.name_facts
        if keys.identity is not None:
            self.claims[keys.identity] = (Claim(person, keys.identity_facts),)
            if keys.beside is None:
                name_facts = {**name_facts, NUMBER: keys.identity}
        if keys.by_name is not None:
            self.claims[keys.by_name] = (Claim(person, name_facts),)
        return person

    def key_for(self, key: str | None, facts: Facts) -> str | None:
        """The key under which a statement is entered: where too many people are under it, a narrower one."""
        claims = self.claims.get(key, ()) if key else ()
        if len(claims) < MOST_CLAIMS or any(not contradictions(claim.facts, facts) for claim in claims):
            return key
        return self.digest(f"{key}\0{sorted(facts.items())}")

    def _fitting(self, key: str | None, facts: Facts) -> Claim | None:
        claims = self.claims.get(key, ()) if key else ()
        return next((claim for claim in claims if not contradictions(claim.facts, facts)), None)

    def _rivals(self, key: str | None, why: str, person: str, facts: Facts) -> Iterable[Rival]:
        claims = self.claims.get(key, ()) if key else ()
        others = [claim for claim in claims if claim.person_id != person]
        if len(others) == MOST_CLAIMS:  # one question about a filler is enough
            others = others[:1]
        return [Rival(claim.person_id, why, contradictions(claim.facts, facts)) for claim in others]

    def _put(self, key: str | None, claim: Claim | None, person: str, facts: Facts) -> None:
        if key is None:
            return
        claims = self.claims.get(key, ())
        if claim is None:
            self.claims[key] = (*claims, Claim(person, facts))
        elif claim.person_id != person or facts.keys() - claim.facts.keys():
            completed = Claim(person, {**facts, **claim.facts})
            self.claims[key] = tuple(completed if other is claim else other for other in claims)


def _may_be(by_name: Claim, by_number: Claim | None, number: str) -> bool:
    """Whether the person that the name leads to may be the one who has the number."""
    if by_number is not None and by_number.person_id == by_name.person_id:
        return True
    if NUMBER in by_name.facts:  # somebody else under the same number
        return False
    return by_number is None or not contradictions(by_name.facts, by_number.facts)


def _known_of(*claims: Claim | None) -> dict[str, str]:
    return {
        kind: claim.facts[kind]
        for claim in claims
        if claim is not None
        for kind in _OF_THE_PERSON
        if kind in claim.facts
    }
