"""The HTTP application of a door, made from what the service declares."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
import structlog
from flask import Flask, Response, g, request
from prometheus_client import Counter, Histogram
from werkzeug.exceptions import HTTPException

from chassis import crash_points
from chassis.commands.by_door import AtTheDoor
from chassis.commands.command import Command
from chassis.doors.declared import Asked, Door, ListQuery, Lookup, ThingQuery
from chassis.doors.frame import PROBES, Readiness, add_frame, answer_to_http, as_json
from chassis.doors.limits import MAX_BODY, Allowance
from chassis.doors.pages import Page, read_all, read_page, read_wanted
from chassis.doors.problems import problem, refusal
from chassis.doors.reach import Reach, Reaching
from chassis.doors.roles import roles
from chassis.doors.showing import not_yet_noted, note_own_tasks, note_view, shown
from chassis.doors.tokens import Actor, Keys, NoActor
from chassis.errors import WorldAway, is_too_slow, is_world_away
from chassis.handlers import Handler
from chassis.messaging.handed_in import hand_in
from chassis.unit_of_work import UnitOfWork, Work
from contracts.envelope import Unreadable
from contracts.faults import Fault, Refused
from field.moments import read_moment

log = structlog.get_logger()

REQUESTS = Counter(
    "doorstep_door_requests_total", "Requests that a door has answered", ["service", "route", "status"]
)
SECONDS = Histogram(
    "doorstep_door_request_duration_seconds",
    "Time from the whole request to its answer",
    ["service", "route"],
    buckets=(0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
HAND_IN: Final = "hand_in"
"""The act of publishers who hand in events; which types each may, the console knows."""
_KEY = re.compile(r"[A-Za-z0-9._:-]{8,100}")
_ID = re.compile(r"[A-Za-z0-9._:-]{1,80}")
_LONGEST_REASON = 500


@dataclass(frozen=True)
class Doorway:
    """What all requests of one door share."""

    door: Door
    work: Work
    keys: Keys
    reach: Reaching
    handlers: Sequence[Handler] = ()
    """Of events from outside: publishers hand them in, too."""
    ready: Readiness = dict
    allowance: Allowance = field(default_factory=Allowance)

    @classmethod
    def of(
        cls,
        door: Door,
        work: Work,
        keys: Keys,
        ready: Readiness = dict,
        handlers: Sequence[Handler] = (),
    ) -> Doorway:
        return cls(door, work, keys, Reaching(door.service, door.directory, roles()), handlers, ready)


def make_app(way: Doorway) -> Flask:
    """Routes for each command, list and thing that is declared, for revealing a thing, and the probes."""
    app = Flask(f"door-{way.door.service}", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY
    for command in way.door.commands:
        _add(app, "POST", f"/commands/{command.name}", command.name, _command(way, command))
    for query in way.door.lists:
        _add(app, "GET", f"/lists/{query.name}", query.name, _list(way, query))
        if not query.own:
            _add(app, "POST", f"/lists/{query.name}/export", f"{query.name}:export", _export(way, query))
    for thing in way.door.things:
        _add(app, "GET", f"/{thing.name}/<id>", thing.name, _thing(way, thing))
        _add(app, "POST", f"/{thing.name}/<id>/reveal", f"{thing.name}:reveal", _reveal(way, thing))
    for lookup in way.door.lookups:
        _add(app, "POST", f"/lookups/{lookup.name}", lookup.name, _lookup(way, lookup))
    for handler in way.handlers:
        for event in handler.events:
            _add(app, "POST", f"/events/{event}", f"{HAND_IN}:{event}", _events(way, handler))
    app.extensions["ready"] = way.ready
    _frame(app, way)
    return app


def _add(app: Flask, method: str, rule: str, name: str, view: Callable[..., Response]) -> None:
    app.add_url_rule(rule, name, view, methods=[method])


# -- who asks ---------------------------------------------------------------------------------------------


def _actor(way: Doorway) -> Actor:
    """Raises NoActor."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise NoActor("the header Authorization: Bearer is missing")
    actor = way.keys.read(token.strip(), way.door.service)
    # The console asks for itself in the name of everybody who knocks there, whom it limits.
    if actor.author.kind != "console" and not way.allowance.take(actor.author.source):
        raise _TooMany
    return actor


class _TooMany(Exception):
    pass


def _asked(uow: UnitOfWork, actor: Actor) -> Asked:
    return Asked(actor.author, uow.now, uow.zone)


# -- what is said -----------------------------------------------------------------------------------------


