"""What was played: by it the outcome is judged."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Played:
    """Counts of what was said and taken: contacts, check_ins, abnormal, done, attempts, not_possible …"""

    counts: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, what: str, times: int = 1) -> None:
        self.counts[what] += times


def chance(*of: object) -> random.Random:
    """What this person does about this thing at this time: the same whenever the same is asked."""
    return random.Random("/".join(map(str, of)))
