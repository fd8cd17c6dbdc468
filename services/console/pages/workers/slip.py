"""A slip that lets one phone in: whose, by which link, until when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import segno
from markupsafe import Markup

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
        """As inline SVG: no picture is fetched, and nobody's log has the link."""
        made = segno.make(self.link, micro=False)
        return Markup(made.svg_inline(border=4, omitsize=True, svgclass="qr", lineclass=None))
