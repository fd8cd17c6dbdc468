"""Policies: those that are stored, what another one would change, and why a case stands as it does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from contracts.faults import Refused
from operations.databases import database_of, settings_of, snapshot
from operations.errors import OperationFailed
from operations.reference_imports import read_document, refusing, unit_of
from services.isolation import door as isolation


def stored() -> list[Mapping[str, Any]]:
    """Raises NotSetUp."""
    with database_of("isolation").read() as conn:
        return isolation.STORED_POLICIES(conn)


def texts_of(policy_id: str) -> list[Mapping[str, Any]]:
    """Every text of a policy that is kept, the oldest first. Raises OperationFailed, NotSetUp."""
    with database_of("isolation").read() as conn:
        found = isolation.TEXTS_OF_POLICY(conn, policy_id)
    if not found:
        raise OperationFailed(f"there is no policy {policy_id}: `doorstep policy list` shows them")
    return found


def document_of(name: str, version: int | None = None) -> dict[str, Any]:
    """
    :param name: the id of a policy that is stored, or a file with one.
    :param version: of a stored one; None: what is in force of it.

    Raises OperationFailed, FileRefused.
    """
    if version is not None:
        kept = {text["version"]: text["document"] for text in texts_of(name)}
        if version not in kept:
            there = ", ".join(map(str, kept))
            raise OperationFailed(f"of {name} no version {version} is kept: there are {there}")
        of_version: dict[str, Any] = kept[version]
        return of_version
    file = Path(name)
    if file.is_file():
        with refusing(file):
            return read_document(file)
    known = {policy["policy_id"]: policy["document"] for policy in stored()}
    if name not in known:
        there = ", ".join(known) or "none"
        raise OperationFailed(f"{name} is neither a file nor a stored policy: there are {there}")
    found: dict[str, Any] = known[name]
    return found


def withdraw(
    policy_id: str, version: int, reason: str, by: str, settings: Mapping[str, str]
) -> isolation.Withdrawn:
    """:param version: the newest, which is wrong. Raises OperationFailed, NotSetUp."""
    try:
        with unit_of("isolation", settings) as uow:
            return isolation.WITHDRAW_POLICY(uow, policy_id, version, reason, by)
    except Refused as refused:
        raise OperationFailed(f"{policy_id} is not withdrawn: {refused}") from None


def try_policy(file: Path, progress: Callable[[int, int], None]) -> isolation.Tried:
    """What it would change for whoever is followed now; nothing is changed. Raises FileRefused, NotSetUp."""
    settings = settings_of("isolation")
    with refusing(file):
        document = read_document(file)
        with snapshot(database_of("isolation")) as conn:
            now = settings.clock().now()
            return isolation.TRY_POLICY(conn, document, now=now, zone=settings.zone, progress=progress)


def explain(case_id: str) -> isolation.Explained:
    """Raises OperationFailed, NotSetUp."""
    settings = settings_of("isolation")
    with database_of("isolation").read() as conn:
        found = isolation.EXPLAIN_CASE(conn, case_id, zone=settings.zone)
    if found is None:
        raise OperationFailed(f"there is no case {case_id}; a case has the id of its arrival")
    return found
