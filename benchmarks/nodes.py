"""The private RabbitMQ node and PostgreSQL server a bench runs on: started for it, gone after it."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType

from amqp.exceptions import NotFound
from kombu import Connection

from deploy.local.broker import PrivateBroker
from deploy.local.postgres import PrivatePostgres

# Commits are durable (fsync and synchronous_commit as they come, said again here because it matters). Commit
# times are kept because latency is read from them. The rest is what any server of this size would be given.
POSTGRES = {
    "fsync": "on",
    "synchronous_commit": "on",
    "track_commit_timestamp": "on",
    "shared_buffers": "1GB",
    "max_wal_size": "4GB",
    "max_connections": "200",
}


class Nodes:
    """Broker and database server below one directory; each pipeline gets a vhost and databases of its own."""

    def __init__(self, directory: Path, plugins: tuple[str, ...] = ()) -> None:
        """:param plugins: of the broker; by default nobody looks on."""
        self.broker = PrivateBroker(directory / "broker", plugins=plugins)
        self.postgres = PrivatePostgres(directory / "postgres", config=POSTGRES)

    def start(self) -> None:
        """Raises LocalNodeError. Whether it does or not, `stop` leaves nothing running."""
        self.broker.start()
        self.postgres.start()

    def stop(self) -> None:
        self.postgres.stop()
        self.broker.stop()

    def __enter__(self) -> Nodes:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self.stop()

    def processes(self) -> dict[str, int]:
        pids = {"broker": self.broker.pid, "postgres": self.postgres.pid}
        return {name: pid for name, pid in pids.items() if pid is not None}

    def amqp_uri(self, pipeline: str) -> str:
        return self.broker.url(pipeline)

    def make_vhost(self, pipeline: str) -> None:
        self.broker.add_vhost(pipeline)

    def postgres_uri(self, database: str, scheme: str = "postgresql") -> str:
        _, _, rest = self.postgres.url(database).partition("://")
        return f"{scheme}://{rest}"

    def make_database(self, name: str) -> None:
        self.postgres.create_database(name)

    def broker_version(self) -> str:
        with Connection(self.broker.url()) as connection:
            connection.connect()
            return str(connection.connection.server_properties["version"])

    def consumers(self, pipeline: str, queue: str) -> int:
        """How many consume from a queue; 0 as long as there is no such queue."""
        return self._declared(pipeline, queue)[1]

    def messages(self, pipeline: str, queue: str) -> int:
        """How many wait in a queue, without those that somebody has in hand."""
        return self._declared(pipeline, queue)[0]

    def _declared(self, pipeline: str, queue: str) -> tuple[int, int]:
        with Connection(self.amqp_uri(pipeline)) as connection:
            try:
                found = connection.default_channel.queue_declare(queue, passive=True)
            except NotFound:
                return 0, 0
            return int(found.message_count), int(found.consumer_count)
