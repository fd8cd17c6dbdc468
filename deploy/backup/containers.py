"""The deployment that docker compose knows here: COMPOSE_FILE, COMPOSE_PROJECT_NAME, DOORSTEP_… and `.env`
mean what they mean to it, because it is what is asked."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import DEVNULL
from typing import IO, Any

from deploy.backup.broker import Ctl
from deploy.backup.errors import Refused

ROOT = Path(__file__).resolve().parents[2]
SERVICES = ("registration", "isolation", "notification")
DOORS = tuple(f"{service}_door" for service in SERVICES)
CONSOLE = "console"
DATABASES = (*SERVICES, CONSOLE)
"""Those that a deployment has, but that of the console, which one of an earlier version lacks."""
READY_S = 180.0


def compose(*args: str) -> str:
    """Run it and return its output. Raises Refused with its last lines."""
    command = _compose_command()
    return _run([*command, *args], what=shlex.join([*command, *args[:1]]))


def job(service: str, *args: str, entrypoint: Sequence[str] = ()) -> str:
    """Run one of the deployment's own commands in a container that is removed afterwards; return its output.

    :param entrypoint: instead of the command, another one of its image with its first arguments.
    """
    instead = ("--entrypoint", entrypoint[0]) if entrypoint else ()
    return compose("run", "--rm", "--no-deps", "-T", *instead, service, *entrypoint[1:], *args)


def asked(service: str, *args: str) -> tuple[int, str]:
    """The exit code and the output of a command of the deployment, whatever they are."""
    command = [*_compose_command(), "run", "--rm", "--no-deps", "-T", service, *args]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, stdin=DEVNULL)
    return done.returncode, done.stdout.decode()


def identity() -> dict[str, Any]:
    """Version, tables and fingerprints of the keys, as the deployment's own image sees them."""
    told = job("doorstep", "version", "--json")
    # Before it docker-compose may have told how it built the image.
    found: dict[str, Any] = json.loads(told.splitlines()[-1])
    if not found["keys"]:
        raise Refused("the deployment has no keys: are its secrets in place? See `make secrets`")
    return found


def brokers() -> list[str]:
    """The services that are a node of RabbitMQ: one, or with the overlay deploy/cluster three."""
    return sorted(name for name in compose("config", "--services").split() if name.startswith("rabbitmq"))


def container(*services: str) -> str:
    """The id of a running container of the first of them that has one."""
    for one in compose("ps", "-q", *services).split():
        if _inspect(one)["State"]["Running"]:
            return one
    raise Refused(f"{services[0]} does not run: docker-compose up -d {services[0]}")


def up(*services: str) -> list[str]:
    """Their containers, once they are healthy. What runs already is left as it is."""
    compose("up", "-d", "--no-recreate", *services)
    found = [container(service) for service in services]
    _wait_until_healthy(found)
    return found


def up_to_date(*services: str) -> list[str]:
    """Their containers, started as the compose file says now, once they are healthy."""
    compose("up", "-d", "--no-deps", *services)
    found = [container(service) for service in services]
    _wait_until_healthy(found)
    return found


READERS_FIRST = (
    ("registration", "notification", "registration_door", "notification_door"),
    ("isolation_door",),
    (CONSOLE,),
)
"""Before isolation whoever reads what it says, for it may say words that those of before refuse; the console
after the doors, which it asks.
"""


def renew() -> None:
    """Start everything as the compose file says now, and return once all are healthy.

    What was started otherwise is replaced, all else left as it is.
    """
    for services in READERS_FIRST:
        compose("up", "-d", "--no-deps", *services)
        _wait_until_healthy(compose("ps", "-q", *services).split())
    compose("up", "-d")
    _wait_until_healthy(compose("ps", "-q").split())


def images_of(*services: str) -> set[str]:
    """The ids of the images that their containers were made of, also of those that have ended."""
    return {str(_inspect(one)["Image"]) for one in compose("ps", "-q", *services).split()}


