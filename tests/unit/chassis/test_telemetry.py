"""Logs say what failed and where, and never what was in it."""

from __future__ import annotations

import json
import subprocess
import sys

import orjson
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from chassis.telemetry import describe_error
from tests.waiting import PATIENCE_S

SECRET = "安小满13800138000"


def failed() -> BaseException:
    try:
        int(SECRET)
    except ValueError as error:
        return error
    raise AssertionError


def test_an_error_is_told_by_kind_and_place_without_its_text() -> None:
    said = describe_error(failed())
    assert said.startswith("ValueError at test_telemetry.py:") and said.endswith("in failed")
    assert SECRET not in said


@pytest.mark.parametrize(
    "statement", [f"select * from '{SECRET}", f"select * from missing where name = '{SECRET}'"]
)
def test_an_error_of_the_database_shows_neither_statement_nor_parameters(statement: str) -> None:
    with pytest.raises(DBAPIError) as caught, create_engine("sqlite://").connect() as conn:
        conn.execute(text(statement))
    assert SECRET in str(caught.value)
    assert SECRET not in describe_error(caught.value)


def test_an_error_without_a_trace_is_told_by_its_kind() -> None:
    assert describe_error(orjson.JSONDecodeError(SECRET, SECRET, 0)) == "JSONDecodeError"


LOGS = """
import logging, structlog
from chassis.telemetry import configure_logs
configure_logs("trial", "INFO")
log = structlog.get_logger()
log.debug("not this")
log.info("event_handled", correlation_id="c1")
try:
    int("SECRET")
except ValueError:
    log.error("failed", exc_info=True)
    logging.getLogger("kombu").exception("library failed")
logging.getLogger("kombu").info("not this either")
""".replace("SECRET", SECRET)


def test_logs_are_json_lines_with_service_and_time_and_no_text_of_errors() -> None:
    done = subprocess.run([sys.executable, "-c", LOGS], capture_output=True, text=True, timeout=PATIENCE_S)
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["event"] for line in lines] == ["event_handled", "failed", "library failed"]
    assert all(line["service"] == "trial" and line["timestamp"] and line["level"] for line in lines)
    assert lines[0]["correlation_id"] == "c1"
    assert "ValueError" in lines[1]["error"] and "ValueError" in lines[2]["error"]
