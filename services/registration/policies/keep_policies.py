"""Isolation publishes policies; registration keeps the newest version of each."""

from __future__ import annotations

from chassis.copies import Copy
from services.registration.policies.tables import policies
from services.registration.reference.versions import VERSIONS

POLICIES = Copy(policies, "policy.published", "keep_policy", VERSIONS, batch=20)
