"""The staff of the other side are told of a transfer: who is asked, and afterwards whoever asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from chassis.commands.command import Said
from chassis.unit_of_work import UnitOfWork
from services.registration.places.queries import place_names
from services.registration.staff.queries import Doorstep, staff_of_doorsteps
from services.registration.transfers.states import WITHDRAWN

SEALED_AS: Final = "person"
"""The purpose under which a door opens what is sealed."""
_Row = Mapping[str, Any]


def tell_asked(uow: UnitOfWork, said: Said, rows: Sequence[_Row]) -> None:
    """:param rows: of one transfer."""
    data = _data(uow, rows) | {
        "answer_by": max(row["answer_by"] for row in rows),
        "staff": _officers(uow, rows[0]["community"], rows[0]["street"]),
    }
    uow.record("transfer.asked", rows[0]["transfer_id"], 1, data, cause=said.event)


def tell_answered(uow: UnitOfWork, said: Said, rows: Sequence[_Row], version: int) -> None:
    """:param version: of the transfer, that this left."""
    first, decision = rows[0], said.data["decision"]
    side = ("community", "street") if decision == WITHDRAWN else ("from_community", "from_street")
    data = _data(uow, rows) | {
        "decision": decision,
        "staff": _officers(uow, *(first[name] for name in side)),
    }
    uow.record("transfer.answered", first["transfer_id"], version, data, cause=said.event)


def _data(uow: UnitOfWork, rows: Sequence[_Row]) -> dict[str, Any]:
    first = rows[0]
    names = place_names(uow.conn, [first["from_community"], first["from_street"], first["place"]])
    return {
        "transfer_id": first["transfer_id"],
        "arrivals": [row["arrival_id"] for row in rows],
        "from_place": names.get(first["from_community"] or first["from_street"] or ""),
        "to_place": names.get(first["place"]),
    }


def _officers(uow: UnitOfWork, community: str | None, street: str | None) -> list[dict[str, Any]]:
    """Of the community, or where it has none at work, of its street."""
    return staff_of_doorsteps(uow.conn, {"": Doorstep(None, community, street)})[""]
