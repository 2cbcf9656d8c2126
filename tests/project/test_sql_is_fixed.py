"""SQL is written by us: what anybody sent goes into it as a parameter, never as a part of its text."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import repository

FOLDERS = ("bot", "cogs")
NOT_OURS = "bot/sandbox"
EXECUTING = {"execute", "executemany", "executescript", "execute_fetchall", "execute_insert", "read", "write"}
WORDS = ("SELECT ", "INSERT ", "UPDATE ", "DELETE ", "PRAGMA ", " WHERE ", " FROM ")
MADE_AT_START = {"bot/store/schema.py"}
"""Puts together the files of the migrations, before anybody is heard."""

COMPLETED = {
    "bot/store/ledger.py": 1,
    "bot/store/ledger_sums.py": 8,
    "bot/store/usage.py": 2,
}
"""In how many places a function completes a template, where it was seen that the parts are ours: names of
columns that stand beside it, and positions in a list. One more has to be looked at, and counted here."""


def sources() -> Iterator[tuple[str, ast.Module]]:
    for folder in FOLDERS:
        for path in sorted((repository.ROOT / folder).rglob("*.py")):
            name = path.relative_to(repository.ROOT).as_posix()
            if not name.startswith(NOT_OURS):
                yield name, ast.parse(path.read_text(encoding="utf-8"))


def is_sql(text: str) -> bool:
    return any(word in f" {text}" for word in WORDS) and text.upper() != text.lower()


def made_up(node: ast.expr) -> bool:
    """Tell whether an expression puts a text together: f-string, +, %, .format, .join, .replace."""
    match node:
        case ast.JoinedStr():
            return any(isinstance(part, ast.FormattedValue) for part in node.values)
        case ast.BinOp(op=ast.Add() | ast.Mod()):
            return True
        case ast.Call(func=ast.Attribute(attr="format" | "join" | "replace" | "format_map")):
            return True
        case ast.IfExp():
            return made_up(node.body) or made_up(node.orelse)
        case _:
            return False


def functions_of(tree: ast.AST) -> Iterator[ast.AST]:
    yield from (
        each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
    )


def faults_of(tree: ast.Module) -> Iterator[int]:
    """Yield the lines where a function makes SQL up, or hands a text it made up to the database.

    At the top of a module it may be put together from parts of ours: nothing that anybody sent is known there.
    """
    for function in functions_of(tree):
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in EXECUTING:
                yield from (
                    node.lineno for argument in node.args[:1] if made_up(argument) and is_sql(ast.unparse(argument))
                )
            elif isinstance(node, ast.expr) and made_up(node) and is_sql(ast.unparse(node)):
                yield node.lineno


def test_no_statement_is_put_together_where_something_of_others_is_known() -> None:
    """Only at the top of a module, from parts that stand there as well."""
    found = {name: sorted(set(faults_of(tree))) for name, tree in sources() if name not in MADE_AT_START}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    ("body", "is_fault"),
    [
        ('db.write(f"DELETE FROM jobs WHERE id = {job_id}")', True),
        ('db.write("DELETE FROM jobs WHERE id = " + job_id)', True),
        ('db.read("SELECT * FROM jobs WHERE id = %s" % job_id)', True),
        ('sql = "SELECT * FROM {}".format(name)', True),
        ('db.read("SELECT * FROM jobs WHERE id = ?", (job_id,))', False),
        ('log.info(f"not found: {job_id}")', False),
    ],
)
def test_a_statement_that_is_put_together_is_recognised(body: str, is_fault: bool) -> None:
    """The test above finds such a thing, and takes nothing else for one."""
    assert bool(list(faults_of(ast.parse(f"def f():\n    {body}")))) is is_fault


def completions_of(tree: ast.Module) -> int:
    """Count where a function completes a template of the module, which has its name in capitals."""
    return sum(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"format", "join", "replace", "format_map"}
        and any(isinstance(part, ast.Name) and part.id.isupper() for part in ast.walk(node.func.value))
        for function in functions_of(tree)
        for node in ast.walk(function)
    )


def test_statements_are_completed_only_where_it_was_looked_at() -> None:
    """A template whose parts came from somebody would be the same hole by another name."""
    stores = {name: completions_of(tree) for name, tree in sources() if name.startswith("bot/store/")}
    assert {name: count for name, count in stores.items() if count} == COMPLETED


def test_the_folders_are_there() -> None:
    """A test over nothing proves nothing."""
    names = [Path(name).name for name, _ in sources()]
    assert {"jobs.py", "ledger.py", "guilds.py"} <= set(names)
