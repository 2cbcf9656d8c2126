"""What a log line shows, and what it never shows."""

import io
import json
import logging
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import SecretStr

from bot.log import Redactor, set_up
from bot.settings import LogFormat, LogLevel

TOKEN = "MTIz.abc-def.ghi_jkl"
KEY = "sk-0123456789abcdef"


@pytest.fixture(autouse=True)
def _root_as_before() -> Iterator[None]:
    names = ("", "discord", "aiosqlite", "asyncio")
    loggers = [logging.getLogger(name) for name in names]
    levels, handlers = [one.level for one in loggers], loggers[0].handlers[:]
    yield
    loggers[0].handlers[:] = handlers
    for one, level in zip(loggers, levels, strict=True):
        one.setLevel(level)


def logged(form: LogFormat, *, level: LogLevel = LogLevel.INFO) -> io.StringIO:
    stream = io.StringIO()
    set_up(level=level, form=form, redactor=Redactor(SecretStr(TOKEN), SecretStr(KEY), SecretStr("")), stream=stream)
    return stream


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (f"login with {TOKEN}", "login with ***"),
        (f"{KEY}{KEY}", "******"),
        ("Authorization: Bearer sk-another.key_of~somebody+/=", "Authorization: Bearer ***"),
        ("{'Authorization': 'Bot MTIz.abc.def-other'}", "{'Authorization': 'Bot ***'}"),
        ("a Bot that works", "a Bot that works"),
        ("PATCH /webhooks/123/aW50ZXJhY3Rpb246/messages/@original", "PATCH /webhooks/123/***/messages/@original"),
        ("POST /interactions/123/aW50ZXJhY3Rpb246MTIz/callback", "POST /interactions/123/***/callback"),
        ("POST /callbacks/00ff00ff00ff00ff/Zm9vYmFy-_", "POST /callbacks/00ff00ff00ff00ff/***"),
        ("https://cdn/a.png?ex=66&is=77&hm=88&width=9", "https://cdn/a.png?***"),
        ("GET /a.png?ex=66&is=77&hm=88&width=9", "GET /a.png?ex=***&is=***&hm=***&width=9"),
        ("/b?X-Goog-Signature=1&Policy=2&w=4", "/b?X-Goog-Signature=***&Policy=***&w=4"),
        ("/b?x-oss-signature=3&Key-Pair-Id=4", "/b?x-oss-signature=***&Key-Pair-Id=***"),
        ('said "https://x/y?a=1", and wss://h/?v=10', 'said "https://x/y?***", and wss://h/?***'),
        ("https://me:word@host/x", "https://***@host/x"),
        ("key sk-somebodys0key, task-unified-1", "key sk-***, task-unified-1"),
        ("'https://x/y.jpg?Expires=1&Signature=ab%2Bc', 404", "'https://x/y.jpg?***', 404"),
        ("https://s3/b?X-Amz-Credential=me&X-Amz-Signature=9", "https://s3/b?***"),
        ("GET /v1/tasks/task-1 200", "GET /v1/tasks/task-1 200"),
    ],
)
def test_secrets_are_taken_out_by_value_and_by_place(text: str, cleaned: str) -> None:
    """Ours wherever they stand, those of interactions and signed links where such things stand."""
    assert Redactor(SecretStr(TOKEN), SecretStr(KEY)).clean(text) == cleaned


def test_a_secret_within_another_does_not_leave_its_rest_behind() -> None:
    """The longer one goes first, whatever the order they were given in."""
    cleaned = Redactor(SecretStr("abc"), SecretStr("abc-and-more")).clean("abc-and-more, abc")
    assert cleaned == "***, ***"


def test_a_secret_is_found_in_json_too() -> None:
    """Where a quote or a backslash in it is written differently."""
    stream = io.StringIO()
    secret = 'a"b\\c'
    set_up(level=LogLevel.INFO, form=LogFormat.JSON, redactor=Redactor(SecretStr(secret)), stream=stream)
    logging.getLogger("bot").info("key %s", secret)
    assert json.loads(stream.getvalue())["event"] == "key ***"


def test_a_text_line_reads_from_instant_to_ids() -> None:
    """Instant, level, logger, event, ids, in one line."""
    stream = logged(LogFormat.TEXT)
    logging.getLogger("bot.jobs").info("job stored", extra={"job": "ab12", "user": 7})
    instant, rest = stream.getvalue().split(" ", 1)
    assert instant.endswith("+00:00")
    assert rest == "INFO    bot.jobs: job stored job=ab12 user=7\n"


