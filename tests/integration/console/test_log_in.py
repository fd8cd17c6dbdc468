"""Who comes in with a name, a password and a code, and who does not."""

from __future__ import annotations

import random

import pytest
from sqlalchemy import update

from contracts.faults import Refused
from services.console.accounts.lock_out import FORGOTTEN_AFTER
from services.console.sessions.end_session import log_out, revoke
from services.console.sessions.end_sessions_of_staff import end_sessions_of_staff
from services.console.sessions.known_browser import mark
from services.console.sessions.log_in import Wait, log_in
from services.console.sessions.queries import sessions_of
from services.console.sessions.see import see
from services.console.tables import account_acts, accounts, recovery_codes, sessions, tries
from tests.at_once import at_once
from tests.integration.console.trial import PASSWORD, Owner, Trial


def attempt(trial: Trial, name: str, password: str, code: str, held: str = "") -> str:
    try:
        log_in(trial.work, name, password, code, "a browser", held)
    except Wait:
        return "wait"
    except Refused:
        return "wrong"
    return "in"


def test_all_three_must_be_right_and_nothing_says_which_was_not(trial: Trial) -> None:
    owner = trial.owner()
    code = trial.code(owner.secret)
    said = []
    for name, password, typed in [
        ("nobody", PASSWORD, code),
        (owner.name, "wrong", code),
        (owner.name, PASSWORD, "000000"),
        (owner.name, PASSWORD, ""),
    ]:
        with pytest.raises(Refused) as caught:
            log_in(trial.work, name, password, typed, "")
        said.append((type(caught.value), str(caught.value)))
    assert set(said) == {(Refused, "name, password or code is wrong")}
    assert attempt(trial, owner.name, PASSWORD, code) == "in"


@pytest.mark.parametrize("name", ["wang.min", "x" * 5000])
def test_of_a_thousand_attempts_five_are_judged(trial: Trial, name: str) -> None:
    trial.owner()
    told = [attempt(trial, name, f"guess {n}", "123456") for n in range(1000)]
    assert told == ["wrong"] * 5 + ["wait"] * 995


def test_of_many_attempts_at_the_same_time_five_are_judged(trial: Trial) -> None:
    owner = trial.owner()
    told = at_once(*[lambda: attempt(trial, owner.name, "guess", "123456")] * 12)
    assert sorted(told) == ["wait"] * 7 + ["wrong"] * 5


def test_who_is_kept_waiting_comes_in_later_and_their_wrong_tries_are_forgotten(trial: Trial) -> None:
    owner = trial.owner()
    for _ in range(6):
        attempt(trial, owner.name, "guess", "123456")
    assert attempt(trial, owner.name, PASSWORD, trial.code(owner.secret)) == "wait"
    trial.clock.advance(seconds=60)
    assert attempt(trial, owner.name, PASSWORD, trial.code(owner.secret)) == "in"
    assert trial.rows(tries) == []


def test_others_come_in_while_one_name_is_guessed(trial: Trial) -> None:
    owner, other = trial.owner(), trial.owner("li.na", staff_id="s-2")
    for _ in range(20):
        attempt(trial, owner.name, "guess", "123456")
    assert attempt(trial, other.name, PASSWORD, trial.code(other.secret)) == "in"


def test_whoever_guesses_keeps_nobody_out_of_their_own_browser(trial: Trial) -> None:
    owner, other = trial.owner(), trial.owner("li.na", staff_id="s-2")
    held = mark(trial.work.index, owner.name)
    for _ in range(50):
        attempt(trial, owner.name, "guessed", "000000")
    code = trial.code(owner.secret)
    token = held.partition(".")[0]
    for forged in ("", "made.up", f"{token}.", f"x{held}", mark(trial.work.index, other.name)):
        assert attempt(trial, owner.name, PASSWORD, code, forged) == "wait"
    assert attempt(trial, owner.name, PASSWORD, code, held) == "in"
    trial.clock.advance(seconds=60)
    said = [attempt(trial, owner.name, "guessed", "000000", held) for _ in range(7)]
    assert said == [*["wrong"] * 5, *["wait"] * 2], "a browser that was stolen is no better"
    assert attempt(trial, owner.name, PASSWORD, trial.code(owner.secret), held) == "wait"


def test_names_that_somebody_makes_up_do_not_stay(trial: Trial) -> None:
    for n in range(50):
        attempt(trial, f"made.up.{n}", "guess", "123456")
    assert len(trial.rows(tries)) == 50
    trial.clock.advance(seconds=FORGOTTEN_AFTER.total_seconds())
    for n in range(3):
        attempt(trial, f"another.{n}", "guess", "123456")
    assert len(trial.rows(tries)) == 3


def test_a_code_counts_once(trial: Trial) -> None:
    owner = trial.owner()
    code = trial.code(owner.secret)
    assert [attempt(trial, owner.name, PASSWORD, code) for _ in range(3)] == ["in", "wrong", "wrong"]
    assert attempt(trial, owner.name, PASSWORD, trial.code(owner.secret, steps=-1)) == "wrong", (
        "an earlier one"
    )
    trial.clock.advance(seconds=30)
    assert attempt(trial, owner.name, PASSWORD, trial.code(owner.secret)) == "in"


def test_of_many_who_say_the_same_code_at_the_same_time_one_comes_in(trial: Trial) -> None:
    owner = trial.owner()
    code = trial.code(owner.secret)
    assert sorted(at_once(*[lambda: attempt(trial, owner.name, PASSWORD, code)] * 5)) == [
        "in",
        *["wrong"] * 4,
    ]
    assert len(trial.rows(sessions)) == 1


