"""What others would lose: long absences, broken calls at the worst moment, ends that cross each other."""

import asyncio
import contextlib
import hashlib
import sqlite3
from dataclasses import replace

import pytest

from bot.sandbox.discord import Fault
from bot.sandbox.discord.refusals import Known
from bot.sandbox.evolink import Completed, Failed, HttpFault
from bot.sandbox.evolink import outcomes as endings
from tests.support.house import House, title, words

TOKEN_EDIT = "PATCH /webhooks/{application_id}/{token}/messages/{message_id}"
CALLBACK = "POST /interactions/{interaction_id}/{token}/callback"
CHANNEL_SEND = "POST /channels/{channel_id}/messages"


def pictures(house: House) -> list[str]:
    return [
        hashlib.sha256(message.attachments[0].read()).hexdigest()
        for message in house.channel.messages.values()
        if message.attachments and not message.deleted
    ]


async def test_away_for_longer_than_the_deadline_the_picture_is_still_fetched(house: House) -> None:
    """The deadline ends no task that was not looked at: the result waited at the provider all the time."""
    async with house.bot_process() as process:
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await process.kill()
    await house.clock.advance(40 * 60)
    async with house.bot_process():
        await house.until(lambda: message.attachments)


async def test_killed_between_two_tries_of_a_create_the_request_is_taken_up(house: House) -> None:
    """A refusal that passes leaves the job in the queue, not in doubt: it is submitted by the next start."""
    house.evolink.knobs.create.append(HttpFault(status=429))
    async with house.bot_process() as process:
        message = await house.imagine()
        await house.until(lambda: "keeps trying" in words(message))
        await process.kill()
    async with house.bot_process():
        await house.until(lambda: message.attachments)
    assert len(house.tasks) == 1


async def test_a_retry_after_of_a_day_is_not_waited_for(house: House) -> None:
    """The provider's word counts up to a minute; the next picture comes when it is taken."""
    house.evolink.knobs.create.append(HttpFault(status=429, retry_after=86_400))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: message.attachments, limit_s=300)


async def test_the_card_s_nonce_never_brings_the_card_instead_of_the_picture(house: House) -> None:
    """First answer too late, fresh card, its edits refused: the picture comes as a message of its own."""
    house.discord.faults.inject(CALLBACK, Fault.refused(Known.UNKNOWN_INTERACTION), times=2)
    async with house.bot():
        await house.alice.use(house.channel, "/imagine", prompt="late", quality="0.5K")
        await house.until(lambda: house.channel.messages and house.tasks)
        house.discord.faults.inject(
            "PATCH /channels/{channel_id}/messages/{message_id}", *[Fault.refused(Known.MISSING_ACCESS)] * 20
        )
        await house.until(lambda: pictures(house))
        assert pictures(house) == [house.tasks[0].results[0].sha256]


async def test_results_named_one_read_later_are_fetched(house: House) -> None:
    """`completed` without a picture is looked at again for a minute."""
    house.evolink.knobs.task.append(endings.EMPTY_RESULTS)
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: house.tasks and house.tasks[0].reads >= 2)
        assert title(message) == "Drawing"
        await house.until(lambda: title(message) != "Drawing")
        assert message.attachments == []


