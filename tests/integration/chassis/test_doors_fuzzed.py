"""Whatever is sent to a door that its document allows, it answers as the document says, and never fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count

import hypothesis
import pytest
import schemathesis
from flask import Flask
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import content_type_conformance, status_code_conformance
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from chassis.database.engine import Database
from chassis.doors.app import Doorway, make_app
from chassis.doors.tokens import Keys, sign_token
from contracts.documents import SCHEMAS
from deploy.local import PrivatePostgres
from services.isolation.door import DOOR as ISOLATION
from services.registration.door import DOOR as REGISTRATION
from services.registration.staff.import_staff import import_staff
from tests.doors import CONSOLE, public_pem, staff_author
from tests.integration.isolation import trial as isolation
from tests.integration.registration import trial as registration

pytestmark = [pytest.mark.postgresql, pytest.mark.slow]
CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance]
OFFICER = "district"
_STAFF = registration.STAFF + f"{OFFICER},district_officer,d,丁,13909310014,zh-CN,true\n"


@pytest.fixture(scope="module")
def api(postgres: PrivatePostgres) -> Iterator[schemathesis.BaseSchema]:
    """The doors of isolation and registration side by side, with a case and an arrival."""
    here = isolation.Trial(Database(_fresh(postgres, isolation)))
    here.with_policies().with_neighbourhood().follow(isolation.arrival())
    there = registration.Trial(_fresh(postgres, registration))
    with there.work.unit() as uow:
        import_staff(uow, _STAFF)
    there.receive(registration.report(1))
    works = {"isolation": (ISOLATION, here.work), "registration": (REGISTRATION, there.work)}
    top = Flask("document")
    document = json.loads((SCHEMAS.parent / "openapi.json").read_text())
    document["paths"] = {
        path: what for path, what in document["paths"].items() if path.split("/")[1] in works
    }
    top.add_url_rule("/openapi.json", "document", lambda: document)
    doors = {
        f"/{name}": make_app(Doorway.of(door, work, Keys(public_pem())))
        for name, (door, work) in works.items()
    }
    yield schemathesis.openapi.from_wsgi("/openapi.json", DispatcherMiddleware(top, doors))
    for database in (here.database, there.database):
        database.dispose()


def _fresh(postgres: PrivatePostgres, of: object) -> str:
    url = postgres.create_database(f"fuzzed_{next(_numbers)}")
    of.prepare(url)  # type: ignore[attr-defined]
    return url


_numbers = count(1)
_DOCUMENT = json.loads((SCHEMAS.parent / "openapi.json").read_text())
_ACTS = [
    (path, method)
    for path, what in _DOCUMENT["paths"].items()
    for method in what
    if path.split("/")[1] in ("isolation", "registration")
]


@pytest.mark.parametrize(("path", "method"), _ACTS, ids=[path for path, _ in _ACTS])
def test_no_request_makes_a_door_fail(api: schemathesis.BaseSchema, path: str, method: str) -> None:
    @hypothesis.settings(max_examples=20, deadline=None, suppress_health_check=list(hypothesis.HealthCheck))
    @hypothesis.given(case=api[path][method].as_strategy())
    def ask(case: schemathesis.Case) -> None:
        token = sign_token(CONSOLE, path.split("/")[1], staff_author(OFFICER))
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"}, checks=CHECKS)

    ask()
