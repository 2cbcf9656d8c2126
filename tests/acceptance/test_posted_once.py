"""A picture is posted once, whatever is lost between Discord and the bot: by the nonce, or by looking for it."""

import hashlib

import pytest

from bot.sandbox.discord import Channel, Fault, Message, Permission
from bot.sandbox.evolink import Failed
from tests.support.house import House, title, words

CHANNEL_SEND = "POST /channels/{channel_id}/messages"


def pictures_in(channel: Channel) -> list[Message]:
    return [message for message in channel.messages.values() if message.attachments]


async def drawing_in_a_thread(house: House) -> Message:
    """Begin a picture in a thread and let the thread be archived, so that the picture must be posted anew."""
    thread = house.channel.add_thread("lighthouses")
    use = await house.alice.use(thread, "/imagine", prompt="a paper lighthouse", quality="0.5K")
    message = await use.message()
    await house.until(lambda: title(message) == "Drawing")
    thread.archive()
    return message


async def test_a_send_whose_answer_is_lost_is_not_followed_by_an_edit_of_the_reply(house: House) -> None:
    """The send woke the thread, so that the old card could take the picture now: it would be there twice."""
    async with house.bot():
        message = await drawing_in_a_thread(house)
        house.discord.faults.inject(CHANNEL_SEND, *[Fault.dropped(performed=True)] * 3)
        await house.until(lambda: house.stored("status") == ["delivered"])
        assert len(pictures_in(message.channel)) == 1
        assert title(message) == "Answered elsewhere"


@pytest.mark.parametrize("away_s", [1, 600])
async def test_after_a_crash_between_the_send_and_the_store_the_picture_is_found(house: House, away_s: int) -> None:
    """Found in the channel and counted delivered, although by then the old card could be edited again."""
    async with house.bot_process() as process:
        message = await drawing_in_a_thread(house)
        house.discord.faults.inject(CHANNEL_SEND, *[Fault.dropped(performed=True)] * 50)
        await house.until(lambda: pictures_in(message.channel))
        await process.kill()
    assert house.stored("status") == ["delivering"]
    await house.clock.advance(away_s)
    async with house.bot_process():
        await house.until(lambda: house.stored("status") == ["delivered"])
        await house.until(lambda: title(message) == "Answered elsewhere")
    [picture] = pictures_in(message.channel)
    assert house.stored("message_id") == [picture.id]
    assert [row[0] for row in house.ledger()].count("commit") == 1


async def test_after_a_crash_a_direct_message_is_found_too(house: House) -> None:
    """Sent, not stored, ten minutes away: the direct messages are searched, and nothing is sent again."""
    direct = await house.alice.direct_messages()
    async with house.bot_process() as process:
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.moderator().delete(message)
        house.discord.faults.inject(CHANNEL_SEND, *[Fault.dropped(performed=True)] * 50)
        await house.until(lambda: pictures_in(direct))
        await process.kill()
    await house.clock.advance(600)
    async with house.bot_process():
        await house.until(lambda: house.stored("status") == ["delivered"])
    assert len(pictures_in(direct)) == 1


async def test_after_an_outage_longer_than_the_nonce_the_channel_is_searched_first(house: House) -> None:
    """Sent with the answer lost, then nothing but 503 for minutes: found, not posted again by a nonce that is spent."""
    async with house.bot():
        message = await drawing_in_a_thread(house)
        house.discord.faults.inject(CHANNEL_SEND, Fault.dropped(performed=True), *[Fault.server_error(503)] * 5)
        await house.until(lambda: house.discord.faults.unserved == 0)
        sends = [call for call in house.discord.requests if f"{call.method} {call.route}" == CHANNEL_SEND]
        assert (sends[-1].at - sends[0].at).total_seconds() < 120
        await house.until(lambda: house.stored("status") == ["delivered"])
        assert len(pictures_in(message.channel)) == 1


async def test_where_the_history_is_hidden_the_picture_is_kept_instead_of_posted_blindly(house: House) -> None:
    """It may stand in the channel since the first try: the person is told where to collect it."""
    direct = await house.alice.direct_messages()
    house.channel.deny(house.discord.application.bot, Permission.READ_MESSAGE_HISTORY)
    async with house.bot():
        message = await drawing_in_a_thread(house)
        house.discord.faults.inject(CHANNEL_SEND, *[Fault.server_error(503)] * 7)
        await house.until(lambda: house.stored("status") == ["ready"])
        assert pictures_in(message.channel) + pictures_in(direct) == []
        [offer] = direct.messages.values()
        assert offer.labels == ["Show the picture"]
        await house.alice.press(offer, "Show the picture")
        await offer.wait_until(lambda seen: seen.attachments)
        content = offer.attachments[0].read()
        assert hashlib.sha256(content).hexdigest() == house.tasks[0].results[0].sha256
    assert house.stored("status") == ["delivered"]


async def test_a_failure_is_told_once_over_a_crash(house: House) -> None:
    """What has no button is found by its head and its foot, which names the job."""
    house.evolink.knobs.duration_s = 30
    house.evolink.knobs.task.append(Failed(code="content_policy_violation"))
    direct = await house.alice.direct_messages()
    async with house.bot_process() as process:
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.moderator().delete(message)
        house.discord.faults.inject(CHANNEL_SEND, *[Fault.dropped(performed=True)] * 50)
        await house.until(lambda: direct.messages)
        await process.kill()
    await house.clock.advance(600)
    async with house.bot_process():
        await house.until(lambda: house.stored("told_at") != [None])
    [told] = direct.messages.values()
    assert "Declined" in words(told)


async def test_a_removed_message_stays_removed_over_lost_answers(house: House) -> None:
    """The direct message is tried again, and never the channel it was removed from."""
    direct = await house.alice.direct_messages()
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.moderator().delete(message)
        house.discord.faults.inject(CHANNEL_SEND, Fault.dropped(), Fault.server_error(503), Fault.dropped())
        await house.until(lambda: pictures_in(direct))
        assert list(house.channel.messages) == []
