"""No text of an officer's page is untranslated, and nothing personal stands in an address or a title."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from services.console.pages import catalogues
from services.console.pages.officers.listed import LISTS
from tests.integration.console.officers import open_town
from tests.integration.console.test_officers_settle import HERE, row_of
from tests.integration.registration.trial import report
from tests.unit.console.test_texts import Marking, untranslated


def test_wish_24_no_text_of_officers_pages_is_untranslated(
    sqlite_url: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_town(sqlite_url) as town:
        case_id = town.open_case()
        town.open_case(destination={"community": None, "grid": None}, worker=None)
        town.day_after(hours=29)
        announced = {"expected": True, "at": "2022-10-03T10:00:00+08:00", "destination": HERE}
        town.registration.receive(report(1, arrival={"at": "some day"}), report(2, **announced))
        officer = town.officer("district")
        settled = [row_of(officer, name) for name in ("reports_to_correct", "expected_arrivals")]
        paths = ["/board", "/lists", *(f"/lists/{name}" for name in LISTS), f"/cases/{case_id}"]
        paths += settled
        paths += ["/lists/overdue_tasks?choose=all", "/rounds", "/staff", "/staff/new", "/staff/worker-1"]
        for path in paths:  # templates are compiled in Chinese before
            officer.get(path)
        monkeypatch.setattr(catalogues, "texts", lambda language: Marking())
        for path in paths:
            page = officer.get(path)
            assert untranslated(page.text) == [], path
            title = re.search("<title>(.*?)</title>", page.text)
            assert title and "欧" not in title[1] and "李" not in title[1], path
            assert not re.search(r'(?:href|action)="[^"]*[\u4e00-\u9fff]', page.text), path
        list_page = officer.get("/lists/overdue_tasks?choose=all")
        ids = re.findall(r'name="task_id" value="([^"]+)"', list_page.text)
        preview = officer.send(list_page, "/acknowledge", task_id=ids, cause="outage", until="two_hours")
        done = officer.send(preview, "/acknowledge/now", task_id=ids)
        empty = officer.send(list_page, "/acknowledge")
        story = officer.get(f"/cases/{case_id}")
        stale = officer.send(story, f"/cases/{case_id}/hand-over", to="worker-2", expects="9")
        full = officer.send(officer.get(settled[0]), f"{settled[0]}/reveal", reason="to correct it")
        refused = officer.act(full, settled[0], "corrected")
        nothing = officer.act(officer.get(settled[1]), settled[1], "followed")
        for answer in (full, refused, nothing, preview, done, empty, stale, officer.get(f"/cases/{case_id}")):
            assert untranslated(answer.text) == []
