"""A picture that waits and is asked for: shown, counted and stored as one thing, whatever happens in between."""

import asyncio
import hashlib

import pytest

from bot.sandbox.discord import Fault, Message
from tests.support.house import House, title, words

TOKEN_EDIT = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"
COUNTED = [("reserve", 1), ("commit", 0), ("settle", 0)]


async def a_picture_that_waits(house: House, *, private: bool = False) -> Message:
    """Return the card that offers it: its owner had cancelled while the model drew."""
    house.evolink.knobs.duration_s = 30
    message = await house.imagine(private=private)
    await house.until(lambda: title(message) == "Drawing")
    await house.alice.press(message, "Cancel")
    await house.until(lambda: title(message) == "Your picture is ready")
    await house.until(lambda: house.stored("told_at") != [None])
    return message


def counted(house: House) -> list[tuple[str, int]]:
    return [(kind, images) for kind, images, _ in house.ledger()]


def is_the_result(message: Message, house: House) -> bool:
    [attachment] = message.attachments
    return hashlib.sha256(attachment.read()).hexdigest() == house.tasks[0].results[0].sha256


async def killed_between_the_edit_and_its_answer(house: House, message: Message) -> None:
    """Press, and kill the process when the picture stands in the message and before the bot can know that."""
    async with house.bot_process() as process:
        house.discord.faults.inject(TOKEN_EDIT, *[Fault.dropped(performed=True)] * 9)
        await house.alice.press(message, "Show the picture")
        await message.wait_until(lambda seen: seen.attachments)
        await process.kill()
    while house.discord.faults.take(TOKEN_EDIT):
        pass


@pytest.mark.parametrize("private", [False, True])
async def test_killed_right_after_it_was_shown_the_next_start_stores_it(house: House, *, private: bool) -> None:
    """It is never taken for uncollected: not released, and what is shown is not taken away again."""
    async with house.bot():
        message = await a_picture_that_waits(house, private=private)
    await killed_between_the_edit_and_its_answer(house, message)
    async with house.bot():
        await house.until(lambda: house.stored("status") == ["delivered"])
    assert is_the_result(message, house)
    assert title(message) == "Your picture"
    assert counted(house) == COUNTED
    assert not (await house.alice.direct_messages()).messages


async def test_killed_and_away_until_the_token_died_it_is_stored_all_the_same(house: House) -> None:
    """Where the channel is open the same message is edited once more: the picture stands there once."""
    async with house.bot():
        message = await a_picture_that_waits(house)
    await killed_between_the_edit_and_its_answer(house, message)
    await house.clock.advance(20 * 60)
    async with house.bot():
        await house.until(lambda: house.stored("status") == ["delivered"])
    assert [each for each in house.channel.messages.values() if each.attachments] == [message]
    assert counted(house) == COUNTED
    assert house.stored("token") == [None]


async def test_an_edit_whose_answer_is_lost_is_made_once_more(house: House) -> None:
    """The button is gone, so nobody could press again: the bot itself goes on until it knows."""
    async with house.bot():
        message = await a_picture_that_waits(house)
        house.discord.faults.inject(TOKEN_EDIT, *[Fault.dropped(performed=True)] * 2)
        await house.alice.press(message, "Show the picture")
        await house.until(lambda: house.stored("status") == ["delivered"])
        assert is_the_result(message, house)
    assert counted(house) == COUNTED


async def test_while_discord_takes_no_picture_the_person_is_told_and_it_comes_by_itself(house: House) -> None:
    """Nothing has to be pressed again."""
    async with house.bot():
        message = await a_picture_that_waits(house)
        house.discord.faults.inject(TOKEN_EDIT, *[Fault.dropped()] * 5)
        press = await house.alice.press(message, "Show the picture")
        await house.until(lambda: press.followups)
        assert "keeps trying" in press.followups[0].content
        again = await house.alice.press(message, "Show the picture")
        assert "on its way" in (await again.message()).content
        await house.until(lambda: message.attachments, step_s=5)
        await house.until(lambda: house.stored("status") == ["delivered"])
    assert counted(house) == COUNTED


async def test_two_presses_show_it_once(house: House) -> None:
    """Whoever is quicker takes it; the other press is answered, or finds it shown."""
    async with house.bot():
        message = await a_picture_that_waits(house)
        await asyncio.gather(*(house.alice.press(message, "Show the picture") for _ in range(2)))
        await house.until(lambda: house.stored("status") == ["delivered"])
        await house.clock.advance(60)
    assert is_the_result(message, house)
    assert counted(house) == COUNTED
    assert "Discord does not take" not in words(message)
