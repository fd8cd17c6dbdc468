"""What a number of a document says of a birth, and what it does not."""

from __future__ import annotations

from datetime import date

import pytest

from field.documents import born_by


@pytest.mark.parametrize(
    ("kind", "number", "born"),
    [
        ("resident_id", "620102198503070027", date(1985, 3, 7)),
        ("resident_id", " 620102 19850307 002x ", date(1985, 3, 7)),
        ("resident_id", "620102198502300027", None),
        ("resident_id", "620102850307002", None),
        ("resident_id", "62010219850307", None),
        ("passport", "620102198503070027", None),
        ("resident_id", None, None),
        (None, None, None),
    ],
)
def test_only_a_resident_identity_number_says_when_somebody_was_born(
    kind: str | None, number: str | None, born: date | None
) -> None:
    assert born_by(kind, number) == born
