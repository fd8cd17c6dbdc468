"""A session: somebody is in, at one device, until it ends."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from services.console.accounts.account import Account, Kind

LASTS: Final[dict[Kind, timedelta]] = {
    "administrator": timedelta(hours=12),
    "officer": timedelta(hours=12),
    "worker": timedelta(days=30),  # of a phone, which asks for the PIN in between
}
ASKS_AFTER: Final[dict[Kind, timedelta]] = {"worker": timedelta(hours=12)}
"""Of rest: then the phone asks for the PIN again."""

Because = Literal["logged_out", "revoked", "staff_left", "restored"]
Over = Literal["ended", "expired", "account_ended", "taken_up_again"]


@dataclass(frozen=True, slots=True)
class Session:
    """All times real, in UTC.

    :param id: by which it is named; it opens nothing.
    :param device: what the browser calls itself.
    :param seen_at: to the minute.
    :param opening: digest of what the browser holds until it is closed; None: it holds nothing such.
    """

    id: str
    account_id: str
    device: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ended_at: datetime | None = None
    opening: str | None = None


def over(session: Session, account: Account, now: datetime) -> Over | None:
    """Why the session opens nothing any more; None while it does."""
    if session.ended_at is not None:
        return "ended"
    if now >= session.expires_at or now >= session.created_at + LASTS[account.kind]:
        return "expired"
    if account.state != "active" or account.taken_up_at is None:
        return "account_ended"
    if account.taken_up_at > session.created_at:
        return "taken_up_again"
    return None


def asks_for_pin(session: Session, account: Account, opening: str | None, now: datetime) -> bool:
    """Whether the phone asks for the PIN: at each opening of the browser, and after a rest.

    :param opening: digest of what the browser holds now until it is closed.
    """
    rest = ASKS_AFTER.get(account.kind)
    return rest is not None and (
        session.opening is None or opening != session.opening or now - session.seen_at >= rest
    )
