"""At night only what is urgent is sent, and nobody of the staff gets more than so many messages a day."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.unit_of_work import Work
from contracts.envelope import Event
from services.notification import handover
from services.notification.events.digest import DIGEST
from services.notification.messages import queries
from services.notification.messages.states import (
    ACCEPTED,
    CANCELLED,
    DAILY_LIMIT,
    FOR_DIGEST,
    HELD,
    NIGHT,
    PENDING,
)
from services.notification.rules.book import URGENT
from tests.at_once import at_once
from tests.integration.notification.pacing import (
    USUAL,
    at,
    digest_messages,
    digest_rows,
    late,
    plan,
    send,
    team,
    turn,
    with_clock,
)
from tests.integration.notification.trial import (
    Gateway,
    opened,
    prepare,
    rows,
    running_gateway,
    states,
    work_on,
)
from tests.waiting import eventually


def quiet(*members: str) -> Event:
    """A case of which its owner is told without urgency, and the resident too."""
    return opened(measure="inform_only", team=team(*members))


def by_recipient(work: Work) -> dict[str, set[tuple[str, str | None]]]:
    found: dict[str, set[tuple[str, str | None]]] = {}
    for row in rows(work):
        found.setdefault(row["staff_id"] or row["recipient_kind"], set()).add((row["state"], row["reason"]))
    return found


def test_at_night_only_what_is_urgent_is_sent(work: Work, gateway: Gateway, tmp_path: Path) -> None:
    night = with_clock(work, tmp_path, at(22))
    plan(night, [quiet("w1"), opened(team=team("w2")), late("w3", kind="escort_to_site"), late("w4")])
    send(night, gateway)
    assert states(night) == {"accepted": 3, "held": 3}
    night.clock.set(at(6, 59, day=2))
    turn(night)
    send(night, gateway)
    assert states(night) == {"accepted": 3, "held": 3}
    night.clock.set(at(7, 0, day=2))
    turn(night)
    send(night, gateway)
    assert by_recipient(night)["w1"] == {("accepted", "http_202")}
    assert {digest["staff_id"] for digest in digest_messages(night)} == {"w4"}
    assert [row["state"] for row in rows(night) if row["rule"] == "resident_inform"] == ["held"]
    night.clock.set(at(8, 0, day=2))
    turn(night)
    send(night, gateway)
    assert [row["state"] for row in rows(night) if row["rule"] == "resident_inform"] == ["accepted"]


def test_at_night_no_news_of_a_case_wakes_anybody_but_a_stricter_order_the_resident(
    work: Work, gateway: Gateway, tmp_path: Path
) -> None:
    night = with_clock(work, tmp_path, at(23))
    member = {**team("w9")[0], "role": "grid_worker"}
    for kinds, more in (
        (["phone"], {}),
        (["handed_on"], {"previous_owner": member}),
        (["assigned"], {}),
        (["stricter"], {}),
        (["door"], {}),
    ):
        change = {"kinds": kinds, "previous_measure": "health_monitoring", "reason": None, **more}
        plan(night, [opened(version=2, type="case.changed", change=change, team=team("w1"))])
    send(night, gateway)
    found = Counter((row["rule"], row["state"]) for row in rows(night))
    assert found == {
        ("resident_told_again_home", "held"): 2,
        ("worker_corrected", "held"): 2,
        ("worker_handed_on", "cancelled"): 1,  # they were never told
        ("worker_assigned", "held"): 1,
        ("resident_worker_assigned", "held"): 1,
        ("resident_stricter", "accepted"): 1,
        ("worker_stricter", "held"): 1,
    }


def test_by_day_news_of_a_case_goes_before_what_is_normal_and_counts(
    work: Work, gateway: Gateway, tmp_path: Path
) -> None:
    day = with_clock(work, tmp_path, at(9, 20))
    change = {"kinds": ["door"], "previous_measure": "home_isolation", "reason": None}
    moved = [opened(version=2, type="case.changed", change=change, team=team("w1")) for _ in range(8)]
    plan(day, [quiet("w1") for _ in range(8)])
    plan(day, moved)
    send(day, gateway)
    owner = Counter((row["rule"], row["state"]) for row in rows(day) if row["staff_id"] == "w1")
    assert owner == {("worker_corrected", "accepted"): 8, ("worker_in_the_grid", "held"): 8}


def test_by_day_nobody_waits_for_the_morning(work: Work, gateway: Gateway, tmp_path: Path) -> None:
    day = with_clock(work, tmp_path, at(7, 5))
    plan(day, [quiet("w1"), opened(team=team("w2"))])
    send(day, gateway)
    assert states(day) == {"accepted": 4}


def test_after_so_many_messages_a_day_the_rest_goes_into_digests(
    work: Work, gateway: Gateway, tmp_path: Path
) -> None:
    day = with_clock(work, tmp_path, at(9, 20))
    plan(day, [quiet("w1") for _ in range(20)] + [opened(team=team("w1")) for _ in range(5)])
    send(day, gateway)
    owner = [row for row in rows(day) if row["staff_id"] == "w1"]
    assert Counter((row["state"], row["urgency"] == URGENT) for row in owner) == {
        ("accepted", True): 5,  # urgent ones are no part of it
        ("accepted", False): 8,  # a third is kept for digests
        ("held", False): 12,
    }
    day.clock.set(at(10))
    turn(day)
    send(day, gateway)
    (digest,) = digest_messages(day)
    assert (digest["state"], digest["parameters"]["new_cases"]) == ("accepted", 12)


def test_what_is_beyond_the_day_is_told_the_next_morning(
    work: Work, gateway: Gateway, tmp_path: Path
) -> None:
    day = with_clock(work, tmp_path, at(9, 20))
    few = replace(USUAL, a_day=3)
    for hour in range(9, 22):
        day.clock.set(at(hour, 20))
        plan(day, [late()], few)
        day.clock.set(at(hour, 59))
        send(day, gateway, few)
        day.clock.set(at(hour + 1))
        turn(day, few)
        send(day, gateway, few)
    sent = digest_messages(day)
    assert [d["parameters"]["overdue"] for d in sent] == [1, 1, 1]
    day.clock.set(at(7, 0, day=2))
    turn(day, few)
    send(day, gateway, few)
    assert [d["parameters"]["overdue"] for d in digest_messages(day)] == [1, 1, 1, 10]


@pytest.mark.parametrize("a_day", [1, 2])
def test_where_one_message_a_day_is_allowed_it_is_a_digest(
    work: Work, gateway: Gateway, tmp_path: Path, a_day: int
) -> None:
    day = with_clock(work, tmp_path, at(9, 20))
    few = replace(USUAL, a_day=a_day)
    plan(day, [quiet("w1"), quiet("w1")], few)
    for moment in (at(9, 30), at(10), at(11)):
        day.clock.set(moment)
        turn(day, few)
        send(day, gateway, few)
    assert len(digest_messages(day)) == 1
    counted = [row for row in rows(day) if row["staff_id"] and row["counted_on"]]
    assert len(counted) == a_day


def test_replicas_together_send_no_more_than_is_allowed(work: Work, gateway: Gateway, tmp_path: Path) -> None:
    day = with_clock(work, tmp_path, at(9, 20))
    plan(day, [quiet(f"w{n % 3}") for n in range(60)])
    at_once(*[lambda: send(day, gateway)] * 4)
    counted = [row for row in rows(day) if row["staff_id"] and row["counted_on"]]
    sent = Counter(row["staff_id"] for row in counted if row["state"] == ACCEPTED)
    assert sent == {"w0": 8, "w1": 8, "w2": 8}


def test_a_message_that_is_tried_again_counts_once(work: Work, gateway: Gateway, tmp_path: Path) -> None:
    day = with_clock(work, tmp_path, at(9, 20))
    plan(day, [quiet("w1") for _ in range(8)])
    gateway.behave(fail_next=20, fail_status=503)

    def all_sent() -> bool:
        send(day, gateway)
        return PENDING not in states(day)

    eventually(all_sent)
    assert states(day) == {"accepted": 16}


# -- whatever comes, in whatever order -----------------------------------------------------------------------

_NOTICES = st.sampled_from(("overdue", "urgent", "quiet", "opened", "team"))
_STEPS = st.lists(
    st.tuples(st.lists(st.tuples(_NOTICES, st.integers(1, 2)), max_size=6), st.integers(5, 400)),
    min_size=1,
    max_size=8,
)


def notice(kind: str, number: int) -> Event:
    who = f"w{number}"
    match kind:
        case "overdue":
            return late(who)
        case "urgent":
            return late(who, kind="escort_to_site")
        case "quiet":
            return quiet(who)
        case "opened":
            return opened(team=team(who))
    return opened(team=team("w3", who))


@pytest.fixture(scope="module")
def one_gateway() -> object:
    with running_gateway() as gateway:
        yield gateway


@given(steps=_STEPS, hour=st.integers(0, 23), a_day=st.integers(1, 5))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_notice_is_sent_or_in_a_digest_or_cancelled_or_waits_with_a_time(
    sqlite_url: Callable[..., str],
    one_gateway: Gateway,
    tmp_path: Path,
    steps: list[tuple[list[tuple[str, int]], int]],
    hour: int,
    a_day: int,
) -> None:
    pace = replace(USUAL, a_day=a_day)
    with work_on(sqlite_url("notification", prepare)) as plain:
        now = at(hour, 10)
        work = with_clock(plain, tmp_path, now)
        for notices, minutes in steps:
            plan(work, [notice(*each) for each in notices], pace)
            send(work, one_gateway, pace)
            turn(work, pace)
            send(work, one_gateway, pace)
            assert_each_is_accounted_for(work, pace.a_day)
            now += minutes * (at(0, 1) - at(0))
            work.clock.set(now)
        for _ in range(60):  # with time everything is told
            now += at(1) - at(0)
            work.clock.set(now)
            turn(work, pace)
            send(work, one_gateway, pace)
        assert_each_is_accounted_for(work, pace.a_day)
        assert states(work).keys() <= {ACCEPTED, CANCELLED}
        assert all(row["cases"] == row["cases_told"] and row["message_id"] for row in digest_rows(work))


_WHY_HELD = (FOR_DIGEST, NIGHT, DAILY_LIMIT)


def assert_each_is_accounted_for(work: Work, a_day: int) -> None:
    digest = {row["id"]: row for row in digest_rows(work)}
    found = rows(work)
    ids = {row["id"] for row in found}
    for row in found:
        if row["state"] == CANCELLED:
            assert row["reason"] == "in_digest"
            its = digest[row["digest"]]
            assert its["message_id"] in ids or its["folded"] > its["folded_told"]
        else:
            assert (row["state"], row["reason"] in _WHY_HELD) in ((ACCEPTED, False), (HELD, True))
    of_staff = [row for row in found if row["staff_id"]]
    counted = Counter((row["staff_id"], row["counted_on"]) for row in of_staff if row["counted_on"])
    assert all(number <= a_day for number in counted.values()), counted
    urgent = [row for row in found if row["urgency"] == URGENT]
    assert {row["state"] for row in urgent} <= {ACCEPTED}
    an_hour = Counter((row["staff_id"], row["notice"]) for row in found if row["rule"] == DIGEST)
    assert all(number == 1 for number in an_hour.values()), an_hour
    with work.database.read() as conn:
        assert queries.audit(conn)["balanced"]
        assert handover.sums(conn, at(0).date()).balanced
