"""What each place allows (discord.md 1): wherever a picture was asked for, it finds its person or waits for them."""

import hashlib
from collections.abc import Callable

import pytest

from bot.sandbox.discord import Channel, Fault, Message, Permission
from bot.sandbox.discord.refusals import Known
from tests.support.house import House, title, words

TOKEN_EDIT = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"
CHANNEL_EDIT = "PATCH /channels/{channel_id}/messages/{message_id}"
CHANNEL_SEND = "POST /channels/{channel_id}/messages"
FOLLOW_UP = "/webhooks/{application_id}/{token}"
CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"
LONGER_THAN_A_TOKEN_S = 20 * 60


def pictures_in(channel: Channel) -> list[Message]:
    return [message for message in channel.messages.values() if message.attachments]


def is_the_result(message: Message, house: House) -> bool:
    return hashlib.sha256(message.attachments[0].read()).hexdigest() == house.tasks[0].results[0].sha256


async def ask(house: House, channel: Channel, **options: object) -> Message:
    use = await house.alice.use(channel, "/imagine", prompt="a paper lighthouse", quality="0.5K", **options)
    return await use.message()


async def test_an_archived_thread_is_woken_by_a_fresh_message(house: House) -> None:
    """No edit is taken there; the picture names its person, and the old card does not say "working" for ever."""
    thread = house.channel.add_thread("lighthouses")
    async with house.bot():
        message = await ask(house, thread)
        await house.until(lambda: title(message) == "Drawing")
        thread.archive()
        await house.until(lambda: pictures_in(thread))
        [picture] = pictures_in(thread)
        assert picture is not message
        assert is_the_result(picture, house)
        assert [person.name for person in picture.pinged] == ["alice"]
        await house.until(lambda: title(message) == "Answered elsewhere")
        assert message.labels == []
    assert house.stored("message_id") == [picture.id]


async def test_a_locked_thread_leads_to_a_direct_message(house: House) -> None:
    """Nobody but a moderator wakes it, so nothing can be posted there."""
    thread = house.channel.add_thread("lighthouses")
    async with house.bot():
        message = await ask(house, thread)
        await house.until(lambda: title(message) == "Drawing")
        thread.archive(locked=True)
        direct = await house.alice.direct_messages()
        await house.until(lambda: pictures_in(direct))
        assert pictures_in(thread) == []


async def test_of_a_deleted_channel_nothing_is_asked_again(house: House) -> None:
    """10003 closes every way through the channel at once; the picture goes to the person."""
    async with house.bot():
        message = await ask(house, house.channel)
        await house.until(lambda: title(message) == "Drawing")
        house.channel.delete()
        direct = await house.alice.direct_messages()
        await house.until(lambda: pictures_in(direct))
        sent_to = {call.path for call in house.discord.requests if f"{call.method} {call.route}" == CHANNEL_SEND}
        assert [str(house.channel.id) in path for path in sent_to] == [False]


RIGHTS = [Permission.ATTACH_FILES, Permission.EMBED_LINKS, Permission.SEND_MESSAGES_IN_THREADS]


@pytest.mark.parametrize("lost", RIGHTS)
async def test_where_the_bot_has_lost_the_right_to_post_it_sends_it_directly(house: House, lost: Permission) -> None:
    """One of the rights it needs is enough: there is no half of a result."""
    thread = house.channel.add_thread("lighthouses")
    async with house.bot():
        message = await ask(house, thread)
        await house.until(lambda: title(message) == "Drawing")
        thread.archive()
        house.channel.deny(house.discord.application.bot, lost)
        direct = await house.alice.direct_messages()
        await house.until(lambda: pictures_in(direct))
        assert pictures_in(thread) == []


async def test_edits_of_old_messages_used_up_lead_to_a_fresh_one(house: House) -> None:
    """30046: nobody knows for how long. The picture is posted anew, and the card that cannot be changed is removed."""
    house.evolink.knobs.duration_s = LONGER_THAN_A_TOKEN_S
    async with house.bot():
        message = await ask(house, house.channel)
        await house.until(lambda: house.tasks and house.clock.now() > message.created_at.replace(minute=19), step_s=5)
        house.discord.faults.inject(CHANNEL_EDIT, *[Fault.refused(Known.TOO_MANY_OLD_EDITS)] * 20)
        await house.until(lambda: pictures_in(house.channel), step_s=5)
        await house.until(lambda: message.deleted)
        [picture] = pictures_in(house.channel)
        assert is_the_result(picture, house)


