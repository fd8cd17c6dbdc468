"""A private broker and a private PostgreSQL for the session, a vhost and a database of its own for each test.

Under pytest-xdist each worker has nodes of its own.
"""

import gc
import os
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

import hypothesis
import psutil
import pytest

from deploy.local import LocalNodeError, PrivateBroker, PrivatePostgres
from tests.compiled_pages import keep_compiled_pages, keep_compiled_routes
from tests.machine_watch import MachineWatch

# A busy machine is no failure; hypothesis would otherwise give each example 200 ms.
hypothesis.settings.register_profile(
    "doorstep", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("doorstep")

keep_compiled_pages()
keep_compiled_routes()

# The background of a shell ignores SIGINT. `make test-compose` ends with it what takes too long, so that
# pytest takes its deployments away. For processes under test see tests/processes.py.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Whole systems and browsers: they take a processor and more. The others wait for a broker half of the time.
HEAVY = ("tests/chaos/", "tests/e2e/", "tests/browser/")
SHORT = ("tests/contract/", "tests/unit/")

# So much the workers need at the most: databases (one tests migrations, with a hundred of them), brokers.
WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
ROOM, ROOM_OF_BROKER = (2 << 30) * WORKERS, (512 << 20) * WORKERS
LIMIT_OF_GROUP = Path("/sys/fs/cgroup/memory.max")

# Something of the tests that used them last may still be ending.
VHOSTS_KEPT, KEPT_S = 2, 5.0
_used: list[str] = []
_broker_ends = threading.Event()
_takes_away = ThreadPoolExecutor(1, "vhosts")

Prepare = Callable[[str], object]
"""Makes the schema in the empty database with this URL."""
NewDatabase = Callable[..., str]
"""(service, prepare=None) -> URL of a fresh database; `prepare` runs once a session, then it is copied."""


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(MachineWatch())


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Each worker imports all tests, which takes a fifth longer where garbage is looked for meanwhile."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """What fails is named at once: the rest of the run takes half an hour."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        sys.stderr.write(f"\n{report.when} of {report.nodeid} failed\n")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Several workers take files in this order: heavy ones evenly among others, and at the end more of these
    and the short ones, so that all workers end at once."""
    if not hasattr(config, "workerinput"):
        return
    files: dict[str, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.nodeid.partition("::")[0], []).append(item)
    heavy = [name for name in files if name.startswith(HEAVY)]
    short = [name for name in files if name.startswith(SHORT)]
    others = [name for name in files if not name.startswith(HEAVY + SHORT)]
    each = len(others) * 3 // 4 // max(1, len(heavy))
    mixed = [one for n, name in enumerate(heavy) for one in (name, *others[n * each : (n + 1) * each])]
    order = dict.fromkeys([*mixed, *others, *short])
    items[:] = [item for name in order for item in files[name]]


def _with_room(needed: int) -> Path:
    """In memory, where there is plenty: a database of PostgreSQL is copied there in a tenth of the time, and
    no broker waits for a disk that others write to."""
    memory, name = Path("/dev/shm"), "doorstep-tests"
    room = min(shutil.disk_usage(memory).free, psutil.virtual_memory().available) if memory.exists() else 0
    limit = LIMIT_OF_GROUP.read_text().strip() if LIMIT_OF_GROUP.exists() else "max"
    if room < needed or (limit.isdecimal() and int(limit) < needed):
        return Path(tempfile.mkdtemp(prefix=f"{name}-"))
    for left in memory.glob(f"{name}-*"):  # by tests that were killed
        if not Path(f"/proc/{left.name.split('-')[2]}").exists():
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{name}-{os.getpid()}-", dir=memory))


@pytest.fixture(scope="session")
def nodes_directory() -> Iterator[Path]:
    """Not below pytest's own directory: that is closed to the user PostgreSQL runs as when we are root."""
    directory = _with_room(ROOM)
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def disk_directory() -> Iterator[Path]:
    """As nodes_directory, and never in memory."""
    directory = Path(tempfile.mkdtemp(prefix="doorstep-tests-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture(scope="session")
def broker() -> Iterator[PrivateBroker]:
    """One for all tests. A test that stops or breaks it puts it right again, or makes its own."""
    directory = _with_room(ROOM_OF_BROKER)
    with PrivateBroker(directory / "broker", counts_often=True) as broker:
        yield broker
        _broker_ends.set()
        broker.kill()  # nobody reads its data any more, and an orderly stop takes seconds
    shutil.rmtree(directory, ignore_errors=True)


@contextmanager
def own_vhost(broker: PrivateBroker) -> Iterator[str]:
    """The name of an empty one. Its ninety queues take 2 % of a processor also when nobody uses them: it is
    taken away beside the next tests."""
    name = f"test-{next(_numbers)}"
    broker.add_vhost(name)
    try:
        yield name
    finally:
        _used.append(name)
        _takes_away.submit(_take_away, broker, name, time.monotonic() + KEPT_S)


def _take_away(broker: PrivateBroker, vhost: str, at: float) -> None:
    while len(_used) <= VHOSTS_KEPT and time.monotonic() < at and not _broker_ends.is_set():
        _broker_ends.wait(0.2)
    _used.remove(vhost)
    if _broker_ends.is_set():
        return
    with suppress(LocalNodeError):  # a test that failed, or one that is at it, may have left the node stopped
        broker.delete_vhost(vhost)


@pytest.fixture
def vhost(broker: PrivateBroker) -> Iterator[str]:
    with own_vhost(broker) as name:
        yield name


@pytest.fixture
def broker_url(broker: PrivateBroker, vhost: str) -> str:
    """amqp:// URL of an empty vhost that no other test sees."""
    return broker.url(vhost)


@pytest.fixture(scope="session")
def postgres(nodes_directory: Path) -> Iterator[PrivatePostgres]:
    # No database lives long enough to need cleaning.
    quick = {"autovacuum": "off", "max_wal_size": "256MB"}
    with PrivatePostgres(nodes_directory / "postgres", fsync=False, config=quick) as postgres:
        yield postgres


@pytest.fixture(scope="session")
def _templates() -> dict[tuple[str, str, Prepare], str]:
    return {}


@pytest.fixture
def sqlite_url(nodes_directory: Path, _templates: dict) -> Iterator[NewDatabase]:
    folder = nodes_directory / f"sqlite-{next(_numbers)}"
    folder.mkdir()

    def new(service: str, prepare: Prepare | None = None) -> str:
        path = folder / f"{service}-{len(list(folder.iterdir()))}.sqlite"
        if prepare:
            key = ("sqlite", service, prepare)
            if key not in _templates:
                template = nodes_directory / f"template-{next(_numbers)}" / f"{service}.sqlite"
                template.parent.mkdir()
                prepare(f"sqlite:///{template}")
                _templates[key] = str(template)
            for part in Path(_templates[key]).parent.iterdir():  # the file and its -wal, if there is one left
                shutil.copy(part, path.with_name(part.name.replace(f"{service}.sqlite", path.name)))
        return f"sqlite:///{path}"

    yield new
    shutil.rmtree(folder)


@pytest.fixture
def postgresql_url(request: pytest.FixtureRequest, _templates: dict) -> Iterator[NewDatabase]:
    postgres: PrivatePostgres = request.getfixturevalue("postgres")
    made: list[str] = []

    def new(service: str, prepare: Prepare | None = None) -> str:
        template = None
        if prepare:
            key = ("postgresql", service, prepare)
            if key not in _templates:
                name = f"template_{service}_{len(_templates)}"
                prepare(postgres.create_database(name))
                _templates[key] = name
            template = _templates[key]
        made.append(f"{service}_{next(_numbers)}")
        return postgres.create_database(made[-1], template=template)

    yield new
    for name in made:
        postgres.drop_database(name)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def database_url(request: pytest.FixtureRequest) -> NewDatabase:
    """The test runs twice, once on each database."""
    new: NewDatabase = request.getfixturevalue(f"{request.param}_url")
    return new


_numbers = count(1)
