"""`doorstep risk|places|staff import`: whole or nothing, with readable errors and exit codes."""

import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cli.main import app

ROOT = Path(__file__).parents[3]
LISTS = ROOT.parent / "shared" / "data" / "risk-areas"
KEY = base64.b64encode(b"k" * 32).decode()
NINTH = json.loads((ROOT / "services/isolation/policies/2022-06-ninth-edition.json").read_text())
PLACES = "place_id,parent,level,name,aliases,division,kind\nd,,district,城关区,,620102,\n"


@pytest.fixture(autouse=True)
def _settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOORSTEP_VAR", str(tmp_path))
    monkeypatch.setenv("DOORSTEP_BROKER_URL", "amqp://nobody@127.0.0.1:1/")
    monkeypatch.setenv("DOORSTEP_REGISTRATION_DATABASE_URL", f"sqlite:///{tmp_path}/registration.db")
    monkeypatch.setenv("DOORSTEP_ISOLATION_DATABASE_URL", f"sqlite:///{tmp_path}/isolation.db")
    monkeypatch.setenv("DOORSTEP_SEAL_KEYS", f"k1:{KEY}")
    monkeypatch.setenv("DOORSTEP_INDEX_KEY", KEY)


def doorstep(*arguments: str) -> tuple[int, str, str]:
    found = CliRunner().invoke(app, arguments)
    return found.exit_code, found.stdout, found.stderr


