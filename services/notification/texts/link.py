"""The link of a household's page, as residents get it in their texts."""

from typing import Final

LINK: Final = "link"
"""The purpose under which isolation seals the token."""
HIDDEN_TOKEN: Final = "*" * 12
"""What others see in its place: the token is a key."""


def link_of(public_url: str, token: str) -> str:
    return f"{public_url}/r/{token}"
