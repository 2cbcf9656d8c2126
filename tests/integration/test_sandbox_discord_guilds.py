"""Roles, members and the bot come, move and go; the gateway tells of it, and REST knows no more of who left."""

from collections.abc import AsyncIterator

import pytest

from bot.sandbox.discord import DiscordSandbox, Guild, Permission, PersonCannot
from tests.support.clock import ManualClock
from tests.support.discord_caller import DiscordCaller, GatewayCaller

GUILDS, GUILD_MEMBERS = 1 << 0, 1 << 1


@pytest.fixture
async def sandbox() -> AsyncIterator[DiscordSandbox]:
    """Open a sandbox with the clock at rest."""
    async with DiscordSandbox(clock=ManualClock()) as opened:
        yield opened


def order(guild: Guild) -> list[str]:
    """Return the names of the roles from the lowest to the highest, after proving their numbers."""
    assert [role.position for role in guild.roles] == list(range(1, len(guild.roles) + 1))
    return [role.name for role in guild.roles]


async def test_roles_come_below_the_bot_or_above_it_and_can_be_dragged(sandbox: DiscordSandbox) -> None:
    """Numbers are told of every role that has a new place, and of no other."""
    guild = sandbox.add_guild("Paper Harbour")
    async with GatewayCaller(sandbox) as gateway:
        await gateway.identify()
        await gateway.until("GUILD_CREATE")
        painters = guild.add_role("painters")
        assert (await gateway.until("GUILD_ROLE_CREATE"))["role"]["position"] == 1
        moved = await gateway.until("GUILD_ROLE_UPDATE")
        assert (moved["role"]["id"], moved["role"]["position"]) == (str(guild.bot_role.id), 2)
        bosses = guild.add_role("bosses", below_bot=False)
        assert (await gateway.until("GUILD_ROLE_CREATE"))["role"]["position"] == 3
        assert order(guild) == ["painters", "sandbox-bot", "bosses"]
        guild.move_role(painters, above=bosses)
        told = [(await gateway.until("GUILD_ROLE_UPDATE"))["role"]["name"] for _ in range(3)]
        assert told == order(guild) == ["sandbox-bot", "bosses", "painters"]
        guild.move_role(bosses, above=guild.everyone)
        assert order(guild) == ["bosses", "sandbox-bot", "painters"]
        guild.change_role(painters, name="artists", permissions=Permission.MANAGE_GUILD)
        while (changed := await gateway.until("GUILD_ROLE_UPDATE"))["role"]["name"] != "artists":
            pass
        assert changed["role"]["permissions"] == str(1 << 5)


async def test_a_deleted_role_is_lost_by_its_members_and_channels(sandbox: DiscordSandbox) -> None:
    """GUILD_ROLE_DELETE, overwrites without it, 10011; the bot's own and @everyone cannot be deleted."""
    guild = sandbox.add_guild("Paper Harbour")
    channel, untouched = guild.add_text_channel("pictures"), guild.add_text_channel("talk")
    role = guild.add_role("painters")
    alice = guild.add_member("alice", roles=[role])
    channel.allow(role, Permission.MANAGE_MESSAGES)
    async with GatewayCaller(sandbox) as gateway, DiscordCaller(sandbox) as caller:
        path = f"/guilds/{guild.id}/roles/{role.id}"
        assert (await caller.call("GET", path))[1]["name"] == "painters"
        await gateway.identify()
        guild.remove_role(role)
        assert await gateway.until("GUILD_ROLE_DELETE") == {"guild_id": str(guild.id), "role_id": str(role.id)}
        assert (await gateway.until("CHANNEL_UPDATE"))["permission_overwrites"] == []
        assert guild.members[alice.id].roles == []
        assert (await caller.call("GET", path))[1]["code"] == 10011
        untouched.delete()
        await gateway.until("CHANNEL_DELETE")
        assert [each["t"] for each in gateway.received].count("CHANNEL_UPDATE") == 1
    for kept in (guild.everyone, guild.bot_role):
        with pytest.raises(ValueError, match="nobody can delete"):
            guild.remove_role(kept)


