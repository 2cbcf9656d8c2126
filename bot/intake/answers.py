"""What a person is told when something does not go as asked, within 3 seconds and never with silence."""

import contextlib
import functools
import logging
from collections.abc import Awaitable, Callable, Generator
from typing import Any, Concatenate, ParamSpec, TypeVar

import aiohttp
import discord

from bot import errors
from bot.jobs.announcer import DeliveryPostponed
from bot.ui import texts

log = logging.getLogger(__name__)

Owner = TypeVar("Owner")
Rest = ParamSpec("Rest")
AnyInteraction = discord.Interaction[Any]


@contextlib.contextmanager
def refusals_of_discord_noted(what: str) -> Generator[None, None, None]:
    """Go on after the block where Discord did not take a call: what it was about is on disk and finds its way."""
    try:
        yield
    except (discord.HTTPException, aiohttp.ClientError, OSError, DeliveryPostponed) as error:
        log.warning("not taken by Discord", extra={"what": what, "error": repr(error)})


def explained(
    press: Callable[Concatenate[Owner, AnyInteraction, Rest], Awaitable[None]],
) -> Callable[Concatenate[Owner, AnyInteraction, Rest], Awaitable[None]]:
    """Answer a press of a button whatever happens: the library would only log what it raises (discord.md 8)."""

    @functools.wraps(press)
    async def pressed(owner: Owner, interaction: AnyInteraction, *args: Rest.args, **kwargs: Rest.kwargs) -> None:
        try:
            await press(owner, interaction, *args, **kwargs)
        except Exception as error:  # noqa: BLE001 - the last place before silence
            await explain(interaction, error)

    return pressed


async def explain(interaction: "discord.Interaction[Any]", error: BaseException) -> None:
    """Tell the person what an error means: a refusal in its own sentence; a fault of ours as such, and log it."""
    if isinstance(error, errors.DoubleRequest) and interaction.type is not discord.InteractionType.component:
        return  # whoever took the first one answers it
    if isinstance(error, errors.Refusal):
        await answer_privately(interaction, texts.refusal(error))
        return
    if isinstance(error, DeliveryPostponed):
        log.warning("delivery postponed", extra={"interaction": interaction.id, "error": repr(error)})
        await answer_privately(interaction, texts.kept_for_now())
        return
    if isinstance(error, errors.StoreError) and not isinstance(error, errors.StoreConflict):
        log.info("interaction not served", extra={"interaction": interaction.id, "error": repr(error)})
        await answer_privately(interaction, texts.refusal(errors.StoreUnavailable()))
        return
    log.error("interaction failed", exc_info=error, extra={"interaction": interaction.id})
    await answer_privately(interaction, texts.internal_error())


async def answer_privately(interaction: AnyInteraction, sentence: str) -> None:
    """Tell the person alone; silent where Discord says that it is too late or was answered elsewhere."""
    for _try in range(2):  # a connection that breaks must not become silence
        try:
            await _send_privately(interaction, sentence)
        except discord.HTTPException as error:
            log.info("answer not taken", extra={"http_status": error.status, "code": error.code})
        except (aiohttp.ClientError, OSError) as error:
            log.info("answer not taken, once more", extra={"error": repr(error)})
            continue
        return


async def _send_privately(interaction: AnyInteraction, sentence: str) -> None:
    """Answer, or follow up where there was an answer.

    A follow-up to a message that still "thinks" would fill that message, for all to see (discord.md 1): it goes first.
    """
    if not interaction.response.is_done():
        await interaction.response.send_message(sentence, ephemeral=True, suppress_embeds=True)
        return
    if interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
        await interaction.delete_original_response()
    await interaction.followup.send(sentence, ephemeral=True, suppress_embeds=True)
