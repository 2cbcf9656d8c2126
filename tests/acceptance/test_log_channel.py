"""One quiet line for each job in the channel that a server has chosen for its log, by the whole bot."""

from bot.sandbox.discord import Channel, Message
from bot.sandbox.evolink import Failed
from bot.ui.texts import amounts
from tests.support.house import House, title, words
from tests.support.server_settings import set_settings


async def log_of(house: House, log: Channel, n_lines: int = 1) -> list[Message]:
    """Wait for so many lines and return them, oldest first."""
    await house.until(lambda: len(log.messages) >= n_lines)
    return list(log.messages.values())


def true_cost(house: House) -> str:
    """Return what the provider took for the only job, in words."""
    [credits_used] = house.stored("credits_used")
    return amounts.amount("credits", round(credits_used * 1_000_000))


async def test_a_delivered_picture_is_a_line_with_its_true_cost_and_a_link(house: House) -> None:
    """Quietly, and nobody is notified, though the member is named."""
    log = house.guild.add_text_channel("log")
    async with house.bot():
        await set_settings(house, log_channel_id=log.id)
        message = await house.imagine(size="16:9")
        await house.until(lambda: message.attachments)
        [line] = await log_of(house, log)
    assert line.content == (
        f"<@{house.alice.id}> asked for a picture (16:9 · widescreen | 0.5K). "
        f"It was delivered and cost {true_cost(house)}. "
        f"[Go to the message](https://discord.com/channels/{house.guild.id}/{house.channel.id}/{message.id})"
    )
    assert line.silent
    assert line.pinged == []


async def test_a_private_picture_is_a_line_without_a_link(house: House) -> None:
    """Nobody else could follow it."""
    log = house.guild.add_text_channel("log")
    async with house.bot():
        await set_settings(house, log_channel_id=log.id)
        message = await house.imagine(private=True)
        await house.until(lambda: message.attachments)
        [line] = await log_of(house, log)
    assert line.content.endswith(f"It was delivered and cost {true_cost(house)}. It is private.")


async def test_a_job_cancelled_before_submission_is_a_line_that_counts_nothing(house: House) -> None:
    """It comes with the cancel, before the job that holds the slot has ended."""
    log = house.guild.add_text_channel("log")
    house.evolink.knobs.duration_s = 60
    async with house.bot(max_concurrent_tasks=1):
        await set_settings(house, log_channel_id=log.id)
        await house.imagine(prompt="the first")
        await house.until(lambda: len(house.tasks) == 1)
        second = await house.imagine(house.bob, prompt="the second")
        await house.bob.press(second, "Cancel")
        [line] = await log_of(house, log)
    assert line.content.startswith(f"<@{house.bob.id}> asked for a picture (automatic shape | 0.5K). ")
    assert "It was cancelled, so nothing is counted." in line.content
    assert "cost" not in line.content


async def test_a_picture_that_fails_is_a_line_that_counts_nothing(house: House) -> None:
    """With the way to the card that says why."""
    log = house.guild.add_text_channel("log")
    house.evolink.knobs.task.append(Failed(code="content_policy_violation"))
    async with house.bot():
        await set_settings(house, log_channel_id=log.id)
        message = await house.imagine()
        await house.until(lambda: "Declined" in words(message))
        [line] = await log_of(house, log)
    assert "No picture came of it, so nothing is counted." in line.content
    assert f"{house.channel.id}/{message.id})" in line.content


async def test_a_picture_that_comes_after_its_cancel_is_a_line_that_says_so(house: House) -> None:
    """It counts and is kept; when it is collected, nothing more is told."""
    log = house.guild.add_text_channel("log")
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        await set_settings(house, log_channel_id=log.id)
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.alice.press(message, "Cancel")
        [line] = await log_of(house, log)
        assert "cancelled while it was being made, so the picture is kept for them; it counts and cost" in line.content
        assert true_cost(house) in line.content
        await house.until(lambda: title(message) == "Your picture is ready")
        await house.alice.press(message, "Show the picture")
        await house.until(lambda: message.attachments)
    assert len(log.messages) == 1


async def test_a_server_without_a_log_channel_has_no_lines(house: House) -> None:
    """Whatever other channels there are."""
    other = house.guild.add_text_channel("log")
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments)
    assert not other.messages
