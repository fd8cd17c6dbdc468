"""Documents for readers name files, folders and headings that are there."""

import re
from pathlib import Path

import pytest

from tests.pages_of_docs import anchors

ROOT = Path(__file__).resolve().parents[2]
PATH = re.compile(
    r"`((?:field|contracts|chassis|services|operations|cli|clients|demo|deploy|benchmarks|tests|docs)/[\w./-]+)`"
)
LINK = re.compile(r"\]\(([^)\s]+)\)")
PAGES = sorted(
    str(page.relative_to(ROOT)) for page in (*ROOT.glob("README*.md"), *(ROOT / "docs").rglob("*.md"))
)
EXAMPLES = "docs/extending.md"  # names files of a sub-domain that is not there
MADE_LATER = "deploy/compose/secrets/"  # by `make secrets`


@pytest.mark.parametrize("page", [page for page in PAGES if page != EXAMPLES])
def test_every_file_that_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    missing = {path for path in PATH.findall(text) if path != MADE_LATER and not (ROOT / path).exists()}
    assert not missing


@pytest.mark.parametrize("page", PAGES)
def test_every_link_of_a_page_leads_somewhere(page: str) -> None:
    path = ROOT / page
    for link in LINK.findall(path.read_text(encoding="utf-8")):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = path.parent / file if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
