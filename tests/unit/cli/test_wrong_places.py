"""Settings that lead to something else than they should: one line that names them, no traceback."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from operations.services import SERVICES
from tests import commands
from tests.processes import Answer
from tests.served import LOOKS_EVERY_S
from tests.system import KEYS
from tests.waiting import PATIENCE_S


@contextmanager
def web_page(status: int) -> Iterator[str]:
    """host:port of somebody else's server."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(b"<html><body>Welcome</body></html>")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, args=(LOOKS_EVERY_S,), daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def doorstep(directory: Path, *command: str, **given: str) -> Answer:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("DOORSTEP_")}
    urls = {f"DOORSTEP_{one.upper()}_DATABASE_URL": f"sqlite:///{directory}/{one}.db" for one in SERVICES}
    ours = {"DOORSTEP_BROKER_URL": "amqp://127.0.0.1:1/", "DOORSTEP_VAR": str(directory)} | urls | KEYS
    return commands.run(command, env=inherited | ours | given, timeout=PATIENCE_S)


def assert_one_line(answer: Answer, *words: str) -> None:
    assert answer.code == 1 and answer.err.count("\n") == 1, answer
    assert all(word in answer.err for word in words), answer.err


@pytest.mark.parametrize("status", [200, 404])
def test_a_management_url_that_leads_elsewhere(tmp_path: Path, status: int) -> None:
    with web_page(status) as place:
        given = {"DOORSTEP_MANAGEMENT_URL": f"http://{place}"}
        for command in (("publisher", "list"), ("publisher", "remove", "rail")):
            if (status, command[1]) != (404, "remove"):  # who is not there, is no error
                assert_one_line(doorstep(tmp_path, *command, **given), place, "DOORSTEP_MANAGEMENT_URL")
        found = doorstep(tmp_path, "queues", "--json", **given).json
    assert "DOORSTEP_MANAGEMENT_URL" in found["broker"] and found["queues"] == []


@pytest.mark.parametrize(
    "url", ["http://[::1", "127.0.0.1:18803", "http://127.0.0.1:none", "ftp://a", "http://"]
)
def test_a_management_url_that_is_none(tmp_path: Path, url: str) -> None:
    answer = doorstep(tmp_path, "publisher", "list", DOORSTEP_MANAGEMENT_URL=url)
    assert_one_line(answer, "DOORSTEP_MANAGEMENT_URL cannot be read")


def test_an_address_of_something_that_is_no_service(tmp_path: Path) -> None:
    with web_page(200) as place:
        found = doorstep(tmp_path, "queues", "--json", DOORSTEP_ISOLATION_ADDRESS=place).json
    [isolation] = [one for one in found["services"] if one["name"] == "isolation"]
    assert isolation["failure"] == f"no metrics at {place}: is that isolation?" and isolation["replicas"] == 0


@pytest.mark.parametrize("below", ["", "/var"])
def test_a_folder_that_is_a_file(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    for command in (("dead", "list"), ("status",), ("queues",)):
        answer = doorstep(tmp_path, *command, DOORSTEP_VAR=f"{tmp_path}/file{below}")
        assert_one_line(answer, "DOORSTEP_VAR")


def test_a_database_that_is_none(tmp_path: Path) -> None:
    for service in SERVICES:
        (tmp_path / f"{service}.db").write_text("no database " * 1000)
    for command in (("dead", "list"), ("audit",), ("migrate",)):
        assert_one_line(doorstep(tmp_path, *command), "not a database")
