"""A door over HTTP: who is let in, what is refused how, and that an act is done once."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jwt
import orjson
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Boolean, Column, String, Table, select

from chassis.clock import Clock
from chassis.commands.command import Author, Command, Outcome, Said
from chassis.database.engine import Database
from chassis.database.statements import insert_rows
from chassis.database.types import UtcDateTime
from chassis.doors.app import Doorway, make_app
from chassis.doors.declared import Directory, Door
from chassis.doors.limits import Allowance
from chassis.doors.reach import Reaching
from chassis.doors.roles import Roles
from chassis.doors.tokens import Keys, sign_token
from chassis.sealing import BlindIndex, Sealer
from chassis.telemetry import configure_logs
from chassis.unit_of_work import UnitOfWork, Work
from contracts.faults import Fault, Refused
from tests.at_once import at_once
from tests.doors import CONSOLE, Visitor, public_pem, staff_author
from tests.integration.chassis.trial_service import handled, metadata, prepare
from tests.integration.isolation.trial import CHINA

staff = Table(
    "trial_staff",
    metadata,
    Column("staff_id", String(40), primary_key=True),
    Column("role", String(40)),
    Column("place", String(40)),
    Column("active", Boolean),
    Column("away_from", UtcDateTime),
    Column("away_to", UtcDateTime),
    Column("deputy", String(40)),
)
RULES = Roles(
    {"keeper": "keeps places", "looker": "looks"},
    frozenset({"keeper", "looker"}),
    {"trial": {"keep_place": frozenset({"keeper"})}},
)


def keep_places(uow: UnitOfWork, commands: Sequence[Said]) -> Sequence[Outcome]:
    return [_keep(uow, one) for one in commands]


def _keep(uow: UnitOfWork, said: Said) -> Outcome:
    name, place = said.data["name"], said.data["place_id"]
    if not said.scope.covers(place):
        return Outcome.refused(Refused.unknown("place", place))
    if name == "changed":
        return Outcome.refused(Refused.conflict("place", "somebody has changed it"))
    if name == "ugly":
        faults = [Fault("name", "ugly", "take another name"), Fault("level", "odd", "take another level")]
        return Outcome.refused(Refused.invalid(faults))
    if name == "broken":
        raise RuntimeError("李红 13911112222")
    insert_rows(uow.conn, handled, [{"n": int(place[1:]), "place": place}])
    return Outcome.done(place=place, name=name)


DOOR = Door("trial", Directory(staff), (Command("keep_place", "place.changed", keep_places),))


@pytest.fixture
def work(database_url: Callable[..., str]) -> Work:
    database = Database(database_url("trial", prepare))
    members = [
        {"staff_id": "ann", "role": "keeper", "place": "p1", "active": True},
        {"staff_id": "bob", "role": "looker", "place": "p1", "active": True},
        {"staff_id": "cleo", "role": "keeper", "place": "p1", "active": False},
    ]
    with database.begin() as conn:
        insert_rows(conn, staff, members)
    sealer, index = Sealer({"k": b"s" * 32}), BlindIndex(b"i" * 32)
    return Work("trial", database, Clock(), sealer, index, CHINA, by_door=True)


@pytest.fixture
def door(work: Work) -> Visitor:
    visitor = Visitor(DOOR, work)
    visitor.client.application = make_app(_doorway(work))
    return visitor


def _doorway(work: Work, **changed: Any) -> Doorway:
    return Doorway(DOOR, work, Keys(public_pem()), Reaching("trial", DOOR.directory, RULES), **changed)


def data(n: int = 1, name: str = "grid") -> dict[str, Any]:
    return {"place_id": f"p{n}", "level": "grid", "name": name, "aliases": [], "removed": False}


def kept(work: Work) -> list[str]:
    with work.database.read() as conn:
        return list(conn.execute(select(handled.c.place).order_by(handled.c.n)).scalars())


def test_an_act_is_done_and_answered_at_once(door: Visitor, work: Work) -> None:
    answer = door.say("ann", "keep_place", data(), key="key-0001")
    assert (answer.status_code, answer.json) == (
        200,
        {"outcome": "done", "result": {"place": "p1", "name": "grid"}},
    )
    assert answer.headers["Correlation-Id"] == "key-0001"
    assert kept(work) == ["p1"]


@pytest.mark.parametrize(
    ("who", "said", "status", "fields"),
    [
        ("ann", data(1, "ugly"), 422, ["name", "level"]),
        ("ann", {"level": "galaxy"}, 422, None),
        ("ann", data(1, "changed"), 409, ["place"]),
        ("ann", data(2), 404, [""]),
        ("bob", data(), 403, [""]),
        ("cleo", data(), 403, [""]),
        ("nobody", data(), 403, [""]),
    ],
)
def test_each_refusal_has_its_status_and_all_its_faults(
    door: Visitor, work: Work, who: str, said: dict[str, Any], status: int, fields: list[str] | None
) -> None:
    answer = door.say(who, "keep_place", said)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    document = answer.json
    assert document["status"] == status and document["title"] and document["correlation_id"]
    if fields is not None:
        assert [fault["field"] for fault in document["faults"]] == fields
    else:
        assert {"place_id", "level"} <= {fault["field"] for fault in document["faults"]}
    assert kept(work) == []


def test_a_repeat_gets_the_first_outcome_and_another_body_is_refused(door: Visitor, work: Work) -> None:
    first, again = (door.say("ann", "keep_place", data(), key="key-0001") for _ in range(2))
    assert first.json == again.json and again.status_code == 200
    other = door.say("ann", "keep_place", data(1, "other"), key="key-0001")
    assert (other.status_code, other.json["faults"][0]["code"]) == (422, "id_reused")
    assert kept(work) == ["p1"]


def test_twenty_parallel_repeats_are_one_act(door: Visitor, work: Work) -> None:
    def say() -> tuple[int, Any]:
        answer = door.say("ann", "keep_place", data(), key="key-0001")
        return answer.status_code, answer.json

    answers = at_once(*[say] * 20)
    assert answers == [(200, {"outcome": "done", "result": {"place": "p1", "name": "grid"}})] * 20
    assert kept(work) == ["p1"]


@pytest.mark.parametrize(
    "text",
    ["<script>alert(1)</script>", '=HYPERLINK("http://x")', "@SUM(A1)", "'; DROP TABLE staff; --", "‮欧"],
)
def test_text_comes_back_as_the_data_it_was(door: Visitor, text: str) -> None:
    answer = door.say("ann", "keep_place", data(1, text))
    assert answer.json["result"]["name"] == text
    assert answer.content_type == "application/json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


# -- who is let in ----------------------------------------------------------------------------------------

ANN = staff_author("ann")


def _unsigned() -> str:
    def part(document: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")

    _, claims, _ = sign_token(CONSOLE, "trial", ANN).split(".")
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{claims}."


def _signed_with_the_public_key() -> str:
    head = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').decode().rstrip("=")
    _, claims, _ = sign_token(CONSOLE, "trial", ANN).split(".")
    digest = hmac.digest(public_pem().encode(), f"{head}.{claims}".encode(), hashlib.sha256)
    return f"{head}.{claims}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _changed() -> str:
    head, _, signature = sign_token(CONSOLE, "trial", staff_author("bob")).split(".")
    other = sign_token(CONSOLE, "trial", ANN).split(".")[1]
    return f"{head}.{other}.{signature}"


TOKENS: dict[str, Callable[[], str]] = {
    "none at all": lambda: "",
    "no token": lambda: "not-a-token",
    "alg none": _unsigned,
    "the public key as a secret": _signed_with_the_public_key,
    "other claims": _changed,
    "another key": lambda: sign_token(ec.generate_private_key(ec.SECP256R1()), "trial", ANN),
    "another audience": lambda: sign_token(CONSOLE, "isolation", ANN),
    "expired": lambda: sign_token(CONSOLE, "trial", ANN, issued_at=1_600_000_000),
    "from the future": lambda: sign_token(CONSOLE, "trial", ANN, issued_at=4_000_000_000),
    "an author without a kind": lambda: sign_token(CONSOLE, "trial", Author("ghost", "/console/a", "ann")),  # type: ignore[arg-type]
    "another's source": lambda: sign_token(CONSOLE, "trial", Author("staff", "/rail/ann", "ann")),
    "too long": lambda: sign_token(CONSOLE, "trial", ANN, reason="x" * 5000),
}


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_token_that_cannot_be_believed_is_not(door: Visitor, work: Work, token: Callable[[], str]) -> None:
    text = token()
    headers = {"Idempotency-Key": "key-0001"} | ({"Authorization": f"Bearer {text}"} if text else {})
    answer = door.client.post("/commands/keep_place", json=data(), headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json["faults"][0]["field"] == "Authorization"
    assert not text or text not in answer.text
    assert kept(work) == []


def test_a_token_that_lives_longer_than_a_minute_is_not_believed(door: Visitor) -> None:
    now = int(time.time())
    claims = {"aud": "trial", "iat": now, "exp": now + 3600, "kind": "staff", "sub": ANN.source, "id": "ann"}
    headers = {"Authorization": f"Bearer {jwt.encode(claims, CONSOLE, algorithm='ES256')}"}
    answer = door.client.post("/commands/keep_place", json=data(), headers=headers)
    assert answer.status_code == 401


# -- what cannot be read ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"[]", 400),
        (b'{"name": NaN}', 400),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, 400),
        (b'{"a":' * 100 + b"1" + b"}" * 100, 422),
        (b"\xff\xfe", 400),
        (b'{"place_id": "' + b"x" * (1 << 20) + b'"}', 413),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(door: Visitor, work: Work, body: bytes, status: int) -> None:
    headers = {**door.headers("ann"), "Idempotency-Key": "key-0001"}
    answer = door.client.post(
        "/commands/keep_place", data=body, headers=headers, content_type="application/json"
    )
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert kept(work) == []


def test_a_key_is_needed_and_only_json_is_taken(door: Visitor) -> None:
    headers = door.headers("ann")
    for key in (None, "short", "x" * 101, "with space", "käse-käse"):
        given = headers | ({"Idempotency-Key": key.encode().decode("latin-1")} if key else {})
        assert door.client.post("/commands/keep_place", json=data(), headers=given).status_code == 400
    form = door.client.post(
        "/commands/keep_place", data={"place_id": "p1"}, headers={**headers, "Idempotency-Key": "key-0001"}
    )
    assert form.status_code == 400


def test_what_is_not_there_and_how_it_is_not_asked(door: Visitor) -> None:
    assert door.client.get("/elsewhere").status_code == 404
    assert door.client.get("/commands/keep_place").status_code == 405
    assert door.client.get("/elsewhere").content_type == "application/problem+json"


def test_who_asks_too_often_is_told_to_wait_and_others_are_not(work: Work) -> None:
    visitor = Visitor(DOOR, work)
    visitor.client.application = make_app(_doorway(work, allowance=Allowance(burst=2, per_second=0)))
    statuses = [visitor.say("bob", "keep_place", data()).status_code for _ in range(3)]
    assert statuses == [403, 403, 429]
    assert visitor.say("ann", "keep_place", data()).status_code == 200


# -- what goes wrong --------------------------------------------------------------------------------------


@pytest.fixture
def logs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As a process writes them."""
    configure_logs("trial", "INFO")
    for module in ("app", "frame"):
        monkeypatch.setattr(f"chassis.doors.{module}.log", structlog.get_logger())
    yield
    structlog.reset_defaults()


