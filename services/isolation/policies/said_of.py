"""Commands of policies, as the audit looks for them."""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from services.isolation.policies.tables import policy_proposals, policy_texts

_P, _T = policy_proposals.c, policy_texts.c


def said_of_policies(_: Connection) -> tuple[Select[tuple[str, str]], ...]:
    """(source, id) of those that proposed a text, decided on one, or withdrew one."""
    proposed = select(_P.source, _P.event_id)
    decided = select(_P.decided_by, _P.decided_event).where(_P.decided_event.is_not(None))
    withdrawn = select(_T.source, _T.event_id).where(_T.event_id.is_not(None))
    return proposed, decided, withdrawn
