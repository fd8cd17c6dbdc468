"""A command is carried out once, by whichever way it comes and however often it is said."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from chassis.clock import Clock
from chassis.commands.by_broker import as_handler
from chassis.commands.by_door import AtTheDoor, Reached
from chassis.commands.command import Author, Command, Outcome, Said
from chassis.database.engine import Database
from chassis.database.statements import insert_rows
from chassis.database.tables import TABLES
from chassis.inbox import INBOX, claim
from chassis.sealing import BlindIndex, Sealer
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import ONE, Event, dump_event, event_document, parse_message
from contracts.faults import Fault, Refused
from contracts.registry import read_data
from field.scope import EVERYWHERE, NOWHERE, Scope
from tests.at_once import at_once
from tests.integration.chassis.trial_service import handled, prepare
from tests.integration.isolation.trial import CHINA
from tests.waiting import eventually

AUTHOR = Author("staff", "/console/w-1", "worker-1")
OUTBOX = TABLES["outbox"]


def keep_places(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    return [_keep(uow, one) for one in commands]


def _keep(uow: UnitOfWork, said: Said) -> Outcome:
    name, place = said.data["name"], said.data["place_id"]
    if not said.scope.covers(place):
        return Outcome.refused(Refused.unknown("place", place))
    if name == "changed":
        return Outcome.refused(Refused.conflict("place", "somebody has changed it"))
    if name == "ugly":
        return Outcome.refused(Refused.invalid([Fault("name", "ugly", "take another name")]))
    insert_rows(uow.conn, handled, [{"n": int(place[1:]), "place": place}])
    uow.record("task.planned", place, 1, {"by": said.author.source}, cause=said.event)
    return Outcome.done(place=place)


COMMAND = Command("keep_place", "place.changed", keep_places)
QUEUE = "trial.keep_place"


@pytest.fixture
def work(database_url: Callable[..., str]) -> Work:
    database = Database(database_url("trial", prepare))
    sealer, index = Sealer({"k": b"s" * 32}), BlindIndex(b"i" * 32)
    return Work("trial", database, Clock(), sealer, index, CHINA, by_door=True)


def data(n: int, name: str = "grid") -> dict[str, Any]:
    return {"place_id": f"p{n}", "level": "grid", "name": name, "aliases": [], "removed": False}


def say(work: Work, key: str, data: dict[str, Any], *, scope: Scope = EVERYWHERE) -> Outcome:
    return AtTheDoor(work, COMMAND).carry_out(AUTHOR, lambda _uow: scope, key, data)


def kept(work: Work) -> list[str]:
    with work.database.read() as conn:
        return list(conn.execute(select(handled.c.place).order_by(handled.c.n)).scalars())


def test_the_outcome_of_a_repeat_is_the_first_one(work: Work) -> None:
    assert say(work, "a", data(1)) == say(work, "a", data(1)) == Outcome.done(place="p1")
    assert kept(work) == ["p1"]


def test_another_body_under_the_same_key_is_refused(work: Work) -> None:
    say(work, "a", data(1))
    other = say(work, "a", data(2))
    assert (other.kind, [fault.code for fault in other.faults]) == ("invalid", ["id_reused"])
    assert say(work, "a", data(1)) == Outcome.done(place="p1")
    assert kept(work) == ["p1"]


def test_what_breaks_its_contract_is_refused_with_all_faults(work: Work) -> None:
    wrong = say(work, "a", {"name": "grid", "level": "galaxy"})
    assert wrong.kind == "invalid"
    assert {"place_id", "level"} <= {fault.where for fault in wrong.faults}


def test_a_broken_rule_is_remembered_and_a_conflict_is_judged_anew(work: Work) -> None:
    ugly = say(work, "u", data(1, "ugly"))
    assert ugly == say(work, "u", data(1, "ugly"))
    assert say(work, "c", data(2, "changed")).kind == "conflict"
    assert say(work, "c", data(2)) == Outcome.done(place="p2")
    assert say(work, "d", data(3), scope=NOWHERE).kind == "unknown"
    assert say(work, "d", data(3)) == Outcome.done(place="p3")


def test_twenty_parallel_repeats_are_one_act_with_one_outcome(work: Work) -> None:
    outcomes = at_once(*[lambda: say(work, "a", data(1))] * 20)
    assert outcomes == [Outcome.done(place="p1")] * 20
    assert kept(work) == ["p1"]


def test_a_door_leaves_its_messages_to_the_event_process(work: Work) -> None:
    say(work, "a", data(1))
    with work.database.read() as conn:
        rows = conn.execute(select(OUTBOX.c.by_door, OUTBOX.c.published_at)).all()
    assert rows == [(True, None)]


# -- at the same time, at a door --------------------------------------------------------------------------


class Crowd:
    """Many who say the command while a first one is still carried out.

    :param together: of each run of the use case, how many commands it got.
    """

    def __init__(self, work: Work, command: Command = COMMAND) -> None:
        self.together: list[int] = []
        self.door = AtTheDoor(work, replace(command, use_case=self.use_case))

    def use_case(self, uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
        self.together.append(len(commands))
        if any(one.data["name"] == "bug" for one in commands):
            raise ZeroDivisionError("a fault of ours")
        if any(one.data["name"] == "late" for one in commands):
            raise Refused.conflict("place", "too late")
        return keep_places(uow, commands)

    def wait_for(self, number: int) -> None:
        eventually(lambda: len(self.door._waiting) == number)

    def say(self, *acts: tuple[str, dict[str, Any], Reached]) -> list[Future[Outcome]]:
        """Key, data and scope of each; what became of them, in their order."""
        begun, go_on = threading.Event(), threading.Event()

        def slow(_: UnitOfWork) -> Scope:
            begun.set()
            assert go_on.wait(60)
            return EVERYWHERE

        with ThreadPoolExecutor(1 + len(acts)) as pool:
            said = [pool.submit(self.door.carry_out, AUTHOR, slow, "first", data(99))]
            assert begun.wait(60)
            for number, (key, what, scope) in enumerate(acts, 1):
                said.append(pool.submit(self.door.carry_out, AUTHOR, scope, key, what))
                self.wait_for(number)
            go_on.set()
        assert said[0].result() == Outcome.done(place="p99")
        return said[1:]


def anywhere(_: UnitOfWork) -> Scope:
    return EVERYWHERE


def nowhere(_: UnitOfWork) -> Scope:
    return NOWHERE


def not_of_staff(_: UnitOfWork) -> Scope:
    raise Refused("not_allowed", [Fault("", "not_allowed", "you are not among the staff")])


def test_what_many_say_at_once_is_done_in_one_transaction_and_each_has_an_own_outcome(work: Work) -> None:
    crowd = Crowd(work)
    acts = [
        ("a", data(1), anywhere),
        ("b", data(2, "ugly"), anywhere),
        ("c", data(3), nowhere),
        ("d", data(4), not_of_staff),
        ("a", data(1), anywhere),
        ("a", data(5), anywhere),
        ("c", data(3), anywhere),
        ("e", data(6), anywhere),
    ]
    outcomes = [one.result() for one in crowd.say(*acts)]
    assert [one.kind for one in outcomes] == [
        "done",
        "invalid",
        "unknown",
        "not_allowed",
        "done",
        "invalid",
        "unknown",
        "done",
    ]
    assert outcomes[0] == outcomes[4] == say(work, "a", data(1)) == Outcome.done(place="p1")
    assert [fault.code for fault in outcomes[5].faults] == ["id_reused"]
    assert crowd.together == [1, 4], "the four that were allowed and said for the first time"
    assert say(work, "c", data(3)) == Outcome.done(place="p3"), "what was unknown is judged anew"
    assert kept(work) == ["p1", "p3", "p6", "p99"]


def test_of_what_many_say_at_once_that_which_fails_fails_alone(work: Work) -> None:
    crowd = Crowd(work)
    one, bug, other = crowd.say(
        ("a", data(1), anywhere), ("b", data(2, "bug"), anywhere), ("c", data(3), anywhere)
    )
    assert one.result() == Outcome.done(place="p1") and other.result() == Outcome.done(place="p3")
    with pytest.raises(ZeroDivisionError):
        bug.result()
    assert crowd.together == [1, 3, 1, 1, 1]
    assert kept(work) == ["p1", "p3", "p99"]


def test_a_refusal_that_ends_the_transaction_is_the_outcome_of_the_one_it_is_about(work: Work) -> None:
    crowd = Crowd(work)
    one, late = crowd.say(("a", data(1), anywhere), ("b", data(2, "late"), anywhere))
    assert (one.result().kind, late.result().kind) == ("done", "conflict")
    assert kept(work) == ["p1", "p99"]


def test_decisions_have_a_transaction_each(work: Work) -> None:
    crowd = Crowd(work, replace(COMMAND, by_broker=False))
    outcomes = crowd.say(("a", data(1), anywhere), ("b", data(2), anywhere))
    assert [one.result() for one in outcomes] == [Outcome.done(place="p1"), Outcome.done(place="p2")]
    assert crowd.together == [1, 1, 1]


# -- by the broker ----------------------------------------------------------------------------------------


def published(id: str, data: dict[str, Any], source: str = "/clinic/visits") -> Event:
    document = event_document(id=id, source=source, type="place.changed", data=data, time=Clock().now())
    parsed = parse_message(dump_event(document), ONE)
    return read_data(parsed.read(parsed.documents[0], "clinic"))


def take(work: Work, *events: Event) -> list[tuple[str, str]]:
    """As the runner hands them over. Returns the answers: id of the event, outcome."""
    handler = as_handler("trial", COMMAND)
    assert handler.refused and handler.repeated and handler.unsound
    with work.unit() as uow:
        claimed = claim(uow.conn, QUEUE, [event for event in events if not event.problems])
        if claimed.fresh:
            handler.use_case(uow, claimed.fresh)
        handler.refused(uow, claimed.impostors)
        handler.repeated(uow, claimed.repeats)
        handler.unsound(uow, [event for event in events if event.problems])
    replies = [message for message in uow.messages if message.routing_key == "clinic"]
    said = [read_data_of(document) for message in replies for document in orjson.loads(message.body)]
    return [(one["event"]["id"], one["outcome"]) for one in said]


def read_data_of(document: dict[str, Any]) -> dict[str, Any]:
    parsed = parse_message(orjson.dumps(document), ONE)
    event = read_data(parsed.read(document, None))
    assert event.type == "command.settled" and not event.problems
    return event.data


def test_a_publisher_is_answered_whatever_becomes_of_its_command(work: Work) -> None:
    sound, ugly, late = published("1", data(1)), published("2", data(2, "ugly")), published("3", data(3))
    forged = published("4", data(4), source="/police/visits")
    wrong = published("5", {"name": "grid"})
    assert take(work, sound, ugly, forged, wrong) == [
        ("1", "done"),
        ("2", "invalid"),
        ("4", "invalid"),
        ("5", "invalid"),
    ]
    assert take(work, sound, late, published("2", data(2))) == [
        ("3", "done"),
        ("2", "invalid"),
        ("1", "done"),
    ]
    assert kept(work) == ["p1", "p3"]


def test_a_command_in_conflict_may_be_published_again_under_the_same_id(work: Work) -> None:
    assert take(work, published("1", data(1, "changed"))) == [("1", "conflict")]
    assert take(work, published("1", data(1))) == [("1", "done")]


def test_the_same_command_by_both_ways_is_one_act(work: Work) -> None:
    clinic = Author("publisher", "/clinic/visits", "clinic")
    assert take(work, published("1", data(1))) == [("1", "done")]
    door = AtTheDoor(work, COMMAND)
    for key, n in (("1", 1), ("2", 2)):
        assert door.carry_out(clinic, anywhere, key, data(n)) == Outcome.done(place=f"p{n}")
    assert take(work, published("2", data(2))) == [("2", "done")]
    assert kept(work) == ["p1", "p2"]
    with work.database.read() as conn:
        stored = conn.execute(select(INBOX.c.event_id, INBOX.c.outcome).order_by(INBOX.c.event_id)).all()
    assert stored == [("1", "done"), ("2", "done")]
