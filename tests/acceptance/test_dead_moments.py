"""Moments in which a process or a disk may fail, and what is paid for must not be lost or paid twice."""

import contextlib
import hashlib
import sqlite3

import pytest

from bot.sandbox.evolink import Slow
from tests.support.house import House, title


async def test_a_database_that_refuses_right_after_the_create_loses_no_task(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """The task's id is kept in mind until it can be stored: one task, one picture, one delivery."""
    house.evolink.knobs.create.append(Slow(delay_s=5))
    async with house.bot() as app:
        message = await house.imagine()
        await house.until(lambda: any(seen.path == "/v1/images/generations" for seen in house.evolink.requests))
        # whatever makes the database fail for a while, but no conflict: that would never pass
        await house.change_database("CREATE TRIGGER broken BEFORE UPDATE ON jobs BEGIN SELECT json('{'); END")
        await house.until(lambda: len(house.tasks) == 1 and "not stored, once more" in caplog.text)
        await house.change_database("DROP TRIGGER broken")
        await house.until(lambda: message.attachments)
        assert len(house.tasks) == 1
        assert app.work.runner.stopping is False


async def test_a_whole_download_that_was_not_named_yet_is_used_and_not_fetched_again(house: House) -> None:
    """Killed between the download and its name: the next start finds the bytes, even if the link is dead by then."""
    house.evolink.knobs.duration_s = 60
    async with house.bot_process() as process:
        message = await house.imagine()
        await house.until(lambda: title(message) == "Drawing")
        await process.kill()
    await house.clock.advance(60)
    done = await house.evolink.finished(house.tasks[0].id)
    (house.data_dir / "results" / f"{_job_id(house)}.part").write_bytes(done.results[0].read_bytes())
    downloads = len([seen for seen in house.evolink.requests if seen.path.endswith(".jpg")])
    async with house.bot_process():
        await house.until(lambda: message.attachments)
    assert hashlib.sha256(message.attachments[0].read()).hexdigest() == done.results[0].sha256
    assert len([seen for seen in house.evolink.requests if seen.path.endswith(".jpg")]) == downloads


def _job_id(house: House) -> str:
    with contextlib.closing(sqlite3.connect(house.data_dir / "imagebot.sqlite3")) as database, database:
        return str(database.execute("SELECT id FROM jobs").fetchone()[0])
