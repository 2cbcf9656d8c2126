"""Cancel tells the truth: before the model has the prompt it ends the job, after that it only closes the card."""

import asyncio
import hashlib

from bot.sandbox.discord import Fault, MessageState
from bot.sandbox.evolink import Failed, HttpFault, Slow
from tests.support.house import House, title, words


def title_of(state: MessageState) -> str:
    return str(state.embeds[0]["title"])


async def test_a_job_in_the_queue_is_cancelled_and_costs_nothing(house: House) -> None:
    """With one slot taken, the second job is cancelled before the provider ever hears of it."""
    house.evolink.knobs.duration_s = 60
    async with house.bot(max_concurrent_tasks=1):
        first = await house.imagine(prompt="the first")
        await house.until(lambda: len(house.tasks) == 1)
        second = await house.imagine(prompt="the second")
        await house.until(lambda: "next" in words(second))
        await house.alice.press(second, "Cancel")
        await house.until(lambda: title(second) == "Cancelled")
        assert "nothing" in words(second)
        assert second.labels == []
        await house.until(lambda: first.attachments)
        third = await house.imagine(prompt="the third")
        await house.until(lambda: third.attachments)
        assert [task.request["prompt"] for task in house.tasks] == ["the first", "the third"]


async def test_after_submission_the_card_closes_and_the_picture_is_kept_to_be_collected(house: House) -> None:
    """No progress lands after the cancel; the button says so while the model draws, and later shows the picture."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.alice.press(message, "Cancel")
        await house.until(lambda: title(message) == "Cancelled")
        assert message.labels == ["Show the picture"]
        early = await (await house.alice.press(message, "Show the picture")).message()
        assert early.ephemeral
        assert "still" in early.content
        await house.until(lambda: title(message) == "Your picture is ready")
        assert [title_of(state) for state in message.states[-2:]] == ["Cancelled", "Your picture is ready"]
        await house.alice.press(message, "Show the picture")
        await message.wait_until(lambda seen: seen.attachments)
        assert hashlib.sha256(message.attachments[0].read()).hexdigest() == house.tasks[0].results[0].sha256
        assert len(house.tasks) == 1


async def test_a_cancel_that_discord_takes_late_does_not_cover_the_end(house: House) -> None:
    """The press was taken while the model drew; the card says that the picture is ready when it could be closed."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.inject("POST /interactions/{interaction_id}/{token}/callback", Fault.slow(120))
        pressing = asyncio.create_task(house.alice.press(message, "Cancel"))
        await house.until(lambda: house.stored("told_at") != [None])
        await pressing
        ended = house.clock.monotonic()
        await house.until(lambda: house.clock.monotonic() > ended + 150)
        assert [title_of(state) for state in message.states[-2:]] == ["Drawing", "Your picture is ready"]
        assert message.labels == ["Show the picture"]


async def test_a_cancelled_job_that_fails_says_so(house: House) -> None:
    """Nothing is counted for a failure, and the closed card tells it."""
    house.evolink.knobs.duration_s = 30
    house.evolink.knobs.task.append(Failed(code="content_policy_violation"))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await house.alice.press(message, "Cancel")
        await house.until(lambda: "Declined" in words(message))
        assert message.labels == []


async def test_a_stranger_may_not_cancel_and_a_moderator_may(house: House) -> None:
    """The owner, or who may manage messages there."""
    house.evolink.knobs.duration_s = 120
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        answer = await (await house.bob.press(message, "Cancel")).message()
        assert answer.ephemeral
        assert "belongs" in answer.content
        assert title(message) == "Drawing"
        await house.moderator().press(message, "Cancel")
        await house.until(lambda: title(message) == "Cancelled")


async def test_a_cancel_while_the_provider_refuses_for_now_ends_the_job(house: House) -> None:
    """A job that is back in the queue between two tries has cost nothing and can be cancelled."""
    house.evolink.knobs.create.append(HttpFault(status=429), times=None)
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: "busy" in words(message).lower() or "wait" in words(message).lower())
        await house.alice.press(message, "Cancel")
        await house.until(lambda: title(message) == "Cancelled")
        assert house.tasks == []


async def test_a_press_while_the_create_is_under_way_counts_as_after_submission(house: House) -> None:
    """The POST is out: the picture may come, is kept, and is told as such."""
    house.evolink.knobs.create.append(Slow(delay_s=20))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: any(seen.path == "/v1/images/generations" for seen in house.evolink.requests))
        await house.alice.press(message, "Cancel")
        await house.until(lambda: title(message) == "Cancelled")
        assert message.labels == ["Show the picture"]
        await house.until(lambda: any((house.data_dir / "results").glob("*.jpg")))


async def test_an_old_or_forged_button_is_answered(house: House) -> None:
    """Whatever is pressed gets a sentence, never silence."""
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments)
        for custom_id in ("v1:cancel:0000000000000000", "v0:again:12", "v1:collect:zzzz"):
            button = {"type": 2, "style": 2, "label": "Old", "custom_id": custom_id, "id": 2}
            message.components = [{"type": 1, "components": [button], "id": 1}]
            answer = await (await house.alice.press(message, "Old")).message()
            assert answer.ephemeral
            assert "does not know" in answer.content
