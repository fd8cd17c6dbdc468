"""Every policy is said again, for services whose copy is new."""

from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Row

from chassis.copies import Announcement
from services.isolation.policies.documents import stored_policy
from services.isolation.policies.publish import as_said
from services.isolation.policies.tables import policies


def _as_said(row: Row[Any]) -> dict[str, Any]:
    policy = replace(stored_policy(row.document, version=row.version), withdrawn=row.withdrawn)
    return as_said(policy, row.document)


POLICIES: Final = Announcement("policy.published", policies, _as_said)
