"""The files of another commit in a folder of their own, to run that code beside the present code."""

import os
import subprocess
from pathlib import Path

from deploy.local.processes import LocalNodeError

ROOT = Path(__file__).resolve().parents[2]


def commit_id(commit: str, repository: Path = ROOT) -> str:
    """The full id of a commit, by its name or the beginning of its id. Raises LocalNodeError."""
    answer = _git(repository, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{commit}^{{commit}}")
    if answer.returncode:
        said = _last_line(answer.stderr)
        raise LocalNodeError(
            f"this clone has no commit {commit}{f' ({said})' if said else ''}: "
            "fetch the history with `git fetch --unshallow`, or with `git fetch` if the clone is not shallow"
        )
    return answer.stdout.decode().strip()


def unpack(commit: str, folder: Path, repository: Path = ROOT) -> None:
    """Write the files of a commit into a new folder. Raises LocalNodeError."""
    archive = _git(repository, "archive", "--format=tar", commit_id(commit, repository))
    if archive.returncode:
        raise LocalNodeError(f"git cannot read commit {commit}: {_last_line(archive.stderr)}")
    folder.mkdir(parents=True)
    subprocess.run(["tar", "-x", "-C", str(folder)], input=archive.stdout, check=True)


def _git(repository: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    # Only files are read; a clone that belongs to another user is as good.
    trust = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*"}
    command = ["git", "-C", str(repository), *arguments]
    try:
        return subprocess.run(command, capture_output=True, env=os.environ | trust)
    except FileNotFoundError:
        raise LocalNodeError("this machine has no git: install it") from None


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else ""
