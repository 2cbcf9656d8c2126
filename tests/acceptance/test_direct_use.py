"""Outside of servers that have the bot: direct messages, and where people bring it along, as the operator allows it."""

import hashlib

import pytest

from bot.sandbox.discord import Message, PersonCannot
from tests.support.house import House, words


def is_of(message: Message, house: House) -> bool:
    return hashlib.sha256(message.attachments[0].read()).hexdigest() == house.tasks[-1].results[0].sha256


async def test_without_the_operators_leave_it_is_not_offered(house: House) -> None:
    """No command is there, in direct messages or elsewhere."""
    direct = await house.alice.direct_messages()
    async with house.bot():
        with pytest.raises(PersonCannot):
            await house.alice.use(direct, "/imagine", prompt="a paper lighthouse")


async def test_in_direct_messages_the_direct_limit_holds(house: House) -> None:
    """It counts what was made outside of servers, and nothing that was made in one."""
    direct = await house.alice.direct_messages()
    async with house.bot(direct_images_per_day=1):
        in_server = await house.imagine()
        message = await (await house.alice.use(direct, "/imagine", prompt="a paper lighthouse")).message()
        await house.until(lambda: in_server.attachments and message.attachments)
        assert is_of(message, house)
        refused = await (await house.alice.use(direct, "/imagine", prompt="one too many")).message()
        assert "1 picture" in refused.content
        assert "runs this bot" in refused.content
        again = await house.imagine()
        await house.until(lambda: again.attachments)


async def test_brought_along_to_a_server_without_the_bot_it_works_for_that_person(house: House) -> None:
    """The same limit holds as in direct messages, whatever that server is."""
    elsewhere = house.discord.add_guild("Elsewhere", with_bot=False)
    channel = elsewhere.add_text_channel("general")
    elsewhere.admit(house.alice)
    house.alice.installed_app = True
    async with house.bot(direct_images_per_day=1):
        message = await (await house.alice.use(channel, "/imagine", prompt="a paper lighthouse")).message()
        await house.until(lambda: message.attachments)
        assert is_of(message, house)
        refused = await (await house.alice.use(channel, "/imagine", prompt="one too many")).message()
        assert "1 picture" in refused.content


@pytest.mark.parametrize("setting", ["blocked_servers", "allowed_servers"])
async def test_servers_that_may_not_use_the_bot_may_not_by_their_members_either(setting: str, house: House) -> None:
    """Brought along or not: what the operator says of a server holds in it. Direct messages belong to none."""
    elsewhere = house.discord.add_guild("Elsewhere", with_bot=False)
    channel = elsewhere.add_text_channel("general")
    elsewhere.admit(house.alice)
    house.alice.installed_app = True
    direct = await house.alice.direct_messages()
    servers = {"blocked_servers": elsewhere.id, "allowed_servers": house.guild.id}
    async with house.bot(direct_images_per_day=2, **{setting: str(servers[setting])}):
        refused = await (await house.alice.use(channel, "/imagine", prompt="a paper lighthouse")).message()
        assert "not open to this server" in refused.content
        card = await (await house.alice.use(channel, "/quota")).message()
        await card.wait_until(lambda seen: bool(seen.embeds))
        assert "not open to this server" in words(card)
        in_server, in_direct = await house.imagine(), await house.alice.use(direct, "/imagine", prompt="a paper boat")
        message = await in_direct.message()
        await house.until(lambda: in_server.attachments and message.attachments)
    assert len(house.tasks) == 2


async def test_what_belongs_to_a_server_is_not_offered_outside(house: House) -> None:
    """Administrators set nothing in direct messages."""
    direct = await house.alice.direct_messages()
    async with house.bot(direct_images_per_day=1):
        with pytest.raises(PersonCannot):
            await house.alice.use(direct, "/admin log")
