import hashlib
import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.sms_gateway import Gateway, Simulator, main
from tests.waiting import PATIENCE_S


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[str]:
    server = Simulator("127.0.0.1", 0, Gateway(tmp_path / "record", token="t"))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def ask(url: str, method: str = "GET", content: Any = None, token: str = "t") -> tuple[int, dict[str, Any]]:
    body = None if content is None else json.dumps(content).encode()
    request = urllib.request.Request(url, body, {"Authorization": f"Bearer {token}"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def message(key: str = "k", to: str = "13900001111", text: str = "你好") -> dict[str, str]:
    return {"to": to, "text": text, "idempotency_key": key}


def test_the_same_key_twice_is_delivered_once_and_answered_alike(simulator: str, tmp_path: Path) -> None:
    first = ask(f"{simulator}/messages", "POST", message())
    assert first == ask(f"{simulator}/messages", "POST", message())
    assert first[0] == 202
    _, sent = ask(f"{simulator}/sent")
    assert (sent["delivered"], sent["repeated"], sent["per_key"]) == (1, 1, {"k": 1})
    digest = hashlib.sha256(b"13900001111").hexdigest()
    assert (tmp_path / "record").read_text() == f"k {digest}\n"
    assert ask(f"{simulator}/messages/{first[1]['reference']}")[1] == {"status": "delivered"}


def test_the_simulator_knows_its_deliveries_after_a_restart(tmp_path: Path) -> None:
    record = tmp_path / "record"
    before = Gateway(record)
    before.take("k", "13900001111")
    before.take("two words", "13900001112")
    after = Gateway(record)
    after.take("k", "13900001111")
    after.take("new", "13900001112")
    sent = after.sent(keys=True)
    assert sent["per_key"] == {"k": 1, "two words": 1, "new": 1}
    assert (sent["delivered"], sent["numbers"], sent["repeated"]) == (3, 2, 1)
    assert len(record.read_text().splitlines()) == 3


def test_told_to_know_no_keys_it_delivers_twice(simulator: str) -> None:
    ask(f"{simulator}/behaviour", "PUT", {"idempotent": False})
    for _ in range(2):
        ask(f"{simulator}/messages", "POST", message())
    assert ask(f"{simulator}/sent?keys=no")[1]["delivered"] == 2


def test_the_simulator_fails_as_often_and_in_the_way_it_is_told(simulator: str) -> None:
    assert ask(f"{simulator}/behaviour", "PUT", {"fail_next": 2, "fail_status": 500})[0] == 200
    statuses = [ask(f"{simulator}/messages", "POST", message(str(n)))[0] for n in range(4)]
    assert statuses == [500, 500, 202, 202]
    ask(f"{simulator}/behaviour", "PUT", {"fail_share": 1.0})
    assert ask(f"{simulator}/messages", "POST", message("x"))[0] == 503
    ask(f"{simulator}/behaviour", "PUT", {})
    assert ask(f"{simulator}/messages", "POST", message("x"))[0] == 202


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (message(to="call me"), 422),
        (message(text=""), 400),
        ({"to": "13900001111"}, 400),
        ([], 400),
    ],
)
def test_the_simulator_refuses_invalid_messages(simulator: str, content: Any, status: int) -> None:
    assert ask(f"{simulator}/messages", "POST", content)[0] == status


def test_a_wrong_token_path_or_wish_is_refused(simulator: str) -> None:
    assert ask(f"{simulator}/messages", "POST", message(), token="other")[0] == 401
    assert ask(f"{simulator}/elsewhere", "POST", message())[0] == 404
    assert ask(f"{simulator}/elsewhere")[0] == 404
    status, problem = ask(f"{simulator}/behaviour", "PUT", {"slow": 1, "late_ms": "much"})
    assert status == 400
    assert problem["error"] == "slow is unknown; late_ms must be a number or true or false"


def test_a_taken_port_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["--port", str(taken.getsockname()[1])]) == 1
    error = capsys.readouterr().err
    assert error.startswith("cannot listen on 127.0.0.1:") and error.count("\n") == 1
