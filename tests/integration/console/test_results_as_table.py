"""An officer pastes results from a spreadsheet, or types them cell by cell; each row has an outcome."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.test import TestResponse

from field.documents import IDENTITY
from services.isolation import tables as t
from tests.integration.console.officers import PERSON, Officer, Town, open_town
from tests.integration.console.trial import token_of
from tests.integration.isolation.trial import Trial, arrival

NUMBER = "620102199001011233"
COMMON = {"method": "pcr", "stage": "preliminary", "known_at": "2022-10-01T06:50"}
HEADS = "证件号码\t样本编号\t采样时间\t结果"


@pytest.fixture
def town(sqlite_url: Callable[..., str]) -> Iterator[Town]:
    with open_town(sqlite_url) as opened:
        yield opened


def cells(page: TestResponse) -> dict[str, str]:
    """What stands in the table, with what is hidden in the form."""
    found = dict(re.findall(r'id="(row-\d+-\w+)"[^>]*? value="([^"]*)"', page.text))
    hidden = dict(re.findall(r'type="hidden" name="(key|rows|sure)" value="([^"]*)"', page.text))
    return found | hidden


def send(officer: Officer, page: TestResponse, path: str, **more: Any) -> TestResponse:
    return officer.browser.post(path, token=token_of(page), **(cells(page) | COMMON | more))


def results(isolation: Trial) -> list[tuple[str, str]]:
    return sorted((row["sample_id"], row["result"]) for row in isolation.rows(t.test_results))


def test_wish_10_rows_are_pasted_checked_and_sent_and_only_what_is_wrong_goes_in_again(town: Town) -> None:
    came = arrival(person=PERSON, identity_index=town.isolation.work.index.brief(IDENTITY, NUMBER))
    town.isolation.follow(came)
    officer = town.officer()
    assert 'href="/enter/results"' in officer.get("/lists").text
    empty = officer.get("/enter/results")
    pasted = "\n".join(
        [
            HEADS,
            f"{NUMBER}\tX-1\t2022/10/1 6:05\t阴性",
            f"{NUMBER}\tX-2\tsoon\t阴性",
            "620102198001010017\tX-3\t2022/10/1 6:05\t阴性",
        ]
    )
    read = send(officer, empty, "/enter/results/paste", pasted=pasted)
    assert read.status_code == 200 and "3 rows were read. Nothing is sent yet." in read.text
    assert results(town.isolation) == []
    after = send(officer, read, "/enter/results")
    assert after.status_code == 422 and "2 rows are sent." in after.text
    assert "kept with the case" in after.text and "nobody followed here: counted only" in after.text
    assert "1 row has something wrong, and is not sent." in after.text
    left = {value for name, value in cells(after).items() if name.startswith("row-") and value}
    assert left == {NUMBER, "X-2", "soon", "阴性"}, "only that goes in again"
    done = send(officer, after, "/enter/results", **{"row-0-sampled": "2022-10-01 06:10"})
    assert done.status_code == 200 and "1 row is sent." in done.text
    assert results(town.isolation) == [("X-1", "negative"), ("X-2", "negative")]
    send(officer, read, "/enter/results")
    assert len(results(town.isolation)) == 2, "sent twice it is one act"


def test_a_positive_is_asked_once_more(town: Town) -> None:
    officer = town.officer()
    page = officer.get("/enter/results")
    typed = {
        f"row-0-{name}": value
        for name, value in zip(
            ("document", "sample", "sampled", "result"), (NUMBER, "X-9", "2022-10-01 06:05", "+"), strict=True
        )
    }
    asked = send(officer, page, "/enter/results", **typed)
    assert "There is 1 positive result among them: nothing is sent yet." in asked.text
    assert town.isolation.rows(t.results_of_nobody) == []
    sure = send(officer, asked, "/enter/results")
    assert "nobody followed here: the district is told" in sure.text
    assert len(town.isolation.rows(t.results_of_nobody)) == 1


def test_a_positive_that_was_typed_after_the_question_is_asked_about_as_well(town: Town) -> None:
    officer = town.officer()
    page = officer.get("/enter/results")
    names = ("document", "sample", "sampled", "result")

    def row(at: int, sample: str) -> dict[str, str]:
        values = (NUMBER, sample, "2022-10-01 06:05", "+")
        return {f"row-{at}-{name}": value for name, value in zip(names, values, strict=True)}

    asked = send(officer, page, "/enter/results", **row(0, "X-9"))
    more = send(officer, asked, "/enter/results", **row(1, "X-10"))
    assert "There are 2 positive results among them: nothing is sent yet." in more.text
    other = send(officer, more, "/enter/results", **row(0, "X-8"))
    assert "nothing is sent yet" in other.text, "another one than was asked about"
    assert town.isolation.rows(t.results_of_nobody) == []
    assert send(officer, other, "/enter/results", sure="yes").text.count("nothing is sent yet") == 1
    send(officer, other, "/enter/results")
    assert len(town.isolation.rows(t.results_of_nobody)) == 2


def test_a_number_that_a_spreadsheet_damaged_is_no_result(town: Town) -> None:
    officer = town.officer()
    page = officer.get("/enter/results")
    numbers = (NUMBER, "6.20102E+17", "111111")
    pasted = "\n".join(f"{number}\tX-{number[:3]}\t2022/10/1 6:05\t阴性" for number in numbers)
    read = send(officer, page, "/enter/results/paste", pasted=pasted)
    assert "A spreadsheet has changed the number: take it from the document." in read.text
    assert "This is no number of a document." in read.text
    after = send(officer, read, "/enter/results")
    assert after.status_code == 422 and "1 row is sent." in after.text
    left = [value for name, value in cells(after).items() if name.endswith("-document") and value]
    assert left == ["6.20102E+17", "111111"]


def test_what_all_rows_need_is_asked_for_and_all_that_was_typed_stays(town: Town) -> None:
    officer = town.officer()
    page = officer.get("/enter/results")
    nothing = send(officer, page, "/enter/results", method="", stage="")
    assert nothing.status_code == 422 and nothing.text.count("Choose one.") >= 2
    wrong = send(officer, page, "/enter/results", method="", **{"row-0-sample": '"><b>=1+1'})
    assert wrong.status_code == 422 and "&#34;&gt;&lt;b&gt;=1+1" in wrong.text and "<b>=1" not in wrong.text
    many = "\n".join(f"{NUMBER}\tX-{n}\t2022-10-01 06:05\t阴性" for n in range(101))
    read = send(officer, page, "/enter/results/paste", pasted=many)
    assert "Send up to 100 rows at once." in send(officer, read, "/enter/results").text
    assert send(officer, page, "/enter/results/paste", pasted="").status_code == 422


def test_only_whom_their_role_lets_report_tests_has_the_table(town: Town) -> None:
    street = town.officer("street")
    assert 'href="/enter/results"' not in street.get("/lists").text
    street.get("/enter/results", 404)
