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
        f"import services.{service}.tables as tables; from sqlalchemy import Table\n"
        "print(len(there), len({id(one) for one in vars(tables).values() if isinstance(one, Table)}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    walked, declared = map(int, done.stdout.split())
    assert walked >= 5 and walked >= declared * 3 // 4, (walked, declared)
