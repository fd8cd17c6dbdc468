"""Arrivals of people who are like each other open possible duplicates; none is held up, none joined."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from services.registration import tables as t
from services.registration.arrivals.duplicates import open_by_reason, open_duplicates
from services.registration.arrivals.lookup import trace as traced
from services.registration.arrivals.write_likenesses import write_likenesses
from services.registration.staff.import_staff import import_staff
from tests.at_once import at_once
from tests.integration.registration.trial import STAFF, Trial, identity_number, person, prepare, report

ids = map(str, count())
THERE, ELSEWHERE = "石榴雅苑3号楼", "和平家园1号楼"


def told(*people: dict[str, Any], hour: int = 10, day: int = 1, **changed: Any) -> dict[str, Any]:
    at = f"2022-10-{day:02d}T{hour:02d}:00:00+08:00"
    return report(0, id=next(ids), people=list(people), at=at, **changed)


def traveller(name: str, **known: Any) -> dict[str, Any]:
    return {"name": name, **known}


def reasons(trial: Trial, state: str = "open") -> list[str]:
    return sorted(row["why"] for row in trial.rows(t.possible_duplicates) if row["state"] == state)


PASSPORT = {"identity_type": "passport", "identity_number": "E12345678", "nationality": "KAZ"}
BORN = {"birth_date": "1991-02-03"}

LIKE = {
    "a number here and none there": (
        traveller(
            "欧阳示例", identity_type="resident_id", identity_number=identity_number(40), phone="13900000040"
        ),
        traveller("欧阳示例", birth_date="1960-02-10", phone="13900000041"),
        "same_name_and_birth_date",
    ),
    "a passport and a permit": (
        traveller("MARIA DEMO SANTOS", **PASSPORT, **BORN),
        traveller(
            "Santos, Maria Demo",
            identity_type="foreign_permanent_resident",
            identity_number="PHL310000",
            **BORN,
        ),
        "same_name_and_birth_date",
    ),
    "names written with other dots": (
        traveller("阿依古丽·示例江", identity_type="passport", identity_number="E00010001", **BORN),
        traveller("阿依古丽•示例江", identity_type="hk_macau_permit", identity_number="H22220002", **BORN),
        "same_name_and_birth_date",
    ),
    "a resident number called one of another kind": (
        traveller("欧阳示例", identity_type="resident_id", identity_number=identity_number(40)),
        traveller("欧阳示例", identity_type="passport", identity_number="E55550001", birth_date="1960-02-10"),
        "same_name_and_birth_date",
    ),
    "one phone, two spellings": (
        traveller("王小明", phone="13900000001"),
        traveller("王晓明", phone="+86 139-0000-0001"),
        "same_phone",
    ),
    "one phone, a passport here": (
        traveller("MARIA DEMO SANTOS", **PASSPORT, phone="13900000001"),
        traveller("玛丽亚", phone="13900000001"),
        "same_phone",
    ),
    "one digit off": (
        traveller("MARIA DEMO SANTOS", **PASSPORT),
        traveller("MARIA DEMO SANTOS", **{**PASSPORT, "identity_number": "E12345679"}),
        "similar_number",
    ),
    "two neighbours swapped": (
        traveller("MARIA DEMO SANTOS", **PASSPORT),
        traveller("MARIA DEMO SANTOS", **{**PASSPORT, "identity_number": "E21345678"}),
        "similar_number",
    ),
    "two neighbours swapped in the middle": (
        traveller("MARIA DEMO SANTOS", **PASSPORT),
        traveller("MARIA DEMO SANTOS", **{**PASSPORT, "identity_number": "E12435678"}),
        "similar_number",
    ),
    "the same number as a document of another kind": (
        traveller("MARIA DEMO SANTOS", **PASSPORT),
        traveller("MARIA DEMO SANTOS", identity_type="other", identity_number="E12345670"),
        "similar_number",
    ),
}


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("situation", LIKE)
def test_a_likeness_is_asked_about_in_both_orders(
    trial: Trial, situation: str, batch: int, turned: bool
) -> None:
    one, other, why = LIKE[situation]
    reports = [told(one), told(other, hour=11, address=ELSEWHERE)]
    trial.receive(*(reversed(reports) if turned else reports), batch=batch)
    assert len(trial.arrivals()) == 2
    assert len({row["person_id"] for row in trial.arrivals()}) == 2
    assert reasons(trial) == [why]
    assert len(trial.events("possible_duplicate.opened")) == 1


UNLIKE = {
    "consecutive passports of a family": (
        traveller("MARIA DEMO SANTOS", **PASSPORT),
        traveller("PEDRO DEMO SANTOS", **{**PASSPORT, "identity_number": "E12345679"}),
    ),
    "a short number": (
        traveller("MARIA DEMO SANTOS", identity_type="other", identity_number="A1234"),
        traveller("MARIA DEMO SANTOS", identity_type="other", identity_number="A1235"),
    ),
    "a name alone": (traveller("王伟", phone="13900000001"), traveller("王伟", phone="13900000002")),
    "a masked name": (
        traveller("张*", phone="13900000001", **BORN),
        traveller("张*", phone="13900000002", **BORN),
    ),
    "a birth date alone": (
        traveller("王小明", phone="13900000001", **BORN),
        traveller("李大伟", phone="13900000002", **BORN),
    ),
    "two residents with one phone": (person(1, phone="13900000001"), person(2, phone="13900000001")),
}


@pytest.mark.parametrize("situation", UNLIKE)
def test_what_families_and_strangers_have_in_common_is_not_asked_about(trial: Trial, situation: str) -> None:
    one, other = UNLIKE[situation]
    trial.receive(told(one), told(other, address=ELSEWHERE))
    assert len(trial.arrivals()) == 2
    assert trial.rows(t.possible_duplicates) == []


def test_what_is_more_than_48_hours_apart_is_another_coming(trial: Trial) -> None:
    trial.clock.moment += timedelta(days=9)
    one, other, _ = LIKE["one phone, two spellings"]
    trial.receive(told(one, day=1), told(other, day=3, hour=11))
    assert trial.rows(t.possible_duplicates) == []
    trial.receive(told(other, day=3, hour=9, publisher="gate"))
    assert reasons(trial) == ["same_phone"], "a further report of the later arrival lies nearer"


# -- households ----------------------------------------------------------------------------------------------


def family(phone: str = "13900000001") -> list[dict[str, Any]]:
    return [traveller(name, phone=phone) for name in ("周示例", "周小样", "周小试")]


def test_a_family_with_one_phone_is_not_asked_about(trial: Trial) -> None:
    trial.receive(told(*family()))
    assert len(trial.arrivals()) == 3
    assert trial.rows(t.possible_duplicates) == []


@pytest.mark.parametrize("turned", [False, True])
def test_a_family_told_one_by_one_is_asked_about_until_a_report_tells_them_together(
    trial: Trial, turned: bool
) -> None:
    alone = [told(one) for one in family()]
    trial.receive(*alone, batch=1)
    assert reasons(trial) == ["same_phone"] * 3
    trial.receive(told(*family(), publisher="police"))
    assert len(trial.arrivals()) == 3
    assert reasons(trial) == []
    assert reasons(trial, "dropped") == ["same_phone"] * 3


def test_one_report_that_names_a_person_twice_is_asked_about(trial: Trial) -> None:
    one, other, why = LIKE["a passport and a permit"]
    trial.receive(told(one, other))
    assert reasons(trial) == [why]


# -- keys that many bear -------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch", [1, 4, 200])
def test_the_phone_of_a_school_opens_nothing(trial: Trial, batch: int) -> None:
    pupils = [told(traveller(f"学生{n}", phone="13900000001")) for n in range(30)]
    trial.receive(*pupils, batch=batch)
    assert reasons(trial) == []
    assert len(trial.rows(t.possible_duplicates)) <= 15
    assert len(trial.rows(t.likenesses)) <= 6 + batch
    trial.receive(told(traveller("迟来的学生", phone="13900000001")))
    assert reasons(trial) == []


def test_a_phone_of_six_people_is_asked_about_and_that_of_seven_is_not(trial: Trial) -> None:
    trial.receive(*(told(traveller(f"旅客{n}", phone="13900000001")) for n in range(6)), batch=1)
    assert len(reasons(trial)) == 15
    trial.receive(told(traveller("旅客6", phone="13900000001")))
    assert reasons(trial) == []


def test_who_comes_often_is_one_person_with_a_phone(trial: Trial) -> None:
    trial.clock.moment += timedelta(days=60)
    commuter = person(1)
    for week in range(8):
        at = (datetime(2022, 10, 5) + timedelta(days=7 * week)).isoformat() + "+08:00"
        trial.receive(report(0, id=next(ids), people=[commuter], at=at, remarks="late"))
    trial.receive(report(0, id=next(ids), people=[traveller("另一人", phone=commuter["phone"])], at=at))
    assert reasons(trial) == ["same_phone"]


def test_a_birth_date_invented_for_a_whole_list_hides_no_other_likeness(trial: Trial) -> None:
    listed = [
        traveller("李示例", identity_type="other", identity_number=f"{n}7{n}5{n}3Z", birth_date="1990-01-01")
        for n in range(1, 9)
    ]
    listed[0]["phone"] = listed[1]["phone"] = "13900000001"
    trial.receive(*(told(one) for one in listed), batch=1)
    assert reasons(trial) == ["same_name_and_phone"]
    assert reasons(trial, "dropped") == ["same_name_and_birth_date"] * 14


def test_two_who_share_another_phone_too_are_asked_about_when_the_first_is_a_hotels(trial: Trial) -> None:
    for phone in ("13900000001", "13900000002"):
        for name, number in (("MARIA SANTOS", "E12345678"), ("PETRA SANDOR", "G99990000")):
            passport = {"identity_type": "passport", "identity_number": number}
            trial.receive(told(traveller(name, phone=phone, **passport)))
    assert reasons(trial) == ["same_phone"]
    guests = [told(traveller(f"住客{n}", phone="13900000001"), publisher="hotel") for n in range(10)]
    trial.receive(*guests, batch=1)
    assert reasons(trial) == ["same_phone"]
    assert {row["state"] for row in trial.rows(t.possible_duplicates)} == {"open", "dropped"}


# -- two places ----------------------------------------------------------------------------------------------


def two_places(trial: Trial) -> dict[str, Any]:
    who = person(1, name="丁两处")
    trial.receive(told(who, hour=9), told(who, hour=10, address=ELSEWHERE, publisher="selfreg"))
    assert reasons(trial) == ["two_places"]
    (event,) = trial.events("possible_duplicate.opened")
    return event


def test_a_person_told_to_two_places_is_asked_about_and_both_workers_are_named(trial: Trial) -> None:
    event = two_places(trial)
    first, second = sorted(trial.arrivals(), key=lambda row: row["id"])
    assert event["subject"] == f"{first['id']}:{second['id']}"
    sides = event["data"]["arrivals"]
    assert [side["arrival_id"] for side in sides] == [first["id"], second["id"]]
    assert {member["staff_id"] for side in sides for member in side["staff"]} == {"w1", "w3"}
    assert {side["place"] for side in sides} == {"枣林社区 一网格", "段家滩社区"}
    for side in sides:
        (member,) = side["staff"]
        assert trial.sealer.unseal(member["contact"])["phone"].startswith("139093100")
    text = str(event)
    assert "丁两处" not in text and person(1)["phone"] not in text


def test_the_officers_are_named_where_there_is_no_worker(trial: Trial) -> None:
    with trial.work.unit() as uow:
        import_staff(
            uow,
            STAFF.replace(
                "w3,grid_worker,c2,赵五,13909310003,zh-CN,true", "w3,grid_worker,c2,赵五,,zh-CN,false"
            )
            + "o2,community_officer,c2,钱六,13909310004,zh-CN,true\n"
            + "o1,street_officer,s1,孙七,13909310005,zh-CN,true\n",
        )
    event = two_places(trial)
    named = {side["place"]: [m["staff_id"] for m in side["staff"]] for side in event["data"]["arrivals"]}
    assert named == {"枣林社区 一网格": ["w1"], "段家滩社区": ["o2"]}
    trial.receive(told(person(5), address="某路9号"), told(person(5), address="某路8号"))
    assert [side["staff"] for side in trial.events("possible_duplicate.opened")[1]["data"]["arrivals"]] == [
        [],
        [],
    ]


def test_a_list_sent_twice_under_other_numbers_does_not_flood_a_worker(trial: Trial) -> None:
    def listed(kind: str, letter: str) -> list[dict[str, Any]]:
        known = {"identity_type": kind, "birth_date": "1991-02-03"}
        return [
            told(
                traveller(f"游客{n}", identity_number=f"{letter}{n:03d}{ord(letter) * n * 37:05d}", **known),
                address=ELSEWHERE,
            )
            for n in range(1, 21)
        ]

    trial.receive(*listed("passport", "E"))
    trial.receive(*listed("hk_macau_permit", "H"))
    assert reasons(trial) == ["same_name_and_birth_date"] * 20
    events = trial.events("possible_duplicate.opened")
    assert len(events) == 20
    texts = [m["staff_id"] for e in events for side in e["data"]["arrivals"] for m in side["staff"]]
    assert 5 <= texts.count("w3") <= 6


def test_a_number_that_many_people_give_one_after_another_sends_few_texts(trial: Trial) -> None:
    def texts() -> int:
        opened = trial.events("possible_duplicate.opened")
        return sum(len(side["staff"]) for event in opened for side in event["data"]["arrivals"])

    number = {"identity_type": "passport", "identity_number": "E12345678"}
    everybody = [told(traveller(f"游客{n}", **number), address=ELSEWHERE) for n in range(1, 31)]
    trial.receive(*everybody[:15], batch=1)
    first = texts()
    trial.receive(*everybody[15:], batch=1)
    assert len(trial.rows(t.possible_duplicates)) > 30
    assert texts() == first <= 30


@pytest.mark.parametrize("batch", [1, 7, 60])
def test_who_is_reported_at_ever_other_places_is_asked_about_20_times_and_that_is_said_once(
    trial: Trial, batch: int
) -> None:
    """Each of n places would be a pair with each other one: n² rows, events and notices."""
    trial.receive(*(told(person(1), address=f"不知何处{n}号") for n in range(60)), batch=batch)
    assert len(trial.arrivals()) == 60
    why = reasons(trial)
    assert (len(why), why.count("too_many")) == (21, 1)
    assert len(trial.events("possible_duplicate.opened")) == 21
    trial.receive(told(person(1), address="不知何处99号"))
    assert len(reasons(trial)) == 21
    trial.receive(told(person(2)), told(person(2), address=ELSEWHERE))
    assert len(reasons(trial)) == 22, "others are asked about as before"
    with trial.database.begin() as conn:
        conn.execute(update(t.possible_duplicates).values(state="apart"))
    trial.receive(told(person(1), address="不知何处100号"))
    assert len(reasons(trial)) == 21, "what was settled makes room"


# -- several reasons, decisions ------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [list, reversed])
def test_the_strongest_reason_stays_whatever_comes_first(trial: Trial, order: Callable[..., Any]) -> None:
    one = traveller("王小明", phone="13900000001", **BORN)
    passport = {"identity_type": "passport", "identity_number": "E12345678"}
    other = [{"phone": "13900000001", **passport}, traveller("王小明", **BORN, **passport)]
    trial.receive(told(one), *(told(said, address=ELSEWHERE) for said in order(other)), batch=1)
    assert len(trial.arrivals()) == 2
    assert reasons(trial) == ["same_name_and_birth_date"]
    assert len(trial.events("possible_duplicate.opened")) == 1


def test_a_pair_that_was_judged_apart_is_not_opened_again(trial: Trial) -> None:
    one, other, _ = LIKE["one phone, two spellings"]
    trial.receive(told(one), told(other))
    with trial.database.begin() as conn:
        conn.execute(update(t.possible_duplicates).values(state="apart"))
    trial.receive(told({**one, **BORN}, publisher="gate"), told({**other, **BORN}, publisher="gate"))
    assert [row["state"] for row in trial.rows(t.possible_duplicates)] == ["apart"]
    assert len(trial.events("possible_duplicate.opened")) == 1


def test_open_pairs_are_listed_counted_and_traced(trial: Trial) -> None:
    two_places(trial)
    (pair,) = trial.read(open_duplicates, 10)
    assert (pair["why"], pair["opened_at"]) == ("two_places", trial.clock.moment)
    assert {arrival["place"] for arrival in pair["arrivals"]} == {
        "拱星墩街道 枣林社区 一网格",
        "拱星墩街道 段家滩社区",
    }
    assert trial.read(open_duplicates, 10, "same_phone") == []
    assert trial.read(open_by_reason, trial.clock.moment) == {("two_places",): 1}
    first, second = trial.arrivals()
    document = trial.read(traced, first["id"], sealer=trial.sealer, reveal=False)
    assert [(one["arrival_id"], one["why"]) for one in document["possible_duplicates"]] == [
        (second["id"], "two_places")
    ]


def test_no_clear_text_stands_in_the_table_of_likenesses(trial: Trial) -> None:
    trial.receive(told(LIKE["one digit off"][0]), told(person(1)))
    for row in trial.rows(t.likenesses):
        assert row["at"] == datetime.fromisoformat("2022-10-01T10:00:00+08:00").timestamp()
        assert all(isinstance(v, int | None) for name, v in row.items() if name != "arrival_id")


# -- upgrade -------------------------------------------------------------------------------------------------


def test_arrivals_of_before_are_found_once_the_timer_has_written_their_rows(trial: Trial) -> None:
    one, other, why = LIKE["a passport and a permit"]
    earlier, later = told(person(1)), told({**person(2), "phone": None})
    trial.receive(told(one), earlier, later)
    with trial.database.begin() as conn:
        conn.execute(t.likenesses.delete())
        conn.execute(update(t.arrivals).values(likeness_form=0))
    trial.receive(told(other, address=ELSEWHERE))
    assert reasons(trial) == []
    with trial.work.unit() as uow:
        assert write_likenesses(uow) == 3
    with trial.work.unit() as uow:
        assert write_likenesses(uow) == 0
    assert reasons(trial) == [why]
    (event,) = trial.events("possible_duplicate.opened")
    assert [side["staff"] for side in event["data"]["arrivals"]] == [[], []], (
        "nobody is told of what came before"
    )
    trial.receive(told(traveller("旅客1", birth_date="1960-01-02", phone="13912345678"), address=ELSEWHERE))
    assert len(reasons(trial)) == 2


# -- any order, any packing, any replica ---------------------------------------------------------------------

facts = st.builds(
    lambda name, number, phone, born, address, hour: (name, number, phone, born, address, hour),
    st.sampled_from(["王小明", "王晓明", "MARIA SANTOS"]),
    st.sampled_from([None, None, ("passport", "E12345678"), ("passport", "E12345679"), ("passport",
                     "E12435678"), ("hk_macau_permit", "H22220002")]),
    st.sampled_from(["13900000001", "13900000002", "13900000003"]),
    st.sampled_from([None, "1991-02-03", "1991-02-04"]),
    st.sampled_from([THERE, ELSEWHERE]),
    st.sampled_from([0, 1, 30, 47]),
)  # fmt: skip


def groups(trial: Trial) -> set[frozenset[str]]:
    """The reports by arrival, arrivals joined with their open possible duplicates."""
    found = {row["id"]: row["id"] for row in trial.arrivals()}

    def top(id: str) -> str:
        while found[id] != id:
            id = found[id]
        return id

    for row in trial.rows(t.possible_duplicates):
        if row["state"] == "open":
            found[top(row["first"])] = top(row["second"])
    by_group: dict[str, set[str]] = {}
    for row in trial.rows(t.reports):
        by_group.setdefault(top(row["arrival_id"]), set()).add(row["event_id"])
    return {frozenset(events) for events in by_group.values()}


def documents_of(said: Sequence[tuple[Any, ...]]) -> list[dict[str, Any]]:
    documents = []
    for n, (name, number, phone, born, address, hour) in enumerate(said):
        who = traveller(name, phone=phone, birth_date=born)
        if number:
            who |= {"identity_type": number[0], "identity_number": number[1]}
        at = datetime.fromisoformat("2022-09-28T10:00:00+08:00") + timedelta(hours=hour)
        time = f"2022-10-01T10:{n:02d}:00+08:00"
        documents.append(
            report(n, id=str(n), people=[who], at=at.isoformat(), time=time, address=address, stops=())
        )
    return documents


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(facts, min_size=2, max_size=9), st.randoms(use_true_random=False), st.sampled_from([1, 2, 4]))
def test_who_is_asked_about_does_not_depend_on_order_or_packing(
    database_url: Callable[..., str], said: list[Any], random: Any, batch: int
) -> None:
    documents = documents_of(said)
    turned = list(documents)
    random.shuffle(turned)
    found = []
    for reports, packed in ((documents, 200), (turned, batch)):
        trial = Trial(database_url("registration", prepare))
        trial.receive(*reports, batch=packed)
        found.append(groups(trial))
        trial.database.dispose()
    assert found[0] == found[1]


def test_two_replicas_at_once_overlook_no_likeness(trial: Trial) -> None:
    """Each of two gets one of every pair, in many small transactions at the same time."""
    began = threading.Barrier(2)

    def replica(mine: list[dict[str, Any]]) -> None:
        began.wait(30)
        Trial(trial.url).receive(*mine, batch=2)

    def half(kind: str, letter: str) -> list[dict[str, Any]]:
        known = {"identity_type": kind, "birth_date": "1991-02-03"}
        numbers = [f"{letter}{n:03d}{ord(letter) * n * 37:05d}" for n in range(1, 61)]
        return [
            told(traveller(f"游客{n}", identity_number=number, **known)) for n, number in enumerate(numbers)
        ]

    halves = half("passport", "E"), half("hk_macau_permit", "H")
    at_once(*(partial(replica, mine) for mine in halves))
    assert reasons(trial) == ["same_name_and_birth_date"] * 60
    with trial.database.read() as conn:
        assert conn.execute(select(func.count()).select_from(t.likenesses)).scalar_one() == 120
