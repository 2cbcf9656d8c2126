"""The wheel holds everything that the bot needs, and nothing of how it was made."""

import subprocess
import sys
import zipfile
from email.parser import HeaderParser
from pathlib import Path

import pytest

from tests.project import repository


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with the environment's own hatchling."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run(command, cwd=repository.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("imagebot-*.whl"))


def names_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def metadata_of(wheel: Path) -> dict[str, str]:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return dict(HeaderParser().parsestr(archive.read(name).decode()).items())


def test_every_file_of_both_packages_is_in_the_wheel(wheel: Path) -> None:
    """An editable install hides a forgotten file; the wheel must not lack a module, a type marker or a migration."""
    expected = {
        str(path.relative_to(repository.ROOT))
        for path in repository.tracked_files()
        if path.is_relative_to(repository.ROOT / "bot") or path.is_relative_to(repository.ROOT / "cogs")
    }
    assert {"bot/py.typed", "cogs/py.typed"} <= expected
    assert any(name.endswith(".sql") for name in expected)
    assert expected - names_in(wheel) == set()


def test_nothing_but_the_packages_and_the_metadata_is_in_the_wheel(wheel: Path) -> None:
    """Tests, data and secrets stay at home."""
    tops = {name.split("/")[0] for name in names_in(wheel)}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"bot", "cogs"}


def test_the_wheel_brings_its_command_and_its_licence(wheel: Path) -> None:
    """Installing it gives the command `imagebot`, under a licence that comes along."""
    names = names_in(wheel)
    assert any(name.endswith(".dist-info/entry_points.txt") for name in names)
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert metadata_of(wheel)["License-Expression"] == "MIT"


def test_the_command_tells_the_version_of_the_wheel(wheel: Path) -> None:
    """There is one version, told alike by the command, the wheel and the project file."""
    shown = subprocess.run(
        [sys.executable, "-m", "bot", "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert metadata_of(wheel)["Version"] == repository.project()["project"]["version"]
    assert shown.split()[-1] == metadata_of(wheel)["Version"]
