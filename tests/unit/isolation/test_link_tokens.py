from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.isolation.households.rules import readable_until
from services.isolation.links.token import LENGTH, new_token, read_token

NOON = datetime(2022, 10, 8, 4, tzinfo=UTC)


def test_a_token_has_12_characters_none_of_which_looks_like_another() -> None:
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000 and {len(token) for token in tokens} == {LENGTH}
    assert set("".join(tokens)) == set("0123456789abcdefghjkmnpqrstvwxyz")


def test_a_token_is_read_as_people_type_it() -> None:
    token = new_token()
    assert read_token(f" {token.upper()}\n") == token == read_token(token)
    assert read_token(token.replace("0", "O").replace("1", "l")) == token


@given(st.text(max_size=30))
def test_what_is_no_token_is_none(typed: str) -> None:
    token = read_token(typed)
    assert token is None or (len(token) == LENGTH and read_token(token) == token)


def test_a_page_is_open_until_the_last_case_ends_and_readable_for_30_days_after() -> None:
    assert readable_until([None, NOON]) is None
    assert readable_until([NOON, NOON - timedelta(days=2)]) == NOON + timedelta(days=30)
