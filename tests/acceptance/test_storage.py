"""The whole bot on a disk and a database that fail: nothing is spent on what could not be kept, and nothing is lost."""

import asyncio
import shutil
from typing import Any

import pytest

from bot.sandbox.discord import Message
from bot.sandbox.evolink.outcomes import Failed
from bot.store import backup
from tests.acceptance.test_edit import a_picture
from tests.support.house import House, title, words


async def pass_time(house: House, seconds: float) -> None:
    """Move time, with a breath for sockets and threads at each step."""
    until_s = house.clock.monotonic() + seconds
    await house.until(lambda: house.clock.monotonic() >= until_s, step_s=1)


def an_edit() -> dict[str, Any]:
    return {"instruction": "make it night", "quality": "0.5K", "image": ("beach.png", a_picture("teal"))}


async def test_a_request_that_could_not_be_kept_is_refused_before_anything_is_spent(house: House) -> None:
    """A private sentence; nothing is ordered or counted. Once the folder is there again, the next one comes in."""
    async with house.bot():
        results = house.data_dir / "results"
        results.rmdir()
        results.touch()
        await house.clock.advance(60)
        refused = await house.imagine()
        assert refused.ephemeral
        assert "cannot write to its disk" in refused.content
        assert "nothing was spent" in refused.content
        results.unlink()
        await house.clock.advance(60)
        message = await house.imagine()
        await house.until(lambda: message.attachments)
    assert len(house.tasks) == 1
    assert house.ledger()[0][0] == "reserve"
    assert len(house.stored("id")) == 1


@pytest.mark.parametrize("command", ["/history", "/references", "/quota"])
async def test_a_database_that_cannot_be_read_is_told_whatever_one_asks_for(
    house: House, command: str, caplog: pytest.LogCaptureFixture
) -> None:
    """In its own sentence, and without a traceback for each who asks."""
    async with house.bot():
        for table in ("jobs", "tray", "rules"):
            await house.change_database(f"ALTER TABLE {table} RENAME TO no_{table}")
        use = await house.alice.use(house.channel, command)
        await house.until(lambda: any(message.content for message in use.reachable_messages()))
        [told] = [message for message in use.reachable_messages() if message.content]
        assert told.content.startswith("The bot cannot use its database at the moment; nothing was spent.")
        assert [record for record in caplog.records if record.name.startswith("bot.intake") and record.exc_info] == []


@pytest.mark.parametrize("column", ["status", "message_id"])
async def test_a_database_that_takes_no_change_for_a_minute_ends_no_job(house: House, column: str) -> None:
    """What was stored waits, in the message that was answered, and nothing is ordered before its intent is stored."""
    async with house.bot():
        await house.change_database(
            f"CREATE TRIGGER broken BEFORE UPDATE OF {column} ON jobs BEGIN SELECT json('{{'); END"
        )
        message = await house.imagine()
        await pass_time(house, 60)
        assert house.tasks == []
        await house.change_database("DROP TRIGGER broken")
        await house.until(lambda: message.attachments)
    assert len(house.tasks) == len(house.channel.messages) == 1


async def test_a_database_that_takes_no_change_at_the_start_keeps_nobody_from_being_answered(house: House) -> None:
    """The bot connects, says what is wrong, and takes up what was left as soon as it can."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
    await house.change_database("UPDATE meta SET value = '{}' WHERE key = 'synced_commands'")
    for table in ("jobs", "meta"):
        for change in ("INSERT", "UPDATE"):
            await house.change_database(
                f"CREATE TRIGGER {change}_{table} BEFORE {change} ON {table} BEGIN SELECT json('{{'); END"
            )
    async with house.bot():
        refused = await house.imagine()
        assert "nothing was spent" in words(refused)
        await pass_time(house, 60)
        assert house.stored("status") == ["running"]
        for table in ("jobs", "meta"):
            for change in ("INSERT", "UPDATE"):
                await house.change_database(f"DROP TRIGGER {change}_{table}")
        await house.until(lambda: message.attachments)
    assert len(house.tasks) == 1


async def test_a_result_that_the_disk_does_not_take_is_fetched_when_it_does(house: House) -> None:
    """The provider keeps it; the person is told what is waited for, and pays once."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        results = house.data_dir / "results"
        results.rmdir()
        results.touch()
        await house.until(lambda: "the bot cannot write to its own disk" in words(message))
        await house.clock.advance(120)
        results.unlink()
        await house.until(lambda: message.attachments)
    assert len(house.tasks) == 1
    assert house.stored("status") == ["delivered"]


async def test_a_picture_of_a_person_that_the_disk_does_not_take_is_taken_when_it_does(house: House) -> None:
    """A short fault of ours ends no request: the person is told what is waited for, and nothing was spent on it."""
    async with house.bot() as app:
        await app.work.storage.look()
        sources = house.data_dir / "sources"
        shutil.rmtree(sources)
        sources.touch()
        use = await house.alice.use(house.channel, "/edit", **an_edit())
        message = await use.message()
        await house.until(lambda: "cannot write to its own disk" in words(message), step_s=0.1, limit_s=15)
        assert "nothing was spent" in words(message)
        await pass_time(house, 15)
        assert house.stored("status") == ["preparing"]
        sources.unlink()
        await house.until(lambda: message.attachments, step_s=0.1, limit_s=300)
    assert len(house.tasks) == 1
    assert house.stored("status") == ["delivered"]


