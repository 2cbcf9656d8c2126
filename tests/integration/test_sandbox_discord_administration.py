"""What administrators do, with the real discord.py: grouped commands, panels, charts, roles, people who left."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import discord
import pytest
from discord import app_commands, ui

from bot.clock import SystemClock
from bot.sandbox.discord import Channel, DiscordSandbox, Guild, Permission, Person, PersonCannot
from tests.support.discord_client import logged_in
from tests.support.patience import PATIENCE_S

CHART, LEDGER = b"\x89PNG\r\n\x1a\n not quite a picture", b"job,images\n1,1\n"


class Panel(ui.LayoutView):
    """Settings of a server on one page of version 2."""

    def __init__(self, *, note: str = "nothing changed yet", roles: list[Any] | None = None) -> None:
        super().__init__(timeout=None)
        where = ui.ChannelSelect(custom_id="where", channel_types=[discord.ChannelType.text], min_values=0)
        roles_menu = ui.RoleSelect(
            custom_id="roles",
            placeholder="Roles",
            min_values=0,
            max_values=5,
            default_values=[discord.SelectDefaultValue.from_role(each) for each in roles or []],
        )
        who = ui.UserSelect(custom_id="who", min_values=0)
        zone = ui.Select(custom_id="zone", placeholder="Time zone", options=[discord.SelectOption(label="UTC")])
        words = ui.Button(custom_id="words", label="Words")
        rows = [ui.ActionRow(each) for each in (where, roles_menu, who, zone)]
        section = ui.Section(ui.TextDisplay("Forbidden words"), accessory=words)
        self.add_item(ui.Container(ui.TextDisplay("## Settings"), *rows, section, ui.TextDisplay(note)))


class WordsForm(ui.Modal, title="Forbidden words"):
    """A text over several lines that stands there already and may be emptied, and a choice."""

    words = ui.Label(
        text="Words",
        component=ui.TextInput(style=discord.TextStyle.paragraph, default="gull\nboat", required=False),
    )
    reply = ui.Label(
        text="Replies",
        component=ui.Select(options=[discord.SelectOption(label="ask"), discord.SelectOption(label="off")]),
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        listed = f"{self.words.component.value!r}, {self.reply.component.values}"
        await interaction.response.edit_message(view=Panel(note=listed))


class Quota(app_commands.Group):
    """The group below the group."""

    def __init__(self) -> None:
        super().__init__(name="quota", description="Limits")

    @app_commands.command(name="set", description="Set a limit")
    async def set_limit(  # noqa: PLR0917 - the library reads a command's options from its parameters
        self,
        interaction: discord.Interaction,
        limit: app_commands.Range[int, 0, 1000],
        price: float = 1.0,
        rolling: bool = False,
        person: discord.User | None = None,
        role: discord.Role | None = None,
        channel: discord.TextChannel | None = None,
        subject: discord.Member | discord.Role | None = None,
        note: discord.Attachment | None = None,
        zone: str = "UTC",
    ) -> None:
        given = (limit, price, rolling, zone)
        pointed = [each for each in (person, role, channel, subject) if each is not None]
        kinds = [f"{type(each).__name__} {each}" for each in pointed]
        read = len(await note.read()) if note else 0
        await interaction.response.send_message(f"{given} {kinds} {read}", ephemeral=True)

    @set_limit.autocomplete("zone")
    async def suggest(self, interaction: discord.Interaction, current: str) -> list[app_commands.Choice[str]]:
        name = f"{current} for {type(interaction.namespace.person).__name__} {interaction.namespace.limit}"
        return [app_commands.Choice(name=name, value="Europe/Berlin")]


class Admin(app_commands.Group):
    """Commands of administrators."""

    def __init__(self) -> None:
        super().__init__(
            name="admin",
            description="Administer",
            default_permissions=discord.Permissions(manage_guild=True),
            allowed_contexts=app_commands.AppCommandContext(guild=True),
            allowed_installs=app_commands.AppInstallationType(guild=True),
        )
        self.add_command(Quota())

    @app_commands.command(description="Open the panel")
    async def settings(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        await interaction.edit_original_response(view=Panel())

    @app_commands.command(description="Show a chart")
    async def usage(self, interaction: discord.Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        chart = discord.File(io.BytesIO(CHART), filename="usage.png", description="pictures per day")
        await interaction.edit_original_response(content="Usage", attachments=[chart])
        ledger = discord.File(io.BytesIO(LEDGER), filename="ledger.csv")
        await interaction.followup.send("The ledger", file=ledger, ephemeral=True, silent=True)
        await interaction.channel.send("one quiet line", silent=True)

    @app_commands.command(description="Block a member")
    async def block(self, interaction: discord.Interaction, member: discord.Member) -> None:
        raise AssertionError("nobody who left gets here")


class Bot(discord.AutoShardedClient):
    """A small bot with a command for managers and one for all places."""

    def __init__(self, intents: discord.Intents) -> None:
        super().__init__(
            intents=intents,
            guild_ready_timeout=0.1,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
        )
        self.tree = app_commands.CommandTree(self)
        self.tree.add_command(Admin())
        self.tree.command(name="quota", description="What is left")(self.quota)
        self.tree.error(self.note_error)
        self.heard: list[tuple[str, Any]] = []
        self.errors: list[BaseException] = []

    async def setup_hook(self) -> None:
        await self.tree.sync()

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        self.heard.append((event, args))
        super().dispatch(event, *args, **kwargs)

    async def note_error(self, interaction: discord.Interaction, error: app_commands.AppCommandError) -> None:
        self.errors.append(error)
        await interaction.response.send_message("no", ephemeral=True)

    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def quota(self, interaction: discord.Interaction) -> None:
        known = interaction.guild_id is not None and self.get_guild(interaction.guild_id) is not None
        context = next(name for name, is_on in (("guild", interaction.context.guild), ("dm", True)) if is_on)
        context = "private" if interaction.context.private_channel else context
        may = interaction.app_permissions
        integrations = (interaction.is_guild_integration(), interaction.is_user_integration())
        text = f"{context} {known} {integrations} {may.attach_files} {may.external_emojis} {may.view_channel}"
        await interaction.response.send_message(text)

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        if interaction.type is not discord.InteractionType.component:
            return
        name, values = interaction.data["custom_id"], interaction.data.get("values")
        if name == "words":
            await interaction.response.send_modal(WordsForm(timeout=60))
        elif name == "roles":
            roles = [discord.Object(int(each), type=discord.Role) for each in values]
            await interaction.response.edit_message(view=Panel(note=f"roles {len(values)}", roles=roles))
        else:
            await interaction.response.defer()
            await interaction.edit_original_response(view=Panel(note=f"{name} {len(values)}"))


@dataclass
class Stage:
    """A server, a manager, a member, and the bot connected."""

    sandbox: DiscordSandbox
    bot: Bot
    guild: Guild
    channel: Channel
    manager: Person
    alice: Person

    async def heard(self, event: str) -> Any:
        """Return the first argument of the next event of that name; events before it are forgotten."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                while self.bot.heard:
                    name, args = self.bot.heard.pop(0)
                    if name == event:
                        return args[0]
                await asyncio.sleep(0.001)


