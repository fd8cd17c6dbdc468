"""A phone whose owner is not sure is told to the source, and to nobody as a phone."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.registration.trial import Trial, person, report

# Case 28 of those tried: the number of somebody in Chicago, or of somebody else in China.
JANE = {
    "name": "JANE DEMO DOE",
    "identity_type": "passport",
    "identity_number": "Z00011122",
    "phone": "1-312-555-0123",
    "nationality": "USA",
}


def reasons(trial: Trial) -> set[tuple[str, str]]:
    """Of all answers: what is to be corrected, whether or not the report goes on without it."""
    answers = [*trial.events("report.rejected"), *trial.events("report.accepted")]
    told = [one for answer in answers for one in _told(answer["data"])]
    return {(reason["field"], reason["code"]) for reason in told}


def _told(data: dict[str, Any]) -> list[dict[str, Any]]:
    return data.get("reasons") or data.get("to_correct") or []


def phones(trial: Trial) -> list[str | None]:
    """Those of all arrivals that were handed on."""
    events = trial.events("arrival.registered")
    return [trial.sealer.unseal(event["data"]["person"])["phone"] for event in events]


@pytest.mark.parametrize(
    ("phone", "nationality", "code"),
    [
        (JANE["phone"], "USA", "phone_ambiguous"),
        ("010-1234-5678", "KOR", "phone_ambiguous"),
        ("1.3125550123E+10", None, "phone_spreadsheet"),
        ("13909310001 / 13909310002", "CHN", "phone_several"),
    ],
)
def test_a_number_that_may_be_a_strangers_waits_for_correction(
    trial: Trial, phone: str, nationality: str | None, code: str
) -> None:
    trial.receive(report(1, people=[{**JANE, "phone": phone, "nationality": nationality}]))
    assert reasons(trial) == {("person.phone", code)}
    assert set(phones(trial)) <= {None}


def test_without_a_nationality_the_country_of_the_document_counts(trial: Trial) -> None:
    document = {"phone": "13125550123", "nationality": None, "issuing_country": "USA"}
    trial.receive(report(1, people=[JANE | document]))
    assert reasons(trial) == {("person.phone", "phone_ambiguous")}


@pytest.mark.parametrize("written", ["+1-312-555-0123", "001 312 555 0123"])
def test_with_its_country_code_it_is_the_one_meant(trial: Trial, written: str) -> None:
    trial.receive(report(1, people=[{**JANE, "phone": written}]))
    assert phones(trial) == ["+13125550123"]


def test_a_note_beside_the_number_is_none_of_it(trial: Trial) -> None:
    trial.receive(report(1, people=[person(1, phone="139-0000-0001 (wife)")]))
    assert phones(trial) == ["13900000001"]


def test_one_service_number_does_not_make_two_people_one(trial: Trial) -> None:
    shared = {"name": "胡老样", "phone": "400-123-4567"}
    trial.receive(report(1, people=[shared]), report(2, people=[shared]))
    assert ("person.phone", "phone_shared") in reasons(trial)
    assert phones(trial) == []


def test_with_an_identity_number_a_service_number_is_no_fault(trial: Trial) -> None:
    """Case 08: nobody can be told by it, and whoever visits sees it."""
    trial.receive(report(1, people=[person(1, phone="400-123-4567")]))
    assert (reasons(trial), phones(trial)) == (set(), ["4001234567"])
