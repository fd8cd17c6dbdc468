"""The file of a key ring: a new key is added last, put first, and the old one taken off."""

from __future__ import annotations

from pathlib import Path

import pytest

from chassis.sealing import Sealer
from deploy.keys.__main__ import main
from deploy.keys.ring import RingFault, added, ids, promoted, retired

FIRST = "k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"


def test_a_key_is_added_promoted_and_the_old_one_retired(tmp_path: Path) -> None:
    file = tmp_path / "seal_keys"
    file.write_text(FIRST)
    file.chmod(0o444)
    before = Sealer.from_text(file.read_text().strip()).seal("name")
    assert main("add", file) == "k2 was added; it seals nothing yet"
    assert Sealer.from_text(file.read_text().strip()).seal("name").startswith("k1.")
    assert main("promote", file) == "k2 seals from now on"
    sealer = Sealer.from_text(file.read_text().strip())
    assert sealer.unseal(before) == "name" and sealer.seal("name").startswith("k2.")
    assert main("retire", file, "k1") == "k1 is no longer on the ring"
    assert ids(file.read_text()) == ["k2"] and file.stat().st_mode & 0o777 == 0o444
    assert [one.name for one in tmp_path.iterdir()] == ["seal_keys"]


def test_ids_go_on_from_the_highest() -> None:
    text, new = added("k9:x,k2:y\n")
    assert new == "k10" and ids(text) == ["k9", "k2", "k10"]
    assert ids(promoted(text)[0]) == ["k10", "k9", "k2"]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (lambda: promoted(FIRST), "one key only"),
        (lambda: promoted("k2:x,k1:y"), "k2 seals already"),
        (lambda: retired(FIRST, "k1"), "seals: promote another"),
        (lambda: retired(FIRST, "k7"), "no key k7"),
        (lambda: added("nonsense"), "must hold id:base64"),
        (lambda: added("k1:x,k1:y"), "must hold id:base64"),
    ],
)
def test_what_would_lose_a_key_is_refused(fault: object, why: str) -> None:
    with pytest.raises(RingFault, match=why):
        fault()  # type: ignore[operator]
