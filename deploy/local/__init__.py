"""Private RabbitMQ and PostgreSQL nodes on one machine: for `doorstep up`, the tests and the benchmarks."""

from deploy.local.broker import PrivateBroker
from deploy.local.ports import freeport
from deploy.local.postgres import PrivatePostgres
from deploy.local.processes import LocalNodeError

__all__ = ["LocalNodeError", "PrivateBroker", "PrivatePostgres", "freeport"]
