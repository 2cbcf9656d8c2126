"""What can be checked on this machine: the folder, the database, the running bot, and the web server's address."""

import asyncio
import errno
import os
import shutil
import tempfile
from pathlib import Path

import aiohttp

from bot import connection
from bot.check.finding import Finding, fault, well
from bot.clock import Clock
from bot.errors import CannotListen, StoreDamaged, StoreError
from bot.files import ALIVE_MAX_AGE_S, NO_ROOM, DataFolder, ProcessLock
from bot.settings import Settings
from bot.store import faults, retention, schema
from bot.web import listening, server

_GB = 1_000_000_000
OWN_ANSWER_WITHIN_S = 3.0
_FOLDER = "DATA_DIR"
_TAKE_ANOTHER = "set DATA_DIR to a folder that can be written"


async def check_folder(folder: DataFolder) -> Finding:
    """Check that the bot can write there, or can make the folder; nothing of it is left."""
    if found := find_fault(folder):
        return fault(_FOLDER, found)
    if not folder.root.exists():
        return well(_FOLDER, "does not exist yet; it will be made at the first start")
    return well(_FOLDER, "can be written")


def find_fault(folder: DataFolder) -> str | None:
    """Say why the bot cannot write there, and what to do; None where it can, or can make the folder."""
    try:
        existing = _nearest_existing(folder.root)
        if not existing.is_dir():
            return f"{existing} is a file, not a folder; move it away, or {_TAKE_ANOTHER}"
        _require_writable(existing, folder)
    except OSError as error:
        return told(error, is_there=os.path.exists(folder.root))  # noqa: PTH110 - as below
    return None


def told(error: OSError, *, is_there: bool) -> str:
    """Say what the system does not let the bot do with DATA_DIR, and what helps against it."""
    why = error.strerror or type(error).__name__
    if error.errno in NO_ROOM:
        return f"cannot be written ({why}); make room on its disk"
    what = "cannot be written" if is_there else "does not exist and cannot be made"
    if error.errno == errno.EROFS:
        return f"{what} ({why}); mount its disk writable, or {_TAKE_ANOTHER}"
    remedy = "give it to the bot's user, or " if is_there else ""
    return f"{what} ({why}); {remedy}{_TAKE_ANOTHER}"


def _require_writable(existing: Path, folder: DataFolder) -> None:
    """Raise OSError where a file cannot be made in DATA_DIR, or in those of its folders that are there."""
    within = (folder.results, folder.sources, folder.thumbnails, folder.scratch)
    for each in (existing, *(path for path in within if os.path.lexists(path))):
        try:
            with tempfile.TemporaryDirectory(prefix=".imagebot-check-", dir=each):
                pass
        except OSError as error:
            if each == existing:
                raise
            raise OSError(error.errno, f"{each.name}: {error.strerror}") from error


def _nearest_existing(path: Path) -> Path:
    """Return the path itself or the next one above it that is there; raises OSError where that cannot be seen."""
    for candidate in (path, *path.absolute().parents):
        try:
            candidate.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        return candidate
    raise FileNotFoundError


async def check_database(folder: DataFolder, *, can_be_written: bool) -> Finding:
    """Check that the database is whole and not from a newer program. `can_be_written` is said of the folder."""
    if not os.path.exists(folder.database):  # noqa: PTH110 - unlike Path's, it is False where a folder may not be seen
        if not can_be_written:
            return well("database", "none is seen, and none can be made, before DATA_DIR can be written")
        return well("database", "none yet; it is made at the first start")
    try:
        version = await asyncio.to_thread(schema.inspect, folder.database)
    except StoreError as error:
        if not can_be_written and not isinstance(error, StoreDamaged):
            return well("database", "cannot be looked at before DATA_DIR can be written")
        return fault("database", str(error))
    if version == 0 and folder.holds_pictures:
        return fault("database", faults.EMPTY)
    return well("database", f"whole, schema {version}" if version else "an empty file; it is filled at the first start")