def test_the_code_with_which_an_account_was_taken_up_does_not_log_in(trial: Trial) -> None:
    token = trial.invite().token
    code = trial.code(trial.secret_of(token))
    trial.take_up(token)
    assert attempt(trial, "wang.min", PASSWORD, code) == "wrong"


def test_a_recovery_code_counts_once_however_it_is_typed(trial: Trial) -> None:
    owner = trial.owner()
    code = owner.recovery_codes[3]
    assert attempt(trial, owner.name, PASSWORD, f" {code.upper().replace('-', ' ')} ") == "in"
    assert attempt(trial, owner.name, PASSWORD, code) == "wrong"
    assert [row["used_at"] is not None for row in trial.rows(recovery_codes)].count(True) == 1
    assert "recovery_code_used" in [row["what"] for row in trial.rows(account_acts)]


def test_a_recovery_code_of_somebody_else_opens_nothing(trial: Trial) -> None:
    owner, other = trial.owner(), trial.owner("li.na", staff_id="s-2")
    assert attempt(trial, owner.name, PASSWORD, other.recovery_codes[0]) == "wrong"


@pytest.mark.parametrize("state", ["ended", "invited"])
def test_an_account_that_is_not_active_opens_nothing(trial: Trial, state: str) -> None:
    owner = trial.owner()
    entered = trial.log_in(owner)
    with trial.work.unit() as uow:
        uow.conn.execute(update(accounts).values(state=state))
    assert see(trial.work, entered.token) is None
    trial.clock.advance(seconds=30)
    assert attempt(trial, owner.name, PASSWORD, trial.code(owner.secret)) == "wrong"


# -- sessions


def test_a_session_ends_after_twelve_hours_whatever_is_done_in_it(trial: Trial) -> None:
    token = trial.log_in(trial.owner()).token
    for _ in range(11):
        trial.clock.advance(hours=1)
        assert see(trial.work, token)
    trial.clock.advance(minutes=59, seconds=59)
    assert see(trial.work, token)
    trial.clock.advance(seconds=1)
    assert see(trial.work, token) is None


def test_a_session_is_seen_to_the_minute(trial: Trial) -> None:
    token = trial.log_in(trial.owner()).token
    came = trial.clock.moment
    for seconds, seen in [(59, 0), (1, 60), (30, 60), (30, 120)]:
        trial.clock.advance(seconds=seconds)
        see(trial.work, token)
        assert (trial.rows(sessions)[0]["seen_at"] - came).total_seconds() == seen


def test_who_logs_out_is_out_with_this_session_only(trial: Trial) -> None:
    owner = trial.owner()
    first = trial.log_in(owner).token
    trial.clock.advance(seconds=30)
    second = trial.log_in(owner).token
    who = see(trial.work, first)
    assert who
    for _ in range(2):
        with trial.work.unit() as uow:
            log_out(uow, who)
    assert see(trial.work, first) is None and see(trial.work, second)
    assert [row["what"] for row in trial.rows(account_acts)].count("logged_out") == 1


def test_one_ends_ones_own_sessions_and_nobody_elses(trial: Trial) -> None:
    owner, other = trial.owner(), trial.owner("li.na", staff_id="s-2")
    mine, theirs = see(trial.work, trial.log_in(owner).token), trial.log_in(other).token
    others = see(trial.work, theirs)
    assert mine and others
    for wanted in (others.session.id, "nonsense", "\x00"):
        with trial.work.unit() as uow, pytest.raises(Refused):
            revoke(uow, mine.account, wanted)
    assert see(trial.work, theirs)
    with trial.work.unit() as uow:
        assert [one.id for one in sessions_of(uow, mine.account)] == [mine.session.id]
        revoke(uow, mine.account, mine.session.id)
        assert sessions_of(uow, mine.account) == []


def test_all_sessions_of_a_member_of_staff_end_at_once(trial: Trial) -> None:
    owner, other = trial.owner(), trial.owner("li.na", staff_id="s-2")
    theirs = []
    for _ in range(3):
        theirs.append(trial.log_in(owner).token)
        trial.clock.advance(seconds=30)
    kept = trial.log_in(other).token
    with trial.work.unit() as uow:
        assert end_sessions_of_staff(uow, "s-1", by="test") == 3
    with trial.work.unit() as uow:
        assert end_sessions_of_staff(uow, "s-1", by="test") == 0
        assert end_sessions_of_staff(uow, "nobody", by="test") == 0
    assert [see(trial.work, token) for token in theirs] == [None] * 3 and see(trial.work, kept)


def test_sessions_of_before_end_when_an_account_is_taken_up_again(trial: Trial) -> None:
    token = trial.log_in(trial.owner()).token
    trial.clock.advance(minutes=5)
    trial.take_up(trial.invite().token)
    assert see(trial.work, token) is None


def test_forged_cookies_open_nothing(trial: Trial) -> None:
    owner: Owner = trial.owner()
    token = trial.log_in(owner).token
    [row] = trial.rows(sessions)
    chance = random.Random(7)
    for forged in (
        "",
        row["id"],
        row["digest"],
        row["account_id"],
        token[:-1],
        token + "A",
        token.swapcase(),
        "\x00",
        "家" * 300,
        *("".join(chance.sample(token, len(token))) for _ in range(50)),
    ):
        assert see(trial.work, forged) is None, forged
    assert see(trial.work, token)
