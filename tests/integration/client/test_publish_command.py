"""`doorstep publish` and `doorstep simulate` on a real broker."""

import json
from collections import Counter
from pathlib import Path

import pika
import pytest
from typer.testing import CliRunner

from cli.main import app

pytestmark = pytest.mark.broker

GOOD = {"person": {"name": "安示例"}, "arrival": {"at": "2022-10-01T06:12:00+08:00", "expected": False}}


def run(*arguments: object):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def url(broker_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    ours = pika.BlockingConnection(pika.URLParameters(broker_url)).channel()
    ours.exchange_declare("doorstep.inbound", "topic", durable=True)
    ours.queue_declare("arrivals", durable=True, arguments={"x-queue-type": "quorum"})
    ours.queue_bind("arrivals", "doorstep.inbound", "arrival.reported.*")
    ours.connection.close()
    monkeypatch.setenv("DOORSTEP_BROKER_URL", broker_url)
    return broker_url


def messages(url: str) -> list[tuple[str, bytes]]:
    ours, found = pika.BlockingConnection(pika.URLParameters(url)).channel(), []
    while (got := ours.basic_get("arrivals", auto_ack=True))[0] is not None:
        found.append((got[1].content_type, got[2]))
    ours.connection.close()
    return found


def ids(url: str) -> Counter[str]:
    documents = [json.loads(body) for _, body in messages(url)]
    return Counter(e["id"] for d in documents for e in (d if isinstance(d, list) else [d]))


def lines(path: Path, *documents: object) -> Path:
    path.write_text("".join(f"{d if isinstance(d, str) else json.dumps(d)}\n" for d in documents))
    return path


def test_a_file_published_twice_brings_the_same_ids_twice(url, tmp_path):
    file = lines(tmp_path / "a.jsonl", *(GOOD | {"reference": str(n)} for n in range(120)))
    for _ in range(2):
        assert run("publish", file, "--publisher", "grid").exit_code == 0
    found = ids(url)
    assert len(found) == 120
    assert set(found.values()) == {2}


def test_wish_13_broken_lines_are_listed_and_the_good_ones_published(url, tmp_path):
    file = lines(tmp_path / "a.jsonl", GOOD, "{", GOOD, "[]")
    done = run("publish", file, "--publisher", "grid", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["published"] == {"accepted": 2, "refused": 0, "unsent": 0, "unknown": 0}
    assert [trouble["line"] for trouble in told["troubles"]] == [2, 4]
    assert sum(ids(url).values()) == 2


def test_a_table_is_published(url, tmp_path):
    (tmp_path / "a.csv").write_text(
        "name,arrived_at,stops\n安示例,2022-10-01T06:12,620402:2022-09-20:2022-10-01\n"
    )
    done = run("publish", tmp_path / "a.csv", "--publisher", "grid")
    assert (done.exit_code, done.stdout.split(",")[0]) == (0, "1 lines: 1 accepted")


def test_wish_14_replies_are_counted_with_every_reason(url, tmp_path):
    file = lines(tmp_path / "a.jsonl", *(GOOD | {"reference": str(n)} for n in range(3)))
    run("publish", file, "--publisher", "grid")
    first, second, _third = sorted(ids(url))
    ours = pika.BlockingConnection(pika.URLParameters(url)).channel()
    ours.confirm_delivery()
    ours.queue_declare("doorstep.replies.grid", durable=True, arguments={"x-queue-type": "quorum"})
    reasons = [{"field": "person.phone", "code": code, "message": "is wrong"} for code in ("a", "b")]
    for id, type, more in (
        (first, "accepted", {"outcome": "merged"}),
        (second, "rejected", {"reasons": reasons}),
    ):
        data = {"report_id": "r", "event": {"source": "/grid/files", "id": id}} | more
        ours.basic_publish("", "doorstep.replies.grid", json.dumps({"type": f"report.{type}", "data": data}))
    done = run("publish", file, "--publisher", "grid", "--replies", "--wait", 5, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["replies"] == {
        "registered": 0,
        "merged": 1,
        "rejected": 1,
        "missing": 1,
        "reasons": {"a": 1, "b": 1},
    }
    assert [len(t["reasons"]) for t in told["troubles"]] == [2]


def test_a_simulated_day_reaches_the_broker_broken_bodies_and_all(url, tmp_path):
    file = tmp_path / "day.jsonl"
    truth = json.loads(run("simulate", "--arrivals", 400, "--out", file, "--json").stdout)
    assert run("publish", file).exit_code == 0
    found = messages(url)
    unreadable = [body for kind, body in found if kind == "text/plain" or not _is_json(body)]
    assert len(unreadable) == truth["broken_kinds"]["wrong_content_type"] + truth["broken_kinds"]["not_json"]
    whole = [e for kind, body in found if _is_json(body) for e in _events(body)]
    assert len(whole) + truth["broken_kinds"]["not_json"] == truth["lines"]


def test_publishing_while_simulating_says_what_the_broker_took(url):
    done = run("simulate", "--arrivals", 200, "--publish", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert told["published"]["accepted"] == told["lines"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--broker", "amqp://127.0.0.1:1/"), "no broker answers at 127.0.0.1:1"),
        (("--broker", "http://x"), "amqp"),
        ((), "no broker given"),
    ],
)
def test_a_broker_that_cannot_be_reached_is_one_line(tmp_path, monkeypatch, arguments, words):
    monkeypatch.delenv("DOORSTEP_BROKER_URL", raising=False)
    done = run("publish", lines(tmp_path / "a.jsonl", GOOD), "--publisher", "grid", *arguments)
    assert done.exit_code == 1
    assert words in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body)
    except ValueError:
        return False
    return True


def _events(body: bytes) -> list[dict]:
    document = json.loads(body)
    return document if isinstance(document, list) else [document]
