"""A daughter in another city: by a link of her own she reads the household's page and reports for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chassis.commands.command import Author
from services.isolation import tables as t
from services.isolation.contacts.change_contact import change_contact
from tests.integration.console.residents import Home, Resident, open_home
from tests.integration.console.test_residents import text_of
from tests.integration.console.trial import Browser
from tests.integration.isolation.saying import speaking
from tests.integration.isolation.trial import SEALER

change = speaking(change_contact, "contact.changed")
DAUGHTER = {"name": "刘梅", "phone": "13800000000", "relation": "女儿", "may_report": True}
WORKER = Author("staff", "/console/worker-1", "worker-1")


@pytest.fixture
def home(sqlite_url: Callable[..., str]) -> Iterator[Home]:
    with open_home(sqlite_url) as home:
        home.at("2022-10-01 08:10")
        yield home


def named(home: Home, *contacts: dict[str, Any]) -> None:
    said = {"case_ids": home.case_ids(), "contacts": list(contacts)}
    assert change(home.isolation, said, author=WORKER).kind == "done"


@pytest.fixture
def daughter(home: Home) -> Resident:
    named(home, DAUGHTER)
    [event] = home.isolation.recorded("contact.invited")
    return Resident(Browser(home.app()), f"/r/{SEALER.unseal(event.data['link'], 'link')}")


def test_she_reads_the_page_and_reports_in_her_name(home: Home, daughter: Resident) -> None:
    page = daughter.get()
    said = text_of(page)
    assert "您是该户的联系人：刘梅·女儿" in said and "请在10:00前填报" in said
    assert daughter.report("36.5", "365").status_code == 303
    for row in home.check_ins():
        assert (row["how_known"], row["temperature"]) == ("told_by", 365)
        assert SEALER.unseal(row["note"], "note") == "刘梅 · 女儿"
    assert "36.5" in text_of(home.browser().get()), "the household sees what was told of it"


def test_what_the_household_alone_says_she_is_not_offered_and_cannot_say(
    home: Home, daughter: Resident
) -> None:
    page = daughter.get().text
    for below in ("/language", "/not-me", "/notice", "/correct"):
        assert f"{daughter.path}{below}" not in page
        assert daughter.browser.get(f"{daughter.path}{below}").status_code in (303, 405)
    own = home.browser()
    for below, typed in (("/not-me", {"who": home.case_ids()[0]}), ("/language", {"language": "en"})):
        shown = own.get("/not-me" if below == "/not-me" else "")
        token = shown.text.partition('name="form_token" value="')[2].partition('"')[0]
        answer = daughter.browser.post(f"{daughter.path}{below}", token=token, key="k" * 20, **typed)
        assert answer.status_code in (303, 403)
    assert home.isolation.recorded("case.changed") == []
    assert home.registration.events("arrival.followed_up") == []


def test_a_late_report_of_hers_counts_as_late_and_a_fever_alarms(home: Home, daughter: Resident) -> None:
    home.at("2022-10-01 11:00")
    assert daughter.report("38.4").status_code == 303
    [row] = home.check_ins()
    assert row["late"] and row["alarm_task_id"]
    assert "已经通知：社区医生何静" in text_of(daughter.get())


def test_once_she_is_taken_away_her_link_leads_to_the_friendly_page(home: Home, daughter: Resident) -> None:
    named(home)
    assert "12345" in daughter.get("", 404).text


def test_a_proxy_signs_for_the_household_by_name_and_the_household_sees_it(home: Home) -> None:
    named(home, {**DAUGHTER, "proxy": True})
    [event] = home.isolation.recorded("contact.invited")
    proxy = Resident(Browser(home.app()), f"/r/{SEALER.unseal(event.data['link'], 'link')}")
    assert "您是代理人，可以代签" in text_of(proxy.get())
    form = proxy.get("/notice")
    assert "您以代理人身份签字：刘梅·女儿" in text_of(form) and 'name="signed_by"' not in form.text
    token = form.text.partition('name="form_token" value="')[2].partition('"')[0]
    typed = {"token": token, "key": "k" * 20, "language": "zh-CN"}
    wrong = proxy.browser.post(f"{proxy.path}/notice", **typed)
    assert wrong.status_code == 422
    sent = proxy.browser.post(f"{proxy.path}/notice", **typed, who=home.case_ids(), outcome="signed")
    assert sent.status_code == 303
    for row in home.isolation.rows(t.notices):
        assert (row["outcome"], SEALER.unseal(row["signed_by"], "note")) == ("signed_by_proxy", "刘梅 · 女儿")
        assert row["text_version"].startswith("household/")
    assert len(home.isolation.rows(t.notices)) == len(home.case_ids())
    assert "告知书已由代理人签收：刘梅·女儿" in text_of(home.browser().get())
