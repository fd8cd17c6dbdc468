"""A private RabbitMQ node, run as whoever we are, with everything it writes below one directory."""

import json
import os
import secrets
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType

from kombu.connection import Connection

from deploy.local import processes
from deploy.local.ports import accepts, freeport, is_free
from deploy.local.processes import LocalNodeError, wait_until

DEBIAN = Path("/usr/lib/rabbitmq/bin")
# Idle schedulers sleep instead of spinning (the machine is shared); distribution stays on this machine.
ERL_ARGS = "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}"
CONFIG = {
    "listeners.tcp.1": "127.0.0.1:{port}",
    "default_user": "{user}",
    "default_pass": "{password}",
    "log.file.level": "warning",
    "disk_free_limit.absolute": "200MB",
    # 512 MB by default, kept in memory until it is full: too much for a laptop.
    "raft.wal_max_size_bytes": "67108864",
    "max_message_size": "1310720",  # as in deploy/rabbitmq/doorstep.conf
}
# For `doorstep queues`. It costs 7 MB, and nothing at the start that could be measured.
MANAGEMENT = "rabbitmq_management"
MANAGEMENT_CONFIG = {"management.tcp.ip": "127.0.0.1", "management.tcp.port": "{management_port}"}
MANAGED_WITHIN_S = 60
# A queue counts itself every 5 s, and the management API collects that every 5 s. So both take a second
# at the most, and 2 % of a processor while nothing else happens.
COUNTS_OFTEN_ARGS = " -rabbit quorum_tick_interval 500"
COUNTS_OFTEN = {
    "collect_statistics_interval": "500",
    "management.sample_retention_policies.global.minute": "1",
    "management.sample_retention_policies.basic.minute": "1",
    "management.sample_retention_policies.detailed.10": "1",
}


