"""`imagebot check`: what is wrong, before people find out. A line for each thing, with what to do about a fault."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import aiohttp
import discord
import yarl

from bot import connection
from bot.client import point_library_at
from bot.clock import Clock, SystemClock
from bot.errors import CannotConnect, StoreError
from bot.files import ALIVE_MAX_AGE_S, DataFolder, ProcessLock
from bot.provider import errors
from bot.provider.api import EvoLink
from bot.provider.uploads import FileService
from bot.settings import MessageContent, Settings
from bot.store import database, retention

PATIENCE_S = 20.0
"""For one thing; an address that swallows everything must not make the check hang."""
_GB = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found."""

    subject: str
    ok: bool
    sentence: str

    def __str__(self) -> str:
        return f"{'ok   ' if self.ok else 'FAULT'} {self.subject}: {self.sentence}"


async def findings(settings: Settings, *, quick: bool, clock: Clock | None = None) -> AsyncIterator[Finding]:
    """Check one thing after the other; `quick` asks nobody outside, but wants the bot to run here."""
    clock = clock or SystemClock()
    yield Finding(subject="settings", ok=True, sentence="complete and well-formed")
    folder = DataFolder(settings.data_dir)
    yield await _check_folder(folder)
    yield await _check_database(folder)
    if quick:
        yield _check_running(folder, clock)
        return
    yield await _check_pictures(folder, settings, clock)
    async with aiohttp.ClientSession() as session:
        yield await _in_time("EvoLink key", lambda: _check_key(settings, session, clock))
        yield await _in_time("EvoLink files", lambda: _check_files(settings, session, clock))
        yield await _in_time("Discord token", lambda: _check_discord(settings))
        if settings.public_base_url is not None:
            yield await _in_time("own web address", lambda: _check_web(settings.public_base_url or "", session))


