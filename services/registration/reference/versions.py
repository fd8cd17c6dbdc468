"""Each kind of reference data has a version, which goes up when it changes: replicas see it and read anew."""

from __future__ import annotations

from chassis.copies import Revisions
from services.registration.reference.tables import versions

VERSIONS = Revisions(versions, number="version")
