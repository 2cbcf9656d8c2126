"""The bot as Discord's library sees it: which events it asks for, which commands it has, who explains a fault."""

import asyncio
import functools
import logging
from collections.abc import Callable
from typing import Any

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import intake
from bot.connection.gateway import Gateway
from bot.intake import (
    Administration,
    EditForms,
    History,
    Intake,
    Menus,
    Presence,
    QualityOffers,
    QuotaCard,
    Replies,
    ResultPresses,
    SettingsPanel,
)
from bot.jobs.claims import Claims
from bot.settings import MessageContent
from bot.ui import edit_form, texts, views
from bot.ui.admin import words as admin_words
from bot.ui.panel import forms as panel_forms

log = logging.getLogger(__name__)

discord.VoiceClient.warn_nacl = False  # this bot never speaks; without this the library advises to install voice parts
discord.VoiceClient.warn_dave = False

EXTENSIONS = ("cogs.imagine", "cogs.edit", "cogs.references", "cogs.library", "cogs.usage", "cogs.admin")
ANSWERED_WITHIN_S = 5.0
"""How long a stop waits for what is being answered: Discord gives 3 s for a first answer."""
_ANSWERS = ("CommandTree-invoker", "discord-ui-", "discord.py: on_interaction", "discord.py: on_message")
"""How the library names the tasks in which people are answered; under another name they would be cut by a stop."""
CONNECTIONS_TO_A_HOST = 100
"""A thousand commands at once take turns; without a limit each would hold a socket of its own."""


def point_library_at(*, api_base: str, gateway_url: str | None) -> None:
    """Send discord.py's calls to the given addresses; it reads them from these two places only (discord.md 13)."""
    Route.BASE = api_base
    if gateway_url is not None:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(gateway_url)


class ExplainingTree(app_commands.CommandTree["ImageBot"]):
    """Turns whatever a command raises into a sentence for the person."""

    async def on_error(
        self, interaction: "discord.Interaction[ImageBot]", error: app_commands.AppCommandError, /
    ) -> None:
        cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
        await intake.explain(interaction, cause)