async def _in_time(subject: str, check: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        return await asyncio.wait_for(check(), PATIENCE_S)
    except TimeoutError:
        return Finding(subject=subject, ok=False, sentence=f"no answer within {PATIENCE_S:.0f} s; look at the network")


async def _check_folder(folder: DataFolder) -> Finding:
    try:
        folder.root.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        sentence = f"cannot be made ({error.strerror}); create it, or set DATA_DIR to a folder that can be written"
        return Finding(subject="DATA_DIR", ok=False, sentence=sentence)
    if not os.access(folder.root, os.W_OK | os.X_OK):
        return Finding(subject="DATA_DIR", ok=False, sentence="cannot be written; give it to the bot's user")
    return Finding(subject="DATA_DIR", ok=True, sentence="can be written")


async def _check_database(folder: DataFolder) -> Finding:
    if not folder.database.exists():
        return Finding(subject="database", ok=True, sentence="none yet; it is made at the first start")
    try:
        version = await asyncio.to_thread(database.inspect, folder.database)
    except StoreError as error:
        return Finding(subject="database", ok=False, sentence=str(error))
    return Finding(subject="database", ok=True, sentence=f"whole, schema {version}")


async def _check_pictures(folder: DataFolder, settings: Settings, clock: Clock) -> Finding:
    """Tell how much room pictures take, as the database knows it."""
    subject = "pictures"
    try:
        n_bytes = await asyncio.to_thread(retention.measure, folder.database, now=clock.now())
        free = f"{shutil.disk_usage(folder.root).free / _GB:.1f} GB are free on that disk"
    except (OSError, StoreError):
        return Finding(subject=subject, ok=True, sentence="cannot be counted before DATA_DIR and database are usable")
    if n_bytes is None:
        return Finding(subject=subject, ok=True, sentence=f"none counted yet; {free}")
    sentence = f"take {n_bytes / _GB:.2f} of {settings.result_max_gb:g} GB (RESULT_MAX_GB); {free}"
    return Finding(subject=subject, ok=True, sentence=sentence)


def _check_running(folder: DataFolder, clock: Clock) -> Finding:
    """Check that a bot works on the folder and hears from Discord."""
    subject = "running bot"
    try:
        if not ProcessLock.is_held(folder.lock):
            return Finding(subject=subject, ok=False, sentence="none on this DATA_DIR; start it with: imagebot run")
        age_s = clock.now().timestamp() - folder.alive.stat().st_mtime
    except FileNotFoundError:
        return Finding(subject=subject, ok=False, sentence="started, and not yet connected to Discord")
    except OSError as error:
        sentence = f"cannot be looked at ({error.strerror}); run the check as the bot's user"
        return Finding(subject=subject, ok=False, sentence=sentence)
    if age_s > ALIVE_MAX_AGE_S:
        return Finding(subject=subject, ok=False, sentence=f"has not heard from Discord for {age_s:.0f} s; see its log")
    return Finding(subject=subject, ok=True, sentence="connected to Discord")


async def _check_key(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> Finding:
    provider = EvoLink(
        session=session,
        api_base=settings.evolink_api_base,
        api_key=settings.evolink_api_key,
        model=settings.evolink_model,
        clock=clock,
    )
    try:
        credits_left = (await provider.credits()).spendable
    except errors.ProviderError as error:
        return Finding(subject="EvoLink key", ok=False, sentence=_of_provider(error, "EVOLINK_API_BASE"))
    if credits_left is not None and credits_left <= 0:
        return Finding(subject="EvoLink key", ok=False, sentence="works, and no credits are left; top the account up")
    balance = "its balance is not told" if credits_left is None else f"{credits_left:g} credits to spend"
    return Finding(subject="EvoLink key", ok=True, sentence=f"works, {balance}")


async def _check_files(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> Finding:
    files = FileService(
        session=session,
        files_base=settings.evolink_files_base,
        api_key=settings.evolink_api_key,
        clock=clock,
    )
    try:
        quota = await files.quota()
    except errors.ProviderError as error:
        return Finding(subject="EvoLink files", ok=False, sentence=_of_provider(error, "EVOLINK_FILES_BASE"))
    room = "" if quota.remaining is None else f", room for {quota.remaining} more"
    return Finding(subject="EvoLink files", ok=True, sentence=f"reachable{room}")


def _of_provider(error: errors.ProviderError, variable: str) -> str:
    if isinstance(error, errors.Unauthorized):
        return "EVOLINK_API_KEY is refused; copy it again from the EvoLink dashboard"
    if isinstance(error, errors.Unreachable):
        return f"cannot be reached; look at the network and at {variable}"
    return f"answers: {error}"


async def _check_discord(settings: Settings) -> Finding:
    subject = "Discord token"
    point_library_at(api_base=settings.discord_api_base, gateway_url=settings.discord_gateway_url)
    async with discord.Client(intents=discord.Intents(guilds=True)) as client:
        try:
            with connection.explained():
                await client.login(settings.discord_token.get_secret_value())
                _, gateway_url, limits = await client.http.get_bot_gateway()
                gateway = yarl.URL(settings.discord_gateway_url or gateway_url).update_query(v="10", encoding="json")
                socket = await client.http.ws_connect(str(gateway))
                await socket.close()
        except CannotConnect as error:
            return Finding(subject=subject, ok=False, sentence=str(error))
        flags = client.application.flags if client.application else discord.ApplicationFlags()
        granted = flags.gateway_message_content or flags.gateway_message_content_limited
        if settings.message_content_intent is MessageContent.ON and not granted:
            return Finding(subject=subject, ok=False, sentence=connection.INTENT_REFUSED)
        return Finding(
            subject=subject,
            ok=True,
            sentence=f"works for {client.user}; gateway reached, {limits['remaining']} logins left today, "
            f"message content {'granted' if granted else 'not granted'}",
        )


async def _check_web(base: str, session: aiohttp.ClientSession) -> Finding:
    subject = "own web address"
    try:
        async with session.get(f"{base}/healthz", allow_redirects=False) as answer:
            if answer.status in {200, 503} and "healthy" in await answer.text():
                return Finding(subject=subject, ok=True, sentence="PUBLIC_BASE_URL leads to a running bot")
            sentence = f"PUBLIC_BASE_URL leads to something else (HTTP {answer.status}); look at the reverse proxy"
    except (aiohttp.ClientError, OSError) as error:
        sentence = (
            f"PUBLIC_BASE_URL leads nowhere ({type(error).__name__}); is the bot running, and its port forwarded?"
        )
    return Finding(subject=subject, ok=False, sentence=sentence)
