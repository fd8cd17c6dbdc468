"""Of a case that isolation has stripped, notices and messages name nobody, also where news comes late."""

from __future__ import annotations

import pytest

from chassis.database.personal import FORGOTTEN
from chassis.ids import new_id
from chassis.unit_of_work import Work
from services.notification.messages import queries
from services.notification.retention.columns import STRIPPED
from services.notification.retention.strip_notices import strip_notices
from services.notification.tables import notices
from tests.in_clear import opened as known
from tests.integration.notification.trial import SEALER, changed, event, inform, opened, rows


def marked(**more: str) -> str:
    return SEALER.seal({"name": "Marker", "phone": "13900000001", "address": "Marker Lane", **more})


def strip(work: Work, *case_ids: str) -> None:
    said = [
        event("case.stripped", id, 1, {"case_id": id, "arrival_id": id, "household_id": None})
        for id in case_ids
    ]
    with work.unit() as uow:
        strip_notices(uow, said)


def everything(work: Work) -> str:
    return known(work.database, SEALER, but=[*FORGOTTEN])


def balanced(work: Work) -> bool:
    with work.database.read() as conn:
        return bool(queries.audit(conn)["balanced"])


@pytest.fixture
def told(work: Work) -> list[str]:
    """Two cases of which everything was told that is."""
    ids = [new_id(), new_id()]
    for id in ids:
        inform(work, opened(id, person=marked(), link=SEALER.seal("marked-token", "link")))
        inform(work, changed(id, 2, ["stricter"], person=marked()))
        data = {
            **{"link_id": new_id(), "case_id": id, "arrival_id": id, "household_id": None},
            **{"contact": marked(), "language": "zh-CN", "community": None},
            "link": SEALER.seal("marked-token", "link"),
        }
        inform(work, event("contact.invited", data["link_id"], 1, data))
    return ids


def test_what_is_told_of_a_stripped_case_names_nobody_and_of_another_it_does(
    work: Work, told: list[str]
) -> None:
    before = everything(work)
    assert "Marker" in before and "marked-token" in before and balanced(work)
    messages = rows(work)
    strip(work, told[0])
    assert "Marker" in everything(work), "the other case is told of as before"
    strip(work, told[1])
    after = everything(work)
    assert "Marker" not in after and "13900000001" not in after and "marked-token" not in after
    assert [row["id"] for row in rows(work)] == [row["id"] for row in messages] and balanced(work)
    for table, names in STRIPPED.items():
        metadata = notices.metadata.tables[table]
        with work.database.read() as conn:
            for name in names:
                assert conn.execute(metadata.select().where(metadata.c[name].is_not(None))).first() is None


def test_what_comes_late_is_kept_and_names_nobody(work: Work, told: list[str]) -> None:
    strip(work, *told)
    messages = len(rows(work))
    inform(work, changed(told[0], 3, ["stricter"], person=marked()))
    strip(work, *told)  # said again
    with work.database.read() as conn:
        kept = [row.version for row in conn.execute(notices.select().where(notices.c.case_id == told[0]))]
    assert sorted(kept) == [1, 1, 2, 3] and len(rows(work)) == messages
    assert "Marker" not in everything(work) and balanced(work)