def test_a_json_line_is_one_object() -> None:
    """Whatever stands in it: line breaks, other scripts, values that JSON does not know."""
    stream = logged(LogFormat.JSON)
    logging.getLogger("bot.jobs").warning("two\nlines \N{OCTOPUS}", extra={"job": "ab12", "kind": {1}, "n": None})
    [line] = stream.getvalue().splitlines()
    entry = json.loads(line)
    assert entry.pop("at").endswith("+00:00")
    assert entry == {
        "level": "WARNING",
        "logger": "bot.jobs",
        "event": "two\nlines \N{OCTOPUS}",
        "job": "ab12",
        "kind": "{1}",
        "n": None,
    }


def test_what_others_wrote_cannot_forge_a_line() -> None:
    """A line break in a value stays within the line; only a traceback has lines of its own."""
    stream = logged(LogFormat.TEXT)
    logging.getLogger("bot").info("said %s", "a\nb", extra={"name_of_theirs": "x\r\n2026 INFO bot: all is well\x1b[2J"})
    assert len(stream.getvalue().splitlines()) == 1
    assert "\x1b" not in stream.getvalue()


def test_an_address_in_json_leaves_the_json_whole() -> None:
    """The backslash after it belongs to the quote."""
    stream = logged(LogFormat.JSON)
    logging.getLogger("bot").info('cannot read "https://x/y?sig=1&token=2" or "/z?sig=3"')
    assert json.loads(stream.getvalue())["event"] == 'cannot read "https://x/y?***" or "/z?sig=***"'


def test_a_traceback_forges_no_line() -> None:
    """An error's text may hold whatever others wrote: each line of a traceback is indented, and holds no command."""
    stream = logged(LogFormat.TEXT)

    def refuse() -> None:
        raise ValueError("x\n2026-11-22T09:00:00+00:00 INFO bot: all is well\x1b[2J\r2026")

    try:
        refuse()
    except ValueError:
        logging.getLogger("bot").exception("job stumbled")
    first, *rest = stream.getvalue().splitlines()
    assert first.endswith("bot: job stumbled")
    assert all(line.startswith("    ") for line in rest)
    assert any("all is well" in line for line in rest)
    assert "\x1b" not in stream.getvalue()


@pytest.mark.parametrize("form", list(LogFormat))
def test_a_traceback_is_written_and_cleaned(form: LogFormat) -> None:
    """The error's own text may hold the key."""
    stream = logged(form)
    try:
        int(f"refused {KEY}")
    except ValueError:
        logging.getLogger("bot").exception("job stumbled", extra={"job": "ab12", "header": f"Bearer {TOKEN}"})
    written = stream.getvalue()
    assert "Traceback (most recent call last)" in written
    assert "ValueError: invalid literal for int() with base 10: 'refused ***'" in written
    assert KEY not in written
    assert TOKEN not in written


def test_the_library_never_writes_its_payloads() -> None:
    """At DEBUG discord.py would write interaction tokens; our own lines appear all the same."""
    stream = logged(LogFormat.TEXT, level=LogLevel.DEBUG)
    for name in ("discord.http", "aiosqlite", "asyncio", "bot"):
        logging.getLogger(name).debug("a detail")
        logging.getLogger(name).info("an event")
    lines = [line.split(" ", 1)[1] for line in stream.getvalue().splitlines()]
    assert [line for line in lines if "a detail" in line] == ["DEBUG   bot: a detail"]
    assert len([line for line in lines if "an event" in line]) == 4


@pytest.mark.parametrize(("level", "lines"), [(LogLevel.INFO, 3), (LogLevel.WARNING, 2), (LogLevel.ERROR, 1)])
def test_less_severe_lines_are_left_out(level: LogLevel, lines: int) -> None:
    """For the libraries as for ourselves."""
    stream = logged(LogFormat.TEXT, level=level)
    for write in (logging.getLogger("discord").info, logging.getLogger("bot").warning, logging.getLogger("x").error):
        write("an event")
    assert len(stream.getvalue().splitlines()) == lines


def test_setting_up_twice_writes_once(capsys: pytest.CaptureFixture[str]) -> None:
    """And to standard error where nothing else is said, so that standard output stays for answers."""
    options: dict[str, Any] = {"level": LogLevel.INFO, "form": LogFormat.TEXT, "redactor": Redactor()}
    set_up(**options)
    set_up(**options)
    logging.getLogger("bot").info("once")
    captured = capsys.readouterr()
    assert captured.err.count("once") == 1
    assert captured.out == ""
    assert logging.getLogger().handlers[0].stream is sys.stderr  # type: ignore[attr-defined]
