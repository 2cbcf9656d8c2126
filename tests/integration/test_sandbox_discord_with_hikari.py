"""A second client library, hikari, against the stand-in: it shares no line with discord.py."""

import asyncio

import hikari

from bot.clock import SystemClock
from bot.sandbox.discord import DiscordSandbox
from tests.support.patience import PATIENCE_S


async def test_hikari_logs_in_and_answers_an_interaction() -> None:
    """It registers a command, hears of its guild, answers with an embed, edits with a file, and sees a press."""
    async with DiscordSandbox(clock=SystemClock()) as sandbox:
        guild = sandbox.add_guild("Paper Harbour")
        channel = guild.add_text_channel("pictures")
        alice = guild.add_member("alice")
        bot = hikari.GatewayBot(
            sandbox.token,
            rest_url=sandbox.api_base,
            intents=hikari.Intents.GUILDS | hikari.Intents.GUILD_MESSAGES,
            banner=None,
            logs=None,
        )
        guilds_seen = asyncio.Event()

        @bot.listen()
        async def on_guild(event: hikari.GuildAvailableEvent) -> None:
            guilds_seen.set()

        @bot.listen()
        async def on_interaction(event: hikari.InteractionCreateEvent) -> None:
            interaction = event.interaction
            if isinstance(interaction, hikari.ComponentInteraction):
                await interaction.create_initial_response(hikari.ResponseType.MESSAGE_UPDATE, "pressed", components=[])
                return
            assert isinstance(interaction, hikari.CommandInteraction)
            row = bot.rest.build_message_action_row()
            row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "v1:cancel:7", label="Cancel")
            embed = hikari.Embed(title="Working", description=interaction.options[0].value)
            await interaction.create_initial_response(hikari.ResponseType.MESSAGE_CREATE, embed=embed, component=row)
            await interaction.edit_initial_response("done", attachment=hikari.Bytes(b"exact bytes", "a.txt"))

        await bot.start(check_for_updates=False)
        try:
            await asyncio.wait_for(guilds_seen.wait(), PATIENCE_S)
            application = await bot.rest.fetch_application()
            command = bot.rest.slash_command_builder("imagine", "Draw a picture").add_option(
                hikari.CommandOption(
                    type=hikari.OptionType.STRING, name="prompt", description="What to draw", is_required=True
                )
            )
            await bot.rest.set_application_commands(application.id, [command])
            use = await alice.use(channel, "/imagine", prompt="a paper lighthouse")
            message = await use.message()
            await message.wait_until(lambda seen: seen.attachments)
            assert message.attachments[0].read() == b"exact bytes"
            assert message.states[0].embeds[0]["description"] == "a paper lighthouse"
            await alice.press(message, "Cancel")
            await message.wait_until(lambda seen: seen.content == "pressed")
            assert sandbox.violations == []
        finally:
            await bot.close()
