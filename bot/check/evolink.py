"""What can be asked of EvoLink for nothing: the balance, the models, the room for files."""

import asyncio

import aiohttp

from bot import provider_faults
from bot.check.finding import Finding, fault, well
from bot.clock import Clock
from bot.provider import errors
from bot.provider.api import EvoLink
from bot.provider.uploads import FileService
from bot.settings import Settings

MODELS_WITHIN_S = 10.0
"""The list is not documented and may not be there; nobody shall wait for it long."""


def client(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> EvoLink:
    """Return what asks with the key of the settings."""
    return EvoLink(
        session=session,
        api_base=settings.evolink_api_base,
        api_key=settings.evolink_api_key,
        model=settings.evolink_model,
        clock=clock,
    )


async def check_key(provider: EvoLink) -> list[Finding]:
    """Check that the key is let in, and that there is something to spend."""
    subject = "EvoLink key"
    try:
        credits_left = (await provider.credits()).spendable
    except errors.ProviderError as error:
        return [fault(subject, provider_faults.sentence(error, variable="EVOLINK_API_BASE"))]
    if credits_left is not None and credits_left <= 0:
        return [fault(subject, "works, and no credits are left; top the account up")]
    balance = "its balance is not told" if credits_left is None else f"{credits_left:g} credits to spend"
    return [well(subject, f"works, {balance}")]


async def check_model(provider: EvoLink, model: str) -> list[Finding]:
    """Check that the model is among those offered; nothing is found where no list is to be had."""
    try:
        async with asyncio.timeout(MODELS_WITHIN_S):
            offered = await provider.models()
    except (errors.ProviderError, TimeoutError):
        return []
    if not offered:
        return []
    if model not in offered:
        return [fault("EvoLink model", f"EVOLINK_MODEL is not offered to this key; look for a slip in {model!r}")]
    return [well("EvoLink model", f"{model} is offered")]


async def check_files(settings: Settings, session: aiohttp.ClientSession, clock: Clock) -> list[Finding]:
    """Check that the file service lets the key in."""
    subject = "EvoLink files"
    files = FileService(
        session=session,
        files_base=settings.evolink_files_base,
        api_key=settings.evolink_api_key,
        clock=clock,
    )
    try:
        quota = await files.quota()
    except errors.ProviderError as error:
        return [fault(subject, provider_faults.sentence(error, variable="EVOLINK_FILES_BASE"))]
    room = "" if quota.remaining is None else f", room for {quota.remaining} more"
    return [well(subject, f"reachable{room}")]
