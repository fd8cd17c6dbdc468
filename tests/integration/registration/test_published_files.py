"""Files and examples published as outsiders do, on a real broker, and what registration answers."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contracts.examples import EXAMPLES
from doorstep_client import QueueMissing, Replies, Reply
from services.registration import tables as t
from tests import commands
from tests.integration.registration.intake import Intake
from tests.integration.registration.trial import Trial
from tests.waiting import eventually

pytestmark = pytest.mark.broker
ROOT = Path(__file__).parents[3]

HEADER = (
    "source_kind,name,identity_type,identity_number,phone,companions,stops,arrived_at,destination_address"
)
GOOD = (
    "lodging,聂重发,resident_id,620102199001011014,16500170001,,620402:2022-09-20:2022-10-01,2022-10-01T08:00"
)


CHILD = "齐小/resident_id/620102199001011/16500170005"


@pytest.fixture
def intake(trial: Trial, broker_url: str) -> Iterator[Intake]:
    intake = Intake(trial, broker_url)
    with intake.consuming():
        yield intake


def publish(intake: Intake, file: Path, *more: str) -> dict[str, Any]:
    options = ["--broker", intake.broker_url, "--replies", "--wait", "10", "--json", *more]
    done = commands.run(["publish", str(file), *options], env=os.environ, timeout=120)
    assert done.code in (0, 1) and done.out, done.err
    found: dict[str, Any] = done.json
    assert done.code == int(bool(found["troubles"] or found["replies"]["missing"])), done.err
    return found


def table(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([HEADER, *rows, ""]), encoding="utf-8")
    return path


def row(
    number: str, phone: str, name: str = "聂重发", companions: str = "", address: str = "石榴雅苑"
) -> str:
    stop = "620402:2022-09-20:2022-10-01"
    return f"lodging,{name},resident_id,{number},{phone},{companions},{stop},2022-10-01T08:00,{address}"


def test_each_line_of_a_file_with_every_kind_of_flaw_is_accounted_for(intake: Intake, tmp_path: Path) -> None:
    sound = row("620102199001011014", "16500170001")
    flawed = [
        sound,
        row("620102199001011014", "16500170001"),  # 3: said twice
        row("620102199001011030", "1650017", "欧重发"),  # 4: a wrong phone
        row("62010219900101105?", "16500170003", "潘重发"),  # 5: nobody who can be known
        row("620102199001011073", "16500170004", "齐重发", CHILD),  # 6
        "lodging,a,b",  # 7: ragged
        row("620102199001011057", '"165001700', "何重发"),  # 8: a quotation mark
        "",
        row("6.20102E+17", "16500170006", "成四海"),  # 10: what a spreadsheet left of a number
        row("620102199001011057", "16500170003", "潘重发").replace("2022-10-01T08:00", "gestern"),  # 11
        row("62010219900101109X", "16500170007", "郝重发", address=""),  # 12: no destination
        ",,,,,,,,",
        row("620102199001011110", "16500170008", "祁重发", "祁小"),  # 14: an infant without a number
    ]
    found = publish(intake, table(tmp_path / "a.csv", *flawed), "--publisher", "rail")
    merged = found["accounts"]["merged"]  # of two equal reports, either may be read first
    assert merged in ("2", "3")
    assert found["accounts"] == {
        "broken, not published": "7-8, 11",
        "merged": merged,
        "registered": "3, 14" if merged == "2" else "2, 14",
        "registered, a part waits for correction": "4, 6",
        "rejected, waits for correction": "5, 10, 12",
    }
    assert found["lines"] == 11
    parts = {trouble["line"]: {r["field"] for r in trouble["reasons"]}
             for trouble in found["troubles"] if "reasons" in trouble}  # fmt: skip
    assert parts[4] == {"person.phone"} and parts[6] == {"companions[0].identity_number"}
    assert "person.identity_number" in parts[5] and parts[12] == {"destination"}
    assert len(intake.trial.arrivals()) == 5


def test_a_second_run_of_the_mended_file_registers_only_what_was_missing(
    intake: Intake, tmp_path: Path
) -> None:
    good = row("620102199001011014", "16500170001")
    infant = row("620102199001011110", "16500170008", "祁重发", "祁小")
    publish(
        intake,
        table(
            tmp_path / "a.csv",
            good,
            row("62010219900101105?", "16500170003", "潘重发"),
            row("620102199001011073", "16500170004", "齐重发", CHILD),
            "lodging,a,b",
            infant,
        ),
        "--publisher", "rail",
    )  # fmt: skip
    before = {arrival["id"] for arrival in intake.trial.arrivals()}
    assert len(before) == 4
    mended = [
        row("620102199001011057", "16500170003", "潘重发"),
        row("620102199001011073", "16500170004", "齐重发", "齐小/resident_id/620102201501010042/16500170005"),
        infant,
        good,
        row("62010219900101109X", "16500170007", "郝重发"),
    ]
    found = publish(intake, table(tmp_path / "b.csv", *mended), "--publisher", "rail")
    assert found["troubles"] == []
    after = intake.trial.arrivals()
    assert before < {arrival["id"] for arrival in after}
    assert len(after) == 7  # 潘, 齐小 and 郝
    assert not any(kept["part_waits"] for kept in intake.trial.rows(t.reports))
    assert intake.sums().balanced


def test_a_file_mended_sorted_and_longer_doubles_nobody(intake: Intake, tmp_path: Path) -> None:
    first = [
        row("620102199001011014", "16500170001"),
        row("620102199001011030", "16500170002", "欧重发"),
        row("62010219900101105?", "16500170003", "潘重发"),
    ]
    found = publish(intake, table(tmp_path / "first.csv", *first), "--publisher", "rail")
    assert (found["replies"]["registered"], found["replies"]["rejected"]) == (2, 1)
    again = [
        row("620102199001011073", "16500170004", "齐重发"),
        first[1],
        first[0],
        row("620102199001011057", "16500170003", "潘重发"),
    ]
    publish(intake, table(tmp_path / "again.csv", *again), "--publisher", "rail")
    assert len(intake.trial.arrivals()) == 4


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_table_from_a_spreadsheet_is_taken(intake: Intake, tmp_path: Path, encoding: str) -> None:
    header = ["id", "source", "name", "identity_number", "phone", "arrived_at", "destination_address", "", ""]
    cells = ["c20-2", "/rail/files", "魏公式", '"=""620102198606060615"""', '"=""16500200001"""',
             "2022/10/1 8:00", "春和花园6号楼", "", ""]  # fmt: skip
    text = "\r\n".join("\t".join(line) for line in (header, cells, [""] * 9))
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    assert publish(intake, tmp_path / "a.csv")["accounts"] == {"registered": "2"}


