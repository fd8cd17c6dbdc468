"""Each kind of reference data has a version, which goes up when it changes: risk, places, staff, policies.

An import raises it first: then two imports of one kind wait for each other.
"""

from __future__ import annotations

from typing import Final

from chassis.copies import Revisions
from services.registration.reference.tables import versions

VERSIONS: Final = Revisions(versions, "version")
