"""The two peers as pipelines of the bench."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from sqlalchemy import create_engine

from benchmarks.peers.tables import METADATA
from benchmarks.pipeline import SERVICES, Pipeline
from benchmarks.processes import python

NAMEKO_COMMAND = "from nameko.cli import cli; cli()"


class PeerPipeline(Pipeline):
    """Shared by both: the tables, and a load generator that publishes plain JSON to one exchange."""

    exchange: str
    routing_key: str
    queues: tuple[str, ...]

    def prepare(self) -> None:
        self.nodes.make_vhost(self.name)
        for service in SERVICES:
            self.nodes.make_database(self.database(service))
            engine = create_engine(self.nodes.postgres_uri(self.database(service), "postgresql+psycopg"))
            METADATA[service].create_all(engine)
            engine.dispose()

    def ready(self) -> bool:
        return all(self.nodes.consumers(self.name, queue) > 0 for queue in self.queues)

    def load_command(self, arrivals: Path, rate: float | None) -> list[str]:
        command = [
            "-m",
            "benchmarks.load",
            "--uri",
            self.nodes.amqp_uri(self.name),
            "--arrivals",
            str(arrivals),
        ]
        command += ["--exchange", self.exchange, "--routing-key", self.routing_key]
        return command if rate is None else [*command, "--rate", str(rate)]


class Nameko(PeerPipeline):
    name = "nameko"
    title = "nameko"
    exchange = "publishers.events"
    routing_key = "arrival_reported"
    queues = (
        "evt-publishers-arrival_reported--registration.register_arrival",
        "evt-registration-arrival_registered--isolation.open_case",
        "evt-isolation-case_opened--notification.queue_messages",
    )

    def commands(self) -> Mapping[str, tuple[list[str], Mapping[str, str]]]:
        config = self.directory / "config.yml"
        uris = {
            service: self.nodes.postgres_uri(self.database(service), "postgresql+psycopg2")
            for service in SERVICES
        }
        config.write_text(yaml.safe_dump({"AMQP_URI": self.nodes.amqp_uri(self.name), "DB_URIS": uris}))
        return {
            service: (
                python(
                    "-c",
                    NAMEKO_COMMAND,
                    "run",
                    "--config",
                    str(config),
                    f"benchmarks.peers.nameko_app.{service}",
                ),
                {},
            )
            for service in SERVICES
        }


class FastStreamPeer(PeerPipeline):
    name = "faststream"
    title = "FastStream"
    exchange = "events"
    routing_key = "arrival.reported"
    queues = ("registration.register_arrival", "isolation.open_case", "notification.queue_messages")

    def commands(self) -> Mapping[str, tuple[list[str], Mapping[str, str]]]:
        return {
            service: (
                python("-m", f"benchmarks.peers.faststream_app.{service}"),
                {
                    "AMQP_URI": self.nodes.amqp_uri(self.name),
                    "DATABASE_URI": self.nodes.postgres_uri(self.database(service), "postgresql+asyncpg"),
                },
            )
            for service in SERVICES
        }
