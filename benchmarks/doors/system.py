"""Doorstep with its doors and the console before them, each a process of its own as in a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from benchmarks.doorstep_pipeline import Doorstep
from benchmarks.nodes import Nodes
from benchmarks.pipeline import SERVICES
from benchmarks.processes import light, python
from deploy.local.ports import freeport

WITH_DOOR = ("registration", "isolation")  # whose lists people wait for
CONSOLE = "console"
# Whose day is at the door: one role for each level of places.
LEVELS = {
    "grid_worker": "grid",
    "community_officer": "community",
    "street_officer": "street",
    "district_officer": "district",
}


@dataclass(frozen=True, slots=True)
class Somebody:
    """A member of staff, how many open cases lie at their place and below, and in which community most."""

    role: str
    staff_id: str
    cases: int
    community: str


class DoorstepWithDoors(Doorstep):
    load_is_light = True

    def __init__(self, nodes: Nodes, directory: Path) -> None:
        super().__init__(nodes, directory)
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.ports = {service: freeport() for service in (*SERVICES, CONSOLE)}

    @property
    def environment(self) -> Mapping[str, str]:
        """Of every process."""
        return self._environment

    def prepare(self) -> None:
        self.nodes.make_database(self.database(CONSOLE))
        super().prepare()

    def _settings(self) -> dict[str, str]:
        from chassis.sealing import new_key

        private = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        doors = {
            f"DOORSTEP_{service.upper()}_DOOR_URL": f"http://127.0.0.1:{self.ports[service]}"
            for service in SERVICES
        }
        return {
            **super()._settings(),
            **doors,
            "DOORSTEP_CONSOLE_DATABASE_URL": self.nodes.postgres_uri(
                self.database(CONSOLE), "postgresql+psycopg"
            ),
            "DOORSTEP_CONSOLE_SEAL_KEYS": f"c1:{new_key()}",
            "DOORSTEP_CONSOLE_INDEX_KEY": new_key(),
            "DOORSTEP_CONSOLE_PORT": str(self.ports[CONSOLE]),
            "DOORSTEP_DOOR_PRIVATE_KEY": private,
        }

    def commands(self) -> Mapping[str, tuple[list[str], Mapping[str, str]]]:
        public = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        doors = {
            f"{service} door": (
                python("-m", f"services.{service}", "door"),
                {
                    **self._environment,
                    f"DOORSTEP_{service.upper()}_DOOR_PORT": str(port),
                    "DOORSTEP_DOOR_PUBLIC_KEY": public,
                },
            )
            for service, port in self.ports.items()
            if service != CONSOLE
        }
        console = {CONSOLE: (python("-m", "services.console"), self._environment)}
        # As docker-compose.yml weighs them.
        services = {name: (light(of), given) for name, (of, given) in super().commands().items()}
        return {**services, **doors, **console}

    def ready(self) -> bool:
        return super().ready() and all(map(self._answers, self.ports.values()))

    def _answers(self, port: int) -> bool:
        try:
            return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).ok
        except requests.RequestException:
            return False

    def busiest(self) -> list[Somebody]:
        """Of each level the member of staff whose places have the most open cases."""
        found = []
        for role, level in LEVELS.items():
            query = (
                "SELECT s.staff_id, count(*), mode() WITHIN GROUP (ORDER BY c.community) "
                f"FROM cases c JOIN staff s ON s.place = c.{level} "
                "WHERE c.closed_at IS NULL AND s.role = %s AND s.active GROUP BY s.staff_id "
                "ORDER BY 2 DESC, 1 LIMIT 1"
            )
            with self._connect("isolation") as connection:
                row = connection.execute(query, (role,)).fetchone()  # type: ignore[arg-type]
            if row:
                found.append(Somebody(role, *row))
        return found

    def worker_with(self, people: int) -> Somebody:
        """The worker at doors who has about so many people in open cases."""
        query = (
            "SELECT owner, count(*), mode() WITHIN GROUP (ORDER BY community) "
            "FROM cases JOIN staff ON staff_id = owner "
            "WHERE closed_at IS NULL AND role = 'grid_worker' AND active GROUP BY owner "
            "ORDER BY abs(count(*) - %s), owner LIMIT 1"
        )
        with self._connect("isolation") as connection:
            row = connection.execute(query, (people,)).fetchone()
        assert row is not None, "cases are open, and each has an owner"
        return Somebody("grid_worker", *row)

    def ask(self, service: str, query: str) -> list[tuple[object, ...]]:
        with self._connect(service) as connection:
            return connection.execute(query).fetchall()  # type: ignore[arg-type]

    def vacuum(self) -> None:
        """As autovacuum will have done before anybody asks: figures need the statistics of what is there."""
        for service in WITH_DOOR:
            with self._connect(service) as connection:
                connection.execute("VACUUM ANALYZE")
