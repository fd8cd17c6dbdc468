"""When somebody at a door says what is right: phone, door, name, language, or one more of the household."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import MENDED, Act
from services.registration.arrivals.history import add_detail
from services.registration.arrivals.statement_keys import keys_of_statements
from services.registration.following.acts import Acts, door_of
from services.registration.following.add_companion import add_companion, companion_report
from services.registration.intake.received import Received
from services.registration.persons.keys import keys_of
from services.registration.persons.mend_keys import mend_keys
from services.registration.persons.phones import PhoneFault, read_phone
from services.registration.persons.stored_claims import lock_keys

_FOR_RESIDENTS: Final = frozenset({"phone", "language"})
_PARTS: Final = ("name", "phone", "language", "destination", "companion")


def mend_person(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Facts from a door, one in a transaction. What is mended counts over all reports, until mended again."""
    return each_in_turn(commands, lambda said: _mend(uow, said))


def _mend(uow: UnitOfWork, said: Said) -> Outcome:
    """All is judged first. Then keys of persons are locked, then arrivals, as the intake locks them; one more
    of the household is taken in last, for replicas take turns from there on.
    """
    id = said.data["arrival_id"]
    seen = Acts(uow, [id], lock=False)
    known = seen.arrival(said, id)
    right = _right(said, known)
    _add(seen, known, right, said)
    companion = said.data.get("companion")
    received = companion_report(uow, seen.catalogue, known, companion, said) if companion else None
    _lock_keys(uow, known, right, received)

    acts = Acts(uow, [id])
    draft = acts.arrival(said, id)
    draft.companions_changed = received is not None
    act = _add(acts, draft, right, said)
    acts.write()
    more: dict[str, str] = {}
    if received is not None:
        more["companion"] = add_companion(uow, acts.catalogue, received, draft.household)
        add_detail(uow.conn, id, act.number, more)
    return Outcome.done(arrival_id=id, version=draft.version, **more)


def _add(acts: Acts, draft: Draft, right: Mapping[str, str], said: Said) -> Act:
    wrong = draft.coming().person.phone if "phone" in right else None
    return acts.add(
        draft,
        MENDED,
        said,
        detail={"mended": sorted({*right, *(["companion"] if said.data.get("companion") else [])})},
        inside={
            **right,
            "wrong_phone": wrong if wrong != right.get("phone") else None,
            "note": said.data.get("note"),
        },
    )


def _lock_keys(uow: UnitOfWork, known: Draft, right: Mapping[str, str], received: Received | None) -> None:
    """Those of the companion, too, all in their order. Whose name or phone was mended gets the right ones."""
    person = known.coming().person if right.keys() & {"name", "phone"} else None
    keys = [keys_of(uow.index, person)] if person else []
    keys += keys_of_statements(uow.index, received.statements) if received else []
    lock_keys(uow, keys)
    if person:
        mend_keys(uow, known.person_id, person)


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
        right |= door_of(where, faults)
    if faults:
        raise Refused.invalid(faults)
    return right
