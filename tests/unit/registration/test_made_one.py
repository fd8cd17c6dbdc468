"""Of two arrivals that are one nobody is lost: whoever was met, or is followed, stays so."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.registration.arrivals.followed import Act, in_order, lent, standing_of
from services.registration.arrivals.merging import Side, goes_on
from services.registration.arrivals.states import ENDED, state_of

MORNING = datetime(2022, 10, 1, 8, tzinfo=UTC)
WHATS = (
    *("contacted", "verified", "no_answer", "not_here", "not_yet_come", "no_such_door", "lives_elsewhere"),
    *("wrong_number", "this_is_not_me", "settled", "placed", "mended"),
)


@st.composite
def acts(draw: st.DrawFn) -> tuple[Act, ...]:
    said = draw(st.lists(st.tuples(st.sampled_from(WHATS), st.integers(0, 80)), max_size=6))
    times = [(what, MORNING + timedelta(hours=hours)) for what, hours in said]
    return in_order(Act(number, what, at, at.date()) for number, (what, at) in enumerate(times, 1))


def side(id: str, said: Sequence[Act]) -> Side:
    reached = standing_of(said, ()).reached
    state = state_of(expected=False, worker="w", not_coming=reached == "not_here", reached=reached)
    return Side(id, state, 0, MORNING)


@given(acts(), acts())
def test_whoever_is_followed_stays_followed_and_whoever_was_met_stays_met(
    one: tuple[Act, ...], other: tuple[Act, ...]
) -> None:
    sides = {"a": side("a", one), "b": side("b", other)}
    kept, _ended = goes_on(*sides.values())
    own, theirs = (one, other) if kept == "a" else (other, one)
    after = standing_of(in_order((*own, *lent(theirs))), ()).reached
    states = {id: of_it.state for id, of_it in sides.items()}
    if not set(states.values()) <= set(ENDED):
        assert after not in ENDED
    for state in ("contacted", "verified"):
        if state in states.values():
            assert after in ("contacted", "verified")
    if "verified" in states.values():
        assert after == "verified"


@given(acts())
def test_what_is_said_at_the_other_door_opens_no_matter_of_this_one(said: tuple[Act, ...]) -> None:
    assert not standing_of(lent(said), ()).to_settle.keys() & {
        *("not_here", "unreachable", "no_such_door", "lives_elsewhere"),
    }
