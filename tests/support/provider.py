"""The provider's clients, made for tests: on a given base address, with a clock that does not keep them waiting."""

import contextlib
from collections.abc import AsyncGenerator

import aiohttp
from pydantic import SecretStr

from bot.provider.api import EvoLink
from bot.provider.uploads import FileService
from tests.support.clock import ManualClock

KEY = "sk-test-0123456789"


class InstantClock(ManualClock):
    """Waits take no time and are written down; deadlines (15 s and more) stand still."""

    def __init__(self) -> None:
        super().__init__()
        self.waited_s: list[float] = []

    async def sleep(self, seconds: float) -> None:
        if seconds in {15.0, 120.0}:
            await super().sleep(seconds)
            return
        self.waited_s.append(seconds)


@contextlib.asynccontextmanager
async def evolink_at(base: str, clock: ManualClock, *, key: str = KEY) -> AsyncGenerator[EvoLink, None]:
    async with aiohttp.ClientSession() as session:
        yield EvoLink(
            session=session,
            api_base=base,
            api_key=SecretStr(key),
            model="gemini-3.1-flash-image-preview",
            clock=clock,
            jitter=lambda: 0.0,
            connect_timeout_s=1.0,
        )


@contextlib.asynccontextmanager
async def files_at(base: str, clock: ManualClock) -> AsyncGenerator[FileService, None]:
    async with aiohttp.ClientSession() as session:
        yield FileService(
            session=session,
            files_base=base,
            api_key=SecretStr(KEY),
            clock=clock,
            jitter=lambda: 0.0,
            connect_timeout_s=1.0,
        )


def envelope(code: object, error_type: str = "", message: str = "No.", **more: object) -> dict[str, object]:
    return {"error": {"code": code, "message": message, "type": error_type, **more}}
