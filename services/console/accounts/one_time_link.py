"""How long a link counts by which an account is taken up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from services.console.accounts.account import Kind

LASTS: Final[dict[Kind, timedelta]] = {
    "administrator": timedelta(hours=1),  # made by whoever takes it up
    "officer": timedelta(hours=72),
    "worker": timedelta(hours=72),
}


@dataclass(frozen=True, slots=True)
class OneTimeLink:
    """:param ended_at: it was taken up, or another one was made."""

    expires_at: datetime
    ended_at: datetime | None = None


def counts(link: OneTimeLink, now: datetime) -> bool:
    return link.ended_at is None and now < link.expires_at
