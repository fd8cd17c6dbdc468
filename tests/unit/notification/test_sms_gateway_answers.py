"""How the HTTP channel reads what a gateway answers, against a real server on a real socket."""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import repeat
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from chassis.clock import Clock
from chassis.database.engine import Database
from chassis.errors import SettingsError
from chassis.sealing import BlindIndex, Sealer, new_key
from chassis.unit_of_work import Work
from services.notification.channels.answers import Answer
from services.notification.channels.sms_http import SmsOverHttp, SmsSettings
from services.notification.messages.sending import sender_from_environment
from tests.waiting import PATIENCE_S

PHONE = "13912345678"

Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture
def gateway() -> Iterator[Callable[[Callable[[dict[str, Any]], Reply | None]], str]]:
    servers: list[ThreadingHTTPServer] = []

    def serve(reply: Callable[[dict[str, Any]], Reply | None]) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                answer = reply({"auth": self.headers.get("Authorization"), **json.loads(body)})
                if answer is None:
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, headers, content = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None: ...

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return f"http://127.0.0.1:{server.server_address[1]}/messages"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def channel(url: str, **changed: Any) -> SmsOverHttp:
    return SmsOverHttp(SmsSettings(url=url, token="secret-token", **{"timeout": PATIENCE_S, **changed}))


def test_number_text_key_and_token_reach_the_gateway_and_its_reference_comes_back(gateway: Any) -> None:
    seen = []

    def reply(request: dict[str, Any]) -> Reply:
        seen.append(request)
        return 202, {}, b'{"reference": "r-1"}'

    outcome = channel(gateway(reply)).send(PHONE, "你好", "key-1")
    assert (outcome.answer, outcome.provider_reference) == (Answer.ACCEPTED, "r-1")
    assert seen == [{"auth": "Bearer secret-token", "to": PHONE, "text": "你好", "idempotency_key": "key-1"}]


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (200, Answer.ACCEPTED),
        (302, Answer.BUSY),
        (400, Answer.REFUSED),
        (401, Answer.BUSY),
        (409, Answer.BUSY),
        (422, Answer.REFUSED),
        (429, Answer.BUSY),
        (500, Answer.LOST),
        (502, Answer.LOST),
        (503, Answer.BUSY),
        (504, Answer.LOST),
    ],
)
def test_a_status_says_what_may_be_done_next(gateway: Any, status: int, answer: Answer) -> None:
    outcome = channel(gateway(lambda _: (status, {}, b"<html>"))).send(PHONE, "x", "k")
    assert outcome.answer is answer
    assert outcome.reason == f"http_{status}"


def test_retry_after_is_read_as_seconds_or_as_a_date(gateway: Any) -> None:
    outcome = channel(gateway(lambda _: (429, {"Retry-After": "17"}, b""))).send(PHONE, "x", "k")
    assert outcome.retry_after == 17
    dated = {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}
    outcome = channel(gateway(lambda _: (503, dated, b""))).send(PHONE, "x", "k")
    assert outcome.retry_after == 0
    outcome = channel(gateway(lambda _: (503, {"Retry-After": "soon"}, b""))).send(PHONE, "x", "k")
    assert outcome.retry_after is None


def test_a_late_answer_is_lost_and_a_closed_port_unreachable(gateway: Any) -> None:
    given_up = threading.Event()

    def late(_: dict[str, Any]) -> Reply:
        given_up.wait(PATIENCE_S)
        return 200, {}, b"{}"

    assert channel(gateway(late), timeout=0.2).send(PHONE, "x", "k").answer is Answer.LOST
    given_up.set()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert channel(f"http://127.0.0.1:{port}/").send(PHONE, "x", "k").answer is Answer.UNREACHABLE
    unknown = channel("http://no-such-host.invalid/").send(PHONE, "x", "k")
    assert unknown.answer is Answer.UNREACHABLE


