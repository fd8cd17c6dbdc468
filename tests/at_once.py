"""Several threads at the same time, whose failures fail the test."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Result = TypeVar("Result")


def at_once(*works: Callable[[], Result]) -> list[Result]:
    """What each returns. Raises what the first of them raised, once all have ended."""
    with ThreadPoolExecutor(len(works)) as pool:
        return [done.result() for done in [pool.submit(work) for work in works]]
