"""Sealed values inside a text: a column of their own, a field of a JSON document, a dead letter's body."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection
from typing import Any, Final

from chassis.messaging.dead_letters import PURPOSE as DEAD_LETTER
from chassis.sealing import SealBroken, Sealer

PURPOSES: Final = ("person", "report", "act", "note", "contact", "link", "identity", DEAD_LETTER)
"""All under which services seal what they store. A value of another one is counted as unopened, not lost."""
SHORTEST: Final = 40
"""Letters of base64: a nonce, a tag and two bytes."""


class Tokens:
    """Finds and renews what is sealed under other keys than the newest one.

    :param of: the keys' ids; without it all of the ring but the newest one.
    """

    def __init__(self, sealer: Sealer, of: Collection[str] | None = None) -> None:
        self._sealer = sealer
        self.ids = tuple(of if of is not None else sealer.ids[1:])
        ids = "|".join(map(re.escape, self.ids))
        self._pattern = re.compile(rf"(?<![\w-])(?:{ids})\.[A-Za-z0-9_-]{{{SHORTEST},}}={{0,2}}")
        self.renewed: Counter[str] = Counter()
        self.unopened: Counter[str] = Counter()

    def count(self, text: str) -> Counter[str]:
        """Key id -> how many values stand sealed under it in the text, those inside dead letters left out."""
        return Counter(found.partition(".")[0] for found in self._pattern.findall(text))

    def renew(self, text: str) -> str:
        """The text with every value sealed by the newest key that can be opened."""
        return self._pattern.sub(lambda found: self._renewed(found[0]), text) if self.ids else text

    def _renewed(self, token: str) -> str:
        id = token.partition(".")[0]
        for purpose in PURPOSES:
            try:
                value = self._sealer.unseal(token, purpose)
            except SealBroken:
                continue
            self.renewed[id] += 1
            return self._sealer.seal(self._inside(value) if purpose == DEAD_LETTER else value, purpose)
        self.unopened[id] += 1
        return token

    def _inside(self, body: Any) -> Any:
        """What died on its way between services holds sealed values itself."""
        return self.renew(body) if isinstance(body, str) else body