TIMES = [
    "2022-10-01T01:00:00.123456789Z",
    "2022-10-01t01:00:00z",
    "2022-10-01T08:59:60+08:00",
    "2022-10-01T09:00:00.1+08:00",
    "2022-10-01 09:00:00+08:00",
    "2022-10-01T09:00:00+0800",
    "2022-10-01t08:59:60.5+08:00",
]


def test_every_form_of_a_time_is_read_and_one_without_a_zone_costs_no_neighbour(
    intake: Intake, tmp_path: Path
) -> None:
    def event(number: int, time: str, at: str) -> str:
        data = {
            "source_kind": "transport",
            "person": {"name": f"李时样{number}", "phone": f"1650014000{number}"},
            "arrival": {"at": at},
            "destination": {"division": "620102", "address": "石榴雅苑"},
        }
        whole = {
            "specversion": "1.0",
            "id": f"c14-{number}",
            "source": "/rail/feed",
            "type": "arrival.reported",
        }
        return json.dumps({**whole, "time": time, "data": data})

    lines = [event(number, time, time) for number, time in enumerate(TIMES, start=1)]
    lines.append(event(8, "2022-10-01T09:00:00", "2022-10-01T09:00:00+08:00"))
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    found = publish(intake, tmp_path / "a.jsonl")
    assert found["accounts"] == {"registered": "1-7", "rejected, waits for correction": "8"}
    (tmp_path / "b.jsonl").write_text("\n".join(lines[:7]).replace("c14-", "again-"))
    found = publish(intake, tmp_path / "b.jsonl")  # what was kept is read again
    assert found["accounts"] == {"merged": "1-7"}


# --- all examples that the documents give to outsiders


def answers(intake: Intake, publisher: str, count: int = 1) -> list[Reply]:
    """The queue of a new publisher is made with the first answer."""
    found: list[Reply] = []

    def heard() -> bool:
        try:
            with Replies(intake.broker_url, publisher) as replies:
                replies.read(found.append, until=lambda: len(found) >= count, idle=10)
        except QueueMissing:
            return False
        return True

    eventually(heard)
    return found


def is_wholly_accepted(replies: list[Reply]) -> bool:
    return bool(replies) and all(reply.accepted and not reply.to_correct for reply in replies)


def test_the_examples_of_the_events_document_are_accepted(intake: Intake, tmp_path: Path) -> None:
    text = (ROOT / "docs/events.md").read_text("utf-8")
    blocks = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL)]
    first, *others = [block for block in blocks if block["type"] == "arrival.reported"]
    assert first == EXAMPLES["arrival.reported"]
    (tmp_path / "a.jsonl").write_text(json.dumps(first))
    found = publish(intake, tmp_path / "a.jsonl")
    assert (found["accounts"], found["troubles"]) == ({"registered": "1"}, [])
    assert len(intake.trial.arrivals()) == 2, "the companion leans on the person of the report"
    for number, other in enumerate(others):
        (tmp_path / f"{number}.jsonl").write_text(json.dumps(other))
        found = publish(intake, tmp_path / f"{number}.jsonl")
        assert (found["troubles"], found["replies"]["missing"]) == ([], 0)


@pytest.mark.parametrize("document", ["README.md", "README.zh-CN.md", "clients/README.md"])
def test_the_example_of_each_readme_is_accepted(
    intake: Intake, document: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / document).read_text("utf-8")
    (program,) = [b for b in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "arrival_event(" in b]
    exec(program.replace("amqp://rail-lanzhou:secret@broker/", intake.broker_url), {})
    _wait_for_reports(intake, 1)
    assert is_wholly_accepted(answers(intake, "rail-lanzhou"))


def test_the_example_program_of_the_client_is_answered(intake: Intake) -> None:
    program = ROOT / "clients/examples/publish_arrival.py"
    environment = {
        **os.environ,
        "DOORSTEP_BROKER_URL": intake.broker_url,
        "PYTHONPATH": str(ROOT / "clients"),
    }
    # Its own name at the broker has its queue from the first answer on.
    done = subprocess.run(
        [sys.executable, program], env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    _wait_for_reports(intake, 1)
    (kept,) = intake.trial.rows(t.reports)
    assert (kept["outcome"], kept["part_waits"]) == ("registered", None), done.stdout + done.stderr


def test_the_sample_file_is_accepted_line_by_line(intake: Intake) -> None:
    found = publish(intake, ROOT / "demo/samples/arrivals.csv")
    assert found["troubles"] == []
    assert found["replies"]["missing"] == 0


def _wait_for_reports(intake: Intake, count: int) -> None:
    eventually(lambda: len(intake.trial.rows(t.reports)) >= count)
