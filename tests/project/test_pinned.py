"""What the image is built from is pinned, complete and hashed, and its Dockerfile keeps its promises."""

import json
import re

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.project import repository

LOCKS = ("requirements.lock", "requirements-build.lock")
SUPPORTED = ("3.11", "3.12", "3.13")


def locked(lock: str) -> dict[str, list[Requirement]]:
    """Read the pins of a lock by canonical name."""
    found: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^(\w[^\\\n]*?) *\\$", repository.text_of(lock), flags=re.MULTILINE):
        requirement = Requirement(line)
        found.setdefault(canonicalize_name(requirement.name), []).append(requirement)
    return found


def needed_by(lock: str) -> list[str]:
    project = repository.project()
    return project["project"]["dependencies"] if lock == LOCKS[0] else project["build-system"]["requires"]


def instructions() -> list[tuple[str, str]]:
    """Read the Dockerfile's instructions with continued lines joined."""
    lines = [line for line in repository.text_of("Dockerfile").splitlines() if line and not line.startswith("#")]
    joined = re.sub(r"\s*\\\n\s*", " ", "\n".join(lines))
    return [(name, value) for name, _, value in (line.partition(" ") for line in joined.splitlines())]


def last_value(instruction: str) -> str:
    return [value for name, value in instructions() if name == instruction][-1]


@pytest.mark.parametrize("lock", LOCKS)
@pytest.mark.parametrize("python", SUPPORTED)
def test_every_requirement_is_pinned_within_its_range(lock: str, python: str) -> None:
    """On each supported Python, what pyproject.toml asks for is in the lock at a version it allows."""
    pins = locked(lock)
    for needed in map(Requirement, needed_by(lock)):
        environment = {"python_version": python, "python_full_version": f"{python}.0", "sys_platform": "linux"}
        fitting = [
            pin
            for pin in pins.get(canonicalize_name(needed.name), [])
            if pin.marker is None or pin.marker.evaluate(environment)
        ]
        assert len(fitting) == 1, f"{needed.name} should be pinned once for Python {python}: run .ci/lock"
        (pin,) = fitting[0].specifier
        assert pin.operator == "=="
        assert needed.specifier.contains(Version(pin.version)), f"{needed} does not allow {pin}: run .ci/lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_its_hashes_and_no_line_names_a_registry(lock: str) -> None:
    """A lock holds pins, hashes and comments; where files come from is whoever installs' own affair."""
    lines = [line for line in repository.text_of(lock).splitlines() if line and not line.startswith("#")]
    pins = [number for number, line in enumerate(lines) if not line.startswith(" ")]
    strange = [
        line for line in lines if not re.fullmatch(r"\S+==\S+( ; .+)? \\| +--hash=sha256:[0-9a-f]{64}( \\)?", line)
    ]
    assert strange == []
    assert all(lines[number + 1].lstrip().startswith("--hash=") for number in pins)


def test_the_ranges_test_notices_a_pin_outside_its_range() -> None:
    """The reading of the lock is not blind: discord.py is found at exactly the version the project names."""
    assert [str(pin.specifier) for pin in locked("requirements.lock")["discord-py"]] == ["==2.7.1"]


def test_the_image_is_built_from_a_base_pinned_to_the_patch_version() -> None:
    """Both stages stand on the same slim base, whose version is written out."""
    bases = {value.split()[0] for name, value in instructions() if name == "FROM"}
    assert len(bases) == 1
    assert re.fullmatch(r"python:3\.13\.\d+-slim-\w+", bases.pop())


def test_every_install_of_the_image_is_hashed_or_offline() -> None:
    """No step can bring in a file that the locks do not know."""
    steps = [step.strip() for name, value in instructions() if name == "RUN" for step in value.split("&&")]
    installs = [step for step in steps if re.match(r"pip (--python \S+ )?(install|wheel) ", step)]
    assert len(installs) >= 4
    assert [step for step in installs if "--require-hashes" not in step and "--no-index" not in step] == []


@pytest.mark.parametrize(
    ("instruction", "value"),
    [
        ("ENTRYPOINT", ["imagebot"]),
        ("CMD", ["run"]),
        ("VOLUME", ["/data"]),
    ],
)
def test_the_image_starts_in_exec_form_with_its_state_in_a_volume(instruction: str, value: list[str]) -> None:
    """No shell stands between the engine's signal and Python."""
    assert json.loads(last_value(instruction)) == value


def test_the_image_runs_as_a_numbered_user_and_is_asked_for_its_health() -> None:
    """Not root, by a number an engine can check; healthy is what `imagebot check --quick` says."""
    user = last_value("USER")
    assert re.fullmatch(r"(\d+):\1", user)
    assert user != "0:0"
    assert json.loads(last_value("HEALTHCHECK").partition(" CMD ")[2]) == ["imagebot", "check", "--quick"]
    assert last_value("STOPSIGNAL") == "SIGTERM"
    assert "DATA_DIR=/data" in last_value("ENV").split()


def test_the_engine_is_handed_what_the_dockerfile_copies_and_nothing_else() -> None:
    """.dockerignore begins with everything and lets in exactly the copied files: no `.env`, no data, no history."""
    ignored = [line for line in repository.text_of(".dockerignore").splitlines() if line and not line.startswith("#")]
    copied = {
        source
        for name, value in instructions()
        if name == "COPY" and not value.startswith("--from")
        for source in value.split()[:-1]
    }
    assert ignored[0] == "*"
    assert {line.removeprefix("!") for line in ignored if line.startswith("!")} == copied
