"""Logging set-up. A line is an event with ids; secrets and signed addresses never reach it."""

import json
import logging
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TextIO

from pydantic import SecretStr

from bot.settings import LogFormat, LogLevel

_TOKEN_IN_PATH = re.compile(r"(/(?:webhooks|interactions|callbacks)/\w+/)[\w.%-]+")
_SIGNED_QUERY = re.compile(
    r"([?&](?:ex|is|hm|sig|signature|token|expires|policy|key-pair-id|awsaccesskeyid|x-(?:amz|goog|oss)-[\w-]+)=)"
    r"[^&\s\"'\\]+",
    re.IGNORECASE,
)
"""Of addresses that stand without their host; of whole ones the query is dropped."""
_AUTHORIZATION = re.compile(r"\b(Bearer|Bot) +[\w.~+/=-]{8,}")
_ADDRESS = re.compile(r"://[^\s\"'<>\\]+")  # not beyond a backslash: in JSON that escapes the quote after the address
_KEY = re.compile(r"\bsk-[\w-]{6,}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def without_keys_and_queries(text: str) -> str:
    """Cut of every address the query, which may be its signature, and the user; and whatever looks like a key.

    For others' words that are stored, too: what a signed link opens is private there as well.
    """
    return _KEY.sub("sk-***", _ADDRESS.sub(_plain_address, text))


def _plain_address(address: re.Match[str]) -> str:
    place, mark, query = address.group().removeprefix("://").partition("?")
    authority, slash, path = place.partition("/")
    _, at, host = authority.rpartition("@")
    return f"://{'***@' if at else ''}{host}{slash}{path}{mark}{'***' if query else ''}"


class Redactor:
    """Takes secrets out of any text: the ones it was given, and what looks like one by its place."""

    def __init__(self, *secrets: SecretStr) -> None:
        values = {secret.get_secret_value() for secret in secrets} - {""}
        escaped = {json.dumps(value)[1:-1] for value in values}
        self._secrets = sorted(values | escaped, key=len, reverse=True)  # one may stand within another

    def clean(self, text: str) -> str:
        """Return `text` with every secret replaced by ***."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        text = _TOKEN_IN_PATH.sub(r"\1***", text)
        text = _SIGNED_QUERY.sub(r"\1***", text)
        return without_keys_and_queries(_AUTHORIZATION.sub(r"\1 ***", text))


def _ids(record: logging.LogRecord) -> dict[str, object]:
    return {key: value for key, value in vars(record).items() if key not in _STANDARD}


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


def _traceback(record: logging.LogRecord) -> str:
    return logging.Formatter().formatException(record.exc_info) if record.exc_info else ""


def _on_one_line(text: str) -> str:
    """Escape line breaks and terminal commands: what others wrote must not look like a line of ours."""
    return _CONTROL.sub(lambda found: repr(found.group())[1:-1], text)


def text_line(record: logging.LogRecord) -> str:
    """Write one readable line: instant, level, logger, event, ids; then the traceback, if there is one, indented."""
    ids = "".join(f" {key}={value}" for key, value in _ids(record).items())
    line = _on_one_line(f"{_instant(record)} {record.levelname:<7} {record.name}: {record.getMessage()}{ids}")
    indented = [f"    {_on_one_line(part)}" for part in _traceback(record).split("\n")] if record.exc_info else []
    return "\n".join([line, *indented])


def json_line(record: logging.LogRecord) -> str:
    """Write one JSON object a line, for machines."""
    entry: dict[str, object] = {
        "at": _instant(record),
        "level": record.levelname,
        "logger": record.name,
        "event": record.getMessage(),
        **_ids(record),
    }
    if record.exc_info:
        entry["traceback"] = _traceback(record)
    return json.dumps(entry, default=str, ensure_ascii=False)


class RedactingFormatter(logging.Formatter):
    """Writes a record with the given function and takes the secrets out of what it wrote."""

    def __init__(self, write_line: Callable[[logging.LogRecord], str], redactor: Redactor) -> None:
        super().__init__()
        self._write_line = write_line
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.clean(self._write_line(record))


def set_up(*, level: LogLevel, form: LogFormat, redactor: Redactor, stream: TextIO | None = None) -> None:
    """Send every log line of the process to `stream` (standard error), redacted.

    discord.py writes whole payloads with interaction tokens at DEBUG, so its own logger never goes below INFO.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    write_line = json_line if form is LogFormat.JSON else text_line
    handler.setFormatter(RedactingFormatter(write_line, redactor))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.value)
    for name in ("discord", "aiosqlite", "asyncio"):
        logging.getLogger(name).setLevel(max(logging.INFO, root.level))
    logging.getLogger("discord.client").setLevel(max(logging.WARNING, root.level))  # it announces every try to log in
