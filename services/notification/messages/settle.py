"""Write the outcomes of leased messages."""

from collections.abc import Sequence

from sqlalchemy import select

from chassis.database.statements import database_now, is_in
from chassis.unit_of_work import UnitOfWork
from services.notification.channels.answers import Outcome
from services.notification.messages import states
from services.notification.messages.attempts import BackOff
from services.notification.messages.ledger import Channels, Ledger
from services.notification.messages.letters import Letter
from services.notification.messages.tables import messages


def settle(
    uow: UnitOfWork, outcomes: Sequence[tuple[Letter, Outcome]], *, channels: Channels, back_off: BackOff
) -> int:
    """Write the outcomes of one lease, and record their events. Returns how many leases were still held."""
    if not outcomes:
        return 0
    lease = outcomes[0][0].lease
    held = set(
        uow.conn.execute(
            select(messages.c.id)
            .where(is_in(uow.conn, messages.c.id, [letter.id for letter, _ in outcomes]))
            .where(messages.c.lease == lease, messages.c.state == states.SENDING)
            .with_for_update()
        ).scalars()
    )
    ledger = Ledger(uow, database_now(uow.conn), channels, back_off)
    for letter, outcome in outcomes:
        if letter.id in held:
            ledger.enter(letter, outcome)
    ledger.write()
    return len(held)
