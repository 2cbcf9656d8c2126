"""Outside of servers that have the bot: direct messages, and where people bring it along, as the operator allows it."""

import hashlib

import pytest

from bot.sandbox.discord import Message, PersonCannot
from tests.support.house import House


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


async def test_what_belongs_to_a_server_is_not_offered_outside(house: House) -> None:
    """Administrators set nothing in direct messages."""
    direct = await house.alice.direct_messages()
    async with house.bot(direct_images_per_day=1):
        with pytest.raises(PersonCannot):
            await house.alice.use(direct, "/admin log")
