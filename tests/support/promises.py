"""What must hold of every job when all is over, whatever died or failed in between (DESIGN 5)."""

import contextlib
import sqlite3
from collections import Counter
from dataclasses import dataclass

from bot.jobs.model import Status
from bot.jobs.transitions import ENDED
from bot.sandbox.discord import Message
from bot.ui import texts
from tests.support.house import House, title

AT_WORK = {
    *(texts.status_title(each) for each in Status if each not in ENDED),
    texts.status_title(Status.QUEUED, 1),
    texts.LOOKING_TITLE,
}
"""What stands over a card that promises that something will still happen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJob:
    """A job as another process reads it."""

    id: str
    status: Status
    origin_id: int
    user_id: int
    prompt: str
    task_id: str | None
    result_path: str | None
    told: bool
    failure: str | None
    gift: bool
    images: int
    n_commits: int

    @property
    def end(self) -> str:
        """Say how it ended in the words of the issue: delivered, collectable or released; else its status."""
        if self.status is Status.DELIVERED:
            return "delivered, a gift" if self.gift else "delivered"
        if self.status is Status.READY:
            return "collectable"
        if self.status in ENDED and self.told:
            return f"released, told: {self.failure or self.status.value}"
        return f"open: {self.status.value}"


_JOBS = """
SELECT id, status, origin_id, user_id, prompt, provider_task_id, result_path, told_at IS NOT NULL, failure_kind, gift,
    (SELECT coalesce(sum(images), 0) FROM ledger WHERE job_id = jobs.id AND kind IN ('reserve', 'release')),
    (SELECT count(*) FROM ledger WHERE job_id = jobs.id AND kind = 'commit')
FROM jobs ORDER BY created_at
"""


def stored_jobs(house: House) -> list[StoredJob]:
    """Return all jobs; none where there is no database yet."""
    path = house.data_dir / "imagebot.sqlite3"
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
        rows = list(database.execute(_JOBS))
    fields = list(StoredJob.__dataclass_fields__)
    named = [dict(zip(fields, row, strict=True)) for row in rows]
    flags = ("told", "gift")
    return [
        StoredJob(**{**each, "status": Status(each["status"])} | {name: bool(each[name]) for name in flags})
        for each in named
    ]


def open_jobs(house: House) -> list[StoredJob]:
    """Return the jobs for which something remains to be done."""
    return [each for each in stored_jobs(house) if not (each.status in ENDED and (each.told or is_silent(house, each)))]


def is_silent(house: House, job: StoredJob) -> bool:
    """Tell whether a picture waits of which nobody could be told: its reply never came about, nor may any message."""
    if job.status is not Status.READY or house.discord.world.accounts[job.user_id].accepts_direct_messages:
        return False
    return all(prompt_of(each) != job.prompt for each in messages_of_bot(house))


def n_open(house: House) -> int:
    """Count them."""
    return len(open_jobs(house))


def all_ended(house: House) -> bool:
    """Tell whether nothing remains to be done for any job."""
    return n_open(house) == 0


def messages_of_bot(house: House) -> list[Message]:
    """List every message of the bot that still stands somewhere, private ones included."""
    shown = {each.id: each for channel in house.discord.world.channels.values() for each in channel.messages.values()}
    for exchange in house.discord.world.exchanges.values():
        shown |= {each.id: each for each in exchange.reachable_messages()}
    return [each for each in shown.values() if each.author is house.discord.world.bot]


def assert_kept(house: House) -> None:
    """See that every promise was kept, for every job that there is and every task that was made."""
    jobs = stored_jobs(house)
    messages = messages_of_bot(house)
    _assert_ends(house, jobs)
    _assert_paid_once(house, jobs)
    _assert_told(house, messages, jobs)
    left = left_over(house)
    assert not left, f"left behind: {left}"


def _assert_ends(house: House, jobs: list[StoredJob]) -> None:
    for job in jobs:
        assert job.status in ENDED, f"{job} has not ended"
        assert job.told or is_silent(house, job), f"the person was not told of {job}"
        made = job.status in {Status.DELIVERED, Status.READY}
        assert job.images == int(made and not job.gift), f"the ledger is wrong for {job}"
        shown = job.status is Status.DELIVERED and not job.gift  # what waits to be collected is still only reserved
        assert job.n_commits == int(shown), f"{job.n_commits} commits for {job}"
        if made:
            assert job.result_path, job
            assert (house.data_dir / job.result_path).stat().st_size > 0, job


def _assert_paid_once(house: House, jobs: list[StoredJob]) -> None:
    tasks = Counter(str(task.request["prompt"]) for task in house.tasks)
    asked = Counter(job.prompt for job in jobs)
    assert all(tasks[prompt] <= asked[prompt] for prompt in tasks), f"{tasks - asked} were paid for more than once"
    known = {job.task_id for job in jobs}
    for task in house.tasks:
        [job] = [each for each in jobs if each.prompt == task.request["prompt"]]
        assert job.task_id in {task.id, None}, f"{job} has another one's task"
        in_doubt = job.failure == "outcome_unknown"
        assert task.id in known or in_doubt, f"the task of {job} was forgotten"
        assert task.final_status != "completed" or in_doubt or job.status in {Status.DELIVERED, Status.READY}, job
    failed = {task.id for task in house.tasks if task.final_status == "failed"}
    for job in jobs:
        assert job.failure != "task_failed" or job.task_id in failed, f"{job} was called failed, and its task was not"


def _assert_told(house: House, messages: list[Message], jobs: list[StoredJob]) -> None:
    pictures: Counter[str] = Counter()
    for message in messages:
        assert title(message) not in AT_WORK, f"left at work: {title(message)!r}"
        assert not message.thinking, "left thinking"
        if message.attachments:
            pictures[prompt_of(message)] += 1
    for job in jobs:
        n_shown = pictures[job.prompt]
        assert n_shown == int(job.status is Status.DELIVERED), f"{n_shown} messages hold the picture of {job}"


def prompt_of(message: Message) -> str:
    """Read from a card which job it is of."""
    return str(message.embeds[0].get("description", "")).rpartition("> ")[2] if message.embeds else ""


def left_over(house: House) -> list[str]:
    """List what no process that ended in order leaves in DATA_DIR."""
    folder = house.data_dir
    kept = {job.result_path for job in stored_jobs(house)}
    half_done = list(folder.rglob("*.part"))
    copies = list((folder / "scratch").rglob("*"))
    unowned = [path for path in (folder / "results").iterdir() if str(path.relative_to(folder)) not in kept]
    owners = list((folder / "owners").iterdir())
    return sorted({str(path.relative_to(folder)) for path in (*half_done, *copies, *unowned, *owners)})