@pytest.mark.parametrize("has_intent", [True, False])
async def test_a_member_who_leaves_is_told_with_the_members_intent_only(
    sandbox: DiscordSandbox, has_intent: bool
) -> None:
    """They see nothing any more, and REST answers 10007."""
    sandbox.application.members_granted = True
    guild = sandbox.add_guild("Paper Harbour")
    channel = guild.add_text_channel("pictures")
    alice = guild.add_member("alice")
    async with GatewayCaller(sandbox) as gateway, DiscordCaller(sandbox) as caller:
        await gateway.identify(intents=GUILDS | (GUILD_MEMBERS if has_intent else 0))
        path = f"/guilds/{guild.id}/members/{alice.id}"
        assert (await caller.call("GET", path))[0] == 200
        guild.remove_member(alice)
        channel.delete()
        await gateway.until("CHANNEL_DELETE")
        left = [each["d"]["user"]["username"] for each in gateway.received if each["t"] == "GUILD_MEMBER_REMOVE"]
        assert left == (["alice"] if has_intent else [])
        assert (await caller.call("GET", path)) == (404, {"message": "Unknown Member", "code": 10007})
    with pytest.raises(PersonCannot, match="cannot see"):
        await alice.say(channel, "hello?")
    for who in (guild.owner, sandbox.world.bot):
        with pytest.raises(ValueError, match="cannot leave"):
            guild.remove_member(who)


async def test_a_form_of_a_member_who_left_cannot_be_sent(sandbox: DiscordSandbox) -> None:
    """What was open on their screen goes with them."""
    guild = sandbox.add_guild("Paper Harbour")
    channel = guild.add_text_channel("pictures")
    alice = guild.add_member("alice")
    async with DiscordCaller(sandbox) as caller:
        await caller.register()
        use = await alice.use(channel, "/imagine", prompt="x")
        field = {"type": 18, "label": "Text", "component": {"type": 4, "custom_id": "t", "style": 1}}
        await caller.answer(use, 9, {"custom_id": "form", "title": "Edit", "components": [field]})
        form = await use.modal()
        guild.remove_member(alice)
        with pytest.raises(PersonCannot, match="cannot see"):
            await alice.submit(form, {"Text": "x"})


async def test_a_bot_thrown_out_can_be_invited_again(sandbox: DiscordSandbox) -> None:
    """Removal has no `unavailable`, a fresh invitation neither; the role that came with the bot is a new one."""
    guild = sandbox.add_guild("Paper Harbour")
    guild.add_role("painters")
    first_role = guild.bot_role
    async with GatewayCaller(sandbox) as gateway, DiscordCaller(sandbox) as caller:
        await gateway.identify()
        assert (await gateway.until("GUILD_CREATE"))["unavailable"] is False
        guild.remove_bot()
        assert await gateway.until("GUILD_DELETE") == {"id": str(guild.id)}
        assert (order(guild), guild.bot_role) == (["painters"], None)
        assert (await caller.call("GET", f"/guilds/{guild.id}"))[1]["code"] == 50001
        guild.invite_bot()
        back = await gateway.until("GUILD_CREATE")
        assert "unavailable" not in back
        assert order(guild) == ["sandbox-bot", "painters"]
        assert guild.bot_role is not first_role
        assert [each["roles"] for each in back["members"]] == [[str(guild.bot_role.id)]]
    with pytest.raises(ValueError, match="already"):
        guild.invite_bot()


async def test_an_outage_is_no_removal(sandbox: DiscordSandbox) -> None:
    """`unavailable` is true then, for who is connected and for who comes meanwhile."""
    guild = sandbox.add_guild("Paper Harbour")
    async with GatewayCaller(sandbox) as gateway:
        await gateway.identify()
        guild.become_unavailable()
        assert await gateway.until("GUILD_DELETE") == {"id": str(guild.id), "unavailable": True}
        async with GatewayCaller(sandbox) as late:
            await late.identify()
            assert (await late.until("GUILD_DELETE"))["unavailable"] is True
            guild.become_available()
            assert (await late.until("GUILD_CREATE"))["unavailable"] is False
        await gateway.until("GUILD_CREATE")


async def test_a_deleted_channel_takes_its_threads_along(sandbox: DiscordSandbox) -> None:
    """Only the channel is told of; both are unknown afterwards."""
    guild = sandbox.add_guild("Paper Harbour")
    channel = guild.add_text_channel("pictures")
    thread = channel.add_thread("results")
    async with GatewayCaller(sandbox) as gateway, DiscordCaller(sandbox) as caller:
        await gateway.identify()
        channel.delete()
        guild.add_role("painters")
        await gateway.until("GUILD_ROLE_CREATE")
        names = [each["t"] for each in gateway.received]
        assert ("CHANNEL_DELETE" in names, "THREAD_DELETE" in names) == (True, False)
        for gone in (channel, thread):
            assert gone.deleted
            assert (await caller.call("GET", f"/channels/{gone.id}"))[1]["code"] == 10003
