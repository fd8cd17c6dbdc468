"""Which requests come from another site's page."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.sealing import BlindIndex
from services.console.pages.entry.guard import form_token, is_foreign

HOST = "doorstep.example"
OURS = f"https://{HOST}"


@pytest.mark.parametrize(
    ("site", "origin", "foreign"),
    [
        ("same-origin", OURS, False),
        ("same-origin", "null", False),  # pages that send no referrer say this of their own forms
        ("none", None, False),
        ("same-site", "https://other.example", True),
        ("same-site", OURS, True),
        ("cross-site", "null", True),
        ("cross-site", None, True),
        ("nonsense", OURS, True),
        ("", None, True),
        (None, OURS, False),
        (None, "https://evil.example", True),
        (None, f"https://{HOST}.evil.example", True),
        (None, f"https://evil.example/{HOST}", True),
        (None, f"https://{HOST}@evil.example", True),
        (None, "", True),
        (None, None, False),  # an old browser: the form's token is asked
        (None, "null", False),
        ("same-origin", "https://evil.example", True),
    ],
)
@pytest.mark.parametrize("public_url", [None, OURS])
def test_what_a_browser_says_decides(
    site: str | None, origin: str | None, foreign: bool, public_url: str | None
) -> None:
    assert is_foreign(site, origin, HOST, public_url) is foreign


def test_where_the_own_address_is_known_another_scheme_is_foreign() -> None:
    assert is_foreign(None, f"http://{HOST}", HOST, OURS)


@given(st.text(), st.text(), st.text(), st.text())
def test_a_token_fits_one_browser_and_one_session(form: str, session: str, other: str, another: str) -> None:
    index = BlindIndex(b"n" * 32)
    same = form_token(index, form, session) == form_token(index, other, another)
    assert same == (f"{form}\n{session}" == f"{other}\n{another}")
