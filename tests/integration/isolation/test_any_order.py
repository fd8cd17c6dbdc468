"""Cases and tasks come out the same in whatever order, how often and at which replica events come."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from chassis.ids import new_id
from contracts.envelope import Event
from services.isolation import tables as t
from services.isolation.cases import casebook
from services.isolation.cases.apply_policies import apply_policies
from services.isolation.cases.assign_waiting import assign_waiting
from services.isolation.cases.follow_arrivals import follow_arrivals
from services.isolation.cases.hand_over import hand_over
from services.isolation.cases.plan_next_day import plan_next_day
from services.isolation.tasks.find_overdue import find_overdue
from services.isolation.teams.copies import STAFF
from services.isolation.teams.loads import Loads
from tests.integration.isolation.trial import GRID, MORNING, Trial, arrival, china, furnish, staff, trial
from tests.waiting import PATIENCE_S


def standing_of(isolation: Trial) -> dict[str, Any]:
    """Cases and live tasks, without the choice among equal workers: no order of events may change them."""
    same = (
        *("case_id", "arrival_version", "state", "measure", "days", "counted_from", "release_on"),
        *("risk_level", "policy_id", "chapters", "arrived_at", "person", "community", "planned_until"),
        *("plan_next", "unassigned_since"),
    )
    live: dict[str, list[Any]] = {}
    for task in isolation.rows(t.tasks):
        if task["state"] in ("due", "missed"):
            live.setdefault(task["case_id"], []).append(
                (task["kind"], task["due_from"], task["due_by"], task["day"], task["role"])
            )
    return {
        case["case_id"]: (
            [case[name] for name in same],
            [role for role, _ in case["team"]],
            sorted(live.get(case["case_id"], [])),
        )
        for case in isolation.rows(t.cases)
    }


def a_day_of_arrivals(seed: int, arrivals: int = 25) -> list[Event]:
    """Each arrival in one to four versions, hours apart, with any risk."""
    rng = random.Random(seed)
    events = []
    for _ in range(arrivals):
        arrival_id = new_id()
        moment = MORNING + timedelta(minutes=rng.randrange(600))
        for version in range(1, rng.choice((1, 1, 2, 2, 3, 4)) + 1):
            events.append(
                arrival(
                    arrival_id,
                    version=version,
                    level=rng.choice(("none", "low", "medium", "high")),
                    left_on=rng.choice((None, date(2022, 9, 30), date(2022, 9, 27), date(2022, 9, 20))),
                    at=moment,
                    destination=rng.choice(({}, {"grid": None}, {"community": None, "grid": None})),
                )
            )
            moment += timedelta(minutes=rng.randrange(1, 400))
    return events


def batches(events: Sequence[Event], rng: random.Random) -> Iterator[list[Event]]:
    found = list(events)
    while found:
        size = rng.randint(1, 20)
        yield found[:size]
        found = found[size:]


# -- order and repetition ---------------------------------------------------------------------------------


def test_the_same_event_ten_times_is_one_case(isolation: Trial):
    came = arrival()
    for _ in range(5):
        isolation.follow(came, came)
    assert len(isolation.rows(t.cases)) == 1
    assert len(isolation.recorded("case.opened")) == 1 and not isolation.recorded("case.changed")
    assert isolation.audit()["balanced"]


@pytest.mark.parametrize("seed", range(3))
def test_events_in_any_order_and_repeated_give_the_same_cases_and_tasks(
    database_url: Callable[..., str], seed: int
):
    events = a_day_of_arrivals(seed)
    rng = random.Random(seed)
    found = []
    for shuffled in (False, True, True):
        with trial(database_url("isolation", furnish)) as isolation:
            isolation.clock.moment = china("2022-10-02 09:30")
            given = list(events)
            if shuffled:
                given += rng.sample(events, len(events) // 3)
                rng.shuffle(given)
            for batch in batches(given, rng):
                isolation.follow(*batch)
            assert isolation.audit()["balanced"]
            found.append(standing_of(isolation))
    assert found[0] == found[1] == found[2]


def test_each_day_is_planned_once_and_missed_days_are_made_up_for(database_url: Callable[..., str]):
    came = [arrival(level=level) for level in ("none", "low", "medium", "high")]
    came.append(arrival(level="medium", arrived_at=MORNING + timedelta(days=3)))
    found = []
    for days in (range(1, 16), (4, 4, 5, 9, 15), (15,)):
        with trial(database_url("isolation", furnish)) as isolation:
            isolation.follow(*came)
            for day in days:
                isolation.clock.moment = MORNING + timedelta(days=day)
                isolation.until_done(plan_next_day)
                assert isolation.do(plan_next_day) == 0
            assert isolation.audit()["balanced"]
            assert not [case for case in isolation.rows(t.cases) if case["plan_next"]]
            found.append({key: value[2] for key, value in standing_of(isolation).items()})
    assert found[0] == found[1] == found[2]
    tests = [task for task in found[0][came[3].subject] if task[0] == "test"]
    assert sorted(day for _, _, _, day, _ in tests) == [1, 2, 3, 5, 7]


# -- several replicas -------------------------------------------------------------------------------------


@pytest.mark.postgresql
@pytest.mark.parametrize("seed", range(2))
def test_replicas_that_share_the_events_end_where_one_alone_ends(
    on_postgresql: Trial, postgresql_url: Callable[..., str], seed: int
):
    events = a_day_of_arrivals(seed, arrivals=120)
    rng = random.Random(seed)
    on_postgresql.clock.moment = china("2022-10-02 09:30")
    for batch in batches(events, rng):
        on_postgresql.follow(*batch)
    rng.shuffle(events)
    with trial(postgresql_url("isolation", furnish)) as shared:
        shared.clock.moment = on_postgresql.clock.moment
        with ThreadPoolExecutor(3) as replicas:
            list(replicas.map(lambda batch: shared.follow(*batch), list(batches(events, rng))))
        assert standing_of(shared) == standing_of(on_postgresql)
        assert shared.audit()["balanced"]
        members = Counter(who for case in shared.rows(t.cases) for _, who in case["team"])
        assert members == {row["staff_id"]: row["cases"] for row in shared.rows(t.staff_load) if row["cases"]}
        assert len(shared.recorded("case.opened")) == len(shared.rows(t.cases)) == 120


@pytest.mark.postgresql
def test_two_replicas_opening_one_case_at_once_open_it_once(on_postgresql: Trial):
    came = arrival(level="none")
    raised = arrival(came.subject, version=2)
    neighbours = [arrival() for _ in range(3)]
    with ThreadPoolExecutor(1) as other:
        with on_postgresql.work.unit() as uow:
            follow_arrivals(uow, [came])
            waiting = other.submit(on_postgresql.follow, raised, *neighbours)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        waiting.result(timeout=PATIENCE_S)
    case = on_postgresql.case(came)
    assert (case["measure"], case["version"], case["arrival_version"]) == ("central_isolation", 2, 2)
    assert (
        len(on_postgresql.recorded("case.opened")) == 4 and len(on_postgresql.recorded("case.changed")) == 1
    )
    assert on_postgresql.audit()["balanced"]


@pytest.mark.postgresql
def test_a_case_given_to_a_worker_who_is_just_leaving_is_handed_over(
    on_postgresql: Trial, monkeypatch: pytest.MonkeyPatch
):
    with on_postgresql.work.unit() as uow:  # of cases that have ended since
        uow.conn.execute(update(t.staff_load).values(cases=1))
    came = arrival(level="none")
    write = Loads.write

    def leaves_before(loads: Loads) -> None:
        monkeypatch.undo()
        (owner,) = (one for one in loads._change if one.startswith("worker-"))
        on_postgresql.do(STAFF.keep, [staff(owner, "grid_worker", GRID, version=2, active=False)])
        write(loads)

    monkeypatch.setattr(Loads, "write", leaves_before)
    with ThreadPoolExecutor(1) as other:
        with on_postgresql.work.unit() as uow:
            follow_arrivals(uow, [came])
            owner = uow.conn.execute(select(t.cases.c.owner)).scalar_one()
            waiting = other.submit(on_postgresql.do, hand_over)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        waiting.result(timeout=PATIENCE_S)
    on_postgresql.until_done(hand_over)
    assert on_postgresql.case(came)["owner"] not in (owner, None)


@pytest.mark.postgresql
def test_timers_of_several_replicas_at_once_do_everything_once(on_postgresql: Trial, monkeypatch):
    monkeypatch.setattr(casebook, "CHUNK", 20)
    on_postgresql.follow(*(arrival(level=level) for level in ("low", "medium", "high") * 30))
    on_postgresql.clock.advance(days=1, hours=4)
    with ThreadPoolExecutor(4) as replicas:
        jobs = [plan_next_day, find_overdue] * 3
        list(replicas.map(on_postgresql.until_done, jobs))
    assert on_postgresql.audit()["balanced"]
    plans = Counter((e.subject, e.version) for e in on_postgresql.recorded("task.planned"))
    told = Counter((e.subject, e.version) for e in on_postgresql.recorded("task.overdue"))
    assert set(plans.values()) == set(told.values()) == {1}
    assert {case["planned_until"] for case in on_postgresql.rows(t.cases)} == {date(2022, 10, 3)}
    late = {x["task_id"] for x in on_postgresql.rows(t.tasks) if x["due_by"] <= on_postgresql.clock.moment}
    assert {subject for subject, _ in told} == late


@pytest.mark.postgresql
def test_events_and_timers_at_once_do_not_deadlock_and_balance(on_postgresql: Trial, monkeypatch):
    monkeypatch.setattr(casebook, "CHUNK", 10)
    events = a_day_of_arrivals(7, arrivals=80)
    on_postgresql.clock.moment = china("2022-10-02 12:30")
    rng = random.Random(7)
    rng.shuffle(events)
    jobs: list[Callable[[], Any]] = [
        lambda batch=batch: on_postgresql.follow(*batch) for batch in batches(events, rng)
    ]
    for timer in (plan_next_day, find_overdue, assign_waiting, apply_policies):
        jobs += [lambda timer=timer: on_postgresql.do(timer)] * 10
    jobs += [
        lambda n=n: on_postgresql.do(STAFF.keep, [staff(f"new-{n}", "grid_worker", GRID)]) for n in range(10)
    ]
    rng.shuffle(jobs)
    with ThreadPoolExecutor(4) as replicas:
        list(replicas.map(lambda job: job(), jobs))
    on_postgresql.run_timers()
    assert on_postgresql.audit()["balanced"]
    assert len(on_postgresql.recorded("case.opened")) == 80
