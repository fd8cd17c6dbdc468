"""Whatever mix of messages comes: every event is counted once, by what became of it."""

from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import hypothesis
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select

from chassis.messaging.arrived import ARRIVED
from chassis.messaging.batch import Runner
from chassis.messaging.dead_letters import DEAD
from chassis.messaging.quotas import GARBAGE_KEPT, Quota, Quotas
from contracts.envelope import BATCH, ONE, dump_event, join_events
from operations.audit.intake import PARTS, what_arrived_is_counted_once
from operations.audit.result import Audit
from operations.audit.waiting_messages import Waiting
from services.registration.handlers import HANDLERS
from services.registration.service import SERVICE
from tests.integration.registration.trial import Trial, prepare, report

NAMES = ("rail", "police")
EVENT = st.tuples(
    st.sampled_from(("good", "flawed", "bad", "again", "impostor", "no event")), st.integers(0, 50)
)
UNREAD = {
    "no JSON": (b"\xff{", ONE, None),
    "no packing": (b"{}", ONE, "gzip"),
    "no kind": (b"{}", "text/plain", None),
    "no list": (b"{}", BATCH, None),
}
MESSAGE = st.tuples(
    st.sampled_from(NAMES),
    st.one_of(st.lists(EVENT, min_size=1, max_size=5), st.sampled_from(sorted(UNREAD))),
    st.booleans(),
)


class Mix:
    """Makes messages, and knows what must become of them."""

    def __init__(self, trial: Trial) -> None:
        self.trial = trial
        self.expected: Counter[str] = Counter()
        self.by_publisher: dict[str, int] = dict.fromkeys(NAMES, 0)
        self._numbers = count(1)
        self._known: dict[str, list[dict[str, Any]]] = {name: [] for name in NAMES}
        handler = HANDLERS[0]
        self.runner = Runner(
            handler.queue(SERVICE.name), handler, trial.work, publisher=cast(Any, None), delays=()
        )

    def message(self, name: str, holds: Any, packed: bool) -> Any:
        if isinstance(holds, str):
            self.by_publisher[name] += 1
            self.expected["dead"] += 1
            self.expected["bodies"] += 1
            return self._delivered(name, *UNREAD[holds])
        self.by_publisher[name] += len(holds)
        body = join_events(dump_event(self._event(name, *one)) for one in holds)
        encoding = "gzip" if packed else None
        return self._delivered(name, gzip.compress(body) if packed else body, BATCH, encoding)

    def _event(self, name: str, kind: str, which: int) -> Any:
        known, n = self._known[name], next(self._numbers)
        event = report(n, publisher=name)
        if kind in ("again", "impostor") and known:
            earlier = known[which % len(known)]
            self.expected["duplicate" if kind == "again" else "dead"] += 1
            return earlier if kind == "again" else event | {"id": earlier["id"]}
        if kind == "bad":
            self.expected["dead"] += 1
            return event | {"time": "soon"}
        if kind == "no event":
            self.expected["dead"] += 1
            return which
        if kind == "flawed":
            self.expected["needs_correction"] += 1
            event["data"]["arrival"] = {"at": "no time"}
        else:
            self.expected["handled"] += 1
        known.append(event)
        return event

    def _delivered(self, name: str, body: bytes, content_type: str, encoding: str | None) -> Any:
        way = {
            "exchange": "doorstep.arrivals",
            "routing_key": f"arrival.reported.{name}",
            "redelivered": False,
        }
        said = {"content_type": content_type, "content_encoding": encoding}
        return SimpleNamespace(body=body, delivery_tag=1, delivery_info=way, properties=said)

    def audit(self) -> Audit:
        audit = Audit(Waiting({}, {}))
        with self.trial.database.read() as conn:
            what_arrived_is_counted_once(audit, conn)
        return audit


def test_the_sums_add_up_for_any_mix_of_messages(database_url: Callable[..., str]) -> None:
    mix = Mix(Trial(database_url("registration", prepare)))

    @hypothesis.settings(max_examples=40)
    @given(st.lists(MESSAGE, min_size=1, max_size=12), st.integers(1, 12))
    def adds_up(messages: list[Any], together: int) -> None:
        made = [mix.message(*one) for one in messages]
        for first in range(0, len(made), together):
            mix.runner.run([mix.runner.read(one) for one in made[first : first + together]])
        audit = mix.audit()
        counted = audit.sums["intake"]
        assert {part: counted[part] for part in PARTS} == {part: mix.expected[part] for part in PARTS}
        assert counted["arrived"] == sum(counted[part] for part in PARTS) == sum(mix.by_publisher.values())
        assert counted["unread"]["bodies"] == mix.expected["bodies"] and counted["uncounted"] == 0
        found = {name: one["arrived"] for name, one in counted["by_publisher"].items()}
        assert found == {name: n for name, n in mix.by_publisher.items() if n}
        assert audit.missing == []

    adds_up()
    _what_is_taken_away_is_noticed(mix)
    mix.trial.database.dispose()


def test_garbage_beyond_what_is_kept_of_a_day_is_counted_and_answered(
    database_url: Callable[..., str],
) -> None:
    mix = Mix(Trial(database_url("registration", prepare)))
    trial, handler = mix.trial, HANDLERS[0]
    quotas = Quotas(Quota(), trial.work.zone, trial.work.clock.now)
    queue = handler.queue(SERVICE.name)
    runner = Runner(queue, handler, trial.work, cast(Any, None), (), quotas)
    garbage = [mix.message("rail", [("no event", 0), ("good", 0)], False) for _ in range(GARBAGE_KEPT + 50)]
    for one in garbage:
        runner.run([runner.read(one, f"{queue}.from.rail")])
    audit = mix.audit()
    counted = audit.sums["intake"]
    assert (counted["dead"], counted["not_kept"], counted["handled"]) == (GARBAGE_KEPT, 50, GARBAGE_KEPT + 50)
    assert counted["arrived"] == 2 * (GARBAGE_KEPT + 50) and audit.missing == []
    assert len(trial.rows(DEAD)) == GARBAGE_KEPT
    assert len(trial.events("report.rejected")) == GARBAGE_KEPT + 50
    trial.database.dispose()


def _what_is_taken_away_is_noticed(mix: Mix) -> None:
    """A row of any kind that is deleted by hand."""
    name = "rail"
    mix.runner.run([mix.runner.read(mix.message(name, [("bad", 0), ("good", 0)], False))])
    with mix.trial.database.begin() as conn:
        last = conn.execute(select(DEAD.c.id).order_by(DEAD.c.id.desc()).limit(1)).scalar_one()
        conn.execute(delete(DEAD).where(DEAD.c.id == last))
    (missing,) = mix.audit().missing
    assert missing.what == "dead letters" and "1 are not there" in missing.why
    with mix.trial.database.begin() as conn:
        conn.execute(delete(ARRIVED))
    assert mix.audit().missing == [], "what nobody counted is told, and is no loss"
    assert (
        mix.audit().sums["intake"]["uncounted"]
        == sum(mix.by_publisher.values()) - 1 - mix.expected["duplicate"]
    )
