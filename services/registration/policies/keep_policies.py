"""When isolation publishes a policy: keep the newest version of each."""

from __future__ import annotations

from typing import Final

from chassis.copies import Copy
from services.registration.policies.tables import policies
from services.registration.reference.versions import VERSIONS

POLICIES: Final = Copy(policies, "policy.published", "keep_policy", VERSIONS, batch=20)
