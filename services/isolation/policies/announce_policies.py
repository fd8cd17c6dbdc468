"""Every policy is said again, for services whose copy is new."""

from typing import Any, Final

from sqlalchemy import Row

from chassis.copies import Announcement
from services.isolation.policies.documents import policy_from
from services.isolation.policies.import_policy import as_said
from services.isolation.policies.tables import policies


def _as_said(row: Row[Any]) -> dict[str, Any]:
    return as_said(policy_from(row.document, version=row.version), row.document)


POLICIES: Final = Announcement("policy.published", policies, _as_said)
