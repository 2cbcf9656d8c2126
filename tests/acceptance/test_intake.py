"""The first three seconds: what is answered, and how, when our own side is slow or full."""

from bot.sandbox.discord import Fault
from bot.sandbox.discord.refusals import Known
from tests.support.house import House, title, words

CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"


async def test_the_first_answer_is_the_progress_card(house: House) -> None:
    """No defer, no "is thinking…": the person sees at once that the bot is at work (within 500 ms)."""
    async with house.bot():
        use = await house.alice.use(house.channel, "/imagine", prompt="quick", quality="0.5K")
        response = await use.answered()
        assert not response.deferred
        assert not response.ephemeral
        assert response.message is not None
        assert response.message.labels == ["Cancel"]


async def test_a_store_that_does_not_answer_within_a_second_makes_the_bot_defer(house: House) -> None:
    """Another program holds the database: "is thinking…" first, then the card and the picture in the same message."""
    async with house.bot():
        async with house.database_held():
            use = await house.alice.use(house.channel, "/imagine", prompt="slow", quality="0.5K")
            await house.until(lambda: use.response is not None)
            assert use.response is not None
            assert use.response.deferred
        message = await use.message()
        await house.until(lambda: message.attachments)
        assert len(house.tasks) == 1


async def test_a_defer_that_comes_too_late_loses_nothing(house: House) -> None:
    """The store was slow and Discord does not take the defer any more: the job goes on in a fresh message."""
    house.discord.faults.inject(CALLBACK, Fault.refused(Known.UNKNOWN_INTERACTION), times=2)
    async with house.bot():
        async with house.database_held():
            await house.alice.use(house.channel, "/imagine", prompt="slow", quality="0.5K")
            await house.until(lambda: any(call.status == 404 for call in house.discord.requests))
        await house.until(lambda: any(each.attachments for each in house.channel.messages.values()))
        assert len(house.tasks) == 1


async def test_a_full_queue_is_a_private_sentence_and_costs_nothing(house: House) -> None:
    """Beyond MAX_WAITING_JOBS a request is refused before anything is stored."""
    house.evolink.knobs.duration_s = 60
    async with house.bot(max_concurrent_tasks=1, max_waiting_jobs=1):
        await house.imagine()
        await house.until(lambda: len(house.tasks) == 1)
        waiting = await house.imagine(house.bob)
        await house.until(lambda: title(waiting) == "Waiting in line")
        refused = await house.imagine(house.bob)
        assert refused.ephemeral
        assert "line" in refused.content or "waiting" in refused.content
        assert "Traceback" not in words(refused)


async def test_while_the_bot_stops_it_takes_nothing_new(house: House) -> None:
    """A command that comes in the last moment is answered with "restarting"."""
    async with house.bot() as app:
        await app.work.runner.stop()
        refused = await house.imagine()
        assert refused.ephemeral
        assert "restarting" in refused.content
        assert house.tasks == []
