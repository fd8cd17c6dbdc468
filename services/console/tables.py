"""All tables of the console in one place, for migrations and tests. Code imports from the sub-domains."""

from services.console.accounts.tables import account_acts, accounts, one_time_links, recovery_codes, tries
from services.console.metadata import metadata
from services.console.phone_acts.tables import phone_acts
from services.console.sessions.tables import sessions

__all__ = [
    "account_acts",
    "accounts",
    "metadata",
    "one_time_links",
    "phone_acts",
    "recovery_codes",
    "sessions",
    "tries",
]
