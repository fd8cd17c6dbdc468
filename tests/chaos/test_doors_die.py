"""A door that is killed between commit and answer: whoever says it again hears what became of it."""

from __future__ import annotations

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from chassis.clock import Clock
from chassis.doors.tokens import sign_token
from deploy.local.ports import freeport
from services.isolation import tables as t
from tests.doors import CONSOLE, door_process, staff_author
from tests.integration.isolation.trial import MORNING, Trial, arrival, furnish, trial
from tests.waiting import PATIENCE_S, eventually

CASES, AT_ONCE = 30, 5
pytestmark = [pytest.mark.chaos, pytest.mark.postgresql]


def test_each_check_in_is_kept_once_though_the_door_dies_again_and_again(
    postgresql_url: Callable[..., str], tmp_path: Path
) -> None:
    url, port, clock = postgresql_url("isolation", furnish), freeport(), Clock(tmp_path / "clock")
    with trial(url) as isolation:
        came = [arrival(level="medium") for _ in range(CASES)]
        isolation.follow(*came)
        clock.set(MORNING + timedelta(hours=2))
        process = door_process(
            "isolation",
            url,
            port,
            tmp_path / "door.log",
            DOORSTEP_CLOCK_FILE=str(tmp_path / "clock"),
            DOORSTEP_FAULT="after_commit:8",
        )
        try:
            asked = _say_all([one.data["arrival_id"] for one in came], port)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        _once_each(isolation, asked, (tmp_path / "door.log").read_text())


def _say_all(case_ids: list[str], port: int) -> Counter[str]:
    """Says a check-in for each case until it is answered. Returns how often each was said."""
    asked: Counter[str] = Counter()
    left = list(case_ids)

    def speak() -> None:
        while left:
            case_id = left.pop()
            eventually(lambda case_id=case_id: _said(case_id, port, asked), seconds=3 * PATIENCE_S)

    threads = [threading.Thread(target=speak) for _ in range(AT_ONCE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(6 * PATIENCE_S)
        assert not thread.is_alive()
    return asked


def _said(case_id: str, port: int, asked: Counter[str]) -> bool:
    token = sign_token(CONSOLE, "isolation", staff_author("worker-1"))
    person = {"case_id": case_id, "how_known": "by_phone", "symptoms": [], "temperature": 36.5}
    try:
        answer = requests.post(
            f"http://127.0.0.1:{port}/commands/report_check_in",
            json={"people": [person]},
            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"check-in-{case_id}"},
            timeout=20,
        )
    except requests.RequestException:
        return False
    finally:
        asked[case_id] += 1
    assert answer.status_code in (200, 503), answer.text
    return answer.status_code == 200


def _once_each(isolation: Trial, asked: Counter[str], log: str) -> None:
    kept = Counter(row["case_id"] for row in isolation.rows(t.check_ins))
    assert kept == dict.fromkeys(asked, 1)
    assert max(asked.values()) > 1, f"the door never died: {log[-500:]}"
