import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def clean(folder: Path) -> str:
    command = ["make", "-C", folder, "-f", ROOT / "Makefile", "clean"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_the_volumes_of_the_engine_that_make_images_started_stay(tmp_path: Path) -> None:
    volume = tmp_path / "var/engine/data/volumes/doorstep_postgres"
    volume.mkdir(parents=True)
    for part in ("var/demo/data", ".venv/bin"):
        (tmp_path / part).mkdir(parents=True)
    assert "var/engine" in clean(tmp_path)
    assert volume.exists()
    assert sorted(tmp_path.iterdir()) == [tmp_path / "var"]
    assert sorted((tmp_path / "var").iterdir()) == [tmp_path / "var/engine"]


def test_without_one_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "var/demo/data").mkdir(parents=True)
    clean(tmp_path)
    clean(tmp_path)
    assert list(tmp_path.iterdir()) == []
