"""Documents for readers name files and folders that are there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATH = re.compile(
    r"`((?:field|contracts|chassis|services|operations|cli|clients|demo|deploy|benchmarks|tests|docs)/[\w./-]+)`"
)
PAGES = ["architecture", "operations", "performance", "scaling"]
MADE_LATER = "deploy/compose/secrets/"  # by `make secrets`


@pytest.mark.parametrize("page", PAGES)
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    missing = {path for path in PATH.findall(text) if path != MADE_LATER and not (ROOT / path).exists()}
    assert not missing
