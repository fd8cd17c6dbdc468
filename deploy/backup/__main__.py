"""python3 -m deploy.backup backup TO [--keep N] [--for KEY]
python3 -m deploy.backup restore FROM [--force] [--identity FILE] [--only publishers]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from deploy.backup import broker, containers, databases, encryption, folder
from deploy.backup.containers import CONSOLE, DOORS, SERVICES
from deploy.backup.errors import Refused
from deploy.backup.fitting import compare, replay_since
from deploy.backup.interrupts import end_as_by_ctrl_c


def main() -> int:
    parser = argparse.ArgumentParser(prog="python3 -m deploy.backup", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    saving = commands.add_parser("backup", help="a new folder below TO")
    saving.add_argument("to", type=Path)
    saving.add_argument("--keep", type=whole, help="afterwards only the newest so many stay below TO")
    saving.add_argument(
        "--for",
        dest="recipients",
        action="append",
        default=[],
        metavar="KEY",
        help="encrypt it for this public key of age (age1…); may be given again",
    )
    loading = commands.add_parser("restore", help="what is in the folder FROM, into an empty deployment")
    loading.add_argument("source", type=Path, metavar="from")
    loading.add_argument("--force", action="store_true", help="the deployment's own data may be lost")
    loading.add_argument("--identity", type=Path, help="the file of the key for which it was encrypted")
    loading.add_argument("--only", choices=["publishers"], help="where only the broker was lost")
    for one in (saving, loading):
        one.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    end_as_by_ctrl_c()
    try:
        if options.command == "backup":
            found = backup(options.to.absolute(), options.keep, options.recipients)
            told = _backup_in_words(found)
        elif options.only:
            found = restore_publishers(options.source.absolute(), options.identity)
            told = f"publishers brought back: {', '.join(found['publishers']) or 'none'}"
        else:
            found = restore(options.source.absolute(), force=options.force, identity=options.identity)
            told = _restore_in_words(found)
    except (Refused, OSError) as error:
        print(f"{options.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{options.command}: interrupted", file=sys.stderr)
        return 130
    print(json.dumps(found) if options.json else told)
    return 0


def backup(to: Path, keep: int | None, recipients: Sequence[str] = ()) -> dict[str, Any]:
    """
    :param recipients: public keys of age; none: those of DOORSTEP_BACKUP_FOR. Without any it is plain.
    """
    began = time.monotonic()
    recipients = recipients or containers.setting("DOORSTEP_BACKUP_FOR", "").split()
    encryption.check_recipients(recipients)
    databases.insist_on_own_server()
    postgres = containers.container("postgres")
    ctl = containers.rabbitmqctl(containers.container(*containers.brokers()))
    identity = containers.identity()
    with folder.writing(to) as unfinished:
        kept = broker.publishers(ctl)
        with databases.cut(postgres) as cut:
            for service, snapshot in cut.snapshots.items():
                databases.dump(postgres, service, snapshot, unfinished / folder.archive(service))
        for service in cut.snapshots:
            databases.verify(postgres, unfinished / folder.archive(service))
        folder.write(unfinished / folder.PUBLISHERS, json.dumps(kept, indent=1) + "\n")
        if recipients:
            encryption.encrypt(unfinished, recipients)
        manifest = {
            "format": folder.ENCRYPTED if recipients else folder.FORMAT,
            "encrypted_for": list(recipients),
            "taken_at": cut.at.isoformat(timespec="milliseconds"),
            "doorstep": identity["version"],
            "keys": identity["keys"],
            "tables": cut.tables,
            "publishers": sorted(user["name"] for user in kept["users"]),
            "pause_ms": cut.pause_ms,
        }
        folder.seal(unfinished, manifest)
        folder.check(unfinished)
        done = folder.publish(unfinished, cut.at)
    databases.note(postgres, cut.at)
    removed = folder.prune(to, keep) if keep else []
    return {
        "folder": str(done),
        "bytes": folder.size(done),
        "seconds": round(time.monotonic() - began, 1),
        "removed": [str(one) for one in removed],
        **manifest,
    }


def restore(source: Path, *, force: bool, identity: Path | None = None) -> dict[str, Any]:
    """Leaves the services stopped: nobody is told anything before the operator wants it."""
    manifest = folder.check(source)
    compare(manifest, containers.identity())
    databases.insist_on_own_server()
    with encryption.readable(source, manifest, identity) as opened:
        return {"folder": str(source), **_restore(opened, manifest, force=force)}


def _restore(source: Path, manifest: dict[str, Any], *, force: bool) -> dict[str, Any]:
    began = time.monotonic()
    rabbitmq, *_ = containers.up(*containers.brokers())
    # With today's secrets, which roles of this version need.
    [postgres] = containers.up_to_date("postgres")
    ctl = containers.rabbitmqctl(rabbitmq)
    if not force:
        _refuse_to_overwrite(postgres, ctl)
    containers.compose("stop", *SERVICES, *DOORS, CONSOLE)
    databases.make_roles(postgres)
    purged = broker.empty_between_services(ctl)
    for service, as_it_was in manifest["tables"].items():
        databases.load(postgres, service, source / folder.archive(service))
        if (found := databases.tables(postgres, service)) != as_it_was:
            raise Refused(f"{service} is not as it was backed up: {found}")
    databases.make_roles(postgres)  # an earlier version's backup has its tables owned by the service
    containers.job("migrate")
    if CONSOLE in manifest["tables"]:
        databases.end_ways_in(postgres)
    containers.job("topology")
    return {
        "taken_at": manifest["taken_at"],
        "replay_since": replay_since(manifest).isoformat(timespec="seconds"),
        "publishers": _bring_back(ctl, source),
        "purged": purged,
        "seconds": round(time.monotonic() - began, 1),
    }


def restore_publishers(source: Path, identity: Path | None = None) -> dict[str, Any]:
    """For a broker whose volume was lost while the databases were not."""
    manifest = folder.check(source)
    with encryption.readable(source, manifest, identity) as opened:
        rabbitmq, *_ = containers.up(*containers.brokers())
        containers.job("topology")
        return {"folder": str(source), "publishers": _bring_back(containers.rabbitmqctl(rabbitmq), opened)}


def _bring_back(ctl: broker.Ctl, source: Path) -> list[str]:
    return broker.bring_back(ctl, json.loads((source / folder.PUBLISHERS).read_text()))


def _refuse_to_overwrite(postgres: str, ctl: broker.Ctl) -> None:
    for service in databases.present(postgres):
        rows = databases.tables(postgres, service).get("rows", {})
        full = ", ".join(f"{count} {name}" for name, count in rows.items() if count)
        if full:
            raise Refused(f"{service} has data ({full}): FORCE=1 replaces everything by the backup")
    if found := broker.waiting(ctl):
        full = ", ".join(f"{count} in {name}" for name, count in found.items())
        raise Refused(
            f"services have told each other what waits in the broker ({full}): FORCE=1 removes it, "
            "and leaves reports and replies"
        )


def _backup_in_words(found: dict[str, Any]) -> str:
    rows = sum(count for one in found["tables"].values() for count in one["rows"].values())
    size = f"{found['bytes'] / 1e6:.1f} MB in {found['seconds']} s"
    sealed = f"; encrypted for {', '.join(found['encrypted_for'])}" if found["encrypted_for"] else ""
    return (
        f"{found['folder']}: as of {found['taken_at']}, {rows} rows, {len(found['publishers'])} publishers, "
        f"{size}; nothing was recorded for {found['pause_ms']} ms{sealed}\n"
        "The keys are not in it: keep the secrets folder elsewhere."
    )


def _restore_in_words(found: dict[str, Any]) -> str:
    names = ", ".join(found["publishers"]) or "none"
    return (
        f"restored as of {found['taken_at']} in {found['seconds']} s; publishers brought back: {names}\n"
        "Nothing runs yet but the broker and the database. Next:\n"
        f"  docker-compose run --rm --no-deps doorstep replay --since {found['replay_since']} --replies\n"
        "  docker-compose up -d                                   (with your --profile)\n"
        "  docker-compose run --rm --no-deps doorstep audit --wait 120\n"
        "and let each publisher send again, with the same ids, what was not answered before "
        f"{found['taken_at']}."
    )


def whole(text: str) -> int:
    """A number of 1 or more, from the command line."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
