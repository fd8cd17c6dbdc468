"""Only for `make test-compose`: these tests build images and need a Docker engine."""

import fcntl
import os
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.compose.deployment import CLUSTER, QUICK, QUICK_CLUSTER, ROOT, Deployment, running


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if config.option.markexpr == "compose" else True


@pytest.fixture(scope="session")
def images() -> None:
    """Of the working tree, built without a registry; by one test process, while the other waits."""
    script = ROOT / "deploy/registryless/images.sh"
    with script.open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run([script], check=True, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="session")
def stack(images: None) -> Iterator[Deployment]:
    """The whole deployment on one broker; one for all tests, which follow one another as a story."""
    with deployment("test") as stack:
        yield stack


@pytest.fixture(scope="module")
def cluster(images: None) -> Iterator[Deployment]:
    """The same on three brokers."""
    with deployment("cluster", overlays=[CLUSTER, QUICK_CLUSTER]) as cluster:
        yield cluster


@contextmanager
def deployment(name: str, overlays: Sequence[str] = ()) -> Iterator[Deployment]:
    directory = Path(tempfile.mkdtemp(prefix=f"doorstep-{name}-"))
    project = f"doorstep-{name}-{os.getpid()}"
    with running(Deployment(directory, project, overlays=[QUICK, *overlays])) as one:
        yield one
