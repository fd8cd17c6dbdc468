"""Where `make upgrade` finds the deployment's settings, and what it holds against one another."""

from pathlib import Path
from typing import Any

import pytest

from contracts.registry import EVENT_TYPES
from deploy.backup import containers
from deploy.backup.errors import Refused
from deploy.upgrade.steps import _compare
from operations.documents.made import handling_services


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of docker-compose.yml."""
    monkeypatch.setattr(containers, "ROOT", tmp_path)
    monkeypatch.delenv("DOORSTEP_SECRETS", raising=False)
    return tmp_path


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ("DOORSTEP_SECRETS=/srv/secrets\n", "/srv/secrets"),
        ('DOORSTEP_SECRETS="/srv/secrets"', "/srv/secrets"),
        ("DOORSTEP_SECRETS=/srv/old\nDOORSTEP_SECRETS=/srv/new\n", "/srv/new"),
        ("# DOORSTEP_SECRETS=/srv/secrets\nDOORSTEP_SECRETS_OF=x\n", "usual"),
        ("DOORSTEP_SECRETS=\n", "usual"),
    ],
)
def test_a_setting_is_read_from_the_file_that_docker_compose_reads(
    folder: Path, lines: str, found: str
) -> None:
    (folder / ".env").write_text(lines)
    assert containers.setting("DOORSTEP_SECRETS", "usual") == found


def test_the_environment_wins_over_the_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / ".env").write_text("DOORSTEP_SECRETS=/srv/secrets\n")
    monkeypatch.setenv("DOORSTEP_SECRETS", "/srv/others")
    assert containers.setting("DOORSTEP_SECRETS", "usual") == "/srv/others"


def test_without_a_file_a_setting_is_the_usual_one(folder: Path) -> None:
    assert containers.setting("DOORSTEP_SECRETS", "usual") == "usual"


def audit(*, reports: int, arrivals: int = 5, messages: int = 9) -> dict[str, Any]:
    sums = {
        "reports": {"received": reports},
        "arrivals": {"registered": arrivals},
        "messages": {"found": messages},
    }
    return {"balanced": True, "sums": sums}


def test_less_after_an_upgrade_than_before_is_refused() -> None:
    with pytest.raises(Refused, match="there were 7 reports, and there are 6"):
        _compare(audit(reports=7), audit(reports=6))


def test_more_after_an_upgrade_than_before_is_no_loss() -> None:
    _compare(audit(reports=7), audit(reports=8))
    _compare({}, audit(reports=8))


def test_whoever_reads_what_isolation_says_is_renewed_before_it_and_the_console_after_its_doors() -> None:
    """It may say words that a reader of before refuses: then what is said becomes a dead letter."""
    turns = [set(services) for services in containers.READERS_FIRST]
    said = {name for name, kind in EVENT_TYPES.items() if kind.said_by == "isolation"}
    readers = {
        service.name
        for service in handling_services()
        if any(said.intersection(handler.events) for handler in service.handlers)
    }
    assert readers - {"isolation"} == {"registration", "notification"} <= turns[0]
    assert "isolation" not in set().union(*turns)
    (console,) = [number for number, turn in enumerate(turns) if containers.CONSOLE in turn]
    assert set(containers.DOORS) <= set().union(*turns[:console])