def _command(way: Doorway, command: Command) -> Callable[..., Response]:
    at_the_door = AtTheDoor(way.work, command)

    def say() -> Response:
        actor = _actor(way)
        key = request.headers.get("Idempotency-Key", "")
        if not _KEY.fullmatch(key):
            message = "must be given: 8 to 100 letters, digits or . _ : -, the same when it is said again"
            return problem(400, [Fault("Idempotency-Key", "missing", message)], g.correlation_id)
        g.correlation_id = key
        data = _body()
        outcome = at_the_door.carry_out(
            actor.author,
            lambda uow: way.reach(uow, actor, command.name, _happened(data)).scope,
            key,
            data,
        )
        crash_points.reach("after_commit")
        if outcome.kind != "done":
            return refusal(Refused(outcome.kind, outcome.faults), key)
        return as_json({"outcome": "done", "result": dict(outcome.result)})

    return say


def _happened(data: Mapping[str, Any]) -> datetime | None:
    """What the command says of when it was, where its contract has such a field and has judged it sound."""
    try:
        at = read_moment(data["at"])
    except (KeyError, TypeError, AttributeError, ValueError):
        return None
    return at if at.tzinfo else None


def _body() -> dict[str, Any]:
    """Raises _Unread."""
    if request.mimetype != "application/json" or request.headers.get("Content-Encoding"):
        raise _Unread("the body must be application/json, not packed")
    try:
        data = orjson.loads(request.get_data(cache=False))
    except (orjson.JSONDecodeError, RecursionError):
        raise _Unread("the body is no JSON") from None
    if not isinstance(data, dict):
        raise _Unread("the body must be a JSON object")
    return data


class _Unread(Exception):
    pass


def _events(way: Doorway, handler: Handler) -> Callable[..., Response]:
    """Events of one type that a publisher hands in by the console: answered one by one, in their order."""

    def take() -> Response:
        actor = _actor(way)
        with way.work.look() as uow:
            way.reach(uow, actor, HAND_IN)
        try:
            answers = hand_in(way.work, handler, actor.author.id, request.get_data(cache=False))
        except Unreadable as error:
            raise _Unread(str(error)) from None
        return as_json({"answers": [{"type": one.type, "data": one.data} for one in answers]})

    return take


# -- what is read -----------------------------------------------------------------------------------------


def _list(way: Doorway, query: ListQuery) -> Callable[..., Response]:
    def read() -> Response:
        actor = _actor(way)
        repeated = [name for name, values in request.args.lists() if len(values) > 1]
        if repeated:
            raise Refused.invalid([Fault(name[:60], "repeated", "is given twice") for name in repeated])
        wanted = read_wanted(query, request.args, way.work.sealer)

        with way.work.look() as uow:
            reach, asked = way.reach(uow, actor, query.name), _asked(uow, actor)
            page = read_page(uow.conn, query, reach, asked, wanted, way.work.sealer)
            unseen = query.own and not_yet_noted(uow.conn, asked, query.about, _ids(page, query))
        if unseen:
            _note_own(way, asked, query.about, unseen)
        return as_json(_document(query, page, asked, way))

    return read


def _note_own(way: Doorway, asked: Asked, about: str, unseen: Sequence[str]) -> None:
    """Before it is shown."""
    with way.work.unit() as uow:
        note_own_tasks(uow.conn, asked, about, unseen)


def _export(way: Doorway, query: ListQuery) -> Callable[..., Response]:
    """All rows of a list that is not too long, masked as its pages are; that somebody took them is noted."""

    def export() -> Response:
        actor, data = _actor(way), _body()
        reason, wanted = _reason(data.get("reason")), data.get("asked", {})
        if not isinstance(wanted, dict) or not all(isinstance(value, str) for value in wanted.values()):
            raise Refused.invalid([Fault("asked", "unreadable", "must be an object of texts")])
        with way.work.unit() as uow:
            reach, asked = way.reach(uow, actor, query.name), _asked(uow, actor)
            page = read_all(uow.conn, query, reach, asked, wanted, way.work.sealer)
            note_view(uow.conn, asked, "list", query.name, reason)
        return as_json(_document(query, page, asked, way))

    return export


def _reason(given: Any) -> str:
    """Raises Refused."""
    if not isinstance(given, str) or not 3 <= len(given.strip()) <= _LONGEST_REASON:
        message = f"must say why in 3 to {_LONGEST_REASON} characters"
        raise Refused.invalid([Fault("reason", "missing", message)])
    return given.strip()


def _ids(page: Page, query: ListQuery) -> set[str]:
    return {row[query.id] for row in page.rows}


