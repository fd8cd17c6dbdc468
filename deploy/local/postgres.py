"""A private PostgreSQL server on 127.0.0.1, with everything it writes below one directory.

For tests and benchmarks: whoever can reach the port is let in without a password.
"""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import psycopg
from psycopg import sql

from deploy.local import processes
from deploy.local.ports import freeport, is_free
from deploy.local.processes import LocalNodeError, wait_until

USER = "postgres"
CONFIG = {"max_connections": "200", "shared_buffers": "128MB", "jit": "off", "log_min_messages": "warning"}


class PrivatePostgres:
    """start, stop, kill, restart, pause, resume; as a context manager: started inside, stopped after.

    Durable as in production unless `fsync=False`, which tests that pull no plugs use to be quicker.
    """

    def __init__(
        self,
        directory: Path | str,
        port: int | None = None,
        *,
        fsync: bool = True,
        config: Mapping[str, str] | None = None,
    ) -> None:
        self.directory = Path(directory).absolute()
        remembered = self.directory / "port"
        self.port = port or (int(remembered.read_text()) if remembered.exists() else freeport())
        durable = "on" if fsync else "off"
        self._config = CONFIG | {
            "fsync": durable,
            "full_page_writes": durable,
            "synchronous_commit": "on",
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "port": str(self.port),
        }
        self._config |= config or {}
        self._pidfile = self.directory / "postgres.pid"
        self._data = self.directory / "data"

    @property
    def running(self) -> bool:
        return processes.running(self._pidfile) is not None

    @property
    def pid(self) -> int | None:
        return processes.running(self._pidfile)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql+psycopg://{USER}@127.0.0.1:{self.port}/{database}"

    def start(self, *, timeout: float = 60, waiting: Callable[[], object] = lambda: None) -> None:
        """Returns when a client can connect; `waiting` is called about twenty times a second until then."""
        if not self.running:
            self._prepare()
            if not is_free(self.port):
                raise LocalNodeError(f"port {self.port} on 127.0.0.1 is taken: no room for PostgreSQL")
            settings = [
                argument for key, value in self._config.items() for argument in ("-c", f"{key}={value}")
            ]
            processes.spawn(
                [str(binaries() / "postgres"), "-D", str(self._data), *settings],
                pidfile=self._pidfile,
                log=self.directory / "postgres.log",
                user=_other_user(),
                cwd=self.directory,
            )

        def ready() -> bool:
            waiting()
            return not self.running or self._answers()

        wait_until(ready, timeout)
        if not (self.running and self._answers()):
            died = "ended while starting" if not self.running else f"was not ready within {timeout:.0f} s"
            self.kill()
            said = processes.last_line(self.directory / "postgres.log")
            raise LocalNodeError(f"the private PostgreSQL server {died}: {said}")

    def stop(self) -> None:
        """Disconnects the clients, writes everything down, ends."""
        self.resume()
        processes.end(self._pidfile, first=signal.SIGINT)

    def kill(self) -> None:
        """End the server as a power cut does."""
        children = self._children()
        processes.kill(self._pidfile)
        for pid in children:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        wait_until(lambda: not any(processes.alive(pid) for pid in children), 10)

    def restart(self) -> None:
        self.stop()
        self.start()

    def pause(self) -> None:
        """Connections stay open and nothing answers, as on a machine that swaps itself to death."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """The SQLAlchemy URL of a new database. Nobody may be connected to the template."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template:
            # Through the log, page by page, it takes two to three times as long.
            statement += sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(template))
        self._execute(statement)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def __enter__(self) -> "PrivatePostgres":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _answers(self) -> bool:
        with suppress(psycopg.OperationalError), self._connect():
            return True
        return False

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=USER, dbname="postgres", autocommit=True, connect_timeout=3
        )

    def _prepare(self) -> None:
        if (self._data / "PG_VERSION").exists():
            return
        user = _other_user()
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / "port").write_text(str(self.port))
        if user:
            shutil.chown(self.directory, user, user)
        command = [str(binaries() / "initdb"), "-D", str(self._data), "--no-sync"]
        command += ["-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd="/",
        )
        if done.returncode:
            who = f" (user {user} must be able to reach the directory)" if user else ""
            said = " ".join(done.stderr.split())
            raise LocalNodeError(f"initdb failed in {self.directory}{who}: {said[:300]}")

    def _children(self) -> list[int]:
        pid = self.pid
        return (
            [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
            if pid
            else []
        )

    def _signal(self, number: signal.Signals) -> None:
        for pid in [pid for pid in (self.pid, *self._children()) if pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)


def binaries() -> Path:
    """Where initdb and postgres are: the newest version that Debian's packages installed, or the PATH."""
    versions = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    if newest := max(versions, key=lambda initdb: int(initdb.parts[-3]), default=None):
        return newest.parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    raise LocalNodeError("PostgreSQL is not installed: run `make test`, or install the package postgresql")


def _other_user() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as the user that Debian's package made."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(USER).pw_name
    except KeyError:
        raise LocalNodeError(f"PostgreSQL cannot run as root and there is no user {USER}") from None
