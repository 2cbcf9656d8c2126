"""Two bots on one DATA_DIR: an update without downtime, an owner that dies, and one that only stood still."""

import asyncio
import contextlib
import hashlib
import logging
import signal
import sqlite3
from collections.abc import AsyncGenerator
from dataclasses import replace

import aiohttp
import pytest

from bot.files import DataFolder
from bot.jobs.owners import Owners
from bot.sandbox.discord import Message, Permission
from bot.sandbox.evolink import Slow
from tests.support.house import House, title
from tests.support.ports import free_port


def assert_each_has_the_picture_of_its_words(house: House, messages: list[Message]) -> None:
    made = {task.request["prompt"]: task.results[0].sha256 for task in house.tasks}
    assert len(house.tasks) == len(messages)
    for number, message in enumerate(messages):
        [attachment] = message.attachments
        assert hashlib.sha256(attachment.read()).hexdigest() == made[f"picture {number}"]


@contextlib.asynccontextmanager
async def thief(house: House, *, once: str) -> AsyncGenerator[None, None]:
    """Have a living process take each job from its owner right after it came to the status `once`."""
    owners = Owners(DataFolder(house.data_dir))
    owners.take()
    await house.change_database(
        f"CREATE TRIGGER theft AFTER UPDATE OF status ON jobs WHEN NEW.status = '{once}'"
        f" BEGIN UPDATE jobs SET owner = '{owners.token}' WHERE id = NEW.id; END"
    )
    yield
    await house.change_database("DROP TRIGGER theft")
    owners.release()


