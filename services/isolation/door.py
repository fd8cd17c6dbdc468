"""Queries and commands of isolation: a query gets a connection, a command a unit of work."""

from chassis.doors import Command, Query
from services.isolation.cases import counts, lookup, queries
from services.isolation.cases.lookup import Followed
from services.isolation.policies.documents import shipped
from services.isolation.policies.import_policy import import_policy

TRACE = Query("trace", queries.trace)
CASE_WITH_ID = Query("case_with_id", lookup.case_with_id)
FOLLOWED = Query("followed", lookup.followed)
HOW_MANY_CASES = Query("how_many_cases", counts.how_many_cases)
COUNTS = Query("counts", counts.counts)
SHIPPED_POLICIES = Query("shipped_policies", shipped)
"""The documents that come with Doorstep; it needs no connection."""

IMPORT_POLICY = Command("import_policy", import_policy)

QUERIES = (TRACE, CASE_WITH_ID, FOLLOWED, HOW_MANY_CASES, COUNTS, SHIPPED_POLICIES)
COMMANDS = (IMPORT_POLICY,)

__all__ = ["COMMANDS", "QUERIES", "Followed"]