async def check_room(folder: DataFolder, settings: Settings) -> Finding:
    """Check that there is more room than the bot wants for new work."""
    subject, least = "disk", settings.min_free_disk_mb
    try:
        free_bytes = shutil.disk_usage(_nearest_existing(folder.root)).free
    except OSError as error:
        return fault(subject, f"cannot be looked at ({error.strerror}); look at DATA_DIR")
    free = f"{free_bytes / _GB:.1f} GB are free"
    if free_bytes < least * 1_000_000:
        return fault(subject, f"{free}, and below {least} MB (MIN_FREE_DISK_MB) no new work is taken; make room")
    return well(subject, free)


async def check_pictures(folder: DataFolder, settings: Settings, clock: Clock) -> Finding:
    """Tell how much room pictures take, as the database knows it."""
    subject = "pictures"
    try:
        n_bytes = await asyncio.to_thread(retention.measure, folder.database, now=clock.now())
    except (OSError, StoreError):
        return well(subject, "cannot be counted before DATA_DIR and database are usable")
    if n_bytes is None:
        return well(subject, "none counted yet")
    return well(subject, f"take {n_bytes / _GB:.2f} of {settings.result_max_gb:g} GB (RESULT_MAX_GB)")


def check_running(folder: DataFolder, clock: Clock) -> Finding:
    """Check that a bot works on the folder and hears from Discord."""
    subject = "running bot"
    try:
        if not ProcessLock.is_held(folder.lock):
            return fault(subject, "none on this DATA_DIR; start it with: imagebot run")
        age_s = clock.now().timestamp() - folder.alive.stat().st_mtime
    except FileNotFoundError:
        return fault(subject, "started, and not yet connected to Discord")
    except NotADirectoryError:
        return fault(subject, "none, for DATA_DIR is not a folder")
    except OSError as error:
        return fault(subject, f"cannot be looked at ({error.strerror}); run the check as the bot's user")
    if age_s > ALIVE_MAX_AGE_S:
        return fault(subject, f"has not heard from Discord for {age_s:.0f} s; see its log")
    return well(subject, "connected to Discord")


async def check_web_server(settings: Settings, folder: DataFolder, session: aiohttp.ClientSession) -> list[Finding]:
    """Check that WEB_HOST and WEB_PORT can be used, or are by the bot that works on this DATA_DIR."""
    subject, host = "web server", settings.web_host
    port = server.DEFAULT_PORT if settings.web_port is None else settings.web_port
    try:
        await listening.try_out(host=host, port=port)
    except CannotListen as error:
        if _is_held(folder.lock) and await _a_bot_answers(host, port, session):
            return [well(subject, f"the running bot listens at {host}, port {port}")]
        return [fault(subject, str(error))]
    return [well(subject, f"can listen at {host}, port {port or 'any free one'}")]


def _is_held(lock: Path) -> bool:
    try:
        return ProcessLock.is_held(lock)
    except OSError:
        return False


async def _a_bot_answers(host: str, port: int, session: aiohttp.ClientSession) -> bool:
    reached_at = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    try:
        async with asyncio.timeout(OWN_ANSWER_WITHIN_S):
            return await _is_a_bot(f"http://{reached_at}:{port}", session) is None
    except (aiohttp.ClientError, OSError):
        return False


async def check_web_address(base: str, session: aiohttp.ClientSession) -> list[Finding]:
    """Check that PUBLIC_BASE_URL leads to a bot."""
    subject = "own web address"
    try:
        other_status = await _is_a_bot(base, session)
    except (aiohttp.ClientError, OSError) as error:
        why = connection.reason(error)
        sentence = f"PUBLIC_BASE_URL leads nowhere ({why}); is the bot running, and its port forwarded?"
        return [fault(subject, sentence)]
    if other_status is None:
        return [well(subject, "PUBLIC_BASE_URL leads to a running bot")]
    sentence = f"PUBLIC_BASE_URL leads to something else (HTTP {other_status}); look at the reverse proxy"
    return [fault(subject, sentence)]


async def _is_a_bot(base: str, session: aiohttp.ClientSession) -> int | None:
    """Return None where a bot tells its health, else the HTTP status of what is there."""
    async with session.get(f"{base}/healthz", allow_redirects=False) as answer:
        is_bot = answer.status in {200, 503} and "healthy" in await answer.text(errors="replace")
        return None if is_bot else answer.status
