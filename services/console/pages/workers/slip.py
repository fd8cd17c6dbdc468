"""A slip that lets one phone in: whose, by which link, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from services.console.pages.entry.scanned import code_to_scan
from services.console.pages.workers.who_walks import Walker


@dataclass(frozen=True, slots=True)
class Slip:
    """:param link: counts once.
    :param until: UTC, real time.
    """

    walker: Walker
    link: str
    until: datetime

    @property
    def code(self) -> Markup:
        return code_to_scan(self.link)
