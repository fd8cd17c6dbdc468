"""The one answer to which policy is in force."""

from dataclasses import dataclass
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from field.policies import in_force

DAY = date(2022, 10, 1)


@dataclass(frozen=True)
class Policy:
    edition: str
    valid_from: date
    valid_to: date | None = None
    places: tuple[str, ...] = ()


def test_the_policy_in_force_is_the_most_local_then_the_latest_then_by_edition():
    everywhere = Policy("a", DAY)
    city = Policy("a", DAY - timedelta(days=300), places=("6201", "6202"))
    district = Policy("a", DAY - timedelta(days=400), places=("620102",))
    later = Policy("a", DAY, places=("620102",))
    higher = Policy("b", DAY, places=("620102",))
    for policies, division, expected in (
        ([everywhere, city, district], "620102002", district),
        ([everywhere, city, district], "620105", city),
        ([everywhere, city, district], "110101", everywhere),
        ([everywhere, city, district], None, everywhere),
        ([district, later], "620102", later),
        ([higher, later], "620102", higher),
    ):
        assert in_force(policies, division, DAY) is expected


def test_a_policy_is_valid_from_its_first_day_to_the_end_of_its_last():
    policy = Policy("a", DAY, DAY + timedelta(days=2))
    assert in_force([policy], None, DAY) is policy
    assert in_force([policy], None, DAY + timedelta(days=2)) is policy
    assert in_force([policy], None, DAY + timedelta(days=3)) is None


def test_where_none_has_begun_the_first_to_begin_is_taken():
    sooner, later = Policy("a", DAY + timedelta(days=1)), Policy("b", DAY + timedelta(days=9))
    assert in_force([later, sooner], None, DAY) is sooner


@given(st.permutations(range(5)), st.integers(-3, 12))
def test_the_order_of_policies_changes_nothing(order: list[int], day: int):
    policies = [Policy(str(n), DAY + timedelta(days=n), places=("62",) * (n % 2)) for n in range(5)]
    when = DAY + timedelta(days=day)
    assert in_force([policies[n] for n in order], "620102", when) is in_force(policies, "620102", when)