def _document(query: ListQuery, page: Page, asked: Asked, way: Doorway) -> dict[str, Any]:
    sealer, zone = way.work.sealer, asked.zone
    document: dict[str, Any] = {
        "list": query.name,
        "as_of": asked.now.astimezone(zone).isoformat(),
        "rows": [
            shown(row, query.columns, sealer, zone, purpose=query.purpose, in_full=query.own)
            for row in page.rows
        ],
        "next": page.next,
    }
    if page.figures:
        document["figures"] = {
            "rows": page.figures.rows,
            "households": page.figures.households,
            "more_than": page.figures.more_than,
            "definition": query.definition,
        }
    return document


def _thing(way: Doorway, thing: ThingQuery) -> Callable[..., Response]:
    def read(id: str) -> Response:
        actor = _actor(way)
        with way.work.look() as uow:
            row = _found(way.reach(uow, actor, thing.name), uow, actor, thing, id)
        return _shown_thing(way, thing, row, in_full=False)

    return read


def _reveal(way: Doorway, thing: ThingQuery) -> Callable[..., Response]:
    def reveal(id: str) -> Response:
        actor = _actor(way)
        reason = _reason(_body().get("reason", actor.reason))
        with way.work.unit() as uow:
            row = _found(way.reach(uow, actor, thing.name), uow, actor, thing, id)
            for about, seen in thing.seen(row) if thing.seen else [(thing.name, id)]:
                note_view(uow.conn, _asked(uow, actor), about, seen, reason)
        return _shown_thing(way, thing, row, in_full=True)

    return reveal


def _lookup(way: Doorway, lookup: Lookup) -> Callable[..., Response]:
    def find() -> Response:
        actor, data = _actor(way), _body()

        with way.work.look() as uow:
            asked = _asked(uow, actor)
            found = lookup.find(uow, way.reach(uow, actor, lookup.name).scope, asked, data)
            own = lookup.own(found) if lookup.own and found is not None else ()
            unseen = not_yet_noted(uow.conn, asked, lookup.about, own) if own else []
        if unseen:
            _note_own(way, asked, lookup.about, unseen)
        if found is None:
            raise Refused("unknown", [Fault("", "unknown", f"there is no such {lookup.name}")])
        return as_json(found)

    return find


def _found(reach: Reach, uow: UnitOfWork, actor: Actor, thing: ThingQuery, id: str) -> Any:
    row = thing.find(uow.conn, reach.scope, _asked(uow, actor), id) if _ID.fullmatch(id) else None
    if row is None:
        raise Refused.unknown(thing.name, id)
    return row


def _shown_thing(way: Doorway, thing: ThingQuery, row: Any, *, in_full: bool) -> Response:
    work = way.work
    return as_json(shown(row, thing.columns, work.sealer, work.zone, purpose=thing.purpose, in_full=in_full))


# -- around every request ---------------------------------------------------------------------------------


def _frame(app: Flask, way: Doorway) -> None:
    service = way.door.service

    def count(route: str, status: int, seconds: float) -> None:
        REQUESTS.labels(service, route, str(status)).inc()
        SECONDS.labels(service, route).observe(seconds)

    add_frame(app, way.ready, count, _answer_to, door=service)

    @app.before_request
    def wait_until_ready() -> None:
        if request.path not in PROBES and (waiting := way.ready()):
            raise WorldAway("; ".join(waiting))


def _answer_to(error: Exception) -> Response:
    id = g.correlation_id
    if isinstance(error, Refused):
        return refusal(error, id)
    if isinstance(error, NoActor):
        return problem(401, [Fault("Authorization", "not_known", str(error))], id)
    if isinstance(error, _Unread):
        return problem(400, [Fault("", "unreadable", str(error))], id)
    if isinstance(error, _TooMany):
        return problem(429, [Fault("", "too_many", "wait a little and ask again")], id)
    if isinstance(error, HTTPException):
        return answer_to_http(error, MAX_BODY)
    if is_world_away(error):
        log.warning("world_away", correlation_id=id, exc_info=error)
        return problem(503, [Fault("", "away", "the database is away: say it again under the same key")], id)
    if is_too_slow(error):
        log.error("too_slow", correlation_id=id, exc_info=error)
        message = "the database took too long, and it was not done: say it again under the same key"
        return problem(503, [Fault("", "too_slow", message)], id)
    log.error("failed", correlation_id=id, exc_info=error)
    return problem(500, [Fault("", "failed", "it was not done; the operators' log says more")], id)