def dribbling(pieces: Iterable[bytes], pause: float) -> Iterator[str]:
    """A server that says 200 at once, and its content piece by piece."""
    stopped = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.wfile.write(b"HTTP/1.0 200 OK\r\n\r\n")
            for piece in pieces:
                if stopped.wait(pause):
                    return
                self.wfile.write(piece)

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    stopped.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("pieces", "pause"), [(repeat(b" "), 0.1), (repeat(b" " * 8192), 0.0)], ids=["never done", "endless"]
)
def test_an_answer_without_an_end_is_given_up_and_its_status_counts(
    pieces: Iterable[bytes], pause: float
) -> None:
    """It would hold up the sending of all others, beyond the lease, or fill the memory."""
    for url in dribbling(pieces, pause):
        sender = channel(url, timeout=0.5)
        began = time.monotonic()
        outcome = sender.send(PHONE, "x", "k")
        assert (outcome.answer, outcome.provider_reference) == (Answer.ACCEPTED, None)
        assert time.monotonic() - began < sender.time_limit + 1


def test_an_answer_may_come_in_pieces() -> None:
    for url in dribbling([b'{"refer', b'ence": ', b'"r-1"}'], 0.05):
        assert channel(url).send(PHONE, "x", "k").provider_reference == "r-1"


def test_a_connection_cut_after_the_request_is_lost(gateway: Any) -> None:
    outcome = channel(gateway(lambda _: None)).send(PHONE, "x", "k")
    assert (outcome.answer, outcome.reason) == (Answer.LOST, "connection_lost")


def test_neither_number_nor_text_nor_token_is_logged_or_shown(
    gateway: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        for reply in (
            lambda _: (200, {}, b"{}"),
            lambda _: None,
            lambda _: (400, {}, b"no " + PHONE.encode()),
        ):
            outcome = channel(gateway(reply)).send(PHONE, "very private", "k")
            assert PHONE not in repr(outcome)
    assert PHONE not in caplog.text and "very private" not in caplog.text
    assert "secret-token" not in repr(SmsSettings("http://x", "secret-token")) + caplog.text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DOORSTEP_SMS_URL", "ftp://gateway"),
        ("DOORSTEP_SMS_IDEMPOTENCY", "perhaps"),
        ("DOORSTEP_SMS_TIMEOUT", "long"),
        ("DOORSTEP_SMS_CONNECTIONS", "0"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        SmsOverHttp.from_settings({"DOORSTEP_SMS_URL": "http://gateway", name: value})


def test_a_sender_is_made_from_settings_with_the_token_in_a_file(gateway: Any, tmp_path: Path) -> None:
    seen = []

    def reply(request: dict[str, Any]) -> Reply:
        seen.append(request["auth"])
        return 202, {}, b"{}"

    (tmp_path / "token").write_text("from-file\n")
    keys = Sealer.from_text(f"k1:{new_key()}")
    database = Database(f"sqlite:///{tmp_path}/empty.db")
    work = Work("notification", database, Clock(), keys, BlindIndex(b"i" * 32), ZoneInfo("Asia/Shanghai"))
    given = {"DOORSTEP_SMS_URL": gateway(reply), "DOORSTEP_SMS_TOKEN_FILE": str(tmp_path / "token")}
    sender = sender_from_environment(work, environment=given)
    assert sender is not None
    sender._channels["sms"].send(PHONE, "x", "k")
    assert seen == ["Bearer from-file"]
    assert sender_from_environment(work, environment={}) is None
    with pytest.raises(SettingsError, match="DOORSTEP_SMS_RATE"):
        sender_from_environment(work, environment={**given, "DOORSTEP_SMS_RATE": "fast"})
    with pytest.raises(SettingsError, match="DOORSTEP_TEMPLATES"):
        sender_from_environment(work, environment={**given, "DOORSTEP_TEMPLATES": "/no/such"})


def test_without_a_gateway_there_is_no_channel() -> None:
    assert SmsOverHttp.from_settings({}) is None
