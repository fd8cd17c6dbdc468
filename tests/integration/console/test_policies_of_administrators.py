"""Two administrators publish a policy at the console, and one withdraws it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chassis.doors.tokens import Actor
from services.console.doors import DoorAway
from services.isolation import tables as t
from tests.doors import staff_author
from tests.integration.console.officers import Town, open_town
from tests.integration.console.trial import Browser, token_of
from tests.integration.isolation.test_try_policy import NINTH, changed

LONGER = changed(medium={"days": 10})


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as town:
        yield town


def administrator(town: Town, name: str, **app: Any) -> Browser:
    browser = Browser(town.app(**app), language="en")
    assert browser.log_in(town.console, town.console.owner(name, "administrator")).status_code == 303
    return browser


def proposed(admin: Browser, document: dict[str, Any]) -> str:
    """Where it stands."""
    answer = admin.send("/policies", document=json.dumps(document, ensure_ascii=False))
    assert answer.status_code == 303, answer.text
    return str(answer.headers["Location"]).partition("?")[0]


def row(page: str, named: str) -> list[str]:
    """The figures of this row of the first table that has one."""
    found, *_ = re.findall(rf"<tr><th scope=\"row\">{named}</th>(.*?)</tr>", page, flags=re.S)
    return re.findall(r">([\d–]+)<", found)


def test_one_proposes_the_other_publishes_and_the_first_withdraws(town: Town) -> None:
    town.open_case()
    li, zhou = administrator(town, "li.min"), administrator(town, "zhou.lan")
    at = proposed(li, LONGER)
    own = li.get(f"{at}?said=proposed").text
    assert "another administrator publishes it" in own and "Publish it" not in own
    assert row(own, "all") == ["–", "–", "1", "–", "–"] and "levels.medium.days" in own
    assert li.send(at, outcome="published").status_code == 403

    assert at in zhou.get("/policies").text
    first = zhou.get("/account").text
    assert at in first and "li.min" in first and at not in li.get("/account").text
    assert "Publish it" in zhou.get(at).text
    assert zhou.send(at, outcome="published").status_code == 303
    decided = zhou.get(f"{at}?said=published").text
    assert "It is published" in decided and "Publish it" not in decided and "Discard it" not in decided
    assert at not in zhou.get("/account").text
    assert zhou.send("/policies", "/policies/proposals/x", outcome="published").status_code == 404

    page = "/policies/cn-2022-06"
    says = li.get(page).text
    assert "The text of version 1 is in force again at once." in says
    assert not re.search(r"at once\.\w", re.sub(r"<.+?>", "", says))
    assert li.send(page, f"{page}/withdraw", reason="", expects="2").status_code == 422
    answer = li.send(page, f"{page}/withdraw", reason="10 was typed for 7", expects="2")
    assert answer.headers["Location"] == f"{page}?said=withdrawn"
    found = zhou.get(page).text
    assert "10 was typed for 7" in found and "li.min" in found and "Withdraw this text" in found
    older = zhou.get(f"{page}?version=2").text
    assert "levels.medium.days" in older and "Withdraw this text" not in older
    for expects in ("2", "9" * 400):
        assert zhou.send(page, f"{page}/withdraw", reason="again", expects=expects).status_code == 409
    assert "alone, by the command line" in found, "the first text was imported"


def test_a_file_is_taken_and_what_is_wrong_with_it_is_named(town: Town) -> None:
    li = administrator(town, "li.min")
    page = li.get("/policies")
    wrong = {**NINTH, "places": ["x"]}
    for document, says in (
        (wrong, 'places[0]: <span lang="en">a division code'),
        (NINTH, "This text is in force already"),
        ([], "This is no policy"),
    ):
        file = (io.BytesIO(json.dumps(document).encode()), "policy.json")
        answer = li.post("/policies", token=token_of(page), file=file)  # type: ignore[arg-type]
        assert answer.status_code in (409, 422) and says in answer.text
    at = proposed(li, LONGER)
    assert li.send(at, outcome="discarded", reason="the wrong file").status_code == 303
    assert "the wrong file" in li.get(at).text and at not in li.get("/policies").text
    later = {**NINTH, "policy_id": "later", "valid_from": "2023-01-01"}
    assert "no text of this policy_id" in li.get(proposed(li, later)).text


def test_odd_documents_are_named_and_a_withdrawal_is_offered_only_where_it_can_be(town: Town) -> None:
    li = administrator(town, "li.min")
    document, days = json.dumps(LONGER), '"look_back_days": '
    odd = {
        json.dumps({**NINTH, "title": "\ud800"}): "This is no policy",
        re.sub(days + r"\d+", days + "9" * 30, document): "look_back_days",
        re.sub(days + r"\d+", days + "9" * 400, document): "This is no policy",
        json.dumps({**NINTH, "remarks": "x"}).replace('"x"', "[" * 900 + "]" * 900): "This is no policy",
        json.dumps({**NINTH, "remarks": "x"}).replace('"x"', "[" * 240 + "]" * 240): "This is no policy",
        json.dumps({**NINTH, "remarks": ["x" * 53_000]}): "over 60000 bytes",
    }
    assert "/withdraw" in li.get("/policies/cn-2022-06").text
    with town.isolation.database.begin() as conn:
        others = t.policies.c.policy_id != "cn-2022-06"
        conn.execute(t.policies.update().where(others).values(withdrawn=True))
    says = li.get("/policies/cn-2022-06").text
    assert "from 2022-10-01 on no other policy would hold there (everywhere)" in says
    assert "/withdraw" not in says
    page = li.get("/policies")
    for text, says in odd.items():
        file = (io.BytesIO(text.encode()), "policy.json")
        answer = li.post("/policies", token=token_of(page), file=file)  # type: ignore[arg-type]
        assert (answer.status_code, says in answer.text) == (422, True), (text[-80:], answer.text)
        answer = li.post("/policies", token=token_of(page), document=text)
        assert answer.status_code in (413, 422), text[-80:]

    with town.isolation.database.begin() as conn:
        conn.execute(t.policy_texts.delete())
        conn.execute(t.policies.update().values(version=3))
    says = li.get("/policies/cn-2022-06").text
    assert "The text before it was not kept" in says and "/withdraw" not in says


def test_others_have_no_such_page_and_nothing_is_lost_while_the_door_is_away(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    officer = town.officer()
    assert officer.browser.get("/policies").status_code == 404
    case_id = town.open_case()
    assert town.doors.thing("isolation", "case", case_id, Actor(staff_author("officer")))
    li = administrator(town, "li.min")
    page = li.get("/policies")

    def away(*_: Any, **__: Any) -> Any:
        raise DoorAway

    monkeypatch.setattr(type(town.doors), "say", away)
    monkeypatch.setattr(type(town.doors), "look_up", away)
    assert li.get("/account").status_code == 200
    answer = li.post("/policies", token=token_of(page), document=json.dumps(LONGER), key="k" * 10)
    assert answer.status_code == 503 and "levels" in answer.text
    assert li.get("/policies").status_code == 503
