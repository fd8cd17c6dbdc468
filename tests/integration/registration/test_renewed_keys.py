"""A database of before: its keys of persons are made anew, and everybody stays who they are."""

from __future__ import annotations

import unicodedata
from functools import partial
from itertools import count
from typing import Any

import pytest

from services.registration import tables as t
from services.registration.arrivals.renew_keys import renew_keys
from services.registration.reference.versions import VERSIONS
from tests.at_once import at_once
from tests.integration.registration.trial import Trial, person, report

ids = map(str, count())
DOTS = ("阿依古丽·示例江", "阿依古丽•示例江", "阿依古丽．示例江")
PASSPORT = {"identity_type": "passport", "nationality": "PHL"}
MARIA = {"name": "MARIA DEMO", "identity_number": "P1234567A", "birth_date": "1991-02-03", **PASSPORT}


def told(*people: dict[str, Any], minute: int = 0, **changed: Any) -> dict[str, Any]:
    return report(0, id=next(ids), people=people, at=f"2022-10-01T09:{minute:02d}:00+08:00", **changed)


def make_old(trial: Trial) -> None:
    """Give every person the keys that commit 43d6811 gave, and take away what it did not have."""
    index = trial.work.index
    person_of = {row["id"]: row["person_id"] for row in trial.arrivals()}
    companions = {
        (row["report_id"], row["position"]): row["arrival_id"] for row in trial.rows(t.companion_arrivals)
    }
    rows: dict[str, dict[str, Any]] = {}
    for kept in trial.rows(t.reports, "reported_at", "event_id"):
        data = trial.sealer.unseal(kept["sealed"], "report")["data"]
        for position, said in enumerate([data["person"], *data["companions"]]):
            arrival = companions[kept["id"], position] if position else kept["arrival_id"]
            identity = (
                _key(index("identity", said["identity_number"])) if said.get("identity_number") else None
            )
            found = {"person_id": person_of[arrival], "identity_key": None}
            if identity:
                rows.setdefault(identity, {"key": identity, **found})
            if said.get("name") and said.get("phone"):
                name = "".join(unicodedata.normalize("NFKC", said["name"]).split()).casefold()
                key = _key(index("name_phone", f"{name}\0+86{said['phone']}"))
                row = rows.setdefault(key, {"key": key, **found})
                row["identity_key"] = row["identity_key"] or identity
    with trial.database.begin() as conn:
        conn.execute(t.person_rivals.delete())
        conn.execute(t.person_keys.delete())
        conn.execute(t.person_keys.insert(), list(rows.values()))
        conn.execute(t.versions.delete().where(t.versions.c.name == "person_keys"))


def _key(digest: str) -> str:
    return "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))


def renew(trial: Trial) -> int:
    with trial.work.unit() as uow:
        return renew_keys(uow)


def is_done(trial: Trial) -> bool:
    return trial.read(VERSIONS.read).get("person_keys") == 2


def forms(trial: Trial) -> set[int]:
    return {row["form"] for row in trial.rows(t.person_keys)}


def who(trial: Trial) -> list[tuple[str, str]]:
    return [(row["id"], row["person_id"]) for row in trial.arrivals()]


def people(trial: Trial) -> list[dict[str, Any]]:
    return [person(1), person(2, phone=None), {"name": DOTS[0], "phone": "16500070001"}, MARIA, person(3)]


@pytest.fixture
def old(trial: Trial) -> Trial:
    one, two, three, maria, family = people(trial)
    trial.receive(told(one), told(two), told(three), told(maria), told(family, person(4)))
    make_old(trial)
    return trial


def test_a_new_database_has_nothing_to_make_anew(trial: Trial) -> None:
    assert is_done(trial)
    trial.receive(told(person(1)))
    assert forms(trial) == {2} and renew(trial) == 0


def test_the_timer_makes_all_keys_anew_and_then_says_so(old: Trial) -> None:
    before, keys = who(old), {row["key"] for row in old.rows(t.person_keys)}
    assert forms(old) == {1}
    assert renew(old) == len(keys)
    assert not is_done(old), "another replica may still hold some"
    assert renew(old) == 0
    assert is_done(old) and forms(old) == {2}
    assert who(old) == before
    assert keys < {row["key"] for row in old.rows(t.person_keys)}, "replicas of before look for the old ones"


