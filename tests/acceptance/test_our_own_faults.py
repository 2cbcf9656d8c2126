"""Faults of the bot itself, and calls that hang: each job ends all the same, and nobody waits for another one's."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import pytest

from bot.files import DataFolder
from bot.jobs.owners import Owners
from bot.sandbox.discord import Fault
from bot.sandbox.evolink import Completed, HttpFault, Slow
from tests.acceptance.test_edit import a_picture, edit
from tests.acceptance.test_ladder_places import TOKEN_EDIT
from tests.support.house import House, title, words

DAY_US = 24 * 3600 * 1_000_000
GRIPS = {"running": "delivering", "submitting": "running"}


async def pass_time(house: House, seconds: float) -> None:
    """Move time, with a breath for sockets and threads at each step."""
    until_s = house.clock.monotonic() + seconds
    await house.until(lambda: house.clock.monotonic() >= until_s, step_s=5)


@contextlib.asynccontextmanager
async def never_to_be(house: House, status: str) -> AsyncGenerator[None, None]:
    """Let no job come to a status, by a fault that no repetition mends."""
    await house.change_database(
        f"CREATE TRIGGER fault BEFORE UPDATE OF status ON jobs WHEN NEW.status = '{status}'"
        " BEGIN SELECT RAISE(ABORT, 'a fault of ours'); END"
    )
    yield
    await house.change_database("DROP TRIGGER fault")


@pytest.mark.parametrize(("stuck_in", "never"), GRIPS.items())
async def test_a_job_that_a_fault_of_ours_holds_is_released_after_the_deadline(
    house: House, stuck_in: str, never: str
) -> None:
    """Its person is told that nothing is counted; and has the picture once the fault is gone."""
    house.evolink.knobs.undocumented = True
    house.evolink.knobs.create.append(HttpFault(drop=True, after_effect=True))
    async with house.bot(job_deadline_minutes=1):
        async with never_to_be(house, never):
            message = await house.imagine()
            await house.until(lambda: house.stored("status") == [stuck_in])
            await house.until(lambda: title(message) == "Something went wrong inside the bot", step_s=1, limit_s=600)
            assert "keeps looking for the picture" in words(message)
            assert house.stored("status") == ["lost"]
            assert sum(images for _, images, _ in house.ledger()) == 0
        await house.until(lambda: message.attachments, step_s=5)
    assert len(house.tasks) == 1
    assert sum(images for _, images, _ in house.ledger()) == 1


async def test_a_late_look_that_always_stumbles_is_given_up_after_a_day(house: House) -> None:
    """Else it would be looked at every quarter of an hour for ever."""
    house.evolink.knobs.task.append(Completed(duration_s=180))
    async with house.bot(job_deadline_minutes=1):
        message = await house.imagine()
        await house.until(lambda: "keeps looking" in words(message), step_s=1)
        async with never_to_be(house, "delivering"):
            await house.until(lambda: house.tasks[0].final_status, step_s=1)
            await house.change_database(f"UPDATE jobs SET lost_at = lost_at - {DAY_US}, look_at = look_at - {DAY_US}")
            await house.until(lambda: house.stored("status") == ["failed"], step_s=5)


async def test_a_result_that_cannot_be_fetched_keeps_nobody_from_the_provider(house: House) -> None:
    """Its task has ended there: the one place is free for the next, while the bot goes on trying."""
    house.evolink.knobs.duration_s = 5
    house.evolink.knobs.result.append(HttpFault(status=503), times=None)
    async with house.bot(max_concurrent_tasks=1):
        first = await house.imagine()
        await house.until(lambda: "keeps trying" in words(first))
        second = await house.imagine(house.bob, prompt="another")
        await house.until(lambda: len(house.tasks) == 2, limit_s=60)
        house.evolink.knobs.result.clear()
        await house.until(lambda: first.attachments and second.attachments)


async def test_a_cancel_does_not_wait_for_an_upload(house: House) -> None:
    """Its URL has expired in the line, so it goes up once more: that costs nothing and may be cut."""
    house.evolink.knobs.create.append(HttpFault(status=429), times=None)
    async with house.bot():
        message = await edit(house, ("beach.png", a_picture("teal")))
        await house.until(lambda: "keeps trying" in words(message))
    await house.change_database("UPDATE sources SET hosted_until = 0")
    await house.change_database("UPDATE assets SET expires_at = 0")
    house.evolink.knobs.upload.append(Slow(delay_s=30))
    async with house.bot():
        await house.until(lambda: len(house.evolink.knobs.upload) == 0)
        began_s = house.clock.monotonic()
        await house.alice.press(message, "Cancel")
        await house.until(lambda: title(message) == "Cancelled")
        assert house.clock.monotonic() < began_s + 25
    assert house.tasks == []


async def test_an_edit_that_hangs_keeps_no_process_from_its_other_duties(house: House) -> None:
    """Another process has taken the job whose edit hangs; meanwhile the sign of life is given anew."""
    house.evolink.knobs.duration_s = 3000
    thief = Owners(DataFolder(house.data_dir))
    async with house.bot() as app:
        thief.take()
        house.discord.faults.inject(TOKEN_EDIT, Fault.slow(600), times=1)
        await house.imagine()
        await house.until(lambda: house.stored("status") == ["running"] and house.discord.faults.unserved == 0)
        await house.change_database(f"UPDATE jobs SET owner = '{thief.token}'")
        await pass_time(house, 10)
        sign = house.data_dir / "owners" / app.ground.owners.token
        sign.unlink()
        await house.until(sign.exists, limit_s=60)
        await house.clock.advance(600)
        await asyncio.sleep(0)
    thief.release()


async def test_an_edit_that_outlives_a_stop_is_cut_and_not_left_behind(house: House) -> None:
    """The library waits for its next try longer than a stop waits for the edit."""
    house.evolink.knobs.duration_s = 3000
    async with house.bot() as app:
        await house.imagine()
        house.discord.faults.inject(TOKEN_EDIT, Fault.rate_limited(600))
        await house.until(lambda: house.discord.faults.unserved == 0)
        stopping = asyncio.create_task(app.stop())
        await house.until(stopping.done)
        left = [task for task in asyncio.all_tasks() if task.get_name() == "progress edits"]
        for task in left:
            task.cancel()  # else the block's own stop would wait for it, in time that nobody moves
    assert left == []
