import pytest
from hypothesis import given
from hypothesis import strategies as st

from field.states import ForbiddenTransition
from services.notification.channels.answers import Answer, Outcome
from services.notification.messages import states
from services.notification.messages.attempts import CHANNEL_MISSING_WAIT, LONGEST_RETRY_AFTER, BackOff, after

FOLLOWING = states.MESSAGE.following

answers = st.sampled_from(list(Answer))
outcomes = st.builds(
    Outcome, answers, st.just("why"), retry_after=st.none() | st.floats(0, 1e9, allow_nan=False)
)
back_offs = st.builds(BackOff, tries=st.integers(1, 20), first=st.floats(0.1, 60), longest=st.just(3600.0))


def test_a_sent_or_given_up_message_does_not_go_out_again() -> None:
    for state in (states.ACCEPTED, states.DELIVERED, states.FAILED, states.UNKNOWN, states.CANCELLED):
        assert not {states.PENDING, states.SENDING} & FOLLOWING[state]


def test_a_message_leaves_pending_and_held_only_by_a_state_that_is_known() -> None:
    assert set(FOLLOWING) == set(states.STATES)
    assert set().union(*FOLLOWING.values()) <= set(states.STATES)
    assert {states.DELIVERED, states.FAILED, states.SUPPRESSED, states.CANCELLED} == states.MESSAGE.ends


def test_every_state_that_is_no_end_leads_to_an_end() -> None:
    for state in states.STATES:
        seen, todo = set(), {state}
        while todo:
            seen |= todo
            todo = set().union(*(FOLLOWING[s] for s in todo)) - seen
        assert seen & states.MESSAGE.ends


def test_a_forbidden_move_says_from_where_to_where() -> None:
    with pytest.raises(ForbiddenTransition, match="cancelled cannot become sending"):
        states.MESSAGE.move(states.CANCELLED, states.SENDING)


@given(outcomes, st.integers(1, 30), back_offs, st.booleans(), st.integers(0, 3))
def test_whatever_happens_a_message_is_sent_or_comes_again_or_goes_to_a_human(
    outcome: Outcome, attempt: int, back_off: BackOff, idempotent: bool, channels_left: int
) -> None:
    follows = after(
        outcome,
        attempt=attempt,
        key="m",
        back_off=back_off,
        idempotent=idempotent,
        channels_left=channels_left,
    )
    assert follows.state in FOLLOWING[states.SENDING]
    sent = follows.state in (states.ACCEPTED, states.DELIVERED)
    again = follows.state == states.PENDING
    assert [sent, again, follows.undeliverable].count(True) == 1
    assert again == (follows.wait is not None)


@given(outcomes, st.integers(1, 30), back_offs, st.integers(0, 3))
def test_without_keys_a_lost_answer_is_never_sent_again(
    outcome: Outcome, attempt: int, back_off: BackOff, channels_left: int
) -> None:
    follows = after(
        Outcome(Answer.LOST, retry_after=outcome.retry_after),
        attempt=attempt,
        key="m",
        back_off=back_off,
        idempotent=False,
        channels_left=channels_left,
    )
    assert (follows.state, follows.undeliverable) == (states.UNKNOWN, True)


@given(answers, back_offs)
def test_tries_end_and_the_last_one_informs_a_human(answer: Answer, back_off: BackOff) -> None:
    ends = []
    for attempt in range(1, back_off.tries + 1):
        follows = after(Outcome(answer), attempt=attempt, key="m", back_off=back_off, idempotent=True)
        ends.append(follows.state != states.PENDING)
    if answer in (Answer.NOT_SENT, Answer.NOT_SET_UP):
        assert not any(ends)
    else:
        assert ends[-1]


def test_a_bad_number_fails_at_once_and_goes_to_the_next_channel_if_there_is_one() -> None:
    refused = Outcome(Answer.REFUSED, "http_422")
    alone = after(refused, attempt=1, key="m", back_off=BackOff(), idempotent=True)
    assert (alone.state, alone.undeliverable) == (states.FAILED, True)
    other = after(refused, attempt=1, key="m", back_off=BackOff(), idempotent=True, channels_left=1)
    assert (other.state, other.next_channel, other.undeliverable) == (states.PENDING, True, False)


def test_a_message_of_a_channel_that_is_not_set_up_goes_to_the_next_or_waits() -> None:
    missing = Outcome(Answer.NOT_SET_UP, "no_such_channel")
    alone = after(missing, attempt=99, key="m", back_off=BackOff(), idempotent=True)
    assert (alone.state, alone.wait, alone.counts) == (states.PENDING, CHANNEL_MISSING_WAIT, False)
    other = after(missing, attempt=99, key="m", back_off=BackOff(), idempotent=True, channels_left=1)
    assert (other.state, other.next_channel, other.counts) == (states.PENDING, True, False)


@given(back_offs, st.integers(1, 100), st.text(max_size=40))
def test_waits_grow_stay_within_their_spread_and_are_the_same_for_the_same_attempt(
    back_off: BackOff, attempt: int, key: str
) -> None:
    base = min(back_off.longest, back_off.first * back_off.factor ** min(attempt - 1, 64))
    wait = back_off.wait(attempt, key)
    assert base * (1 - back_off.spread) <= wait <= base * (1 + back_off.spread)
    assert wait == back_off.wait(attempt, key)


@given(st.floats(0, 1e12, allow_nan=False), st.integers(1, 7))
def test_a_gateways_wish_to_wait_is_kept_within_reason(seconds: float, attempt: int) -> None:
    follows = after(
        Outcome(Answer.BUSY, retry_after=seconds),
        attempt=attempt,
        key="m",
        back_off=BackOff(),
        idempotent=True,
    )
    assert follows.wait is not None
    assert follows.wait >= min(seconds, LONGEST_RETRY_AFTER)
    assert follows.wait <= max(LONGEST_RETRY_AFTER, BackOff().longest * 1.2)


def test_the_default_tries_take_about_an_hour_and_a_half() -> None:
    waits = [BackOff(spread=0.0).wait(attempt, "m") for attempt in range(1, BackOff().tries)]
    assert waits[:3] == [5, 15, 45]
    assert 60 * 80 < sum(waits) < 60 * 100
