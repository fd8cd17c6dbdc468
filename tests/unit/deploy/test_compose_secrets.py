import base64
import hashlib
import json
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from chassis.commands.command import Author
from chassis.doors.tokens import Keys, sign_token
from chassis.sealing import BlindIndex, Sealer
from deploy.compose.make_secrets import MOUNTED, ROOT, SERVICES, Unusable, make, unreadable

SCRIPT = Path(make.__code__.co_filename)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make(tmp_path / "secrets")
    return tmp_path / "secrets"


def contents(folder: Path) -> dict[str, str]:
    return {file.name: file.read_text() for file in folder.iterdir()}


def hashes(folder: Path) -> dict[str, bytes]:
    users = json.loads((folder / "rabbitmq_definitions.json").read_text())["users"]
    return {user["name"]: base64.b64decode(user["password_hash"]) for user in users}


def overwrite(file: Path, text: str) -> None:
    file.chmod(0o644)
    file.write_text(text)


def asked(*args: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, SCRIPT, *args]
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def test_existing_secrets_stay(folder: Path) -> None:
    before = contents(folder)
    assert make(folder) == []
    assert contents(folder) == before


def test_the_console_signs_with_a_key_that_the_doors_know(folder: Path) -> None:
    private = load_pem_private_key((folder / "door_private_key").read_bytes(), None)
    token = sign_token(private, "isolation", Author("staff", "/console/u1", "w1"))
    assert Keys((folder / "door_public_key").read_text()).read(token, "isolation").author.id == "w1"


def test_the_doors_key_follows_the_console_s(folder: Path) -> None:
    (folder / "door_private_key").unlink()
    assert make(folder)[:2] == ["door_private_key", "door_public_key"]
    overwrite(folder / "door_private_key", "of another kind")
    assert make(folder) == []
    (folder / "door_public_key").unlink()
    with pytest.raises(Unusable, match="put door_public_key beside it"):
        make(folder)


def test_nobody_else_gets_into_the_folder(folder: Path) -> None:
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_keys_are_ones_the_services_take(folder: Path) -> None:
    sealer = Sealer.from_text((folder / "seal_keys").read_text().strip())
    assert sealer.unseal(sealer.seal({"name": "王芳"})) == {"name": "王芳"}
    BlindIndex.from_text((folder / "index_key").read_text().strip())


def test_the_nodes_of_a_broker_share_a_cookie_that_erlang_takes_and_nobody_guesses(folder: Path) -> None:
    assert re.fullmatch("[0-9a-f]{64}", (folder / "erlang_cookie").read_text().strip())


def test_the_broker_is_told_the_hash_of_each_password_and_no_password(folder: Path) -> None:
    told = (folder / "rabbitmq_definitions.json").read_text()
    for name, hashed in hashes(folder).items():
        if name != "monitor":
            url = urlsplit((folder / f"{name}_broker_url").read_text().strip())
            password = unquote(url.password or "")
            assert url.username == name
            assert hashlib.sha256(hashed[:4] + password.encode()).digest() == hashed[4:]
            assert password not in told
    assert set(hashes(folder)) == {*SERVICES, "operator", "monitor"}


def test_a_deleted_secret_is_made_anew_with_all_that_depends_on_it(folder: Path) -> None:
    before, before_hashes = contents(folder), hashes(folder)
    (folder / "isolation_broker_url").unlink()
    (folder / "isolation_database_password").unlink()
    assert set(make(folder)) == {
        "isolation_broker_url",
        "isolation_database_password",
        "isolation_database_url",
        "rabbitmq_definitions.json",
    }
    after, after_hashes = contents(folder), hashes(folder)
    assert after["isolation_broker_url"] != before["isolation_broker_url"]
    assert after["isolation_database_password"].strip() in after["isolation_database_url"]
    assert after_hashes["isolation"] != before_hashes["isolation"]
    assert after["registration_broker_url"] == before["registration_broker_url"]


def test_a_url_follows_its_password_only_while_it_names_the_deployments_own_server(folder: Path) -> None:
    moved = "postgresql+psycopg://isolation:of-its-own@db-2.example:5433/isolation"
    overwrite(folder / "isolation_database_url", moved)
    for service in SERVICES:
        (folder / f"{service}_database_password").unlink()
    assert "isolation_database_url" not in make(folder)
    after = contents(folder)
    assert after["isolation_database_url"].strip() == moved
    assert after["registration_database_password"].strip() in after["registration_database_url"]


def test_who_owns_the_tables_logs_in_by_a_password_of_its_own(folder: Path) -> None:
    made = contents(folder)
    for service in (*SERVICES, "console"):
        owner = urlsplit(made[f"{service}_owner_url"].strip())
        assert (owner.username, owner.path) == (f"{service}_owner", f"/{service}")
        assert owner.password == made[f"{service}_owner_password"].strip()
        assert owner.password != made[f"{service}_database_password"].strip()


def test_on_a_server_of_its_own_a_service_may_own_its_tables(folder: Path) -> None:
    moved = "postgresql+psycopg://isolation:of-its-own@db-2.example:5433/isolation"
    overwrite(folder / "isolation_database_url", moved)
    (folder / "isolation_owner_url").unlink()
    make(folder)
    assert (folder / "isolation_owner_url").read_text().strip() == moved


@pytest.mark.parametrize("name", ["seal_keys", "isolation_database_url", "operator_broker_url"])
def test_an_empty_file_is_no_secret(folder: Path, name: str) -> None:
    overwrite(folder / name, "\n")
    answer = asked(folder)
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"make_secrets: {folder / name} is empty")
    assert answer.stderr.count("\n") == 1


def test_a_gateway_without_a_token_is_none_of_our_business(folder: Path) -> None:
    assert (folder / "sms_token").read_text().strip() == ""
    assert asked(folder).returncode == 0


def test_leftovers_of_a_killed_run_do_not_hinder_the_next(folder: Path) -> None:
    left = folder / ".index_key.new"
    (folder / "index_key").rename(left)
    kept = left.rename(folder / "kept")
    left.hardlink_to(kept)
    before = kept.read_text()
    make(folder)
    assert not left.exists()
    assert kept.read_text() == before, "removed, not opened: its mode lets nobody but root write to it"


def test_the_folder_is_the_one_that_the_deployment_reads(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    assert asked(DOORSTEP_SECRETS=str(elsewhere)).returncode == 0
    assert (elsewhere / "seal_keys").exists()


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_a_clone_that_containers_could_not_read_is_named(tmp_path: Path, mode: int) -> None:
    for part in MOUNTED:
        shutil.copytree(ROOT / part, tmp_path / part)
    assert unreadable(tmp_path) == []
    (tmp_path / "deploy/rabbitmq/doorstep.conf").chmod(mode)
    (tmp_path / "deploy/postgres/initdb.d").chmod(0o750)
    assert unreadable(tmp_path) == ["deploy/postgres", "deploy/rabbitmq"]


def test_to_ask_for_help_makes_no_folder_of_that_name(tmp_path: Path) -> None:
    asked = [sys.executable, SCRIPT, "--help"]
    answer = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "default: " in answer.stdout
    assert list(tmp_path.iterdir()) == []
