"""`doorstep backup` and `doorstep restore`: what `doorstep up` keeps below its folder, keys included.

Keys lie beside the data that they open, so a backup without them would be half, and one with them must not be
read by whoever finds it: it is always encrypted, for a key that is not on this machine.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy.engine import make_url

from chassis.database.last_backup import noting_in_sqlite
from chassis.settings import with_secret_files
from deploy.backup import broker, encryption, folder
from deploy.backup.databases import ending_ways_in
from deploy.backup.errors import Refused
from deploy.backup.fitting import compare, replay_since
from deploy.local import sqlite_copies
from deploy.local.broker import PrivateBroker
from deploy.local.running import state
from deploy.local.system import LocalSystem
from operations.services import CONSOLE, SERVICES
from operations.settings import environment, remember, write_private
from operations.version import version

RECIPIENTS: Final = "DOORSTEP_BACKUP_FOR"
KEYS: Final = "keys.json"
NOTED_IN: Final = "registration"
"""The service that shows how old the backup is."""
_NOW: Final = "strftime('%Y-%m-%d %H:%M:%f', 'now') || '000'"

Say = Callable[[str], object]


def backup(system_folder: Path, to: Path, *, recipients: Sequence[str], keep: int | None) -> dict[str, Any]:
    """A new folder below `to`, while the system runs or not. Raises Refused, LocalNodeError, OSError.

    :param recipients: public keys of age; none: those of DOORSTEP_BACKUP_FOR.
    :param keep: afterwards only the newest so many stay below `to`.
    """
    began = time.monotonic()
    recipients = recipients or os.environ.get(RECIPIENTS, "").split()
    if not recipients:
        raise Refused(
            "the keys are in it, so it must be encrypted: --for age1…, the public part of what "
            f"`age-keygen -o key.txt` makes on another machine, or {RECIPIENTS}"
        )
    encryption.check_recipients(recipients)
    system = LocalSystem(system_folder)
    own = _broker_of(system)
    if not (system_folder / "keys").is_dir():
        raise Refused(f"there is nothing in {system_folder}: no `doorstep up` was ever here")
    settings = with_secret_files(system.environment())
    files = _files(settings)
    keys = _keys(system_folder)
    if version(_of_keys(keys)).as_dict()["keys"] != version(settings).as_dict()["keys"]:
        raise Refused(
            f"the system works with keys that are set outside, and not with those in {system_folder}/keys: a "
            "backup without them could not be read; unset DOORSTEP_SEAL_KEYS and DOORSTEP_INDEX_KEY "
            "(or …_FILE), or keep the keys and copies of the databases yourself"
        )
    for service, file in files.items():
        if not sqlite_copies.tables(file):
            raise Refused(
                f"{service} has no tables: there is nothing to back up before the first `doorstep up`"
            )
    with folder.writing(to) as unfinished:
        with _running(own):
            kept = broker.publishers(own.rabbitmqctl)
        with sqlite_copies.cut(files) as cut:
            tables = {
                service: sqlite_copies.copy(database, unfinished / _copy_of(service))
                for service, database in cut.databases.items()
            }
        folder.write(unfinished / folder.PUBLISHERS, json.dumps(kept, indent=1) + "\n")
        encryption.write_secret(unfinished / KEYS, json.dumps(keys, indent=1) + "\n", recipients)
        encryption.encrypt(unfinished, recipients)
        known = version(settings).as_dict()
        manifest = {
            "format": folder.EMBEDDED,
            "encrypted_for": list(recipients),
            "taken_at": cut.at.isoformat(timespec="milliseconds"),
            "doorstep": known["version"],
            "keys": known["keys"],
            "tables": tables,
            "publishers": sorted(user["name"] for user in kept["users"]),
            "pause_ms": cut.pause_ms,
        }
        folder.seal(unfinished, manifest)
        folder.check(unfinished, [folder.EMBEDDED])
        done = folder.publish(unfinished, cut.at)
    sqlite_copies.run(files[NOTED_IN], noting_in_sqlite(cut.at))
    removed = folder.prune(to, keep) if keep else []
    return {
        "folder": str(done),
        "bytes": folder.size(done),
        "seconds": round(time.monotonic() - began, 1),
        "removed": [str(one) for one in removed],
        **manifest,
    }


def restore(
    system_folder: Path, source: Path, *, identity: Path | None, force: bool, say: Say = lambda text: None
) -> dict[str, Any]:
    """In place of what is in the folder. The services stay down: nobody is told anything before the operator
    wants it. What they had told each other waits for them in the broker when this returns.

    Raises Refused, LocalNodeError, OSError.

    :param force: what is there may be lost.
    """
    began = time.monotonic()
    manifest = folder.check(source, [folder.EMBEDDED])
    _refuse_beside_a_running_system(system_folder)
    system = LocalSystem(system_folder)
    own = _broker_of(system)
    with encryption.readable(source, manifest, identity, but=[KEYS]) as opened:
        system.prepare_files()
        files = _files(system.environment())
        if not force:
            _refuse_to_overwrite(files)
        keys = json.loads(encryption.read_secret(source / KEYS, identity))
        compare(manifest, version(_settings_with(keys)).as_dict())
        _bring_back_keys(system_folder, keys)
        say("bringing the databases back")
        for service, as_it_was in manifest["tables"].items():
            if (found := sqlite_copies.put(opened / _copy_of(service), files[service])) != as_it_was:
                raise Refused(f"{service} is not as it was backed up: {found}")
        sqlite_copies.run(files[CONSOLE], ending_ways_in(_NOW))
        sqlite_copies.run(files[NOTED_IN], noting_in_sqlite(None))  # the folder has no backup of its own
        say("starting the broker, and sending again what was on its way")
        with _running(own):
            remember(system_folder, system.chosen())
            purged = broker.empty_between_services(own.rabbitmqctl)
            _bring_up_to_date()
            kept = json.loads((opened / folder.PUBLISHERS).read_text())
            publishers = broker.bring_back(own.rabbitmqctl, kept)
            resent = _send_again(manifest)
    return {
        "folder": str(source),
        "taken_at": manifest["taken_at"],
        "publishers": publishers,
        "purged": purged,
        "sent_again": resent,
        "seconds": round(time.monotonic() - began, 1),
    }


def _broker_of(system: LocalSystem) -> PrivateBroker:
    if system.broker is None:
        raise Refused(
            "DOORSTEP_BROKER_URL is set: only what `doorstep up` keeps itself is backed up and restored here"
        )
    return system.broker


@contextmanager
def _running(own: PrivateBroker) -> Iterator[None]:
    """As it was afterwards."""
    was_running = own.running
    try:
        own.start()
        yield
    finally:
        if not was_running:
            own.stop()


def _files(settings: Mapping[str, str]) -> dict[str, Path]:
    """The SQLite file of each service and the console. Raises Refused where one is something else."""
    found = {}
    for service in (*SERVICES, CONSOLE):
        url = make_url(settings[f"DOORSTEP_{service.upper()}_DATABASE_URL"])
        if url.get_backend_name() != "sqlite" or not url.database:
            raise Refused(
                f"the database of {service} is {url.render_as_string(hide_password=True)}, no SQLite file: "
                "pg_dump and pg_restore there (docs/scaling.md)"
            )
        found[service] = Path(url.database).absolute()
    return found


def _copy_of(service: str) -> str:
    return f"{service}.db"


def _keys(system_folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in sorted((system_folder / "keys").iterdir())}


def _bring_back_keys(system_folder: Path, kept: dict[str, str]) -> None:
    keys = system_folder / "keys"
    keys.chmod(0o700)
    for name, text in kept.items():
        write_private(keys / name, text)


def _settings_with(keys: Mapping[str, str]) -> dict[str, str]:
    """Of a system with these keys; what is set outside stands before them."""
    return _of_keys(keys) | with_secret_files(dict(os.environ))


def _of_keys(keys: Mapping[str, str]) -> dict[str, str]:
    own = {
        f"DOORSTEP_{name.upper()}_KEY{'S' if name.endswith('seal') else ''}": text
        for name, text in keys.items()
    }
    return {name: text.strip() for name, text in own.items()}


def _refuse_beside_a_running_system(system_folder: Path) -> None:
    pid, parts = state(system_folder)
    if pid is not None or any(part.running for part in parts if part.name != "broker"):
        raise Refused("the system is up: `doorstep down` first")


def _refuse_to_overwrite(files: Mapping[str, Path]) -> None:
    for service, file in files.items():
        rows = sqlite_copies.tables(file).get("rows", {})
        if full := ", ".join(f"{count} {name}" for name, count in rows.items() if count):
            raise Refused(f"{service} has data ({full}): --force replaces everything by the backup")


def _bring_up_to_date() -> None:
    """Tables and queues as this version wants them."""
    # Only this needs alembic and the services' handlers.
    from operations.migrate import migrate_all
    from operations.topology import apply_topology

    migrate_all(environment())
    apply_topology(environment())


def _send_again(manifest: dict[str, Any]) -> int:
    """The event logs since shortly before the backup; returns the number of events."""
    from operations.replay import resend_log

    since = replay_since(manifest)
    return sum(resend_log(service, since, replies=True).events for service in SERVICES)
