"""Whoever is released gets a certificate; it names nobody in full and holds until the case opens again."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from chassis.commands.command import Author
from chassis.doors.tokens import Actor
from contracts.faults import Refused
from services.console.app import make_app
from services.console.pages.certificates import routes
from services.console.pages.pdf import can_make_pdf
from services.console.release_certificates.certificate import ReleaseKey
from services.isolation import tables as t
from services.isolation.release.decide_case import decide_case
from tests.doors import RELEASE
from tests.integration.console.officers import Town, open_town
from tests.integration.console.residents import Home, open_home
from tests.integration.isolation.saying import speaking

_decide = speaking(decide_case, "case.decided")


@pytest.fixture
def home(database_url: Callable[..., str]) -> Iterator[Home]:
    with open_home(database_url) as home:
        home.at("2022-10-01 08:12")
        yield home


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


def end(trial: Any, *case_ids: str, state: str = "released") -> None:
    with trial.database.begin() as conn:
        ended = update(t.cases).where(t.cases.c.case_id.in_(case_ids))
        conn.execute(ended.values(closed_at=trial.clock.now(), state=state))


def standing(client: FlaskClient, case_id: str, day: str) -> Any:
    answer = client.get(f"/certificate/standing?case={case_id}&released={day}")
    assert answer.status_code == 200 and answer.headers["Cache-Control"] == "no-store"
    return answer.get_json()["stands"]


def test_a_resident_who_is_released_finds_their_certificate_and_no_other(home: Home) -> None:
    mother, child, baby = home.case_ids()
    resident = home.browser()
    assert "解除隔离证明" not in resident.get().text
    resident.get(f"/certificate/{mother}", 404)
    end(home.isolation, mother)
    end(home.isolation, baby, state="cancelled")
    page = resident.get().text
    assert f"/certificate/{mother}" in page and page.count("解除隔离证明") == 1
    shown = resident.get(f"/certificate/{mother}")
    assert len(shown.data) < 30_000 and 'class="qr"' in shown.text
    for text in ("*敏", "2022-10-01", "居家隔离", "春和社区"):
        assert text in shown.text, text
    assert "王敏" not in shown.text
    if can_make_pdf():
        assert resident.get(f"/certificate/{mother}/pdf").data.startswith(b"%PDF")
    for other in (child, baby, "01932f5e-0000-7000-8000-000000000001", "none"):
        resident.get(f"/certificate/{other}", 404)
        resident.get(f"/certificate/{other}/pdf", 404)


def test_a_contact_person_gets_no_certificate(home: Home) -> None:
    mother, *_ = home.case_ids()
    end(home.isolation, mother)
    contact = Actor(Author("contact", "/link/someone", "someone"), "contact person's page", mother)
    with pytest.raises(Refused):
        home.doors.look_up("isolation", "release_certificate", contact, {"case_id": mother})


def test_what_the_code_says_is_what_the_door_knows_and_it_holds_until_the_case_is_opened_again(
    home: Home,
) -> None:
    mother, *_ = home.case_ids()
    end(home.isolation, mother)
    client = home.app().test_client()
    assert standing(client, mother, "2022-10-01")
    assert not standing(client, mother, "2022-09-30"), "of an earlier release"
    assert not standing(client, "no-such-case", "2022-10-01")
    outcome = _decide(
        home.isolation,
        {
            "case_id": mother,
            "decision": "reopen",
            "because": "decided_by_mistake",
            "expects": next(r["version"] for r in home.isolation.rows(t.cases) if r["case_id"] == mother),
        },
    )
    assert outcome.kind == "done", outcome
    assert not standing(client, mother, "2022-10-01")
    home.browser().get(f"/certificate/{mother}", 404)


@pytest.mark.skipif(not can_make_pdf(), reason="needs Debian's fonts-wqy-microhei")
def test_an_officer_prints_the_certificate_of_their_own_place_only(town: Town) -> None:
    case_id = town.open_case()
    elsewhere = town.open_case(destination={"street": "s-9", "community": "c-9", "grid": None})
    end(town.isolation, case_id, elsewhere)
    officer = town.officer()
    assert f"/cases/{case_id}/certificate" in officer.get(f"/cases/{case_id}").text
    paper = officer.get(f"/cases/{case_id}/certificate")
    assert paper.mimetype == "application/pdf" and paper.data.startswith(b"%PDF") and len(paper.data) < 60_000
    officer.get(f"/cases/{elsewhere}/certificate", 404)


def test_the_page_that_checks_is_the_same_for_everybody_and_may_be_kept(home: Home) -> None:
    client = home.app().test_client()
    page = client.get("/certificate", headers={"Accept-Language": "en"})
    assert page.headers["Cache-Control"] == "public, max-age=86400" and "Set-Cookie" not in page.headers
    assert page.text == client.get("/certificate", headers={"Accept-Language": "zh"}).text
    known = re.search(r'data-public="([^"]+)"', page.text)
    assert known
    public = json.loads(known[1].replace("&#34;", '"'))
    assert public == {"id": ReleaseKey(RELEASE).id, "key": dict(ReleaseKey(RELEASE).public)}
    assert len(base64.urlsafe_b64decode(public["key"]["x"] + "=")) == 32


def test_without_a_key_there_are_no_certificates(home: Home) -> None:
    mother, *_ = home.case_ids()
    end(home.isolation, mother)
    client = make_app(home.doors, None).test_client()
    assert client.get("/certificate").status_code == 404
    assert "/certificate/" not in client.get(home.path).text
    assert client.get(f"{home.path}/certificate/{mother}").status_code == 404


def test_whoever_asks_without_end_waits_and_a_door_that_is_away_is_said(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One more is allowed each second, and a busy machine takes seconds for so many.
    monkeypatch.setattr(routes, "_PER_SECOND", 0.0)
    client = home.app().test_client()
    answers = [client.get("/certificate/standing").status_code for _ in range(62)]
    assert answers == [200] * 60 + [429] * 2