@pytest.fixture
async def stage(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    """Open the stage; nothing that no faithful client does may have been seen in the end."""
    async with DiscordSandbox(clock=SystemClock()) as sandbox:
        guild = sandbox.add_guild("Paper Harbour")
        channel = guild.add_text_channel("pictures")
        managers = guild.add_role("managers", permissions=Permission.MANAGE_GUILD)
        bot = Bot(discord.Intents(guilds=True, guild_messages=True, dm_messages=True))
        async with logged_in(bot, sandbox, monkeypatch):
            manager, alice = guild.add_member("manager", roles=[managers]), guild.add_member("alice")
            yield Stage(sandbox, bot, guild, channel, manager, alice)
        assert sandbox.violations == []


async def test_roles_stand_below_and_above_the_bots_own_as_the_library_sees_it(stage: Stage) -> None:
    """`guild.me.top_role` works without any cached members; moves and deletions arrive."""
    below, above = stage.guild.add_role("painters"), stage.guild.add_role("bosses", below_bot=False)
    while (created := await stage.heard("guild_role_create")).id != above.id:
        pass
    known = created.guild
    assert known.me.top_role.id == stage.guild.bot_role.id
    assert known.get_role(below.id) < known.me.top_role < known.get_role(above.id)
    assert known.me.top_role.is_bot_managed()
    stage.guild.move_role(below, above=above)
    while known.get_role(below.id) < known.get_role(above.id):
        await stage.heard("guild_role_update")
    stage.guild.remove_role(below)
    assert (await stage.heard("guild_role_delete")).id == below.id
    assert known.get_role(below.id) is None


async def test_a_bot_that_was_thrown_out_and_invited_again_hears_of_both(stage: Stage) -> None:
    """Removal and joining; an outage is neither."""
    stage.guild.become_unavailable()
    assert (await stage.heard("guild_unavailable")).id == stage.guild.id
    stage.guild.become_available()
    assert (await stage.heard("guild_available")).id == stage.guild.id
    stage.guild.remove_bot()
    assert (await stage.heard("guild_remove")).id == stage.guild.id
    stage.guild.invite_bot()
    joined = await stage.heard("guild_join")
    assert joined.me.top_role.id == stage.guild.bot_role.id
    stage.channel.delete()
    assert (await stage.heard("guild_channel_delete")).id == stage.channel.id


async def test_somebody_who_left_is_a_user_and_no_member(stage: Stage) -> None:
    """An option for accounts still takes them, one for members does not, and they cannot be fetched."""
    stage.guild.remove_member(stage.alice)
    use = await stage.manager.use(stage.channel, "/admin quota set", limit=3, person=stage.alice)
    assert "['User alice']" in (await use.message()).content
    use = await stage.manager.use(stage.channel, "/admin block", member=stage.alice)
    assert (await use.message()).content == "no"
    assert isinstance(stage.bot.errors[0], app_commands.TransformerError)
    with pytest.raises(discord.NotFound) as refused:
        await stage.bot.get_guild(stage.guild.id).fetch_member(stage.alice.id)
    assert refused.value.code == 10007


async def test_a_command_in_a_group_of_a_group_takes_options_of_every_type(stage: Stage) -> None:
    """Numbers, truth, accounts, roles, channels, either, files."""
    role = stage.guild.add_role("painters")
    use = await stage.manager.use(
        stage.channel,
        "/admin quota set",
        limit=3,
        price=0.5,
        rolling=True,
        person=stage.alice,
        role=role,
        channel=stage.channel,
        subject=stage.alice,
        note=("note.txt", b"12345"),
        zone="Asia/Tokyo",
    )
    given, pointed = "(3, 0.5, True, 'Asia/Tokyo')", "'Member alice', 'Role painters', 'TextChannel pictures'"
    assert (await use.message()).content == f"{given} [{pointed}, 'Member alice'] 5"
    thread = stage.channel.add_thread("results")
    for wrong in ({"limit": 1001}, {"limit": 1, "price": "x"}, {"limit": 1, "channel": thread}, {}):
        with pytest.raises(PersonCannot):
            await stage.manager.use(stage.channel, "/admin quota set", **wrong)


async def test_suggestions_within_a_group_know_what_else_was_typed_by_id_only(stage: Stage) -> None:
    """Discord resolves nothing while somebody is typing; nothing required need be there."""
    typed = {"focused": "zone", "value": "Ber"}
    use = await stage.manager.autocomplete(stage.channel, "/admin quota set", **typed, person=stage.alice, limit=3)
    assert await use.choices() == [{"name": "Ber for Object 3", "value": "Europe/Berlin"}]
    use = await stage.manager.autocomplete(stage.channel, "/admin quota set", **typed)
    assert (await use.choices())[0]["name"] == "Ber for NoneType None"


async def test_a_group_is_offered_to_managers_until_the_server_says_otherwise(stage: Stage) -> None:
    """The library hears of the setting and can read it."""
    with pytest.raises(PersonCannot, match="permissions 32"):
        await stage.alice.use(stage.channel, "/admin usage")
    stage.guild.override_command("/admin", stage.alice, allowed=True)
    stage.guild.override_command("/admin", stage.guild, allowed=False)
    with pytest.raises(PersonCannot, match="Integrations"):
        await stage.manager.use(stage.channel, "/admin usage")
    stage.guild.override_command("/admin", stage.channel, allowed=True)
    await (await stage.alice.use(stage.channel, "/admin usage")).followup()
    update = await stage.heard("raw_app_command_permissions_update")
    assert (update.guild.id, update.permissions[0].permission) == (stage.guild.id, True)
    [admin] = [each for each in await stage.bot.tree.fetch_commands() if each.name == "admin"]
    read = await admin.fetch_permissions(stage.guild)
    assert [(each.id, each.permission) for each in read.permissions] == [
        (stage.alice.id, True),
        (stage.guild.id - 1, False),
        (stage.channel.id, True),
    ]


async def test_a_panel_of_version_2_is_sent_privately_and_changed_in_place(stage: Stage) -> None:
    """After a defer, by type 7 and by the token; what is chosen stands there as a default and can be taken back."""
    managers, painters = stage.guild.roles[0], stage.guild.add_role("painters")
    panel = await (await stage.manager.use(stage.channel, "/admin settings")).message()
    await panel.wait_until(lambda seen: seen.texts)
    assert (panel.ephemeral, panel.content) == (True, "")
    assert panel.texts == ["## Settings", "Forbidden words", "nothing changed yet"]
    assert panel.part("where")["channel_types"] == [0]
    press = await stage.manager.select(panel, "Roles", managers, painters)
    assert (await press.answered()).kind == 7
    assert panel.texts[-1] == "roles 2"
    assert [each["id"] for each in panel.part("roles")["default_values"]] == [str(managers.id), str(painters.id)]
    await (await stage.manager.select(panel, "Roles")).answered()
    assert panel.texts[-1] == "roles 0"
    assert not panel.part("roles").get("default_values")
    for menu, chosen in (("where", [stage.channel]), ("who", [stage.alice]), ("who", []), ("Time zone", ["UTC"])):
        await stage.manager.select(panel, menu, *chosen)
        wanted = f"{panel.part(menu)['custom_id']} {len(chosen)}"
        await panel.wait_until(lambda seen, wanted=wanted: seen.texts[-1] == wanted)
    thread = stage.channel.add_thread("results")
    for person, menu, chosen in (
        (stage.manager, "where", [thread]),
        (stage.manager, "Roles", [stage.alice]),
        (stage.manager, "Time zone", []),
        (stage.alice, "who", [stage.alice]),
    ):
        with pytest.raises(PersonCannot):
            await person.select(panel, menu, *chosen)


async def test_a_text_of_several_lines_stands_in_its_form_and_can_be_changed_or_emptied(stage: Stage) -> None:
    """Untouched it comes back as it stood; the choice beside it is required."""
    panel = await (await stage.manager.use(stage.channel, "/admin settings")).message()
    await panel.wait_until(lambda seen: seen.texts)
    for words, told in (({}, "gull\nboat"), ({"Words": "a\nb"}, "a\nb"), ({"Words": ""}, "")):
        form = await (await stage.manager.press(panel, "Words")).modal()
        with pytest.raises(PersonCannot):
            await stage.manager.submit(form, {**words, "Replies": []})
        sent = await stage.manager.submit(form, {**words, "Replies": ["ask"]})
        assert (await sent.answered()).kind == 7
        assert panel.texts[-1] == f"{told!r}, ['ask']"


async def test_a_chart_and_a_table_arrive_privately_byte_for_byte(stage: Stage) -> None:
    """In the edit of a private answer and in a private follow-up; a line in the channel makes no sound."""
    use = await stage.manager.use(stage.channel, "/admin usage")
    ledger, answer = await use.followup(), await use.message()
    assert (answer.ephemeral, answer.silent, answer.attachments[0].filename) == (True, False, "usage.png")
    assert (answer.attachments[0].read(), answer.attachments[0].description) == (CHART, "pictures per day")
    assert (ledger.ephemeral, ledger.silent, ledger.attachments[0].content_type) == (True, True, "text/csv")
    assert ledger.attachments[0].read() == LEDGER
    quiet = await stage.heard("message")
    while quiet.content != "one quiet line":
        quiet = await stage.heard("message")
    assert quiet.flags.suppress_notifications
    assert stage.channel.messages[quiet.id].silent
    with pytest.raises(PersonCannot, match="private"):
        await stage.alice.press(answer, "x")


def _in_guild(stage: Stage) -> Channel:
    return stage.channel


def _elsewhere(stage: Stage) -> Channel:
    guild = stage.sandbox.add_guild("Far Shore", with_bot=False)
    guild.admit(stage.alice)
    return guild.add_text_channel("talk")


def _direct(stage: Stage) -> Channel:
    return stage.sandbox.world.direct_channel(stage.alice)


def _with_bob(stage: Stage) -> Channel:
    return stage.sandbox.add_private_channel(stage.alice, stage.guild.add_member("bob"))


@pytest.mark.parametrize(
    ("place", "installed", "answer"),
    [
        (_in_guild, False, "guild True (True, False) True False True"),
        (_in_guild, True, "guild True (True, True) True False True"),
        (_elsewhere, True, "guild False (False, True) True False False"),
        (_elsewhere, False, None),
        (_direct, False, "dm False (False, False) True True False"),
        (_direct, True, "dm False (False, True) True True False"),
        (_with_bob, True, "private False (False, True) True False False"),
        (_with_bob, False, None),
    ],
)
async def test_a_command_for_all_places_works_where_the_bot_or_the_person_brought_it(
    stage: Stage, place: Callable[[Stage], Channel], installed: bool, answer: str | None
) -> None:
    """Context, known server, owners and permissions as the library reads them; the managers' command is not there."""
    channel = place(stage)
    stage.alice.installed_app = installed
    if answer is None:
        with pytest.raises(PersonCannot, match="not installed"):
            await stage.alice.use(channel, "/quota")
        return
    use = await stage.alice.use(channel, "/quota")
    assert (await use.message()).content == answer
    if place is not _in_guild:
        with pytest.raises(PersonCannot, match="not offered"):
            await stage.alice.use(channel, "/admin usage")


async def test_where_external_apps_are_not_allowed_a_user_install_answers_in_private(stage: Stage) -> None:
    """The person's own permission in that channel decides (discord.md 1)."""
    channel = _elsewhere(stage)
    stage.alice.installed_app = True
    assert not (await (await stage.alice.use(channel, "/quota")).message()).ephemeral
    channel.deny(stage.alice, Permission.USE_EXTERNAL_APPS)
    assert (await (await stage.alice.use(channel, "/quota")).message()).ephemeral
