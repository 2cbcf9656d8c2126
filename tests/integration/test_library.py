"""A person's own pictures: pages, small pictures of them, and what is refused."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot import errors
from bot.clock import SystemClock
from bot.images.worker import ImageWorkers
from bot.jobs.library import ENTRIES_PER_PAGE, Library
from bot.jobs.model import Job, Status
from bot.jobs.retention import PictureFolders
from tests.support.clock import ManualClock
from tests.support.kept_files import Keep, open_keep
from tests.support.pictures import draw_picture, encode

ALICE, BOB = 11, 12


@dataclass(frozen=True, slots=True)
class Shelf:
    """A library and what it stands on."""

    keep: Keep
    library: Library

    async def picture(self, user_id: int = ALICE, *, content: bytes | None = None, parent_id: str | None = None) -> Job:
        await self.keep.clock.advance(1)
        job = await self.keep.made(user_id=user_id, created_at=self.keep.clock.now(), parent_id=parent_id)
        assert job.result is not None
        job.result.path.write_bytes(encode(draw_picture(320, 160), "JPEG") if content is None else content)
        return job


@pytest.fixture(name="shelf")
async def _shelf(tmp_path: Path) -> AsyncGenerator[Shelf, None]:
    async with open_keep(tmp_path / "data") as keep, ImageWorkers(clock=SystemClock(), max_workers=1) as workers:
        folders = PictureFolders(
            results=keep.folder.results, sources=keep.folder.sources, thumbnails=keep.folder.thumbnails
        )
        library = Library(
            clock=ManualClock(),
            history=keep.history,
            sizes=keep.sizes,
            jobs=keep.jobs,
            retention=keep.retention(),
            workers=workers,
            folders=folders,
        )
        yield Shelf(keep, library)


@pytest.mark.parametrize(
    ("n_pictures", "asked", "expected"),
    [
        (1, 1, (1, 1, [1])),
        (3, 1, (1, 1, [1, 2, 3])),
        (ENTRIES_PER_PAGE, 1, (1, 1, [1, 2, 3, 4])),
        (ENTRIES_PER_PAGE + 1, 2, (2, 2, [5])),
        (6, 0, (1, 2, [1, 2, 3, 4])),
        (6, 99, (2, 2, [5, 6])),
    ],
)
async def test_whoever_asks_for_a_page_that_does_not_exist_gets_the_nearest(
    n_pictures: int, asked: int, expected: tuple[int, int, list[int]], shelf: Shelf
) -> None:
    """The page's number, how many there are, and the numbers of its entries."""
    for _ in range(n_pictures):
        await shelf.picture(content=b"")
    page = await shelf.library.page(ALICE, asked)
    assert page.n_entries == n_pictures
    assert (page.number, page.n_pages, [entry.number for entry in page.entries]) == expected


async def test_a_thumbnail_is_drawn_once_and_counted(shelf: Shelf) -> None:
    """The second look finds it on disk."""
    job = await shelf.picture()
    before = await shelf.keep.sizes.used_bytes(now=shelf.keep.clock.now())
    [entry] = (await shelf.library.page(ALICE, 1)).entries
    assert entry.thumbnail is not None
    drawn = entry.thumbnail.stat()
    assert await shelf.keep.sizes.used_bytes(now=shelf.keep.clock.now()) == before + drawn.st_size
    assert entry.job.id == job.id
    [again] = (await shelf.library.page(ALICE, 1)).entries
    assert again.thumbnail is not None
    assert again.thumbnail.stat().st_mtime_ns == drawn.st_mtime_ns


async def test_a_picture_that_cannot_be_drawn_is_listed_all_the_same(shelf: Shelf) -> None:
    """Without a small picture."""
    await shelf.picture(content=b"spoilt on disk")
    [entry] = (await shelf.library.page(ALICE, 1)).entries
    assert (entry.thumbnail, entry.is_kept) == (None, True)


async def test_a_picture_that_is_gone_has_no_thumbnail(shelf: Shelf) -> None:
    """Given up by the row, or missing on disk."""
    missing, given_up = await shelf.picture(), await shelf.picture()
    assert missing.result is not None
    missing.result.path.unlink()
    await shelf.keep.database.write("UPDATE jobs SET files_gone_at = 1 WHERE id = ?", (given_up.id,))
    entries = (await shelf.library.page(ALICE, 1)).entries
    assert [(entry.thumbnail, entry.is_kept) for entry in entries] == [(None, False)] * 2


@pytest.mark.parametrize(("is_forgotten", "is_gone"), [(False, False), (False, True), (True, True)])
async def test_an_edit_knows_what_it_was_made_from(is_forgotten: bool, is_gone: bool, shelf: Shelf) -> None:
    """Unless its owner removed that from their history."""
    parent = await shelf.picture()
    child = await shelf.picture(parent_id=parent.id)
    if is_forgotten:
        await shelf.library.forget(parent.id, user_id=ALICE)
    elif is_gone:
        assert parent.result is not None
        parent.result.path.unlink()
    entry = (await shelf.library.page(ALICE, 1)).entries[0]
    assert entry.job.id == child.id
    assert (entry.parent is None) is is_forgotten
    assert entry.is_parent_kept is not is_gone


async def test_somebody_elses_picture_is_refused(shelf: Shelf) -> None:
    """And so is one that nobody knows, or that was removed."""
    job = await shelf.picture(BOB)
    for ask in (shelf.library.get_own, shelf.library.get_picture, shelf.library.get_forgettable):
        with pytest.raises(errors.NotYours):
            await ask(job.id, user_id=ALICE)
        with pytest.raises(errors.UnknownJob):
            await ask("unknown", user_id=ALICE)
    await shelf.library.forget(job.id, user_id=BOB)
    with pytest.raises(errors.UnknownJob):
        await shelf.library.forget(job.id, user_id=BOB)


async def test_only_a_delivered_picture_that_is_kept_is_posted_again(shelf: Shelf) -> None:
    """One that waits is collected instead, one that is gone is told so."""
    kept, gone = await shelf.picture(), await shelf.picture()
    assert gone.result is not None
    gone.result.path.unlink()
    waiting = await shelf.keep.made(status=Status.READY, user_id=ALICE)
    assert (await shelf.library.get_picture(kept.id, user_id=ALICE)).id == kept.id
    with pytest.raises(errors.ResultGone):
        await shelf.library.get_picture(gone.id, user_id=ALICE)
    with pytest.raises(errors.NotEndedYet):
        await shelf.library.get_picture(waiting.id, user_id=ALICE)


async def test_a_picture_that_waits_counts_as_handed_over_when_it_is_removed(shelf: Shelf) -> None:
    """It never expires afterwards, and its file goes at once."""
    waiting = await shelf.keep.made(status=Status.READY, user_id=ALICE)
    await shelf.library.forget(waiting.id, user_id=ALICE)
    assert (await shelf.keep.job(waiting.id)).status is Status.DELIVERED
    assert not shelf.keep.is_on_disk(waiting)
