"""What a person can set, start and use stands in the README, and the README promises nothing else."""

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys

import pytest
from discord import app_commands
from discord.ext import commands
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import cogs
from bot.settings import Settings
from tests.project import repository

SETTINGS = {name.upper() for name in Settings.model_fields}
CLI_COMMANDS = ("run", "demo", "check", "generate", "usage", "quota", "backup")


def env_example_names() -> list[str]:
    return re.findall(r"^(?:# ?)?([A-Z][A-Z0-9_]+)=", repository.text_of(".env.example"), flags=re.MULTILINE)


def slash_commands() -> set[str]:
    """Collect the names of every command that a cog brings, groups spelled out."""
    found: set[str] = set()
    for module in pkgutil.iter_modules(cogs.__path__, "cogs."):
        for _, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, commands.Cog):
                found.update(name for command in kind.__cog_app_commands__ for name in spelled_out(command))
    return found


def spelled_out(command: object) -> list[str]:
    match command:
        case app_commands.Group():
            return [
                inner.qualified_name for inner in command.walk_commands() if isinstance(inner, app_commands.Command)
            ]
        case app_commands.Command():
            return [command.qualified_name]
        case _:
            return []


def test_every_setting_stands_once_in_the_example_file() -> None:
    """`.env.example` names every setting, each once, and nothing that is no setting."""
    names = env_example_names()
    assert sorted(names) == sorted(SETTINGS)


def test_every_setting_stands_in_the_readme_and_every_setting_there_exists() -> None:
    """The settings table and the settings are the same set."""
    assert set(repository.table_names(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*")) == SETTINGS


def test_the_example_file_holds_no_secret() -> None:
    """What must be set is left empty in the example, so that a forgotten one is noticed."""
    example = repository.text_of(".env.example")
    for name in ("DISCORD_TOKEN", "EVOLINK_API_KEY"):
        assert re.search(rf"^{name}=\s*$", example, flags=re.MULTILINE), f"{name} should be there, and empty"


@pytest.mark.parametrize(
    "line",
    [
        "python3 -m venv .venv && .venv/bin/pip install -q -e . && .venv/bin/imagebot demo",
        "python3 -m venv .venv && .venv/bin/pip install -q -e '.[dev]' && .venv/bin/pytest",
        "uv run imagebot demo",
        "uv run --extra dev pytest",
    ],
)
def test_the_lines_that_set_everything_up_stand_in_the_readme(line: str) -> None:
    """Each is a line of its own, to be copied as it is; `.ci/run` takes it from there."""
    assert line in repository.text_of("README.md").splitlines()


@pytest.mark.parametrize("command", CLI_COMMANDS)
def test_every_command_of_the_command_line_stands_in_the_readme(command: str) -> None:
    """Whoever reads the README finds each command."""
    assert f"imagebot {command}" in repository.text_of("README.md")


def test_the_command_line_knows_exactly_the_documented_commands() -> None:
    """What it offers whoever mistypes is what the README tells of, and its help says the same."""
    refused = subprocess.run([sys.executable, "-m", "bot", "mistyped"], capture_output=True, text=True, check=False)
    offered = re.search(r"choose from ([^)]+)", refused.stderr)
    assert refused.returncode == 2
    assert offered is not None
    assert sorted(re.findall(r"\w+", offered[1])) == sorted(CLI_COMMANDS)
    shown = subprocess.run([sys.executable, "-m", "bot", "--help"], capture_output=True, text=True, check=True).stdout
    assert [command for command in CLI_COMMANDS if command not in shown] == []


def test_every_slash_command_stands_in_the_readme() -> None:
    """Each command a person can use in Discord is told of, and none that does not exist."""
    existing = slash_commands()
    assert "imagine" in existing
    assert {name.removeprefix("/") for name in repository.table_names(r"/[a-z][a-z -]*")} == existing


def test_every_runtime_dependency_has_its_reason_in_the_readme() -> None:
    """What is installed on a person's machine is accounted for."""
    needed = {canonicalize_name(Requirement(line).name) for line in repository.project()["project"]["dependencies"]}
    explained = {canonicalize_name(name) for name in repository.table_names(r"[A-Za-z][\w.-]*")}
    assert needed <= explained, f"without a reason in the README: {sorted(needed - explained)}"
