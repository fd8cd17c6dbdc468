"""Places and staff are registration's; notification keeps what its door and its digests need of them."""

from typing import Final

from chassis.copies import Copy, Revisions
from services.notification.reference.tables import places, revisions, staff, staff_history

REVISIONS: Final = Revisions(revisions, number="revision")
PLACES: Final = Copy(places, "place.changed", "keep_places", REVISIONS)
STAFF: Final = Copy(staff, "staff.changed", "keep_staff", REVISIONS, history=staff_history)