@pytest.mark.parametrize("gone", ["the bot", "the person"])
async def test_whoever_leaves_the_server_in_mid_job_loses_no_picture(house: House, gone: str) -> None:
    """The token outlives the bot's stay; a person's card stays where the others saw it."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await ask(house, house.channel)
        await house.until(lambda: title(message) == "Drawing")
        if gone == "the bot":
            house.guild.remove_bot()
        else:
            house.guild.remove_member(house.alice)
        await house.until(lambda: message.attachments)
        assert is_the_result(message, house)


async def test_removed_from_the_server_with_the_token_dead_the_bot_sends_it_directly(house: House) -> None:
    """No way through the channel is left."""
    house.evolink.knobs.duration_s = LONGER_THAN_A_TOKEN_S
    async with house.bot():
        message = await ask(house, house.channel)
        await house.until(lambda: title(message) == "Drawing")
        house.guild.remove_bot()
        direct = await house.alice.direct_messages()
        await house.until(lambda: pictures_in(direct), step_s=5)


async def test_removed_in_direct_messages_it_is_not_posted_there_again(house: House) -> None:
    """The direct message that is left as a way is the same channel: the picture is kept."""
    direct = await house.alice.direct_messages()
    house.evolink.knobs.duration_s = 30
    async with house.bot(direct_images_per_day=5):
        message = await ask(house, direct)
        await house.until(lambda: title(message) == "Drawing")
        message.channel.world.remove(message)
        await house.until(lambda: house.stored("status") == ["ready"])
        assert list(direct.messages) == []


async def test_in_direct_messages_the_channel_route_outlives_the_token(house: House) -> None:
    """The bot is a party to that channel."""
    direct = await house.alice.direct_messages()
    house.evolink.knobs.duration_s = LONGER_THAN_A_TOKEN_S
    async with house.bot(direct_images_per_day=5):
        message = await ask(house, direct)
        await house.until(lambda: message.attachments, step_s=5)
        assert message.states[-1].route == CHANNEL_EDIT


def hidden_channel(house: House) -> Channel:
    return house.guild.add_text_channel("hidden", hidden_from_bot=True)


def server_without_the_bot(house: House) -> Channel:
    elsewhere = house.discord.add_guild("Elsewhere", with_bot=False)
    elsewhere.admit(house.alice)
    return elsewhere.add_text_channel("general")


def server_that_forces_private_answers(house: House) -> Channel:
    house.discord.faults.force_ephemeral = True
    return server_without_the_bot(house)


def group(house: House) -> Channel:
    return house.discord.add_private_channel(house.alice, house.bob)


TOKEN_ONLY = [hidden_channel, server_without_the_bot, server_that_forces_private_answers, group]


@pytest.mark.parametrize("place", TOKEN_ONLY)
async def test_where_only_the_token_reaches_the_card_is_pressed_to_collect(
    house: House, place: Callable[[House], Channel]
) -> None:
    """Before the token dies the card says so; the press brings the picture, also to the next process."""
    channel = place(house)
    house.alice.installed_app = True
    house.alice.accepts_direct_messages = False
    house.evolink.knobs.duration_s = LONGER_THAN_A_TOKEN_S
    async with house.bot(direct_images_per_day=5):
        message = await ask(house, channel)
        await house.until(lambda: message.labels == ["Show the picture"], step_s=5)
        assert (house.clock.now() - message.created_at).total_seconds() < 14 * 60
        too_early = await house.alice.press(message, "Show the picture")
        await too_early.answered()
        await house.until(lambda: house.stored("status") == ["ready"], step_s=5)
    async with house.bot(direct_images_per_day=5):
        await house.alice.press(message, "Show the picture")
        await message.wait_until(lambda seen: seen.attachments)
        assert is_the_result(message, house)
    assert house.stored("status") == ["delivered"]
    assert message.ephemeral == (place is server_that_forces_private_answers)
    assert len([call for call in house.discord.requests if call.route == FOLLOW_UP]) <= 5


async def test_words_that_the_place_refuses_are_left_out(house: House) -> None:
    """AutoMod of a server to which a person brought the bot: the first answer and the picture come without them."""
    channel = server_without_the_bot(house)
    house.alice.installed_app = True
    house.evolink.knobs.duration_s = 2  # done at the first look, so that no edit of progress meets the fault
    house.discord.faults.inject(CALLBACK, Fault.refused(Known.BLOCKED_BY_AUTOMOD))
    async with house.bot(direct_images_per_day=5):
        message = await ask(house, channel)
        assert "lighthouse" not in words(message)
        assert message.labels == ["Cancel"]
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.inject(TOKEN_EDIT, Fault.refused(Known.BLOCKED_BY_AUTOMOD))
        await house.until(lambda: message.attachments)
        assert "lighthouse" not in words(message) + message.attachments[0].filename
        assert is_the_result(message, house)
