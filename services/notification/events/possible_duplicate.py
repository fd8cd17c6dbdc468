"""Two arrivals may be one person's or one coming: the staff of both places learn of it, and look."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Final

from field.words import LIKENESSES
from services.notification.events.digest import DUPLICATES
from services.notification.events.event import (
    CASE_NUMBER,
    PLACE,
    Data,
    InformingEvent,
    Notice,
    Parameter,
    Recipient,
    case_number,
    staff,
)

BOTH_PLACES: Final = "both_places"


class PossibleDuplicateOpened(InformingEvent):
    """Its notice stands with the first of the two cases. Neither name nor phone is in it, nor a measure."""

    type = "possible_duplicate.opened"
    in_digest = DUPLICATES
    handler = "tell_possible_duplicate"
    parameters: ClassVar[Mapping[str, Parameter]] = {
        "likeness": Parameter(max(LIKENESSES, key=len)),
        "place": PLACE,
        "case_number": CASE_NUMBER,
        "other_place": PLACE,
        "other_case_number": CASE_NUMBER,
    }
    recipients = (BOTH_PLACES,)

    def notice(self, data: Data, version: int) -> Notice:
        first, second = data["arrivals"]
        return Notice(
            f"duplicate:{second['arrival_id']}",
            first["arrival_id"],
            first["arrival_id"],
            self.type,
            version,
            {
                "likeness": data["why"],
                "place": first.get("place"),
                "case_number": case_number(first["arrival_id"]),
                "other_place": second.get("place"),
                "other_case_number": case_number(second["arrival_id"]),
            },
        )

    def resolve(self, name: str, role: str | None, data: Data) -> Iterable[Recipient]:
        return [staff(member) for arrival in data["arrivals"] for member in arrival["staff"]]
