"""The real discord.py against the stand-in: log in, sync, answer, edit, upload, press, fill in."""

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass

import discord
import pytest
from discord import app_commands
from PIL import Image

from bot.clock import SystemClock
from bot.sandbox.discord import Channel, DiscordSandbox, Fault, Guild, Person, PersonCannot
from tests.support.discord_client import logged_in


def png_bytes(width: int = 20, height: int = 10) -> bytes:
    """Draw a real picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), "navy").save(buffer, "PNG")
    return buffer.getvalue()


class Card(discord.ui.View):
    """Two buttons that stay."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Cancel", custom_id="v1:cancel:7")
    async def cancel(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
        await interaction.response.edit_message(content="cancelled", view=None)

    @discord.ui.button(label="Edit", custom_id="v1:edit:7")
    async def edit(self, interaction: discord.Interaction, button: discord.ui.Button) -> None:
        await interaction.response.send_modal(EditForm())


class EditForm(discord.ui.Modal, title="Edit the picture"):
    """An instruction and pictures."""

    instruction = discord.ui.Label(text="Instruction", component=discord.ui.TextInput(max_length=100))
    pictures = discord.ui.Label(
        text="Pictures", component=discord.ui.FileUpload(min_values=1, max_values=3, required=False)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        uploads = self.pictures.component.values
        data = await uploads[0].read()
        text = f"{self.instruction.component.value} with {uploads[0].filename}, {len(data)} bytes"
        await interaction.response.send_message(text, ephemeral=True)


class Bot(discord.AutoShardedClient):
    """A small bot written as any bot is."""

    def __init__(self, intents: discord.Intents) -> None:
        super().__init__(intents=intents, guild_ready_timeout=0.1)
        self.tree = app_commands.CommandTree(self)
        self.messages_seen: list[discord.Message] = []
        self.tree.command(name="imagine", description="Draw a picture")(self.imagine)
        self.tree.context_menu(name="Edit image")(self.edit_image)

    async def setup_hook(self) -> None:
        self.add_view(Card())
        await self.tree.sync()

    async def on_message(self, message: discord.Message) -> None:
        self.messages_seen.append(message)

    @app_commands.choices(size=[app_commands.Choice(name="16:9 · widescreen", value="16:9")])
    async def imagine(
        self, interaction: discord.Interaction, prompt: app_commands.Range[str, 1, 2000], size: str = "auto"
    ) -> None:
        embed = discord.Embed(title="Working", description=prompt)
        embed.add_field(name="Size", value=size)
        answer = await interaction.response.send_message(embed=embed, view=Card())
        await interaction.edit_original_response(embed=discord.Embed(title="Half way"))
        file = discord.File(io.BytesIO(png_bytes()), filename="lighthouse.png", description="a lighthouse")
        partial = interaction.channel.get_partial_message(answer.message_id)
        await partial.edit(embed=discord.Embed(title="Done"), attachments=[file])

    async def edit_image(self, interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"{message.attachments[0].filename}", ephemeral=True)


@dataclass
class Stage:
    """Everything a test of this module needs."""

    sandbox: DiscordSandbox
    bot: Bot
    guild: Guild
    channel: Channel
    alice: Person


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """A guild, a person, and the bot connected."""
    async with DiscordSandbox(clock=SystemClock()) as sandbox:
        guild = sandbox.add_guild("Paper Harbour")
        channel = guild.add_text_channel("pictures")
        alice = guild.add_member("alice", locale="de")
        intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
        bot = Bot(intents)
        async with logged_in(bot, sandbox, monkeypatch):
            yield Stage(sandbox, bot, guild, channel, alice)


async def test_a_slash_command_is_answered_edited_and_gets_its_file(stage: Stage) -> None:
    """One message goes through all its states, by token and by channel, and ends with the exact bytes."""
    use = await stage.alice.use(stage.channel, "/imagine", prompt="a paper lighthouse", size="16:9 · widescreen")
    message = await use.message()
    await message.wait_until(lambda seen: seen.attachments)
    assert [state.embeds[0]["title"] for state in message.states] == ["Working", "Half way", "Done"]
    assert [state.route.split()[0] for state in message.states] == ["POST", "PATCH", "PATCH"]
    assert message.attachments[0].read() == png_bytes()
    assert (message.attachments[0].width, message.attachments[0].description) == (20, "a lighthouse")
    assert message.labels == ["Cancel", "Edit"]
    assert stage.sandbox.violations == []


async def test_a_button_changes_its_message(stage: Stage) -> None:
    """A press reaches the bot and the message is updated in place."""
    message = await (await stage.alice.use(stage.channel, "/imagine", prompt="x")).message()
    await message.wait_until(lambda seen: seen.attachments)
    press = await stage.alice.press(message, "Cancel")
    assert (await press.answered()).kind == 7
    assert (message.content, message.labels) == ("cancelled", [])
    with pytest.raises(PersonCannot, match="no 'Cancel' here"):
        await stage.alice.press(message, "Cancel")


async def test_a_modal_brings_text_and_files(stage: Stage) -> None:
    """What a person fills in and uploads arrives at the bot, and the private answer at the person."""
    message = await (await stage.alice.use(stage.channel, "/imagine", prompt="x")).message()
    modal = await (await stage.alice.press(message, "Edit")).modal()
    assert modal.title == "Edit the picture"
    sent = await stage.alice.submit(modal, {"Instruction": "add a gull", "Pictures": [("a.png", png_bytes())]})
    answer = await sent.message()
    assert answer.ephemeral
    assert answer.content == f"add a gull with a.png, {len(png_bytes())} bytes"


async def test_a_message_menu_hands_over_the_picture(stage: Stage) -> None:
    """The bot reads the file of a message it could not read otherwise."""
    said = await stage.alice.say(stage.channel, "look", attachments=[("photo.png", png_bytes())])
    answer = await (await stage.alice.menu(said, "Edit image")).message()
    assert (answer.content, answer.ephemeral) == ("photo.png", True)
    [heard] = stage.bot.messages_seen
    assert (heard.content, heard.attachments) == ("", [])


async def test_a_lost_connection_is_resumed_and_nothing_is_missed(stage: Stage) -> None:
    """The library resumes after op 7, and hears the interaction that came meanwhile."""
    stage.sandbox.gateway.ask_to_reconnect()
    use = await stage.alice.use(stage.channel, "/imagine", prompt="x")
    message = await use.message()
    await message.wait_until(lambda seen: seen.attachments)
    assert stage.sandbox.gateway.identifies == 1


async def test_the_library_waits_out_a_rate_limit(stage: Stage) -> None:
    """A 429 with Via is repeated by the webhook adapter, and the message ends up the same."""
    route = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"
    stage.sandbox.faults.inject(route, Fault.rate_limited(0.01))
    use = await stage.alice.use(stage.channel, "/imagine", prompt="x")
    message = await use.message()
    await message.wait_until(lambda seen: seen.attachments)
    statuses = [each.status for each in stage.sandbox.journal.calls("PATCH", "/webhooks/")]
    assert statuses == [429, 200]
