"""Accounts are made by invitation, and taken up by a link that counts once."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from contracts.faults import Refused
from services.console.accounts.end_account import end_account
from services.console.accounts.queries import taking_up
from services.console.accounts.take_up import take_up
from services.console.sessions.see import see
from services.console.tables import account_acts, accounts, metadata
from tests.at_once import at_once
from tests.integration.console.trial import PASSWORD, Trial


def refused(
    trial: Trial, token: str, password: str = PASSWORD, again: str | None = None, code: str = ""
) -> Refused:
    with pytest.raises(Refused) as caught:
        take_up(trial.work, token, password, password if again is None else again, code)
    return caught.value


def test_the_first_administrator_takes_the_account_up_and_logs_in(trial: Trial) -> None:
    owner = trial.owner("admin", "administrator")
    entered = trial.log_in(owner)
    assert (entered.account.kind, entered.account.staff_id) == ("administrator", None)
    assert [row["what"] for row in trial.rows(account_acts)] == ["invited", "taken_up", "logged_in"]


def test_nothing_that_opens_anything_is_kept_as_it_is(trial: Trial) -> None:
    token = trial.invite().token
    secret, codes = trial.secret_of(token), trial.take_up(token).recovery_codes
    trial.clock.advance(seconds=60)
    owner = trial.known("wang.min", secret, codes)
    entered = trial.log_in(owner)
    kept = str([dict(row) for table in metadata.sorted_tables for row in trial.rows(table)])
    opens = [token, secret, PASSWORD, entered.token, *codes, *(code.replace("-", "") for code in codes)]
    assert "wang.min" in kept and [one for one in opens if one in kept] == []


def test_a_link_counts_once(trial: Trial) -> None:
    token = trial.invite().token
    code = trial.code(trial.secret_of(token))
    trial.take_up(token)
    assert refused(trial, token, code=code).kind == "unknown"
    with trial.work.look() as uow:
        assert taking_up(uow, token) is None


def test_of_many_who_use_a_link_at_the_same_time_one_gets_the_account(trial: Trial) -> None:
    token = trial.invite().token
    code = trial.code(trial.secret_of(token))

    def take() -> str:
        try:
            take_up(trial.work, token, PASSWORD, PASSWORD, code)
        except Refused as no:
            return no.kind
        return "taken"

    assert sorted(at_once(*[take] * 8)) == ["taken", *["unknown"] * 7]


def test_looking_at_a_link_uses_nothing_up(trial: Trial) -> None:
    token = trial.invite().token
    assert {trial.secret_of(token) for _ in range(3)} == {trial.secret_of(token)}
    assert trial.take_up(token).recovery_codes


@pytest.mark.parametrize(("kind", "hours"), [("officer", 72), ("administrator", 1)])
def test_a_link_is_too_old_after_its_time(trial: Trial, kind: str, hours: int) -> None:
    token = trial.invite(kind=kind).token
    trial.clock.advance(hours=hours, seconds=-1)
    assert trial.secret_of(token)
    trial.clock.advance(seconds=1)
    assert refused(trial, token).kind == "unknown"


def test_of_several_links_of_an_account_the_last_one_counts(trial: Trial) -> None:
    first, second = trial.invite().token, trial.invite().token
    assert refused(trial, first).kind == "unknown"
    assert trial.take_up(second).name == "wang.min"


@pytest.mark.parametrize("token", ["", "guessed", "x" * 5000, "\x00", "家"])
def test_a_link_that_was_made_up_opens_nothing(trial: Trial, token: str) -> None:
    trial.invite()
    assert refused(trial, token).kind == "unknown"


def test_what_will_not_do_is_said_all_at_once_and_the_link_goes_on_counting(trial: Trial) -> None:
    token = trial.invite().token
    for password, again, wrong in [
        ("short", None, ["too_short", "wrong_code"]),
        ("x" * 201, None, ["too_long", "wrong_code"]),
        ("my name is wang.min", None, ["too_easy", "wrong_code"]),
        ("abababababababab", None, ["too_easy", "wrong_code"]),
        (PASSWORD, "another one", ["differs", "wrong_code"]),
    ]:
        assert [fault.code for fault in refused(trial, token, password, again).faults] == wrong
    assert trial.take_up(token)


def test_whoever_takes_an_account_up_again_has_other_secrets_and_the_old_ones_open_nothing(
    trial: Trial,
) -> None:
    old = trial.owner()
    token = trial.invite().token
    assert trial.log_in(old).account.name == "wang.min", "until the link is taken up"
    new_secret = trial.secret_of(token)
    codes = trial.take_up(token, "another four words").recovery_codes
    trial.clock.advance(seconds=60)
    new = trial.known("wang.min", new_secret, codes)
    for password, owner in [(PASSWORD, old), (PASSWORD, new), ("another four words", old)]:
        with pytest.raises(Refused):
            trial.log_in(owner, password=password)
    with pytest.raises(Refused):
        trial.log_in(new, password="another four words", code=old.recovery_codes[0])
    assert trial.log_in(new, password="another four words")


def test_a_name_is_one_however_it_is_written(trial: Trial) -> None:
    first = trial.invite("Ｗang.Min").token
    second = trial.invite(" WANG.MIN ").token
    assert refused(trial, first).kind == "unknown" and trial.take_up(second).name == "wang.min"
    assert len(trial.rows(accounts)) == 1


@pytest.mark.parametrize("name", ["", " ", "a b", "x" * 61, "<b>", "a\x00", "=1+1", "a/b"])
def test_a_name_that_can_be_none_is_refused(trial: Trial, name: str) -> None:
    with pytest.raises(Refused) as caught:
        trial.invite(name)
    assert caught.value.kind == "invalid"


def test_the_account_of_somebody_else_is_not_given_away(trial: Trial) -> None:
    trial.invite("wang.min", staff_id="s-1")
    for kind, staff_id in [("officer", "s-2"), ("administrator", None)]:
        with pytest.raises(Refused) as caught:
            trial.invite("wang.min", kind, staff_id)
        assert caught.value.kind == "conflict"


def test_an_account_that_has_ended_is_not_taken_up(trial: Trial) -> None:
    token = trial.invite().token
    with trial.work.unit() as uow:
        uow.conn.execute(update(accounts).values(state="ended"))
    assert refused(trial, token).kind == "unknown"
    with pytest.raises(Refused) as caught:
        trial.invite()
    assert caught.value.kind == "conflict"


def end(trial: Trial, name: str) -> None:
    account_id = next(row["id"] for row in trial.rows(accounts) if row["name"] == name)
    with trial.work.unit() as uow:
        end_account(uow, account_id, by="admin")


def test_a_member_of_staff_has_one_account_of_a_kind(trial: Trial) -> None:
    trial.owner("wang.min", staff_id="s-1")
    with pytest.raises(Refused) as refused:
        trial.invite("somebody.else", "officer", "s-1")
    assert [(fault.where, fault.code) for fault in refused.value.faults] == [("staff_id", "has_account")]
    end(trial, "wang.min")
    assert trial.invite("wang.min.again", "officer", "s-1").token


def test_of_two_who_invite_the_same_at_once_one_does(trial: Trial) -> None:
    def invite(name: str) -> str:
        try:
            return trial.invite(name, "officer", "s-1").account
        except Refused as no:
            return no.kind

    names = [f"wang.{number}" for number in range(4)]
    found = at_once(*[lambda name=name: invite(name) for name in names])
    assert sorted(one for one in found if one == "conflict") == ["conflict"] * 3
    assert len(trial.rows(accounts)) == 1


def test_whoever_has_an_account_that_is_ended_is_out(trial: Trial) -> None:
    trial.owner("admin", "administrator")
    owner, token = trial.owner("wang.min"), trial.invite("li.na", staff_id="s-2").token
    entered = trial.log_in(owner)
    assert see(trial.work, entered.token)
    for _ in range(2):
        end(trial, "wang.min")
    end(trial, "li.na")
    assert see(trial.work, entered.token) is None
    trial.clock.advance(seconds=60)
    with pytest.raises(Refused):
        trial.log_in(owner)
    assert refused(trial, token).kind == "unknown"
    with pytest.raises(Refused):
        trial.invite("wang.min")
    assert [row["what"] for row in trial.rows(account_acts)].count("ended") == 2


def test_the_last_two_administrators_do_not_end_each_other(trial: Trial) -> None:
    for name in ("admin", "second"):
        trial.owner(name, "administrator")

    def try_to_end(name: str) -> str:
        try:
            end(trial, name)
        except Refused as no:
            return no.faults[0].code
        return "ended"

    assert sorted(at_once(lambda: try_to_end("admin"), lambda: try_to_end("second"))) == [
        "ended",
        "last_administrator",
    ]
