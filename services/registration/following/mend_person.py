"""When somebody at a door says what is right: phone, door, name, language, or one more of the household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import MENDED
from services.registration.following.acts import Acts
from services.registration.following.add_companion import add_companion
from services.registration.persons.mend_keys import mend_keys
from services.registration.persons.phones import PhoneFault, read_phone

_FOR_RESIDENTS: Final = frozenset({"phone", "language"})
_PARTS: Final = ("name", "phone", "language", "destination", "companion")


def mend_person(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Facts from a door, one in a transaction. What is mended counts over all reports, until mended again."""
    return each_in_turn(commands, lambda said: _mend(uow, said))


def _mend(uow: UnitOfWork, said: Said) -> Outcome:
    """Keys of persons are locked first, then arrivals, as the intake locks them."""
    id = said.data["arrival_id"]
    seen = Acts(uow, [id], lock=False).arrival(said, id)
    right = _right(said, seen)
    companion = said.data.get("companion")
    added = add_companion(uow, seen, companion, said) if companion else None
    if right.keys() & {"name", "phone"}:
        mend_keys(uow, seen.person_id, replace(seen.coming().person, **_named(right)))
    acts = Acts(uow, [id])
    draft = acts.arrival(said, id)
    draft.companions_changed = added is not None
    wrong = draft.coming().person.phone if "phone" in right else None
    acts.add(
        draft,
        MENDED,
        said,
        detail={"mended": sorted({*right, *(["companion"] if added else [])}), "companion": added},
        inside={
            **right,
            "wrong_phone": wrong if wrong != right.get("phone") else None,
            "note": said.data.get("note"),
        },
    )
    acts.write()
    more = {"companion": added} if added else {}
    return Outcome.done(arrival_id=id, version=draft.version, **more)


def _right(said: Said, draft: Draft) -> dict[str, str]:
    """What is right from now on, in the form in which it is kept. Raises Refused with all faults."""
    data = said.data
    given = [part for part in _PARTS if data.get(part)]
    if not given:
        raise Refused.invalid([Fault("", "empty", f"says nothing: give one of {', '.join(_PARTS)}")])
    if said.author.kind == "link" and (beyond := sorted(set(given) - _FOR_RESIDENTS)):
        message = "residents mend their phone and language; tell the rest to your worker"
        raise Refused("not_allowed", [Fault(part, "not_allowed", message) for part in beyond])
    faults: list[Fault] = []
    right: dict[str, str] = {name: data[name].strip() for name in ("name", "language") if data.get(name)}
    if "name" in right and not right["name"]:
        faults.append(Fault("name", "empty", "is empty"))
    if text := data.get("phone"):
        phone = read_phone(text, draft.coming().person.country)
        if isinstance(phone, PhoneFault):
            faults.append(Fault("phone", phone.code, phone.message))
        elif phone is None:
            faults.append(Fault("phone", "empty", "says that there is none: report wrong_number instead"))
        else:
            right["phone"] = phone
    if (where := data.get("destination")) is not None:
        right |= _door(where, faults)
    if faults:
        raise Refused.invalid(faults)
    return right


def _door(where: Mapping[str, Any], faults: list[Fault]) -> dict[str, str]:
    said = {name: where[name].strip() for name in ("division", "address") if (where.get(name) or "").strip()}
    if not said:
        faults.append(Fault("destination", "empty", "names neither a division nor an address"))
    return said


def _named(right: Mapping[str, str]) -> dict[str, Any]:
    return {name: right[name] for name in ("name", "phone") if name in right}