def test_a_failure_is_answered_and_logged_without_what_it_was_about(
    door: Visitor, work: Work, logs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = door.say("ann", "keep_place", data(1, "broken"))
    assert answer.status_code == 500
    logged = capsys.readouterr().out
    for text in (answer.text, logged):
        assert "李红" not in text and "1391" not in text
    assert kept(work) == []


def test_while_the_database_is_away_clients_are_told_to_come_again(work: Work) -> None:
    visitor = Visitor(DOOR, work)
    visitor.client.application = make_app(_doorway(work, ready=lambda: {"database": "away"}))
    answer = visitor.say("ann", "keep_place", data())
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
    assert visitor.client.get("/livez").status_code == 200
    assert visitor.client.get("/readyz").status_code == 503


def test_a_request_is_one_line_that_says_nothing_of_anybody(
    door: Visitor, logs: None, capsys: pytest.CaptureFixture[str]
) -> None:
    door.say("ann", "keep_place", data(1, "欧阳建国"), key="key-0001")
    [line] = [orjson.loads(one) for one in capsys.readouterr().out.splitlines()]
    assert (line["event"], line["route"], line["status"]) == ("request", "keep_place", 200)
    assert line["correlation_id"] == "key-0001"
    assert "欧阳建国" not in str(line) and "ann" not in str(line)


def test_metrics_count_requests_by_route_and_status(door: Visitor) -> None:
    door.say("ann", "keep_place", data())
    text = door.client.get("/metrics").text
    assert 'doorstep_door_requests_total{route="keep_place",service="trial",status="200"}' in text
