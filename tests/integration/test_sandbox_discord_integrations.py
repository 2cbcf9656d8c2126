"""What a server's Integrations page says is told to the bot, and a person's client keeps to it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from bot.clock import SystemClock
from bot.sandbox.discord import Channel, DiscordSandbox, Guild, Permission, Person, PersonCannot, Role
from tests.support.discord_caller import IMAGINE, DiscordCaller, GatewayCaller

SUB = {"type": 1, "name": "usage", "description": "u"}
ADMIN = {"name": "admin", "description": "a", "options": [SUB], "default_member_permissions": "32"}


@dataclass(kw_only=True)
class Stage:
    """A server with a command for everybody, one for managers, and a member with a role."""

    sandbox: DiscordSandbox
    caller: DiscordCaller
    guild: Guild
    channel: Channel
    painters: Role
    alice: Person

    @property
    def path(self) -> str:
        """Return the path of the permissions of all commands."""
        return f"/applications/{self.sandbox.application.id}/guilds/{self.guild.id}/commands"

    async def offers(self, command: str, *, channel: Channel | None = None, person: Person | None = None) -> bool:
        """Tell whether a person's client offers a command."""
        options = {"prompt": "x"} if command == "/imagine" else {}
        try:
            await (person or self.alice).use(channel or self.channel, command, **options)
        except PersonCannot as refusal:
            if "not offered" not in str(refusal):
                raise
            return False
        return True


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Open the stage."""
    async with DiscordSandbox(clock=SystemClock()) as sandbox, DiscordCaller(sandbox) as caller:
        guild = sandbox.add_guild("Paper Harbour")
        painters = guild.add_role("painters")
        await caller.register(IMAGINE, ADMIN, {"name": "Edit image", "type": 3})
        yield Stage(
            sandbox=sandbox,
            caller=caller,
            guild=guild,
            channel=guild.add_text_channel("pictures"),
            painters=painters,
            alice=guild.add_member("alice", roles=[painters]),
        )


async def test_a_role_can_be_given_what_its_permissions_deny(stage: Stage) -> None:
    """And a single person denied it again; taken back, the default permissions hold."""
    assert not await stage.offers("/admin usage")
    stage.guild.override_command("/admin", stage.painters, allowed=True)
    assert await stage.offers("/admin usage")
    stage.guild.override_command("/admin", stage.alice, allowed=False)
    assert not await stage.offers("/admin usage")
    stage.guild.override_command("/admin", stage.alice, allowed=None)
    assert await stage.offers("/admin usage")
    stage.guild.override_command("/admin", stage.painters, allowed=None)
    assert not await stage.offers("/admin usage")


async def test_a_command_can_be_taken_out_of_channels(stage: Stage) -> None:
    """A thread goes with its channel; all channels but one; administrators are never asked."""
    elsewhere = stage.guild.add_text_channel("talk")
    stage.guild.override_command("/imagine", stage.channel, allowed=False)
    assert not await stage.offers("/imagine", channel=stage.channel.add_thread("results"))
    assert await stage.offers("/imagine", channel=elsewhere)
    stage.guild.override_command("/imagine", stage.guild, allowed=False)
    assert not await stage.offers("/imagine", channel=elsewhere)
    stage.guild.override_command("/imagine", elsewhere, allowed=True)
    assert await stage.offers("/imagine", channel=elsewhere)
    boss = stage.guild.add_member(
        "boss", roles=[stage.guild.add_role("bosses", permissions=Permission.ADMINISTRATOR, below_bot=False)]
    )
    assert await stage.offers("/imagine", person=boss)


async def test_the_whole_application_can_be_kept_from_everybody_but_some(stage: Stage) -> None:
    """Who may use the application still needs each command's own permissions."""
    bob = stage.guild.add_member("bob")
    stage.guild.override_command(None, stage.guild.everyone, allowed=False)
    stage.guild.override_command(None, stage.painters, allowed=True)
    assert await stage.offers("/imagine")
    assert not await stage.offers("/imagine", person=bob)
    assert not await stage.offers("/admin usage")
    said = await bob.say(stage.channel, "hello")
    with pytest.raises(PersonCannot, match="not offered"):
        await bob.menu(said, "Edit image")
    stage.guild.override_command("Edit image", bob, allowed=True)
    await bob.menu(said, "Edit image")


async def test_settings_are_told_and_can_be_read(stage: Stage) -> None:
    """The event goes to everybody, with any intents; one command's are 10066 while there are none."""
    [_, admin, _] = stage.sandbox.application.commands_in(None)
    one = f"{stage.path}/{admin['id']}/permissions"
    assert (await stage.caller.call("GET", one))[1]["code"] == 10066
    async with GatewayCaller(stage.sandbox) as gateway:
        await gateway.identify(intents=0)
        stage.guild.override_command("/admin", stage.guild, allowed=False)
        stage.guild.override_command("/admin", stage.alice, allowed=True)
        await gateway.until("APPLICATION_COMMAND_PERMISSIONS_UPDATE")
        told = await gateway.until("APPLICATION_COMMAND_PERMISSIONS_UPDATE")
    assert told == {
        "id": admin["id"],
        "application_id": str(stage.sandbox.application.id),
        "guild_id": str(stage.guild.id),
        "permissions": [
            {"id": str(stage.guild.id - 1), "type": 3, "permission": False},
            {"id": str(stage.alice.id), "type": 2, "permission": True},
        ],
    }
    assert await stage.caller.call("GET", one) == (200, told)
    assert await stage.caller.call("GET", f"{stage.path}/permissions") == (200, [told])
    assert (await stage.caller.call("PUT", one, {"permissions": []}))[0] == 405


@pytest.mark.parametrize("how", ["deleted", "renamed", "overwritten", "removed"])
async def test_settings_go_with_what_they_were_set_for(stage: Stage, how: str) -> None:
    """A command that is deleted or renamed loses them, and so do all when the bot is thrown out."""
    stage.guild.override_command("/admin", stage.painters, allowed=True)
    commands = f"/applications/{stage.sandbox.application.id}/commands"
    [_, admin, _] = stage.sandbox.application.commands_in(None)
    if how == "deleted":
        await stage.caller.call("DELETE", f"{commands}/{admin['id']}")
    elif how == "renamed":
        await stage.caller.call("PATCH", f"{commands}/{admin['id']}", {"name": "manage"})
    elif how == "overwritten":
        await stage.caller.register(IMAGINE)
    else:
        stage.guild.remove_bot()
        stage.guild.invite_bot()
    assert await stage.caller.call("GET", f"{stage.path}/permissions") == (200, [])


async def test_settings_stay_when_commands_are_registered_again(stage: Stage) -> None:
    """A known name keeps its id, and with it what was set."""
    stage.guild.override_command("/admin", stage.painters, allowed=True)
    await stage.caller.register({**ADMIN, "description": "for managers"})
    assert await stage.offers("/admin usage")
    with pytest.raises(ValueError, match="no command"):
        stage.guild.override_command("/imagine", stage.painters, allowed=True)