async def test_what_two_bots_hear_one_of_them_does(house: House) -> None:
    """Commands, changes by administrators and presses: each is done once, and answered once, by whoever was first."""
    house.evolink.knobs.duration_s = 5
    manager = house.guild.add_member(
        "a manager", roles=[house.guild.add_role("managers", permissions=Permission.MANAGE_GUILD)]
    )
    async with house.bot() as first, house.bot() as second:
        messages = list(await asyncio.gather(*(house.imagine(prompt=f"picture {number}") for number in range(8))))
        granting = await manager.use(house.channel, "/admin quota grant", member=house.bob, images="3")
        await granting.answered()  # before time moves: Discord waits three seconds
        await house.until(lambda: all(message.attachments for message in messages))
        again = await (await house.alice.press(messages[0], "Again")).message()
        await house.until(lambda: again.attachments)
        tokens = {first.ground.owners.token, second.ground.owners.token}
        assert set(house.stored("owner")) <= tokens
    with contextlib.closing(sqlite3.connect(house.data_dir / "imagebot.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM ledger WHERE kind = 'grant'").fetchone() == (1,)
    assert len(house.tasks) == 9
    answered = [call for call in house.discord.journal.calls("POST", "/callback") if call.code is not None]
    assert answered == []


async def test_an_update_without_downtime_delivers_every_picture_once(house: House) -> None:
    """The new one is started, the old one asked to stop: exit code 0, and what it leaves is taken up at once."""
    house.evolink.knobs.duration_s = 40
    async with house.bot_process(max_concurrent_tasks=2) as old:
        messages = [await house.imagine(prompt=f"picture {number}") for number in range(4)]
        async with house.bot(max_concurrent_tasks=2):
            messages += [await house.imagine(prompt=f"picture {number}") for number in range(4, 6)]
            await house.until(lambda: len(house.tasks) >= 2)
            assert await old.terminate() == 0
            messages.append(await house.imagine(prompt="picture 6"))
            await house.until(lambda: all(message.attachments for message in messages))
    assert_each_has_the_picture_of_its_words(house, messages)


async def test_a_stop_that_waits_is_cut_short_by_a_second_signal(house: House) -> None:
    """The first lets a POST that costs money come to its end; the next ends the process where it stands."""
    house.evolink.knobs.create.append(Slow(delay_s=60))
    async with house.bot_process() as bot:
        await house.imagine()
        await house.until(lambda: any(seen.path == "/v1/images/generations" for seen in house.evolink.requests))
        bot.send_signal(signal.SIGTERM)
        for _ in range(3):
            await house.clock.advance(0)  # it answers, so by now it has heard of the signal as well
        stopping = asyncio.create_task(bot.wait())
        refused = await house.imagine(house.bob)
        assert "restarting" in refused.content
        assert not stopping.done()
        bot.send_signal(signal.SIGINT)
        assert await stopping == -signal.SIGINT


async def test_the_jobs_of_a_killed_process_are_taken_over_at_once(house: House) -> None:
    """No lease is waited out, no second task is made, and nothing of the dead is left in the folder."""
    house.evolink.knobs.duration_s = 20
    async with house.bot_process() as doomed:
        messages = [await house.imagine(prompt=f"picture {number}") for number in range(3)]
        await house.until(lambda: len(house.tasks) == 3 and all(title(each) == "Drawing" for each in messages))
        async with house.bot() as heir:
            owned_before = set(house.stored("owner"))
            await doomed.kill()
            killed_at = house.clock.monotonic()
            await house.until(lambda: not owned_before & set(house.stored("owner")), step_s=0.05)
            assert house.clock.monotonic() - killed_at <= 4
            await house.until(lambda: all(message.attachments for message in messages))
            await house.until(lambda: len(list((house.data_dir / "owners").iterdir())) == 1)
            assert [each.name for each in (house.data_dir / "scratch").iterdir()] == [heir.ground.owners.token]
    assert_each_has_the_picture_of_its_words(house, messages)


async def test_who_was_dispossessed_before_the_post_sends_none(house: House) -> None:
    """It stood still after it had stored its intent: ownership is looked at once more, immediately before the POST."""
    async with house.bot():
        async with thief(house, once="submitting"):
            await house.imagine()
            await house.until(lambda: house.stored("status") == ["submitting"])
            await house.clock.advance(120)
        assert [seen for seen in house.evolink.requests if seen.path == "/v1/images/generations"] == []


async def test_who_was_dispossessed_before_the_end_edits_nothing(house: House) -> None:
    """Neither the picture nor any progress: the new owner shows it, here the same process after the thief has ended."""
    house.evolink.knobs.duration_s = 10
    async with house.bot():
        async with thief(house, once="delivering"):
            message = await house.imagine()
            await house.until(lambda: house.stored("status") == ["delivering"])
            n_versions = len(message.states)
            await house.clock.advance(300)
            assert len(message.states) == n_versions
            assert not message.attachments
        await house.until(lambda: message.attachments)
    assert len(house.tasks) == 1


async def test_progress_of_a_stolen_job_is_not_shown(house: House, caplog: pytest.LogCaptureFixture) -> None:
    """One edit is due in the moment of the theft and one comes late: for each the owner is looked at first."""
    caplog.set_level(logging.INFO)
    house.evolink.knobs.duration_s = 200
    async with house.bot() as app, thief(house, once="running"):
        message = await house.imagine()
        before = title(message)
        await house.until(lambda: house.stored("status") == ["running"])
        await house.until(lambda: house.clock.monotonic() > 100)
        job = await app.ground.store.find(house.stored("id")[0])
        assert job is not None
        app.announcer.show(replace(job, progress=50))
        await house.until(lambda: house.clock.monotonic() > 200)
        assert [str(state.embeds[0]["title"]) for state in message.states] == [before]
        assert "progress not shown" not in caplog.text
        assert house.tasks[0].reads <= 1


async def test_a_card_that_one_process_closed_shows_no_progress_of_the_other(house: House) -> None:
    """A cancel may be heard by who does not drive the job; who drives it learns of it before its next edit."""
    house.evolink.knobs.duration_s = 100
    async with house.bot() as one, house.bot() as two:
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        [owner] = house.stored("owner")
        other = two if owner == one.ground.owners.token else one
        _, job = await other.work.jobs.cancel(
            house.stored("id")[0], user_id=house.alice.id, may_moderate=False, guild_id=house.guild.id
        )
        await other.announcer.show_cancelled(job, still_open=lambda: other.work.jobs.is_open(job.id))
        await house.until(lambda: title(message) == "Cancelled")
        n_versions = len(message.states)
        await house.until(lambda: title(message) == "Your picture is ready")
        assert len(message.states) == n_versions + 1


async def test_a_callback_to_the_wrong_process_reaches_the_owner_within_seconds(house: House) -> None:
    """The one that listens is not the one that drives; when it has ended, the other one listens."""
    base = f"http://127.0.0.1:{(port := free_port())}"
    web = {"public_base_url": base, "web_port": port}
    house.evolink.knobs.loopback_callbacks = True
    house.evolink.knobs.duration_s = 25
    async with contextlib.AsyncExitStack() as listener:
        first = await listener.enter_async_context(house.bot(**web))
        async with house.bot(**web):
            await first.work.runner.stop()  # from now on it leaves every event to the other one
            asking = asyncio.create_task(house.imagine())
            await house.until(asking.done, step_s=0.02)  # within the three seconds of an answer
            message = asking.result()
            await house.until(lambda: house.tasks and house.tasks[0].callbacks)
            called_at = house.clock.monotonic()
            assert house.tasks[0].callbacks[0].status == 204
            await house.until(lambda: message.attachments, step_s=0.1)
            assert house.clock.monotonic() - called_at <= 5
            await listener.aclose()
            await house.clock.advance(1)
            async with aiohttp.ClientSession() as session:
                await answered(house, session, base)


async def answered(house: House, session: aiohttp.ClientSession, base: str) -> None:
    """Wait until somebody tells their health there."""
    for _ in range(40):
        with contextlib.suppress(aiohttp.ClientConnectionError):
            async with session.get(f"{base}/healthz") as health:
                assert health.status == 200
                return
        await house.clock.advance(0.5)
    raise AssertionError("nobody listens")
