"""No file of the repository names the machine it was written on, or the registry that it was tested with."""

import re
import subprocess

import pytest

from tests.project import repository

# Put together here, so that this file does not find itself.
REGISTRIES = ("py" + "pi.org", "pythonhosted" + ".org", "npm" + "js.org", "deb.debian" + ".org", "--index" + "-url=")
MACHINE_PATHS = re.compile(r"(?<![\w.~$}/-])/(?:" + "work|root|home|Users" + r")/[\w.]")
BINARY = {".heic", ".png", ".jpg", ".jpeg", ".webp", ".gif", ".ttf", ".otf", ".svg", ".mp4"}


def texts() -> list[tuple[str, str]]:
    return [
        (str(path.relative_to(repository.ROOT)), path.read_text(encoding="utf-8"))
        for path in repository.tracked_files()
        if path.suffix not in BINARY
    ]


@pytest.mark.parametrize("address", REGISTRIES)
def test_no_file_names_a_registry(address: str) -> None:
    """Where packages come from is the affair of whoever installs them."""
    assert [name for name, text in texts() if address in text] == []


def test_no_file_names_a_path_of_one_machine() -> None:
    """What works only in one person's folder does not work."""
    assert [f"{name}: {found[0]}" for name, text in texts() if (found := MACHINE_PATHS.search(text))] == []


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("cd /" + "work/main", True),
        ('"/' + 'root/.config"', True),
        ("/" + "home/someone/bot", True),
        ("https://example.org/home/page", False),
        ("/data/home/file", False),
        ("network/work/in", False),
    ],
)
def test_a_path_of_one_machine_is_recognised(text: str, is_one: bool) -> None:
    """The pattern above finds such a path, and takes no part of an address for one."""
    assert bool(MACHINE_PATHS.search(text)) is is_one


@pytest.mark.parametrize("name", ["uv.lock", "poetry.lock", ".env"])
def test_what_names_a_registry_or_holds_secrets_cannot_be_committed(name: str) -> None:
    """Such files are ignored, and none is there."""
    assert name not in {str(path.relative_to(repository.ROOT)) for path in repository.tracked_files()}
    ignored = subprocess.run(["git", "check-ignore", "--quiet", name], cwd=repository.ROOT, check=False)
    assert ignored.returncode == 0


def test_the_floor_of_coverage_is_a_number_no_lower_than_the_promise() -> None:
    """At least 90 % of the branches are covered; the floor only rises from there."""
    assert 90 <= int(repository.text_of(".ci/coverage-floor")) <= 100
