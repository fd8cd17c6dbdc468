"""How long `doorstep audit` takes on full databases: on PostgreSQL, and on SQLite with a part of it.

    python -m benchmarks.audit --arrivals 1000000 --on-sqlite 200000

The rows are those of `benchmarks.bulk_load`. Nothing else runs; the broker is away, which the audit says and
does not wait for. Exit code 1 where something is missing or a time is over its limit.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Final

import typer
from sqlalchemy import insert, select

from benchmarks.bulk_load import load
from benchmarks.bulk_rows import ROWS
from benchmarks.pipeline import SERVICES
from chassis.database.engine import Database
from chassis.database.migrations import upgrade
from chassis.sealing import new_key
from deploy.local import PrivatePostgres

LIMIT_S: Final = {"PostgreSQL": 30.0, "SQLite": 60.0}
"""For 1,000,000 and 200,000 arrivals on a machine that does nothing else."""
_AT_ONCE: Final = 20_000


def main(
    arrivals: Annotated[int, typer.Option(min=1)] = 1_000_000,
    on_sqlite: Annotated[int, typer.Option(min=0)] = 200_000,
) -> None:
    directory = Path(tempfile.mkdtemp(prefix="doorstep-bench-audit-"))
    directory.chmod(0o755)  # PostgreSQL runs as another user where we are root
    late = False
    try:
        with PrivatePostgres(directory / "postgres", fsync=False) as postgres:
            for count, kind in ((on_sqlite, "SQLite"), (arrivals, "PostgreSQL")):
                if count:
                    urls = filled(postgres, count)
                    if kind == "SQLite":
                        urls = copied(urls, directory)
                    seconds = audited(urls)
                    wanted = f"wanted: {LIMIT_S[kind]:.0f}"
                    print(f"{kind}, {count:,} arrivals: {seconds:.1f} s ({wanted})", flush=True)
                    late = late or seconds > LIMIT_S[kind]
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    sys.exit(1 if late else 0)


def filled(postgres: PrivatePostgres, arrivals: int) -> dict[str, str]:
    urls = {service: postgres.create_database(f"{service}_{arrivals}") for service in SERVICES}
    for service, url in urls.items():
        migrate(service, url)
    load({service: url.replace("+psycopg", "") for service, url in urls.items()}, arrivals)
    return urls


def migrate(service: str, url: str) -> None:
    database = Database(url)
    upgrade(service, database)
    database.dispose()


def copied(urls: Mapping[str, str], directory: Path) -> dict[str, str]:
    """The same rows in files of SQLite."""
    found = {}
    for service, url in urls.items():
        found[service] = f"sqlite:///{directory}/{service}.sqlite"
        migrate(service, found[service])
        full, file = Database(url), Database(found[service])
        with full.read() as rows, file.begin() as conn:
            metadata = import_module(f"services.{service}.tables").metadata
            for table in (
                metadata.tables[name] for name in dict.fromkeys(one.table for one in ROWS[service])
            ):
                streamed = rows.execution_options(yield_per=_AT_ONCE).execute(select(table)).mappings()
                for page in streamed.partitions():
                    conn.execute(insert(table), [dict(row) for row in page])
        full.dispose()
        with file.engine.connect() as conn:
            conn.exec_driver_sql("ANALYZE")
            conn.commit()
        file.dispose()
    return found


def audited(urls: Mapping[str, str]) -> float:
    """Seconds. In this process: `doorstep audit` itself takes half a second more to start."""
    from operations import databases
    from operations.audit.take import take_audit

    key = new_key()
    os.environ |= {f"DOORSTEP_{service.upper()}_DATABASE_URL": url for service, url in urls.items()}
    os.environ |= {"DOORSTEP_SEAL_KEYS": f"k1:{key}", "DOORSTEP_INDEX_KEY": key}
    os.environ |= {"DOORSTEP_BROKER_URL": "amqp://nobody@127.0.0.1:1//"}
    for known in (databases.settings_of, databases.database_of):
        known.cache_clear()
    began = time.monotonic()
    found = take_audit()
    seconds = time.monotonic() - began
    if found.missing_count:
        sys.exit(f"{found.missing_count} are missing: {found.missing[:3]}")
    return seconds


if __name__ == "__main__":
    typer.run(main)
