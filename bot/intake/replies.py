"""A reply to a picture is a wish for an edit. Only replies that reach the bot count: a ping, or its name in the text.

How a server wants it is asked of `guilds`; what is said here is said as an answer in the channel and pings nobody.
"""

import logging
import re
from typing import TYPE_CHECKING, Any, TypeAlias

import discord

from bot import errors
from bot.guilds.replies import Reaction, ReplyManners
from bot.intake import pictures
from bot.intake.answers import explained, refusals_of_discord_noted
from bot.intake.messages import Messages, fetch, is_hidden
from bot.intake.routes import reference_to
from bot.intake.service import Intake
from bot.intake.wishes import Sketch, Wish
from bot.jobs.claims import Claims
from bot.jobs.model import Kind, Source
from bot.ui import markdown, reply_buttons, texts
from bot.ui.edit_form import PicturesOf
from bot.ui.result_buttons import Press, ResultButton
from bot.ui.views import card_view

if TYPE_CHECKING:
    from bot.client import ImageBot

log = logging.getLogger(__name__)

Interaction: TypeAlias = "discord.Interaction[ImageBot]"

_USER_MENTION = re.compile(r"<@!?(?P<user_id>\d{1,20})>")


class Replies:
    """Takes replies, and the presses that confirm them."""

    def __init__(
        self, *, client: "ImageBot", intake: Intake, messages: Messages, manners: ReplyManners, claims: Claims
    ) -> None:
        self._client = client
        self._claims = claims
        self._intake = intake
        self._messages = messages
        self._manners = manners

    async def take(self, message: discord.Message) -> None:
        """React to a message, if it is a reply that reaches the bot; never fails."""
        if message.guild is None or not self._is_reply_to_us(message):
            return
        if not await self._claims.is_ours(message.id):
            return
        explicit = self._names_us(message)
        try:
            reaction = await self._manners.reaction(message.guild.id, explicit=explicit)
            if reaction is not Reaction.NOTHING:
                await self._react(message, reaction, explicit=explicit)
        except errors.DoubleRequest:
            return  # another process, or an earlier delivery of the same event, answers it
        except errors.Refusal as refusal:
            await self._say(message, texts.refusal(refusal))
        except Exception:
            log.exception("reply failed", extra={"message_id": message.id})
            await self._say(message, texts.internal_error())

    @explained
    async def confirm(self, interaction: Interaction, message_id: int) -> None:
        """Do what a reply asked for, once its author says so; all is read anew, so that a restart changes nothing."""
        with refusals_of_discord_noted("defer"):
            await interaction.response.defer()
        message = await fetch(interaction.client, interaction.channel_id or 0, message_id)
        if message.author.id != interaction.user.id:
            raise errors.NotYours
        sources = [*await self._messages.pictures_of(await self._target_of(message)), *pictures.attached_to(message)]
        wish = self._wish(message, sources)
        await self._intake.ask(interaction, wish, in_place=True, origin_id=message.id)

    def _is_reply_to_us(self, message: discord.Message) -> bool:
        me = self._client.user
        if me is None or message.author.bot or message.webhook_id is not None:
            return False
        is_reply = message.type is discord.MessageType.reply and message.reference is not None
        return is_reply and any(each.id == me.id for each in message.mentions)

    def _names_us(self, message: discord.Message) -> bool:
        return any(int(found) == self._own_id for found in _USER_MENTION.findall(message.content))

    @property
    def _own_id(self) -> int:
        return self._client.user.id if self._client.user else 0

    async def _react(self, message: discord.Message, reaction: Reaction, *, explicit: bool) -> None:
        target = await self._find_target(message, explicit=explicit)
        if target is None:
            return
        shown = await self._messages.pictures_of(target)
        sources = [*shown, *pictures.attached_to(message)] if shown or explicit else []
        if not sources:
            if explicit:
                raise errors.NoPicture
            return
        if markdown.is_blank(self._instruction(message)):
            if explicit or is_hidden(message):  # else it is a sticker, say: an answer to the picture, not a wish
                await self._offer_form(message, target, sources, explicit=explicit)
        elif reaction is Reaction.ASK:
            await self._say(message, texts.confirm_reply(len(sources)), reply_buttons.DoReplyButton(message.id))
        else:
            await self._intake.ask_by_message(message, self._wish(message, sources))

    async def _find_target(self, message: discord.Message, *, explicit: bool) -> discord.Message | None:
        try:
            return await self._target_of(message)
        except errors.MessageGone:
            if explicit:
                raise
            return None

    async def _target_of(self, message: discord.Message) -> discord.Message:
        """Return the message that a reply answers; raises MessageGone."""
        reference = message.reference
        if reference is None or reference.message_id is None:
            raise errors.MessageGone
        if isinstance(reference.resolved, discord.Message):
            return reference.resolved
        if isinstance(reference.resolved, discord.DeletedReferencedMessage):
            raise errors.MessageGone
        return await fetch(self._client, reference.channel_id, reference.message_id)

    async def _offer_form(
        self, message: discord.Message, target: discord.Message, sources: list[Source], *, explicit: bool
    ) -> None:
        """Offer Edit in place of words that are not there, or that Discord hides from the bot; unasked, rarely."""
        if not explicit and not await self._manners.may_offer(user_id=message.author.id, channel_id=message.channel.id):
            return
        job_id = sources[0].result_of
        button = (
            ResultButton(Press.EDIT, job_id)
            if job_id is not None
            else reply_buttons.EditMessageButton(PicturesOf(target.channel.id, target.id))
        )
        await self._say(message, texts.unread_reply() if is_hidden(message) else texts.wordless_reply(), button)

    def _instruction(self, message: discord.Message) -> str:
        """Return what a reply says, without the bot's own name; others are called by theirs."""
        names = {each.id: each.display_name for each in message.mentions if each.id != self._own_id}

        def named(mention: re.Match[str]) -> str:
            return names.get(int(mention["user_id"]), "")

        return _USER_MENTION.sub(named, message.content).strip()

    def _wish(self, message: discord.Message, sources: list[Source]) -> Wish:
        return Wish(
            kind=Kind.EDIT,
            sketch=Sketch(prompt=self._instruction(message)),
            sources=tuple(sources),
            parent_id=next((source.result_of for source in sources if source.result_of), None),
        )

    async def _say(
        self,
        message: discord.Message,
        sentence: str,
        button: discord.ui.DynamicItem[discord.ui.Button[Any]] | None = None,
    ) -> None:
        """Answer a message; the nonce drops the double of another process."""
        options: dict[str, Any] = {"view": card_view(button)} if button else {}
        options |= reference_to(message)
        with refusals_of_discord_noted("answer to a reply"):
            await message.channel.send(
                sentence,
                mention_author=False,
                allowed_mentions=discord.AllowedMentions.none(),
                suppress_embeds=True,
                nonce=f"say-{message.id}",
                **options,
            )
