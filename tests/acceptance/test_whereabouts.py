"""A button that outlived its picture says where that picture is: in a channel, in a fresh message, sent directly."""

from bot.sandbox.discord import Channel, Fault, Message
from bot.sandbox.discord.refusals import Known
from tests.support.house import House, title

CHANNEL_EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
TOKEN_EDIT = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"
LONGER_THAN_A_TOKEN_S = 20 * 60
SHOW = "Show the picture"


def link(server: object, message: Message) -> str:
    return f"https://discord.com/channels/{server}/{message.channel.id}/{message.id}"


def pictures_in(channel: Channel) -> list[Message]:
    return [message for message in channel.messages.values() if message.attachments]


async def pressed(house: House, message: Message) -> str:
    """Press the button and return what the person is told, and nobody else."""
    answer = await (await house.alice.press(message, SHOW)).message()
    assert answer.ephemeral
    assert "costs nothing more" in answer.content
    return answer.content


async def collectable_twice(house: House) -> tuple[Message, Message]:
    """Return two messages that offer the same picture: the card in the channel, and a history that only Alice sees."""
    house.evolink.knobs.duration_s = 30
    card = await house.imagine()
    await house.until(lambda: title(card) == "Drawing")
    await house.alice.press(card, "Cancel")
    await house.until(lambda: title(card) == "Your picture is ready")
    history = await (await house.alice.use(house.channel, "/history")).message()
    await history.wait_until(lambda seen: SHOW in seen.labels)
    return card, history


async def test_what_was_sent_directly_is_called_so_and_not_put_into_its_channel(house: House) -> None:
    """The bot cannot see the channel: the card there, which nobody can change after 15 minutes, keeps its button."""
    hidden = house.guild.add_text_channel("hidden", hidden_from_bot=True)
    house.evolink.knobs.duration_s = LONGER_THAN_A_TOKEN_S
    direct = await house.alice.direct_messages()
    async with house.bot():
        card = await (await house.alice.use(hidden, "/imagine", prompt="a lighthouse", quality="0.5K")).message()
        await house.until(lambda: card.labels == [SHOW], step_s=5)
        await house.until(lambda: house.stored("status") == ["delivered"], step_s=5)
        [picture] = pictures_in(direct)
        told = await pressed(house, card)
        assert "direct messages" in told
        assert link("@me", picture) in told


async def test_what_was_put_into_the_channel_is_found_there(house: House) -> None:
    """Collected from its card while a history offered it as well."""
    async with house.bot():
        card, history = await collectable_twice(house)
        await house.alice.press(card, SHOW)
        await house.until(lambda: house.stored("status") == ["delivered"])
        assert card.attachments
        assert link(house.guild.id, card) in await pressed(house, history)


async def test_what_was_put_into_a_fresh_message_is_found_there(house: House) -> None:
    """The card could not be changed any more: not it is named, but the message that came in its place."""
    async with house.bot():
        card, history = await collectable_twice(house)
        house.discord.faults.inject(TOKEN_EDIT, *[Fault.refused(Known.INVALID_WEBHOOK_TOKEN)] * 2)
        house.discord.faults.inject(CHANNEL_EDIT, *[Fault.refused(Known.TOO_MANY_OLD_EDITS)] * 20)
        await house.alice.press(card, SHOW)
        await house.until(lambda: house.stored("status") == ["delivered"])
        [picture] = pictures_in(house.channel)
        assert picture is not card
        assert link(house.guild.id, picture) in await pressed(house, history)
        assert house.stored("message_id") == [picture.id]


async def test_what_was_shown_in_private_is_not_said_to_stand_in_the_channel(house: House) -> None:
    """Collected from the history, which nobody can go back to; there is another one."""
    async with house.bot():
        card, history = await collectable_twice(house)
        await house.alice.press(history, SHOW)
        await house.until(lambda: house.stored("status") == ["delivered"])
        assert history.attachments
        told = await pressed(house, card)
        assert "only you could see" in told
        assert "/history" in told
        assert not card.attachments
