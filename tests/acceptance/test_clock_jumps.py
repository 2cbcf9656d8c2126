"""The wall clock is set, forward or back, while jobs go on: no picture is lost by it, and no deadline forgotten."""

import pytest

from bot.sandbox.evolink import Completed, HttpFault, Stuck
from tests.support.house import House, title, words

HOUR = 3600.0
CREATES = "/v1/images/generations"


async def test_an_hour_that_never_passed_ends_no_task(house: House) -> None:
    """Forward for a minute and back again: the deadline counts the time in which the job was driven."""
    house.evolink.knobs.task.append(Completed(duration_s=90))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.clock.jump(26 * HOUR)
        await house.until(lambda: house.tasks[0].reads >= 5)
        assert house.stored("status") == ["running"]
        house.clock.jump(-26 * HOUR)
        await house.until(lambda: house.stored("status") == ["delivered"])
    assert message.attachments


@pytest.mark.parametrize("back", [-24 * HOUR, -60.0])
async def test_a_clock_that_is_set_back_keeps_no_stuck_task_alive(house: House, back: float) -> None:
    """Its slot is free after the deadline, not a day later."""
    house.evolink.knobs.task.append(Stuck())
    async with house.bot(job_deadline_minutes=2):
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.clock.jump(back)
        await house.until(lambda: "keeps looking" in words(message), step_s=1, limit_s=150)


@pytest.mark.parametrize("restarted", [False, True])
async def test_what_was_lost_while_the_clock_was_ahead_is_looked_for_when_it_is_right(
    house: House, *, restarted: bool
) -> None:
    """Its next look stands a day ahead: further than any pause is long, so it is due now."""
    house.evolink.knobs.task.append(Completed(duration_s=200))
    house.clock.jump(26 * HOUR)
    async with house.bot(job_deadline_minutes=1):
        message = await house.imagine()
        await house.until(lambda: "keeps looking" in words(message), step_s=1)
        house.clock.jump(-26 * HOUR)
        if not restarted:
            await house.until(lambda: message.attachments, step_s=2, limit_s=900)
    if restarted:
        async with house.bot(job_deadline_minutes=1):
            await house.until(lambda: message.attachments, step_s=2, limit_s=900)
    assert sum(images for _, images, _ in house.ledger()) == 1


@pytest.mark.parametrize("jump", [-24 * HOUR, 24 * HOUR])
async def test_a_create_is_not_sent_again_once_nobody_knows_how_old_it_is(house: House, jump: float) -> None:
    """The key may be forgotten at the provider: where the clock is not to be believed, nothing is ordered twice."""
    house.evolink.knobs.create.append(HttpFault(status=504), times=None)
    async with house.bot(provider_honours_idempotency_key=True, job_deadline_minutes=5):
        message = await house.imagine()
        await house.until(lambda: title(message) == "Looking for your picture")
        house.clock.jump(jump)
        n_sent = sum(seen.path == CREATES for seen in house.evolink.requests)
        await house.until(lambda: "may still charge" in words(message), step_s=2)
    assert sum(seen.path == CREATES for seen in house.evolink.requests) <= n_sent + 1
