"""The command lines of the long runs: what is misspelt is refused before anything is started."""

import subprocess
import sys

import pytest

from tests.project.repository import ROOT
from tests.support.kill_scenarios import SCENARIOS
from tests.support.patience import PATIENCE_S


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE_S)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("benchmarks.kill_points", "imagin"), "invalid choice: 'imagin'"),
        (("benchmarks.kill_points", "imagine", "--fast"), "unrecognized arguments: --fast"),
        (("benchmarks.soak", "--jobs", "0"), "a number of jobs is 1 or more"),
        (("benchmarks.soak", "--jobs", "-3"), "a number of jobs is 1 or more"),
        (("benchmarks.soak", "--jobs", "many"), "a number of jobs is 1 or more"),
    ],
)
def test_what_cannot_be_run_is_refused(arguments: tuple[str, ...], words: str) -> None:
    """With the exit code of a wrong command line, and nothing on standard output."""
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


@pytest.mark.parametrize(("named", "read"), [((), "[]"), (("late", "imagine"), "['late', 'imagine']")])
def test_all_scenarios_are_run_or_those_that_are_named(named: tuple[str, ...], read: str) -> None:
    """None that is named stands for all."""
    program = "from benchmarks.kill_points import parse; print(parse().scenarios)"
    command = [sys.executable, "-c", program, *named]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, timeout=PATIENCE_S)
    assert done.stdout.strip() == read


def test_help_tells_what_there_is_and_runs_nothing() -> None:
    """Every scenario by its name; every default."""
    done = run("benchmarks.kill_points", "--help")
    assert done.returncode == 0
    unwrapped = "".join(done.stdout.split())
    assert all(each.name in unwrapped for each in SCENARIOS)
    assert "kill points" not in done.stdout
    done = run("benchmarks.soak", "--help")
    assert done.returncode == 0
    assert "(2000)" in done.stdout