def setting(name: str, usual: str) -> str:
    """As docker compose finds it: in the environment, or else in `.env` beside docker-compose.yml."""
    if (given := os.environ.get(name)) is not None:
        return given or usual
    try:
        lines = (ROOT / ".env").read_text().splitlines()
    except FileNotFoundError:
        return usual
    found = [line.partition("=")[2].strip().strip("'\"") for line in lines if line.startswith(f"{name}=")]
    return (found[-1] if found else "") or usual


def image_named(name: str) -> str:
    """Its id. Raises Refused where there is none."""
    return _run(["docker", "image", "inspect", "-f", "{{.Id}}", name], what="docker image inspect").strip()


def tag(image: str, name: str) -> None:
    _run(["docker", "tag", image, name], what="docker tag")


@contextmanager
def using_image(name: str) -> Iterator[None]:
    """Commands of the deployment run in this image as long as the block lasts."""
    before = os.environ.get("DOORSTEP_IMAGE")
    os.environ["DOORSTEP_IMAGE"] = name
    try:
        yield
    finally:
        del os.environ["DOORSTEP_IMAGE"]
        if before is not None:
            os.environ["DOORSTEP_IMAGE"] = before


def execute(container: str, *command: str, given: IO[bytes] | bytes | None = None) -> str:
    """Run a command in the container and return its output; `given` is its standard input."""
    return _run(["docker", "exec", "-i", container, *command], given, what=command[0])


def rabbitmqctl(container: str) -> Ctl:
    def run(*command: str, given: bytes | None = None) -> str:
        return execute(container, "rabbitmqctl", "-q", *command, given=given)

    return run


@contextmanager
def piped(container: str, *command: str) -> Iterator[IO[bytes]]:
    """The output of a command as it comes. Raises Refused at the end if the command failed."""
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            ["docker", "exec", container, *command],
            stdin=DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        assert process.stdout
        try:
            yield process.stdout
        except BaseException:
            process.kill()
            process.wait()
            raise
        if process.wait():
            complaints.seek(0)
            raise Refused(f"{command[0]} failed: {_last_words(complaints.read())}")


def _wait_until_healthy(containers: Sequence[str]) -> None:
    """Those that say how they are. Raises Refused where one is not healthy in time."""
    deadline = time.monotonic() + READY_S
    while ill := _ill(containers):
        if time.monotonic() > deadline:
            raise Refused(f"after {READY_S:.0f} s {ill}: docker-compose logs --tail 50 says why")
        time.sleep(0.5)


def _ill(containers: Sequence[str]) -> str:
    """Those that are not healthy, in words."""
    states = {one["Name"].lstrip("/"): one["State"].get("Health") for one in map(_inspect, containers)}
    return ", ".join(
        f"{name} is {health['Status']}"
        for name, health in sorted(states.items())
        if health and health["Status"] != "healthy"
    )


def _run(command: Sequence[str], given: IO[bytes] | bytes | None = None, *, what: str = "docker") -> str:
    source: dict[str, Any] = {"input": given} if isinstance(given, bytes) else {"stdin": given or DEVNULL}
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, **source)
    except FileNotFoundError:
        raise Refused(f"{command[0]} is not installed here") from None
    if done.returncode:
        raise Refused(f"{what} failed: {_last_words(done.stderr or done.stdout)}")
    return done.stdout.decode()


def _compose_command() -> list[str]:
    """COMPOSE, or docker-compose 1.29, or else `docker compose` v2."""
    if given := os.environ.get("COMPOSE"):
        return shlex.split(given)
    return ["docker-compose"] if shutil.which("docker-compose") else ["docker", "compose"]


def _inspect(container: str) -> dict[str, Any]:
    found: list[dict[str, Any]] = json.loads(_run(["docker", "inspect", container]))
    return found[0]


def _last_words(said: bytes) -> str:
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    return " / ".join(lines[-2:]) or "it said nothing"