class ImageBot(commands.AutoShardedBot):
    """The client. `intake` is handed to it before it logs in, because the intake's own way out is this client."""

    gateway: Gateway
    intake: Intake
    offers: QualityOffers
    quota_card: QuotaCard
    settings_panel: SettingsPanel
    edit_forms: EditForms
    result_presses: ResultPresses
    history: History
    replies: Replies
    menus: Menus
    administration: Administration
    presence: Presence
    claims: Claims

    def __init__(self, *, message_content: MessageContent, direct_use: bool, **options: Any) -> None:
        super().__init__(
            command_prefix=commands.when_mentioned,
            help_command=None,
            tree_cls=ExplainingTree,
            intents=discord.Intents(guilds=True, guild_messages=True, dm_messages=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=direct_use, private_channel=direct_use
            ),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=direct_use),
            **options,
        )
        self._message_content = message_content
        self._login_tried = False
        self._logged_in = False
        self._claiming: set[asyncio.Task[None]] = set()

    async def setup_hook(self) -> None:
        self.add_dynamic_items(*views.DYNAMIC_ITEMS)
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        # What is granted is known only after the login, and the library has no public way to change intents then.
        intents = self._connection._intents  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        intents.message_content = self._wants_message_content()
        _bear_what_cannot_be_read(self._connection.parsers)
        self._take_what_is_ours(self._connection.parsers)

    def _wants_message_content(self) -> bool:
        if self._message_content is not MessageContent.AUTO:
            return self._message_content is MessageContent.ON
        flags = self.application.flags if self.application else discord.ApplicationFlags()
        return flags.gateway_message_content or flags.gateway_message_content_limited

    def _take_what_is_ours(self, parsers: dict[str, Callable[[Any], None]]) -> None:
        """Act on an interaction only where no other process does, which hears of it as well."""
        act = parsers["INTERACTION_CREATE"]

        async def act_if_ours(data: Any) -> None:
            if await self.claims.is_ours(int(data["id"])):
                act(data)

        def take(data: Any) -> None:
            if not self.claims.needed:
                act(data)
                return
            task = asyncio.create_task(act_if_ours(data), name="claim of an interaction")
            self._claiming.add(task)
            task.add_done_callback(self._claiming.discard)

        parsers["INTERACTION_CREATE"] = take

    def go_without_message_content(self) -> bool:
        """Ask for the message content intent no more, where it was only a wish; tell whether that changes anything."""
        if self._message_content is not MessageContent.AUTO or not self.intents.message_content:
            return False
        log.warning("Discord refuses the message content intent: going on without it")
        self._connection._intents.message_content = False  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        return True

    async def login(self, token: str) -> None:
        """Log in; may be called again where it failed."""
        self._login_tried = True
        # made here, where the loop runs; the library's own has no limit at all
        self.http.connector = aiohttp.TCPConnector(limit=0, limit_per_host=CONNECTIONS_TO_A_HOST)
        try:
            await super().login(token)
        except BaseException:
            await self.http.close()  # the next try makes another session
            raise
        self._logged_in = True

    async def before_identify_hook(self, *_shard: Any, **_initial: Any) -> None:
        """Count the session; it has waited for its turn before its connection was opened."""
        await self.gateway.note_identify()

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        # Not as a listener: that would hear of it only after the connection may have ended again.
        if event_name in {"shard_connect", "shard_resumed"}:
            self.gateway.note_ready(args[0])
        super().dispatch(event_name, *args, **kwargs)

    async def settle(self) -> None:
        """Let what answers people come to its end, for a few seconds at most."""
        answers = [task for task in asyncio.all_tasks() if task.get_name().startswith(_ANSWERS)]
        if waiting := [*answers, *self._claiming]:
            await asyncio.wait(waiting, timeout=ANSWERED_WITHIN_S)

    async def close(self) -> None:
        """Disconnect. The library's own close raises where there was no login (discord.md 12)."""
        await self.gateway.close()
        if self._login_tried:
            await super().close()

    @property
    def logged_in(self) -> bool:
        """Whether Discord can be asked for anything; before it, the library's calls fail by its own faults."""
        return self._logged_in

    @property
    def connected(self) -> bool:
        """Whether every shard hears from Discord."""
        return self.gateway.ready

    async def on_ready(self) -> None:
        """Note which servers have the bot; may come more than once."""
        await self.presence.everywhere(self.guilds)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Note that a server has the bot (again)."""
        await self.presence.joined(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Note that a server has removed the bot; an outage of Discord's is none."""
        await self.presence.left(guild)

    async def on_message(self, message: discord.Message, /) -> None:
        """Take replies to pictures; this bot has no text commands."""
        await self.replies.take(message)

    async def on_interaction(self, interaction: "discord.Interaction[ImageBot]") -> None:
        """Take forms, and answer a button of an older version: the library would drop both without a word."""
        custom_id = str((interaction.data or {}).get("custom_id", ""))
        if interaction.type is discord.InteractionType.modal_submit:
            if target := edit_form.find_target(custom_id):
                await self.edit_forms.take(interaction, target)
            elif opener_id := admin_words.find_opener(custom_id):
                await self.administration.words.take(interaction, opener_id)
            elif panel_form := panel_forms.find_panel_form(custom_id):
                await self.settings_panel.take_form(interaction, panel_form)
            else:
                await intake.answer_privately(interaction, texts.unknown_button())
        if interaction.type is discord.InteractionType.component and not views.is_known(custom_id):
            await intake.answer_privately(interaction, texts.unknown_button())


def _bear_what_cannot_be_read(parsers: dict[str, Callable[[Any], None]]) -> None:
    """Keep an event that the library stumbles over from ending the process, as anything raised there would.

    Without what READY brings nothing works: there it is better to end and be started again.
    """

    def bear(name: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
        @functools.wraps(parse)
        def parse_or_log(data: Any) -> None:
            try:
                parse(data)
            except Exception:
                log.exception("event not understood", extra={"gateway_event": name})

        return parse_or_log

    for name in parsers.keys() - {"READY"}:
        parsers[name] = bear(name, parsers[name])
