"""SECURITY.md names the tests and files that bear it out: each must be there."""

import re

import pytest

from tests.project import repository

TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
FILE = re.compile(r"`(bot(?:/[\w.]+)+)`")


def named_tests() -> list[tuple[str, str]]:
    return TEST.findall(repository.text_of("SECURITY.md"))


@pytest.mark.parametrize(("file", "name"), named_tests())
def test_every_test_that_is_named_exists(file: str, name: str) -> None:
    """A promise whose test was renamed or removed is no promise."""
    assert re.search(rf"^(?:async )?def {name}\(", repository.text_of(file), re.MULTILINE)


def test_every_file_that_is_named_exists() -> None:
    """Whoever reads on finds the place."""
    named = set(FILE.findall(repository.text_of("SECURITY.md")))
    assert {name for name in named if not (repository.ROOT / name).exists()} == set()
    assert named


def test_every_threat_names_its_test() -> None:
    """A line of the tables below "Threats" without one would only be said."""
    threats = repository.text_of("SECURITY.md").partition("## Threats")[2].partition("## What is not protected")[0]
    lines = [
        line for line in threats.splitlines() if line.startswith("|") and not line.startswith(("|---", "| Threat |"))
    ]
    assert len(lines) > 20
    assert [line for line in lines if not TEST.search(line)] == []
