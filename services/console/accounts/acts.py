"""What was done to accounts, and by whom: a line for each, in the transaction that does it."""

from __future__ import annotations

from typing import Final, Literal

from chassis.database.statements import insert_rows
from chassis.ids import new_id
from chassis.unit_of_work import UnitOfWork
from services.console.accounts.tables import account_acts

What = Literal[
    "invited",
    "link_texted",
    "taken_up",
    "logged_in",
    "pin_entered",
    "recovery_code_used",
    "logged_out",
    "session_revoked",
    "sessions_ended",
    "phone_act_shown",
    "phone_act_entered",
    "phone_act_ended",
    "ended",
]

_LONGEST_BY: Final = 100


def note(uow: UnitOfWork, account_id: str, by: str, what: What) -> None:
    """:param by: the name of an account, or `shell:<who>` for the operator's command."""
    row = {"id": new_id(), "at": uow.now, "account_id": account_id, "by": by[:_LONGEST_BY], "what": what}
    insert_rows(uow.conn, account_acts, [row])
