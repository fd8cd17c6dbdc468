"""The operator's pages are those one looks for, each short; every finding of the review has its answer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.contract.test_documents_name_files import LINK, ROOT

OPERATIONS = ROOT / "docs/operations"
MOST_LINES = 250
FINDINGS = [
    "C1",
    *(f"H{n}" for n in range(1, 10)),
    *(f"M{n}" for n in range(1, 11)),
    *(f"L{n}" for n in range(1, 14)),
]


def test_there_is_a_page_for_each_thing_that_an_operator_does() -> None:
    pages = {page.stem for page in OPERATIONS.glob("*.md")}
    assert {"install", "daily-work", "faults", "alerts", "growth", "backup", "keys", "stuck"} <= pages


@pytest.mark.parametrize("page", sorted(OPERATIONS.glob("*.md")), ids=lambda page: page.stem)
def test_no_page_of_theirs_is_long(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) < MOST_LINES


def test_each_finding_has_a_test_or_a_reason_why_it_is_left() -> None:
    rows = [
        row for row in (ROOT / "docs/reliability.md").read_text(encoding="utf-8").splitlines() if "|" in row
    ]
    answered = set()
    for row in rows:
        finding, what, tests = ([cell.strip() for cell in row.split("|")[1:4]] + ["", ""])[:3]
        if LINK.search(tests) or re.search(r"– \S", what):
            answered |= set(re.findall(r"\b[CHML]\d+\b", finding))
    assert [finding for finding in FINDINGS if finding not in answered] == []
