"""Recovery codes: for whoever has lost their authenticator, each once."""

from __future__ import annotations

import re
import secrets
from typing import Final

MOST: Final = 10
_LETTERS: Final = "abcdefghjkmnpqrstvwxyz23456789"  # none that is read as another one
_LENGTH: Final = 16  # 78 bits: of so many a keyed digest is enough
_BETWEEN: Final = re.compile(r"[\s-]+")


def new_codes() -> list[str]:
    """As they are shown: `abcd-efgh-jkmn-pqrs`."""
    return [_shown("".join(secrets.choice(_LETTERS) for _ in range(_LENGTH))) for _ in range(MOST)]


def read_code(text: str) -> str | None:
    """Without what was typed between; None where it can be none."""
    code = _BETWEEN.sub("", text[:100]).lower()
    return code if len(code) == _LENGTH and set(code) <= set(_LETTERS) else None


def _shown(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, _LENGTH, 4))