async def test_a_cancel_whose_card_could_not_be_closed_leaves_the_picture_within_reach(house: House) -> None:
    """Every edit of the press is dropped; when the picture is there, the card offers it."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.inject(TOKEN_EDIT, *[Fault.dropped()] * 1)
        await house.alice.press(message, "Cancel")
        await house.until(lambda: message.labels == ["Show the picture"])
        await house.until(lambda: title(message) == "Your picture is ready")
        await house.alice.press(message, "Show the picture")
        await message.wait_until(lambda seen: seen.attachments)


async def test_a_waiting_job_whose_cancel_could_not_be_shown_is_shown_later(house: House) -> None:
    """Cancelled in the line while Discord drops the edit: it is said as soon as Discord takes it."""
    house.evolink.knobs.duration_s = 600
    async with house.bot(max_concurrent_tasks=1):
        await house.imagine()
        await house.until(lambda: len(house.tasks) == 1)
        waiting = await house.imagine(house.bob)
        await house.until(lambda: title(waiting) == "Waiting in line")
        house.discord.faults.inject(TOKEN_EDIT, *[Fault.dropped()] * 2)
        await house.bob.press(waiting, "Cancel")
        await house.until(lambda: title(waiting) == "Cancelled")
        assert len(house.tasks) == 1


async def test_a_late_cancel_never_covers_how_the_job_ended(house: House) -> None:
    """The failure card stays, although the cancel was pressed before it and shown after."""
    house.evolink.knobs.duration_s = 20
    house.evolink.knobs.task.append(Failed(code="content_policy_violation"))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.inject(CALLBACK, Fault.slow(40))
        await house.alice.press(message, "Cancel")
        await house.until(lambda: "Declined" in words(message))
        await house.clock.advance(60)
        await house.until(lambda: house.discord.faults.unserved == 0)
        assert "Declined" in words(message)
        assert message.labels == []


async def test_before_the_token_dies_a_private_card_offers_to_collect(house: House) -> None:
    """Where only the token reaches the reply, the card says so in time, and the press brings the picture."""
    house.evolink.knobs.duration_s = 20 * 60
    house.alice.accepts_direct_messages = False
    async with house.bot():
        message = await house.imagine(private=True)
        await house.until(lambda: message.labels == ["Show the picture"], step_s=5)
        await house.until(lambda: house.stored("status") == ["ready"], step_s=5)
        await house.alice.press(message, "Show the picture")
        await message.wait_until(lambda seen: seen.attachments)
        assert message.ephemeral


@pytest.mark.parametrize(("end", "shown"), [(Completed(), "Your picture"), (Failed(), "The image service has trouble")])
async def test_a_reminder_never_lands_on_top_of_the_end(house: House, end: Completed | Failed, shown: str) -> None:
    """The last edit takes its time, and in that time the token comes near its end: the end is the last word."""
    house.evolink.knobs.task.append(replace(end, duration_s=13.1 * 60))
    hidden = house.guild.add_text_channel("elsewhere", hidden_from_bot=True)
    async with house.bot():
        message = await (await house.alice.use(hidden, "/imagine", prompt="a boat", quality="0.5K")).message()
        await house.until(lambda: house.clock.monotonic() >= 12.4 * 60, step_s=5)
        await house.until(lambda: message.labels == ["Show the picture"], step_s=0.2)
        house.discord.faults.inject(TOKEN_EDIT, Fault.slow(30))
        await house.until(lambda: house.stored("told_at") != [None], step_s=0.2)
        began = house.clock.monotonic()
        await house.until(lambda: house.clock.monotonic() > began + 5, step_s=0.2)
        assert title(message) == shown


async def test_an_edit_of_progress_that_hangs_does_not_hold_up_a_stop(house: House) -> None:
    """After a few seconds it is left to itself; the next start shows how it goes on."""
    async with house.bot() as app:
        house.discord.faults.inject(TOKEN_EDIT, Fault.slow(3000))
        message = await house.imagine()
        await house.until(lambda: house.discord.faults.unserved == 0)
        stopping = asyncio.create_task(app.stop())
        try:
            await house.until(stopping.done, limit_s=20)
        finally:
            await house.clock.advance(3000)
    async with house.bot():
        await house.until(lambda: message.attachments)


async def test_a_result_that_vanished_from_disk_is_fetched_again(house: House) -> None:
    """Discord was away when the picture came, somebody deleted the file: the provider still has it."""
    house.evolink.knobs.duration_s = 4
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        house.discord.faults.inject(TOKEN_EDIT, *[Fault.dropped()] * 2)
        await house.until(lambda: any((house.data_dir / "results").glob("*.jpg")))
        for file in (house.data_dir / "results").glob("*.jpg"):
            file.unlink()
        await house.until(lambda: message.attachments)
        assert len(house.tasks) == 1


async def test_a_picture_too_large_and_rotten_is_kept_and_said_so(house: House) -> None:
    """Over the limit with pixels that cannot be read: no endless trying, a sentence, the original on disk."""
    rotten = b"\x89PNG\r\n\x1a\n" + _png_chunks(11 * 1024 * 1024)
    house.evolink.knobs.task.append(Completed(body=rotten))
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: any((house.data_dir / "results").glob("*.png")))
        await message.wait_until(lambda seen: "original is kept" in words(seen))
        assert message.labels == []


def _png_chunks(n_bytes: int) -> bytes:
    import struct
    import zlib

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", 512, 512, 8, 2, 0, 0, 0)
    return chunk(b"IHDR", header) + chunk(b"IDAT", b"\x5a" * n_bytes) + chunk(b"IEND", b"")


async def test_killed_before_the_first_answer_a_card_is_shown_by_the_next_start(house: House) -> None:
    """Recovery answers a job that has no message yet, before its picture is there."""
    house.evolink.knobs.duration_s = 600
    async with house.bot_process() as process:
        await house.imagine()
        await house.until(lambda: len(house.tasks) == 1)
        await process.kill()
    with contextlib.closing(sqlite3.connect(house.data_dir / "imagebot.sqlite3")) as database, database:
        database.execute("UPDATE jobs SET message_id = NULL")
    async with house.bot_process():
        await house.until(lambda: house.stored("message_id") != [None])


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refusal_of_the_edge_is_waited_out(house: House, status: int) -> None:
    """A page of HTML, or a token that is reset for a minute, closes no way for good."""
    house.evolink.knobs.duration_s = 4
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        page = Fault(status=status, body="<html>no</html>", content_type="text/html")
        house.discord.faults.inject(TOKEN_EDIT, page, page)
        await house.until(lambda: message.attachments)
