"""A role and a database for each service, made by the script that PostgreSQL runs at its first start."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import re
import subprocess
from pathlib import Path

import psycopg
import pytest

from benchmarks.processes import ROOT
from deploy.local import PrivatePostgres

pytestmark = pytest.mark.postgresql
SCRIPT = Path(ROOT, "deploy/postgres/initdb.d/10-services.sh")
SERVICES = ("registration", "isolation", "notification", "console")
WATCHING_PSQL = """#!/bin/bash
tr '\\0' ' ' < /proc/$$/cmdline >> "$SEEN"
exec psql-itself "$@"
"""


def test_each_service_can_log_in_and_no_password_stands_on_a_command_line(
    postgres: PrivatePostgres, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for service in SERVICES:
        (secrets / f"{service}_database_password").write_text(f"it's a $ecret of {service}\n")
    script = tmp_path / "script.sh"
    script.write_text(SCRIPT.read_text().replace("/run/secrets", str(secrets)))
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "psql").write_text(WATCHING_PSQL.replace("psql-itself", "/usr/bin/psql"))
    (tools / "psql").chmod(0o755)
    seen = tmp_path / "seen"
    environment = {
        **os.environ,
        "PATH": f"{tools}:{os.environ['PATH']}",
        "PGHOST": "127.0.0.1",
        "PGPORT": str(postgres.port),
        "SEEN": str(seen),
    }
    for _ in range(2):  # again it changes nothing
        subprocess.run(["bash", str(script)], env=environment, check=True, capture_output=True, timeout=60)
    assert seen.read_text().count("--dbname") == 2 * len(SERVICES) and "ecret" not in seen.read_text()
    at = f"host=127.0.0.1 port={postgres.port}"
    for service in SERVICES:
        with psycopg.connect(f"{at} user={service} dbname={service}") as connection:
            owner = "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database()"
            assert connection.execute(owner).fetchone() == (service,)
    with psycopg.connect(f"{at} user=postgres dbname=postgres", autocommit=True) as connection:
        stored = dict(connection.execute("SELECT rolname, rolpassword FROM pg_authid").fetchall())
        for service in SERVICES:
            assert is_password(stored[service], f"it's a $ecret of {service}")
        for service in SERVICES:
            connection.execute(f"DROP DATABASE {service}")
            connection.execute(f"DROP ROLE {service}")


def is_password(stored: str, password: str) -> bool:
    """As SCRAM-SHA-256 keeps it (RFC 5803): here everybody is let in, whatever their password."""
    iterations, salt, stored_key = re.split("[$:]", stored)[1:4]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(iterations))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return base64.b64encode(hashlib.sha256(client_key).digest()).decode() == stored_key