async def test_a_picture_of_a_person_that_the_disk_never_takes_ends_with_the_deadline(house: House) -> None:
    """In a sentence that names the file and the disk; nothing was ordered, and nothing is counted."""
    async with house.bot(job_deadline_minutes=1) as app:
        await app.work.storage.look()
        sources = house.data_dir / "sources"
        shutil.rmtree(sources)
        sources.touch()
        use = await house.alice.use(house.channel, "/edit", **an_edit())
        message = await use.message()
        began_s = house.clock.monotonic()
        await house.until(lambda: house.stored("status") == ["failed"], limit_s=300)
        assert house.clock.monotonic() - began_s >= 60
        await house.until(lambda: "the disk of the bot did not take it" in words(message))
        assert "beach.png" in words(message)
    assert house.tasks == []
    assert sum(images for _, images, _ in house.ledger()) == 0


async def test_a_database_that_does_not_take_that_the_person_was_told_has_it_told_once(house: House) -> None:
    """The end stands in the message; only that it was shown is not stored yet, and is as soon as it can be."""
    house.evolink.knobs.default_outcome = Failed(code="content_policy_violation")
    async with house.bot():
        await house.change_database(
            "CREATE TRIGGER broken BEFORE UPDATE OF told_at ON jobs WHEN NEW.told_at IS NOT NULL"
            " BEGIN SELECT json('{'); END"
        )
        message = await house.imagine()
        await house.until(lambda: house.stored("status") == ["failed"])
        await house.until(lambda: "content rules" in words(message))
        shown = len(house.discord.requests)
        await pass_time(house, 60)
        assert len(house.discord.requests) == shown
        assert house.stored("told_at") == [None]
        await house.change_database("DROP TRIGGER broken")
        await house.until(lambda: house.stored("told_at") != [None])
        assert len(house.discord.requests) == shown


async def two_pictures_and_an_older_database(house: House) -> list[Message]:
    """Have two pictures made, and put back a copy from before the second was ordered."""
    house.evolink.knobs.duration_s = 60
    path, copy = house.data_dir / "imagebot.sqlite3", house.data_dir.parent / "copy.sqlite3"
    async with house.bot(max_concurrent_tasks=1):
        messages: list[Message] = [await house.imagine(prompt=f"picture {number}") for number in range(2)]
        await house.until(lambda: title(messages[0]) == "Drawing" and title(messages[1]) == "Waiting in line")
        await asyncio.to_thread(backup.copy, path, copy)
        await house.until(lambda: all(message.attachments for message in messages))
    copy.replace(path)
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    return messages


async def test_a_backup_that_is_put_back_orders_nothing_a_second_time(house: House) -> None:
    """What waited in line when it was made has been sent since: its picture is on disk, and is put where it was."""
    messages = await two_pictures_and_an_older_database(house)
    async with house.bot():
        await house.until(lambda: all(house.stored("told_at")), step_s=20)
        assert house.stored("status") == ["delivered"] * 2
    assert len(house.tasks) == 2
    assert all(message.attachments and title(message) == "Your picture" for message in messages)


async def test_a_backup_that_is_put_back_without_its_pictures_promises_none(house: House) -> None:
    """Nobody knows whether what waited in line when it was made has been sent since: it is looked for, and released."""
    messages = await two_pictures_and_an_older_database(house)
    for picture in (house.data_dir / "results").iterdir():
        picture.unlink()
    async with house.bot():
        await house.until(lambda: all(house.stored("told_at")), step_s=20)
        assert sorted(house.stored("status")) == ["delivered", "lost"]
    assert len(house.tasks) == 2
    assert all(message.attachments for message in messages)


@pytest.mark.parametrize("label", ["Cancel", "Show the picture"])
async def test_a_card_that_a_backup_does_not_know_is_closed_by_a_press(house: House, label: str) -> None:
    """Nothing else ever would: it says that nothing is known, and what to do, in the place of its button."""
    house.evolink.knobs.duration_s = 60
    path, copy = house.data_dir / "imagebot.sqlite3", house.data_dir.parent / "copy.sqlite3"
    async with house.bot():
        await asyncio.to_thread(backup.copy, path, copy)
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        if label != "Cancel":
            await house.alice.press(message, "Cancel")
            await house.until(lambda: message.labels == [label])
    copy.replace(path)
    for beside in ("-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    async with house.bot():
        await house.bob.press(message, label)
        await house.until(lambda: title(message) == "Not known any more")
        assert "knows nothing of this request any more" in words(message)
        assert "/imagine" in words(message)
        assert message.labels == []


async def test_a_list_is_not_closed_by_a_press_for_what_is_not_known(house: House) -> None:
    """Its other buttons go on working; the answer is private, as it is under a picture."""
    house.evolink.knobs.duration_s = 30
    async with house.bot():
        card = await house.imagine()
        await house.until(lambda: title(card) == "Drawing")
        await house.alice.press(card, "Cancel")
        await house.until(lambda: title(card) == "Your picture is ready")
        history = await (await house.alice.use(house.channel, "/history")).message()
        await history.wait_until(lambda seen: "Show the picture" in seen.labels)
        history.components[0]["components"][0]["custom_id"] = "v1:collect:0000000000000000"
        labels = history.labels
        answer = await (await house.alice.press(history, "Show the picture")).message()
        assert answer.ephemeral
        assert "does not know this picture" in answer.content
        assert history.labels == labels