def test_places_are_imported_and_counted(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(PLACES)
    code, out, _ = doorstep("places", "import", str(file), "--json")
    assert (code, json.loads(out)) == (0, {"rows": 1, "new": 1, "changed": 0, "unchanged": 0})
    assert "1 as they were" in doorstep("places", "import", str(file))[1]


def test_a_table_with_errors_is_refused_with_row_and_column(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text(PLACES + "s,nowhere,street,一街,,,\n")
    code, out, err = doorstep("places", "import", str(file))
    assert (code, out) == (1, "")
    assert "nothing was imported" in err
    assert "row 3, parent:" in err


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("list.json", "{broken", "row 1, column 2: is no JSON"),
        ("list.json", "[]", "data: must be an object"),
        ("list.csv", "level,province\n", "row 1, place: this column is missing"),
        ("list.csv", b"level\xff\n", "is neither UTF-8 nor GB18030"),
    ],
)
def test_a_list_that_cannot_be_read_says_why(
    tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    code, _, err = doorstep("risk", "import", str(file))
    assert code == 1
    assert said in err
    assert "Traceback" not in err


def test_a_file_that_is_not_there_is_one_line() -> None:
    code, _, err = doorstep("staff", "import", "/nowhere/staff.csv")
    assert (code, "No such file" in err) == (1, True)


def test_a_policy_is_imported_by_isolation(tmp_path: Path) -> None:
    file = next((ROOT / "services" / "isolation" / "policies").glob("2022-06*.json"))
    code, out, _ = doorstep("policy", "import", str(file), "--json")
    assert (code, json.loads(out)["published"]) == (0, True)
    broken = tmp_path / "policy.json"
    broken.write_text('{"policy_id": "x"}')
    code, _, err = doorstep("policy", "import", str(broken))
    assert code == 1
    assert "nothing was imported" in err


def test_a_policy_is_corrected_and_the_correction_withdrawn(tmp_path: Path) -> None:
    file, document = tmp_path / "policy.json", NINTH
    for title in ("first", "second"):
        file.write_text(json.dumps({**document, "title": title}))
        assert doorstep("policy", "import", str(file), "--by", "wang")[0] == 0
    withdraw = ("policy", "withdraw", "cn-2022-06", "--reason", "wrong days", "--by", "li", "--version")
    code, out, _ = doorstep(*withdraw, "2")
    assert (code, out) == (0, "policy cn-2022-06, version 3: the text of version 1 is in force again\n")
    code, out, _ = doorstep("policy", "history", "cn-2022-06", "--json")
    assert [(one["what"], one["source"], one["reason"]) for one in json.loads(out)] == [
        *[("published", "/command-line/wang", None)] * 2,
        ("withdrawn", "/command-line/li", "wrong days"),
    ]
    assert "/command-line/li" in doorstep("policy", "history", "cn-2022-06")[1]
    shown = [doorstep("policy", "show", "cn-2022-06", *asked)[1] for asked in ((), ("--version", "2"))]
    assert [json.loads(text)["title"] for text in shown] == ["first", "second"]
    assert doorstep("policy", "show", "cn-2022-06", "--version", "9")[::2] == (
        *(1, "doorstep: of cn-2022-06 no version 9 is kept: there are 1, 2, 3\n"),
    )
    code, _, err = doorstep(*withdraw, "2")
    assert (code, "version 3 is in force now" in err) == (1, True), "said again, as its answer was lost"
    code, _, err = doorstep(*withdraw, "3")
    assert (code, "no other policy holds" in err) == (1, True)


@pytest.mark.skipif(not LISTS.exists(), reason="../shared/data is not here")
def test_two_published_lists_one_after_the_other() -> None:
    code, out, _ = doorstep("risk", "import", str(LISTS / "2022100108.json"), "--json")
    morning = json.loads(out)
    assert code == 0
    assert (morning["counted"]["high"], morning["counted"]["medium"]) == (853, 720)
    assert morning["placed_percent"] >= 99.5
    assert sum(morning["placed"].values()) == morning["areas"] == 1711
    assert len(morning["not_in_a_county"]) == morning["placed"]["city_only"]
    evening = json.loads(doorstep("risk", "import", str(LISTS / "2022100121.json"), "--json")[1])
    assert min(evening["new"], evening["changed"], evening["ended"]) > 0
    assert evening["new"] + evening["changed"] + evening["unchanged"] == evening["areas"]
    assert evening["unchanged"] + evening["changed"] + evening["ended"] == morning["areas"]
    code, out, _ = doorstep("risk", "import", str(LISTS / "2022100121.json"))
    assert code == 0
    assert "nothing changed" in out


def official(*high: dict[str, object], at: str = "2022-10-01 9时") -> str:
    data = {"end_update_time": at, "hcount": len(high), "highlist": list(high), "middlelist": []}
    return json.dumps({"data": data, "code": 0}, ensure_ascii=False)


SOUND = {"province": "甘肃省", "city": "白银市", "county": "白银区", "communitys": ["示例花园4号楼"]}
ZONE = {"province": "河南省", "city": "郑州市", "county": "航空港区", "communitys": ["新港街道"]}
BLANK: dict[str, object] = {"province": "", "city": "", "county": "", "communitys": []}


def test_a_list_with_an_odd_row_is_imported_and_says_which(tmp_path: Path) -> None:
    file = tmp_path / "list.json"
    file.write_text(official(SOUND, BLANK, ZONE))
    code, out, _ = doorstep("risk", "import", str(file))
    assert code == 3
    assert "odd rows: 1" in out
    assert "highlist row 2: is blank" in out
    code, out, _ = doorstep("risk", "import", str(file), "--json")
    found = json.loads(out)
    assert (code, found["already_imported"], found["areas"], found["odd"]) == (3, True, 2, 1)
    assert found["placed_by"] == {"county": 1, "zone": 1}
    assert found["odd_rows"][0]["row"] == BLANK


def test_a_list_corrected_within_its_hour_shows_the_difference(tmp_path: Path) -> None:
    first, corrected = tmp_path / "first.json", tmp_path / "corrected.json"
    first.write_text(official(SOUND))
    corrected.write_text(official(SOUND, ZONE))
    assert doorstep("risk", "import", str(first))[0] == 0
    code, out, _ = doorstep("risk", "import", str(corrected))
    assert code == 0
    assert "It corrects official-2022100109; the differences are between the two." in out
    assert "new 1, changed level 0, ended 0, unchanged 1" in out
    code, out, _ = doorstep("risk", "import", str(first))
    assert (code, "It was corrected by official-2022100109-r2" in out) == (0, True)
    code, out, _ = doorstep("risk", "import", str(first), "--replace", "--json")
    assert (code, json.loads(out)["ended"]) == (0, 1)


def test_the_commands_need_no_nameko_and_no_eventlet() -> None:
    script = "import sys, cli.set_up.imports;"
    script += "from services.registration.risk import import_risk_list;"
    script += "from services.registration.places import import_places;"
    script += "from services.registration.staff import import_staff;"
    script += "print([m for m in ('nameko', 'eventlet', 'kombu') if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert found.stdout.strip() == "[]"
