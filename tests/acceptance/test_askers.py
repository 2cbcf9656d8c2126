"""Who asks, and where, is learnt from what Discord sends along: rules for roles and channels hold whichever way."""

from typing import Any

from bot.sandbox.discord import Permission, Person
from tests.support.house import House
from tests.support.server_settings import set_settings


async def limited(house: House, **options: Any) -> None:
    """Let an administrator set a limit."""
    role = house.guild.add_role("administrators", permissions=Permission.MANAGE_GUILD)
    carol: Person = house.guild.add_member("carol", roles=[role])
    message = await (await carol.use(house.channel, "/admin quota set", **options)).message()
    await message.wait_until(lambda seen: "**For" in seen.content)


async def test_the_rule_of_a_role_holds_while_a_server_is_still_being_loaded(house: House) -> None:
    """The library knows no roles then, and would leave them out."""
    guests = house.guild.add_role("guests")
    house.guild.change_roles(house.alice, [guests])
    async with house.bot():
        await limited(house, limit="0", role=guests)
    house.guild.become_unavailable()
    async with house.bot() as running:
        await house.until(lambda: running.client.guilds)
        assert "guests" not in [role.name for guild in running.client.guilds for role in guild.roles]
        refused = await house.imagine()
        assert f"<@&{guests.id}>" in refused.content
    assert house.tasks == []


async def test_the_rule_of_a_role_holds_for_a_reply(house: House) -> None:
    """Its author's roles come with the message."""
    guests = house.guild.add_role("guests")
    async with house.bot():
        await limited(house, limit="0", role=guests)
        picture = await house.imagine(house.bob)
        await house.until(lambda: picture.attachments)
        house.guild.change_roles(house.alice, [guests])
        posted = len(house.channel.messages)
        await house.alice.say(house.channel, f"{house.discord.application.bot.mention} make it night", reply_to=picture)
        await house.until(lambda: len(house.channel.messages) == posted + 2)
        assert f"<@&{guests.id}>" in list(house.channel.messages.values())[-1].content
    assert len(house.tasks) == 1


async def test_a_thread_is_denied_with_its_channel(house: House) -> None:
    """And may not be used to get round it."""
    thread = house.channel.add_thread("behind the harbour")
    async with house.bot():
        await set_settings(house, denied_channels=[house.channel.id])
        refused = await (await house.alice.use(thread, "/imagine", prompt="a paper lighthouse")).message()
        assert "No pictures are made in this channel" in refused.content
    assert house.tasks == []
