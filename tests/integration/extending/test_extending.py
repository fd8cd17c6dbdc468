"""docs/extending.md, followed to the letter in a copy of the project."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BOOK = ROOT / "docs" / "extending.md"
COPIED = (
    "chassis",
    "cli",
    "clients",
    "contracts",
    "demo",
    "deploy",
    "docs",
    "field",
    "operations",
    "services",
)

_BLOCK = re.compile(r"^\*\*`(?P<path>[^`]+)`\*\*\n```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A block of code in the book, and the file it is about."""

    path: str
    kind: str
    text: str

    def apply(self, root: Path) -> None:
        file = root / self.path
        if self.kind != "diff":
            assert not file.exists(), f"{self.path} is there already"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self.text, encoding="utf-8")
            return
        lines = [line or " " for line in self.text.splitlines()]
        old = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("+"))
        new = "".join(f"{line[1:]}\n" for line in lines if not line.startswith("-"))
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{self.path} does not hold once:\n{old}"
        file.write_text(text.replace(old, new), encoding="utf-8")


def recipes() -> dict[str, list[Block]]:
    """The blocks of each recipe, by its heading."""
    _, *parts = re.split(r"^## (.*)\n", BOOK.read_text(encoding="utf-8"), flags=re.M)
    return {
        title: [Block(**found.groupdict()) for found in _BLOCK.finditer(text)]
        for title, text in zip(parts[::2], parts[1::2], strict=True)
    }


def run(root: Path, *command: str) -> str:
    """In the copy, with nothing of the original on the path."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=root,
        env={
            **os.environ,
            "PYTHONPATH": f"{root}{os.pathsep}{root / 'clients'}",
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The project after all five recipes. Rules and templates are sound after each of them."""
    root = tmp_path_factory.mktemp("extended")
    without = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name, ignore=without)
    shutil.copy(ROOT / "pyproject.toml", root)
    for blocks in recipes().values():
        for block in blocks:
            block.apply(root)
        if any(block.path.startswith("services/notification/") for block in blocks):
            run(root, "-m", "services.notification.rules")
    yield root
    shutil.rmtree(root)


def files_of(title: str) -> set[str]:
    return {block.path for block in recipes()[title]}


def test_each_recipe_takes_no_more_files_than_promised() -> None:
    assert list(recipes()) == [
        "A new sub-domain",
        "A new event with a handler",
        "A new event that informs somebody",
        "A new channel",
        "A new template",
    ]
    assert len(files_of("A new event that informs somebody")) == 3
    assert len(files_of("A new channel")) == 2
    assert len(files_of("A new template")) == 2


def test_a_requested_visit_becomes_a_message_by_the_new_channel(extended: Path, tmp_path: Path) -> None:
    run(extended, "-m", "tests.integration.extending.story", str(tmp_path))
    (slip,) = (tmp_path / "slips").iterdir()
    address, _, text = slip.read_text(encoding="utf-8").splitlines()
    assert address == "张掖路街道大众巷1号"
    assert text == "王建国：工作人员将于10月2日上门，请在家等候。电话12345。"


def test_the_new_sub_domain_and_events_keep_the_layers(extended: Path) -> None:
    kept = run(extended, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()")
    assert " 0 broken." in kept
    contracts = tomllib.loads((extended / "pyproject.toml").read_text(encoding="utf-8"))
    assert "visits" in str(contracts["tool"]["importlinter"])


def test_documents_and_topology_show_the_new_events(extended: Path) -> None:
    run(extended, "-m", "cli.main", "docs")
    assert "visit.requested" in (extended / "docs" / "events.md").read_text(encoding="utf-8")
    asyncapi = (extended / "contracts" / "asyncapi.json").read_text(encoding="utf-8")
    assert "isolation.announce_visits" in asyncapi
    assert "notification.tell_visit_announced" in asyncapi
