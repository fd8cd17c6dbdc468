"""Importing what the services compare and plan with: places, staff, risk lists, policies.

An import is whole or nothing: everything that is wrong is named by row and column. Only of a risk list, which
others write, the sound rows are imported and the odd ones are kept and listed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from chassis.database.engine import TOOL_STATEMENT_LIMIT_S, Database
from chassis.database.migrations import upgrade
from chassis.settings import read_settings
from chassis.unit_of_work import UnitOfWork, Work
from contracts.faults import Fault, Refused
from field.sent_tables import text_of
from operations.errors import FileRefused
from services.isolation import door as isolation
from services.registration import door as registration


def import_places(file: Path, settings: Mapping[str, str]) -> dict[str, int]:
    """:returns: rows, new, changed and unchanged ones.

    :raises FileRefused: and nothing was imported, as in all of these functions.
    """
    with refusing(file), unit_of("registration", settings) as uow:
        return registration.IMPORT_PLACES(uow, _text(file))


def import_staff(file: Path, settings: Mapping[str, str]) -> dict[str, int]:
    """:returns: rows, new, changed and unchanged ones."""
    with refusing(file), unit_of("registration", settings) as uow:
        return registration.IMPORT_STAFF(uow, _text(file))


def import_centres(file: Path, settings: Mapping[str, str]) -> dict[str, int]:
    """:returns: rows, new, changed and unchanged ones."""
    with refusing(file), unit_of("isolation", settings) as uow:
        return isolation.IMPORT_CENTRES(uow, _text(file))


def import_policy(file: Path, settings: Mapping[str, str], by: str | None = None) -> dict[str, Any]:
    """:param by: whoever does it, where it is known.
    :returns: policy_id, edition, version; `published` says whether it is new.
    """
    with refusing(file):
        document = read_document(file)
        with unit_of("isolation", settings) as uow:
            found = isolation.IMPORT_POLICY(uow, document, by)
    return {
        "policy_id": found.policy_id,
        "edition": found.edition,
        "version": found.version,
        "published": found.new,
    }


def import_risk_list(
    file: Path,
    settings: Mapping[str, str],
    *,
    source: str,
    published_at: str | None = None,
    replace: bool = False,
) -> dict[str, Any]:
    """A whole list, official JSON or CSV. Odd rows keep no sound row out: the summary lists them.

    :param source: who published it.
    :param published_at: of a CSV list, as in 2022-10-01T08:00; default: now.
    :param replace: the list counts, whatever was said of its hour later.
    :returns: the summary of the list; `already_imported` says that nothing changed.
    """
    with refusing(file), unit_of("registration", settings) as uow:
        if file.suffix.lower() == ".csv":
            at = _moment(published_at, uow) if published_at else uow.now
            risk_list = registration.READ_CSV_LIST(_text(file), uow.zone, at)
        else:
            risk_list = registration.READ_OFFICIAL_LIST(_json(file), uow.zone)
        return registration.IMPORT_RISK_LIST(uow, risk_list, source, replace=replace)


# -- how -----------------------------------------------------------------------------------------------------


@contextmanager
def unit_of(service: str, given: Mapping[str, str]) -> Iterator[UnitOfWork]:
    """One transaction on a service's database. Its events wait in the outbox for the service's sweep."""
    settings = read_settings(service, given)
    database = Database(
        settings.database_url,
        application="doorstep-cli",
        pool_size=1,
        statement_limit_s=TOOL_STATEMENT_LIMIT_S,
    )
    try:
        upgrade(service, database)
        with Work.of(settings, database).unit() as uow:
            yield uow
    finally:
        database.dispose()


@contextmanager
def refusing(file: Path) -> Iterator[None]:
    """A refused input becomes a refused file."""
    try:
        yield
    except Refused as error:
        raise FileRefused(file, error.faults) from None


def read_document(file: Path) -> dict[str, Any]:
    """A JSON object. Raises Refused."""
    document = _json(file)
    if not isinstance(document, dict):
        raise Refused.invalid([Fault("document", "invalid", "must be a JSON object")])
    return document


def _text(file: Path) -> str:
    try:
        return text_of(file.read_bytes())
    except OSError as error:
        raise _unusable("unreadable", f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise _unusable(
            "not_utf8", f"is neither UTF-8 nor GB18030 (at byte {error.start}): save it as UTF-8"
        ) from None


def _json(file: Path) -> Any:
    try:
        return json.loads(_text(file))
    except json.JSONDecodeError as error:
        where = f"row {error.lineno}, column {error.colno}"
        raise Refused.invalid([Fault(where, "not_json", f"is no JSON: {error.msg}")]) from None


def _moment(text: str, uow: UnitOfWork) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise _unusable("invalid", "--at must be as in 2022-10-01T08:00") from None
    return found if found.tzinfo else found.replace(tzinfo=uow.zone)


def _unusable(code: str, message: str) -> Refused:
    return Refused.invalid([Fault("", code, message)])
