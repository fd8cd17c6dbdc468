"""What an officer may decide about a case, beside its release, as pages show it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from field.words import CANCELLED_BECAUSE, REOPENED_BECAUSE
from services.console.pages.catalogues import N_


@dataclass(frozen=True, slots=True)
class Shown:
    """A decision as its page shows it.

    :param follows: what follows from it.
    :param needs: the fields that it cannot do without; a note goes with each.
    :param because: the reasons to choose from.
    :param place: what its place is called.
    """

    title: str
    follows: str
    needs: tuple[str, ...] = ()
    because: tuple[str, ...] = ()
    place: str = N_("Where to")


_MOVED: Final = ("place", "escort")
SHOWN: Final[Mapping[str, Shown]] = {
    "release": Shown(
        N_("They are released there"),
        N_(
            "The site says that nothing holds them any more. They get a text that nothing is asked of them "
            "any more, and the bed is free."
        ),
    ),
    "cancel": Shown(
        N_("Take the case back"),
        N_(
            "The case ends and the worker is told. Opened by mistake, or other: they get a text that nothing "
            "is asked of them any more. Followed elsewhere, or has left the place: they get a text that "
            "only this follow-up ends and the new place's staff answer for them. Has died: no text goes "
            "to them."
        ),
        ("because",),
        CANCELLED_BECAUSE,
    ),
    "refuse": Shown(
        N_("They refuse"),
        N_(
            "The case goes on and is not released. You have a task until they keep to it after all, or are "
            "taken to central isolation."
        ),
        ("witness",),
    ),
    "resume": Shown(
        N_("They keep to it after all"), N_("The case goes on as before the refusal; your task is done.")
    ),
    "move_to_central": Shown(
        N_("To central isolation"),
        N_("The case ends here. They get a text that the site looks after them; the worker is told, too."),
        _MOVED,
    ),
    "move_to_hospital": Shown(
        N_("To hospital"),
        N_("The case ends here. No text goes to them: call them first. The worker is told, with no reason."),
        _MOVED,
    ),
    "transfer": Shown(
        N_("To another district"),
        N_(
            "Say first to the other district by phone who comes, and since when they are followed. Until it "
            "has said that it follows them they are followed here, with all their tasks, and you have a task "
            "to find out: see Other districts asked under Lists. They get no text before that."
        ),
        ("place",),
        place=N_("Which office of which district was asked, and its phone"),
    ),
    "reopen": Shown(
        N_("Open the case again"),
        N_("What is asked is planned anew from today; they and the worker are told."),
        ("because",),
        REOPENED_BECAUSE,
    ),
}  # fmt: skip