@pytest.mark.parametrize("by_timer", [True, False], ids=["by the timer", "by the intake"])
def test_everybody_of_before_is_found_again(old: Trial, by_timer: bool) -> None:
    before = who(old)
    if by_timer:
        while renew(old):
            pass
        renew(old)
    one, two, three, maria, family = people(old)
    bare = {"name": one["name"], "phone": one["phone"]}
    again = [bare, two, three, maria | {"name": "Demo, Maria"}, family]
    old.receive(*(told(someone, minute=5) for someone in again), batch=2)
    dotted = [three | {"name": name} for name in DOTS]
    old.receive(*(told(someone, minute=6) for someone in (*dotted, person(4))))
    assert who(old) == before
    assert old.rows(t.possible_duplicates) == []


@pytest.mark.parametrize("by_timer", [True, False], ids=["by the timer", "by the intake"])
def test_what_contradicts_a_person_of_before_is_somebody_else(old: Trial, by_timer: bool) -> None:
    if by_timer:
        renew(old)
    other = MARIA | {"name": "PIERRE EXEMPLE", "birth_date": "1964-11-21", "nationality": "FRA"}
    old.receive(told(other, minute=5))
    (pair,) = old.rows(t.possible_duplicates)
    assert pair["details"] == {"contradicts": ["birth_date", "issuing_country", "name"]}


def test_those_whom_dots_made_several_stay_and_are_asked_about(trial: Trial) -> None:
    trial.receive(*(told({"name": name, "phone": f"1650007000{n}"}) for n, name in enumerate(DOTS)))
    make_old(trial)
    with trial.database.begin() as conn:  # as if all had been told with one phone
        index = trial.work.index
        for n, name in enumerate(DOTS):
            old_name = "".join(unicodedata.normalize("NFKC", name).split())
            key = _key(index("name_phone", f"{old_name}\0+861650007000{n}"))
            as_if = _key(index("name_phone", f"{old_name}\0+8616500070000"))
            conn.execute(t.person_keys.update().where(t.person_keys.c.key == key).values(key=as_if))
        for row in conn.execute(t.reports.select()).all():
            raw = trial.sealer.unseal(row.sealed, "report")
            raw["data"]["person"]["phone"] = "16500070000"
            sealed = trial.sealer.seal(raw, "report")
            conn.execute(t.reports.update().where(t.reports.c.id == row.id).values(sealed=sealed))
    before = who(trial)
    assert len({person for _, person in before}) == 3
    while renew(trial):
        pass
    assert who(trial) == before
    trial.receive(told({"name": DOTS[0], "phone": "16500070000"}, minute=5))
    assert who(trial) == before
    assert {row["why"] for row in trial.rows(t.possible_duplicates)} == {"same_name_and_phone"}
    assert len(trial.rows(t.possible_duplicates)) == 2


def test_a_key_that_no_report_explains_is_kept(old: Trial) -> None:
    with old.database.begin() as conn:
        conn.execute(t.reports.update().values(sealed="gone.AAAA"))
    before = {(row["key"], row["person_id"]) for row in old.rows(t.person_keys)}
    while renew(old):
        pass
    assert {(row["key"], row["person_id"]) for row in old.rows(t.person_keys)} == before
    assert forms(old) == {2}


def test_keys_that_a_replica_of_before_still_writes_are_made_anew_too(old: Trial) -> None:
    while renew(old):
        pass
    assert renew(old) == 0 and is_done(old)
    make_old(old)
    with old.database.begin() as conn:
        conn.execute(t.versions.insert().values(name="person_keys", version=2))
    while renew(old):
        pass
    assert forms(old) == {2}


def test_timer_and_intake_of_several_replicas_do_not_disturb_each_other(trial: Trial) -> None:
    trial.receive(*(told(person(order)) for order in range(300)))
    make_old(trial)
    before = who(trial)

    def run(work: Any) -> None:
        work(Trial(trial.url))

    def intake(half: int) -> Any:
        orders = range(half, 300, 2)
        return lambda other: other.receive(*(told(person(order), minute=5) for order in orders), batch=40)

    def timer(other: Trial) -> None:
        while renew(other):
            pass

    at_once(*(partial(run, work) for work in (intake(0), intake(1), timer, timer)))
    while renew(trial):
        pass
    renew(trial)
    assert is_done(trial) and forms(trial) == {2}
    assert who(trial) == before
    assert {row["reports"] for row in trial.arrivals()} == {2}
