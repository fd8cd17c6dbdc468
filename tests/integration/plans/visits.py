"""Asks a door for all that it declares: each list in each order and by each filter, things, lookups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.test import TestResponse

from chassis.commands.command import Author
from chassis.doors.declared import Door, ListQuery
from chassis.unit_of_work import Work
from contracts.examples import EXAMPLES
from tests.doors import Visitor, staff_author
from tests.integration.plans.recorder import Recorder

CONSOLE = Author("console", "/console/accounts", "accounts")


@dataclass
class Visits:
    """
    :param people: staff ids, those first who reach most.
    :param known: field name -> a value that is there.
    :param answered: act -> how often it was looked for, found or not.
    """

    door: Door
    work: Work
    people: Sequence[str]
    recorder: Recorder
    known: dict[str, Any]
    answered: Counter[str] = field(default_factory=Counter)
    ids: set[str] = field(default_factory=set)
    """Of what stands in a list."""

    def __post_init__(self) -> None:
        self._visitor = Visitor(self.door, self.work)

    def everything(self) -> None:
        for query in self.door.lists:
            for who in self.people:
                self._list(query, who)
        for thing in self.door.things:
            for id in sorted({str(self.known["case_id"]), *self.ids}):
                for who in (*self.people, CONSOLE):
                    self._ask(thing.name, who, f"/{thing.name}/{id}")
        for lookup in self.door.lookups:
            for who in (*self.people, CONSOLE, self._resident()):
                for body in self._bodies():
                    self._say(lookup.name, who, f"/lookups/{lookup.name}", body)
        for command in self.door.commands:
            data = _with_known(EXAMPLES[command.event]["data"], self.known)
            for who in (*self.people[:3], self._resident()):
                self._say(command.name, who, f"/commands/{command.name}", data)

    def _list(self, query: ListQuery, who: str) -> None:
        path = f"/lists/{query.name}"
        first = self._ask(query.name, who, path)
        if first.status_code != 200:
            return
        rows = first.json["rows"]
        if rows:
            self.ids.add(str(rows[0][query.id]))
        for asked in self._asked(query, rows):
            answer = self._ask(query.name, who, path, **asked)
            if answer.status_code == 200 and (following := answer.json["next"]):
                self._ask(query.name, who, path, **asked, after=following)
        if not query.own:
            self._say(query.name, who, f"{path}/export", {"reason": "a test of plans", "asked": {}})

    def _asked(self, query: ListQuery, rows: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, str]]:
        for sort in query.sorts:
            yield {"sort": sort.name}
        for name in (*query.filters, *query.conditions):
            value = next((row[name] for row in rows if row.get(name)), self.known.get(name, "-"))
            yield {name: str(value)}
        if query.places:
            for name in ("district", "street", "community", "grid"):
                yield {"place": str(self.known[name])}

    def _bodies(self) -> Iterator[dict[str, Any]]:
        yield {}
        yield {name: self.known[name] for name in ("household", "place") if name in self.known}
        yield {"token": self.known["token"], "key": "k" * 40, "author": "/console/w0001"}
        yield {"viewer": "/console/w0001", "about_id": self.known["case_id"], "own_tasks": False}
        yield {"measure": self.known["measure"], "place": self.known["place"]}
        yield {"staff": ["w0001"], "places": [self.known["grid"]]}
        yield {"round_id": self.known["case_id"]}
        yield {"case_id": self.known["case_id"]}
        yield {"policy_id": self.known["policy_id"], "proposal_id": self.known["proposal_id"]}

    def _resident(self) -> Author:
        return Author("link", "/link/l-1", "l-1")

    def _ask(self, act: str, who: str | Author, path: str, **asked: str) -> TestResponse:
        self.recorder.doing = f"{self.door.service} {path} {asked}"
        answer = self._visitor.client.get(path, query_string=asked, headers=self._headers(who))
        return self._noted(act, answer)

    def _say(self, act: str, who: str | Author, path: str, body: Any) -> TestResponse:
        self.recorder.doing = f"{self.door.service} {path}"
        headers = self._headers(who) | {"Idempotency-Key": f"key-{self.answered.total()}-{act}-{len(path)}"}
        return self._noted(act, self._visitor.client.post(path, json=body, headers=headers))

    def _noted(self, act: str, answer: TestResponse) -> TestResponse:
        assert answer.status_code < 500, (act, answer.json)
        self.answered[act] += answer.status_code in (200, 404)
        return answer

    def _headers(self, who: str | Author) -> dict[str, str]:
        author = staff_author(who) if isinstance(who, str) else who
        household = {"household": self.known["household"]} if author.kind == "link" else {}
        return self._visitor.headers(author, **household)


def _with_known(data: Any, known: Mapping[str, Any]) -> Any:
    if isinstance(data, dict):
        return {name: known.get(name, _with_known(value, known)) for name, value in data.items()}
    if isinstance(data, list):
        return [_with_known(one, known) for one in data]
    return data