class PrivateBroker:
    """start, stop, kill, restart; as a context manager: started inside, stopped after.

    Ports, user and password are chosen at the first start and remembered in the directory, so that a
    broker object made later for the same directory speaks of the same node.
    """

    def __init__(
        self,
        directory: Path | str,
        port: int | None = None,
        *,
        plugins: tuple[str, ...] = (MANAGEMENT,),
        config: Mapping[str, str] | None = None,
        counts_often: bool = False,
    ) -> None:
        """:param counts_often: what the management API says of a queue is at most two seconds old, not 10."""
        self.directory = Path(directory).absolute()
        self._plugins = plugins
        self._config = CONFIG | (MANAGEMENT_CONFIG if MANAGEMENT in plugins else {})
        self._config |= (COUNTS_OFTEN if counts_often else {}) | dict(config or {})
        self._erl_args = ERL_ARGS + (COUNTS_OFTEN_ARGS if counts_often else "")
        self._pidfile = self.directory / "broker.pid"
        self._epmd_pidfile = self.directory / "epmd.pid"
        self._identity: dict[str, str | int] = self._remembered() or {
            "port": port or freeport(),
            "dist_port": freeport(),
            "epmd_port": freeport(),
            "management_port": freeport(),
            "user": "doorstep",
            "password": secrets.token_urlsafe(12),
        }
        if port and self.port != port:
            raise LocalNodeError(f"the broker in {self.directory} has port {self.port}, not {port}")

    @property
    def port(self) -> int:
        return int(self._identity["port"])

    @property
    def running(self) -> bool:
        return processes.running(self._pidfile) is not None

    @property
    def pid(self) -> int | None:
        return processes.running(self._pidfile)

    def url(self, vhost: str = "/") -> str:
        path = "%2F" if vhost == "/" else vhost
        return f"amqp://{self._identity['user']}:{self._identity['password']}@127.0.0.1:{self.port}/{path}"

    def management_url(self) -> str:
        """Of the management API, without user and password: they are those of `url()`."""
        return f"http://127.0.0.1:{self._identity['management_port']}"

    def start(self, *, timeout: float = 60, waiting: Callable[[], object] = lambda: None) -> None:
        """Returns when a client can connect; `waiting` is called about five times a second until then."""
        if not self.running:
            self._prepare()
            if not is_free(self.port):
                raise LocalNodeError(f"port {self.port} on 127.0.0.1 is taken: no room for the broker")
            log, env = self.directory / "start.log", self._env()
            if processes.running(self._epmd_pidfile) is None:
                epmd = ["epmd", "-port", str(self._identity["epmd_port"]), "-address", "127.0.0.1"]
                processes.spawn(epmd, pidfile=self._epmd_pidfile, log=log, env=env)
                wait_until(lambda: accepts(int(self._identity["epmd_port"])), 5)
            server = [str(binaries() / "rabbitmq-server")]
            processes.spawn(server, pidfile=self._pidfile, log=log, env=env, cwd=self.directory)

        def ready() -> bool:
            waiting()
            return not self.running or self.answers()

        wait_until(ready, timeout, every=0.2)
        if not (self.running and self.answers()):
            died = "ended while starting" if not self.running else f"was not ready within {timeout:.0f} s"
            self.kill()
            raise LocalNodeError(f"the private RabbitMQ node {died}: see {self.directory}/start.log and log/")

    def stop(self, *, grace: float = 15.0) -> None:
        """An orderly shutdown, forced after `grace` seconds. Nothing is left running, epmd neither."""
        processes.end(self._pidfile, grace=grace)
        processes.end(self._epmd_pidfile)

    def kill(self) -> None:
        """End the node as a power cut does.

        RabbitMQ 3.10 writes its list of quorum queues down every half second: a queue declared less than a
        second before this comes back empty and without a leader, and calls on it hang for a minute. See
        `write_queues_down`.
        """
        processes.kill(self._pidfile)
        processes.kill(self._epmd_pidfile)
        # The Erlang machine is a child of what the pid file names, and may take a moment longer to be gone.
        wait_until(lambda: is_free(self.port), 10)

    def write_queues_down(self) -> None:
        """The list of quorum queues is on disk when this returns, so that a killed node knows them again."""
        self.rabbitmqctl("eval", "[dets:sync(Table) || Table <- dets:all()], ok.")

    def restart(self) -> None:
        self.stop()
        self.start()

    def answers(self) -> bool:
        """Whether a client can connect."""
        if not accepts(self.port):
            return False
        with suppress(Exception), Connection(self.url(), connect_timeout=3) as connection:
            connection.connect()
            return True
        return False

    def rabbitmqctl(self, *command: str, given: bytes | None = None) -> str:
        """Its output. Takes about a second, most of it to start its own Erlang machine.

        :param given: its standard input.
        """
        whole = [str(binaries() / "rabbitmqctl"), "--quiet", *command]
        done = subprocess.run(whole, env=self._env(), capture_output=True, input=given, timeout=120)
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).decode(errors="replace").split())
            raise LocalNodeError(f"rabbitmqctl {command[0]} failed: {said[:300]}")
        return done.stdout.decode()

    def add_vhost(self, name: str) -> None:
        """An empty one in which our user may do all."""
        if MANAGEMENT not in self._plugins:
            self.rabbitmqctl("add_vhost", name)
            self.rabbitmqctl("set_permissions", "-p", name, str(self._identity["user"]), ".*", ".*", ".*")
            return
        self._manage("PUT", f"vhosts/{name}")
        self._manage(
            "PUT", f"permissions/{name}/{self._identity['user']}", configure=".*", write=".*", read=".*"
        )

    def delete_vhost(self, name: str) -> None:
        """With its queues, each of which costs the node something all the time."""
        if MANAGEMENT in self._plugins:
            self._manage("DELETE", f"vhosts/{name}")
        else:
            self.rabbitmqctl("delete_vhost", name)

    def _manage(self, method: str, path: str, **said: str) -> None:
        """By the management API: rabbitmqctl starts an Erlang machine, which takes half a second of CPU."""
        port = int(self._identity["management_port"])
        connection = HTTPConnection("127.0.0.1", port, timeout=MANAGED_WITHIN_S)
        secret = b64encode(f"{self._identity['user']}:{self._identity['password']}".encode()).decode()
        headers = {"Authorization": f"Basic {secret}", "Content-Type": "application/json"}
        try:
            connection.request(method, f"/api/{path}", json.dumps(said), headers)
            answer = connection.getresponse()
            if answer.status >= 300:
                raise LocalNodeError(f"{method} {path}: {answer.status} {answer.read()[:300]!r}")
        except OSError as error:
            raise LocalNodeError(f"{method} {path}: {error}") from None
        finally:
            connection.close()

    def __enter__(self) -> "PrivateBroker":
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _remembered(self) -> dict[str, str | int]:
        with suppress(FileNotFoundError):
            remembered: dict[str, str | int] = json.loads((self.directory / "node.json").read_text())
            return remembered
        return {}

    def _prepare(self) -> None:
        binaries()
        self.directory.mkdir(parents=True, exist_ok=True)
        if not is_free(int(self._identity["management_port"])):
            self._identity["management_port"] = freeport()
        identity = self.directory / "node.json"
        identity.touch(mode=0o600)
        identity.write_text(json.dumps(self._identity))
        config = self.directory / "rabbitmq.conf"
        config.touch(mode=0o600)
        lines = (f"{key} = {value.format(**self._identity)}" for key, value in self._config.items())
        config.write_text("\n".join(lines) + "\n")
        (self.directory / "enabled_plugins").write_text(f"[{','.join(self._plugins)}].\n")
        (self.directory / "env.conf").touch()

    def _env(self) -> dict[str, str]:
        own = self.directory
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RABBITMQ_", "ERL_")) and name != "NOTIFY_SOCKET"
        }
        return inherited | {
            "HOME": str(own),
            "ERL_EPMD_PORT": str(self._identity["epmd_port"]),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "doorstep@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._identity["dist_port"]),
            "RABBITMQ_MNESIA_BASE": str(own / "data"),
            "RABBITMQ_LOG_BASE": str(own / "log"),
            "RABBITMQ_CONFIG_FILE": str(own / "rabbitmq.conf"),
            "RABBITMQ_CONF_ENV_FILE": str(own / "env.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(own / "enabled_plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": self._erl_args,
        }


def binaries() -> Path:
    """Where rabbitmq-server and rabbitmqctl are; not Debian's wrappers, which insist on their user."""
    if (DEBIAN / "rabbitmq-server").exists():
        return DEBIAN
    if found := shutil.which("rabbitmq-server"):
        return Path(found).resolve().parent
    raise LocalNodeError(
        "RabbitMQ is not installed: run `make setup`, or install the package rabbitmq-server"
    )
