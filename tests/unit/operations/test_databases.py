from pathlib import Path

import pytest

from chassis.database.engine import Database
from chassis.database.migrations import revisions, upgrade
from operations.databases import database_in, settings_of
from operations.errors import NotSetUp
from operations.services import SERVICES
from tests.system import KEYS


@pytest.mark.parametrize("service", SERVICES)
def test_tables_of_an_older_version_are_named_with_what_to_do(
    service: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/{service}.db"
    given = {
        f"DOORSTEP_{service.upper()}_DATABASE_URL": url,
        "DOORSTEP_BROKER_URL": "amqp://nobody@127.0.0.1:1/",
    }
    for name, value in (KEYS | given).items():
        monkeypatch.setenv(name, value)
    upgrade(service, Database(url), revisions(service)[-2])
    with pytest.raises(NotSetUp, match=f"tables of {service} .* run `doorstep migrate`"):
        database_in(settings_of.__wrapped__(service))

    upgrade(service, Database(url))
    assert database_in(settings_of.__wrapped__(service)).url.database == f"{tmp_path}/{service}.db"
