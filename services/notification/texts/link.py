"""The links in texts: of a household's page, as residents get it, and of the pages of staff."""

from typing import Final

LINK: Final = "link"
"""The purpose under which isolation seals the token."""
HIDDEN_TOKEN: Final = "*" * 12
"""What others see in its place: the token is a key."""


def link_of(public_url: str, token: str) -> str:
    return f"{public_url}/r/{token}"


def doors_of(public_url: str, household: str = "") -> str:
    """Where a member of staff finds their doors, or one of them. It opens nothing: they log in."""
    return f"{public_url}/doors/{household}" if household else f"{public_url}/doors"
