"""Only for `make test-compose`: these tests build images and need a Docker engine."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from deployment import ROOT, Deployment


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if config.option.markexpr == "compose" else True


@pytest.fixture(scope="session")
def stack() -> Iterator[Deployment]:
    """The whole deployment, built here and now; one for all tests, which follow one another as a story."""
    subprocess.run([ROOT / "deploy/registryless/images.sh"], check=True, stdin=subprocess.DEVNULL)
    directory = Path(tempfile.mkdtemp(prefix="doorstep-compose-"))
    stack = Deployment(directory, f"doorstep-test-{os.getpid()}")
    try:
        stack.up()
        yield stack
    finally:
        stack.compose("down", "-v", "-t", "5")
        shutil.rmtree(directory, ignore_errors=True)
