"""What opens something for whoever holds it does not outlive its use in the database."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.jobs.model import Source
from bot.store.database import Database
from bot.store.jobs import JobStore
from bot.store.seen import SeenStore
from bot.store.tray import TrayStore
from tests.support.clock import START, ManualClock
from tests.support.stored_jobs import new_job

URL = "https://cdn.discordapp.com/attachments/1/2/a.png?ex=1&is=2&hm=3"
KEPT_UNTIL = START + timedelta(hours=20)
MOMENT = timedelta(microseconds=1)


async def left(database: Database) -> list[int]:
    [seen] = await database.read("SELECT count(*) FROM seen_pictures")
    [tray] = await database.read("SELECT count(*) FROM tray")
    return [seen[0], tray[0]]


async def test_what_was_seen_and_collected_is_erased_by_the_sweep_alone(tmp_path: Path) -> None:
    """Nobody has to open another menu or tray for it."""
    database = await Database.open(tmp_path / "imagebot.sqlite3")
    try:
        jobs = JobStore(database, folder=tmp_path, clock=ManualClock())
        seen, tray = SeenStore(database), TrayStore(database, folder=tmp_path)
        await seen.put(1, 2, [Source(position=1, name="a.png", url=URL)], now=START, kept_until=KEPT_UNTIL)
        await tray.add(7, Source(position=1, name="b.png", sha256="ab" * 32), kept_until=KEPT_UNTIL, most=14)
        await jobs.erase_dead_secrets(now=KEPT_UNTIL - MOMENT)
        assert await left(database) == [1, 1]
        await jobs.erase_dead_secrets(now=KEPT_UNTIL)
        assert await left(database) == [0, 0]
    finally:
        await database.close()


def test_a_job_that_is_written_down_shows_no_secret() -> None:
    """In an error's text or a line of the log: neither its token, nor its path for callbacks, nor a link."""
    job = new_job()
    source = Source(position=1, name="a.png", url="s-url", hosted_url="s-hosted")
    route = replace(job.route, token="s-token")
    secret = replace(job, route=route, callback_token="s-callback", result_url="s-result", sources=(source,))
    assert "s-" not in repr(secret)
