"""The other community says whether it takes somebody over; whoever asked may withdraw it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import select, update

from chassis.commands.command import Outcome, Said, each_in_turn
from chassis.unit_of_work import UnitOfWork
from contracts.faults import Fault, Refused
from field.days import local_day
from field.ids import is_id
from services.registration.arrivals.draft import Draft
from services.registration.arrivals.followed import (
    TRANSFER_ACCEPTED,
    TRANSFER_REFUSED,
    TRANSFER_WITHDRAWN,
    lies_at,
)
from services.registration.arrivals.states import ENDED
from services.registration.following.acts import Acts
from services.registration.persons.sealed import unsealed
from services.registration.places.placing import Placement
from services.registration.transfers.states import (
    ACCEPTED,
    ASKED,
    BY_THE_OTHER_SIDE,
    DECIDED_IN,
    OPEN,
    REFUSED,
    WITHDRAWN,
)
from services.registration.transfers.tables import transfers as table
from services.registration.transfers.tell import SEALED_AS, tell_answered

_T: Final = table.c
_ACTS: Final = {
    ACCEPTED: TRANSFER_ACCEPTED,
    REFUSED: TRANSFER_REFUSED,
    WITHDRAWN: TRANSFER_WITHDRAWN,
}
_Row = dict[str, Any]


def decide_transfer(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    """Accepted, all who are followed still belong to the other place from now on, in one transaction; cases
    follow from what registration says of them. Before the day on which they move it is not accepted: whoever
    is followed elsewhere than at their door is followed by nobody. Refused, they stand on the list of whoever
    asked.
    """
    return each_in_turn(commands, lambda said: _decide(uow, said))


def _decide(uow: UnitOfWork, said: Said) -> Outcome:
    id, decision = said.data["transfer_id"], said.data["decision"]
    seen = _read(uow, id)
    # Arrivals first, as everybody locks them; then the transfer, which nobody else changes any more.
    acts = Acts(uow, [row["arrival_id"] for row in seen])
    every = _read(uow, id, lock=True)
    if not every:
        raise Refused.unknown("transfer", id)
    _must_be_theirs(acts, said, every)
    rows = [row for row in every if row["state"] in OPEN]
    first = next(iter(rows or every))
    if said.data["expects"] != first["version"] or first["state"] not in DECIDED_IN[decision]:
        message = f"the transfer is {first['state']}, at version {first['version']}"
        raise Refused.conflict("expects", message)
    if decision == REFUSED and not (said.data["note"] or "").strip():
        message = "say why: whoever asked has to see to them"
        raise Refused.invalid([Fault("note", "missing", message)])
    if decision == ACCEPTED and first["moves_on"] and local_day(said.at, uow.zone) < first["moves_on"]:
        message = f"they move on {first['moves_on']}: accept it from that day on"
        raise Refused("conflict", [Fault("decision", "not_yet", message)])
    moving = _moving(acts, rows) if decision == ACCEPTED else {}
    for draft, row in _all(acts, rows):
        if decision != ACCEPTED or draft.arrival_id in moving:
            _add(uow, acts, said, draft, row, moving.get(draft.arrival_id))
    acts.write()
    version = first["version"] + 1
    note = said.data["note"]
    decided = {
        "state": decision,
        "version": version,
        "decided_at": said.at,
        "decided_by": said.author.source,
        "said": uow.sealer.seal({"answer": note}, SEALED_AS) if note else None,
    }
    uow.conn.execute(update(table).where(_T.transfer_id == id, _T.state.in_(sorted(OPEN))).values(decided))
    if first["state"] == ASKED:  # of one that was refused the other side has done with it
        tell_answered(uow, said, rows, version)
    of_whom = dict.fromkeys(moving.values() or (draft.arrival_id for draft, _ in _all(acts, rows)))
    return Outcome.done(transfer_id=id, state=decision, version=version, arrivals=list(of_whom))


def _read(uow: UnitOfWork, id: str, *, lock: bool = False) -> list[_Row]:
    if not is_id(id):
        return []
    rows = select(table).where(_T.transfer_id == id).order_by(_T.arrival_id)
    found = uow.conn.execute(rows.with_for_update() if lock else rows).mappings()
    return [{str(name): value for name, value in row.items()} for row in found]


def _must_be_theirs(acts: Acts, said: Said, rows: Sequence[_Row]) -> None:
    """Raises Refused: only the place that is asked answers, and only the one where they are withdraws."""
    asked = acts.catalogue.places.is_within(said.scope, rows[0]["place"])
    own = any(acts.reaches(said, draft) for draft, _ in _all(acts, rows))
    if not asked and not own:
        raise Refused.unknown("transfer", rows[0]["transfer_id"])
    by_the_other = said.data["decision"] in BY_THE_OTHER_SIDE
    if by_the_other and not asked:
        message = "the place that is asked says so; you can withdraw it"
    elif not by_the_other and not own:
        message = "they are at no place of yours: accept or refuse it"
    else:
        return
    raise Refused("not_allowed", [Fault("decision", "not_by_this_side", message)])


def _all(acts: Acts, rows: Sequence[_Row]) -> Iterator[tuple[Draft, _Row]]:
    for row in rows:
        if (draft := acts.find(row["arrival_id"])) and not _is_stripped(draft):
            yield draft, row


def _moving(acts: Acts, rows: Sequence[_Row]) -> dict[str, str]:
    """Those who are followed still -> the arrival as which they are. Raises Refused where nobody is, and
    where somebody lies elsewhere by now: nobody has looked whether they go on from there.
    """
    moving: dict[str, str] = {}
    for row in rows:
        draft = acts.followed_as(row["arrival_id"])
        stored = draft.stored
        assert stored is not None
        if stored.state in ENDED or _is_stripped(draft):
            continue
        if not _may_go_on(acts, draft, row):
            message = "they were moved to another place meanwhile: refuse it, and ask there"
            raise Refused("conflict", [Fault("decision", "moved_meanwhile", message)])
        moving[row["arrival_id"]] = draft.arrival_id
    if not moving:
        message = "nobody of these is followed any more: refuse it"
        raise Refused("conflict", [Fault("decision", "nobody_followed", message)])
    if acts.catalogue.places.at(rows[0]["place"]) is None:
        raise Refused("conflict", [Fault("decision", "place_gone", "that place is there no more: refuse it")])
    return moving


def _may_go_on(acts: Acts, draft: Draft, row: _Row) -> bool:
    """Whether they lie where they were when it was asked, or already where they are to belong."""
    stored, places = draft.stored, acts.catalogue.places
    assert stored is not None
    here = Placement(stored.street, stored.community)
    if any(at and lies_at(here, at) for at in (_left(acts, row), places.at(row["place"]))):
        return True
    # Nobody knew their street, and nobody does yet. Of another arrival that is not known to be the same one.
    nowhere = stored.street is None and row["from_street"] is None
    return nowhere and draft.arrival_id == row["arrival_id"]


def _left(acts: Acts, row: _Row) -> Placement | None:
    """Where they were when it was asked, by the place table as it is now."""
    found = (acts.catalogue.places.at(row[part]) for part in ("from_community", "from_street") if row[part])
    return next((at for at in found if at), None)


def _is_stripped(draft: Draft) -> bool:
    return draft.stored is not None and draft.stored.stripped_at is not None


def _add(uow: UnitOfWork, acts: Acts, said: Said, draft: Draft, row: _Row, goes_on: str | None) -> None:
    """On the arrival that was asked for, also where it is followed as another one: made two again, it is the
    one that has moved.

    :param goes_on: of those who are accepted: as which they are followed.
    """
    decision = said.data["decision"]
    detail: dict[str, Any] = {"transfer": row["transfer_id"]}
    inside: dict[str, Any] = {"note": said.data["note"]}
    if decision == ACCEPTED:
        asked = unsealed(uow.sealer, row["asked"], SEALED_AS) if row["asked"] else {}
        door = asked if isinstance(asked, dict) else {}
        detail |= {"place": row["place"], "leaves": row["from_community"] or row["from_street"]}
        if goes_on != draft.arrival_id:
            detail["other"] = goes_on
        inside |= {name: door.get(name) for name in ("address", "division")}
    acts.add(draft, _ACTS[decision], said, detail=detail, inside=inside)
