"""What the tests of this folder read: the repository's own files, as text and as tables."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def text_of(name: str) -> str:
    """Read a file of the repository."""
    return (ROOT / name).read_text(encoding="utf-8")


def project() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads(text_of("pyproject.toml"))


def tracked_files() -> list[Path]:
    """List the files that are, or are about to be, committed; skips where the checkout has no history to ask."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what belongs to the repository cannot be told from what was made in it")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def table_names(pattern: str) -> Iterator[str]:
    """Find what the README's tables name in their first column, in back-ticks or as a link, by a pattern."""
    for line in text_of("README.md").splitlines():
        cells = line.split("|")
        if len(cells) > 2:
            yield from re.findall(rf"(?:`|\[)({pattern})(?:`|\])", cells[1])
