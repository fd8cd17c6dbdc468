"""All tables of a service are walked through, whatever the process had imported before."""

from __future__ import annotations

import subprocess
import sys

import pytest

from operations.services import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_a_process_of_its_own_finds_every_table(service: str) -> None:
    program = (
        f"from operations.keys.walk import places; there = places('{service}')\n"
        f"from services.{service}.metadata import metadata; known = set(metadata.tables)\n"
        f"import services.{service}.tables as tables; from sqlalchemy import Table\n"
        "declared = {one.name for one in vars(tables).values() if isinstance(one, Table)}\n"
        "print(len(there), len(declared), *sorted(declared - known))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    walked, declared, *unknown = done.stdout.split()
    assert unknown == [], "tables that it did not know of"
    assert int(walked) >= 5 and int(walked) >= int(declared) * 3 // 4, (walked, declared)
