"""Files of an earlier commit, taken from a repository made for the test."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from deploy.local import LocalNodeError
from deploy.local.checkout import commit_id, unpack


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two commits of one file; the second is the present."""
    folder = tmp_path / "repository"
    folder.mkdir()
    _git(folder, "init", "--quiet")
    for words in ("earlier", "present"):
        (folder / "words").write_text(words)
        _git(folder, "add", "words")
        _git(folder, "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", words)
    return folder


def _git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(folder), *arguments], check=True)


def test_a_folder_gets_the_files_of_the_earlier_commit(repository: Path, tmp_path: Path) -> None:
    unpack("HEAD~1", tmp_path / "earlier", repository)

    assert (tmp_path / "earlier" / "words").read_text() == "earlier"
    assert (repository / "words").read_text() == "present"


def test_a_commit_that_the_clone_lacks_is_refused_in_one_line_that_says_to_fetch(
    repository: Path, tmp_path: Path
) -> None:
    shallow = tmp_path / "shallow"
    earlier = commit_id("HEAD~1", repository)
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", repository.as_uri(), shallow], check=True)

    with pytest.raises(LocalNodeError) as refused:
        unpack(earlier, tmp_path / "earlier", shallow)

    assert str(refused.value).startswith(
        f"this clone has no commit {earlier}: fetch the history with `git fetch"
    )
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "earlier").exists()


def test_a_folder_without_a_repository_is_refused_with_the_words_of_git(tmp_path: Path) -> None:
    with pytest.raises(LocalNodeError, match="not a git repository"):
        unpack("HEAD", tmp_path / "earlier", tmp_path)
