"""A person's history as the database tells it."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from bot.jobs.model import Status
from tests.support.kept_files import Keep, open_keep

ALICE, BOB = 11, 12


@pytest.fixture(name="keep")
async def _keep(tmp_path: Path) -> AsyncGenerator[Keep, None]:
    async with open_keep(tmp_path / "data") as keep:
        yield keep


async def test_a_page_holds_the_persons_own_pictures_newest_first(keep: Keep) -> None:
    """And the next page goes on where it ended."""
    ids: list[str] = []
    for _ in range(5):
        await keep.clock.advance(1)
        ids.append((await keep.made(user_id=ALICE, created_at=keep.clock.now())).id)
    await keep.made(user_id=BOB)
    assert await keep.history.count(ALICE) == 5
    assert [job.id for job in await keep.history.list_page(ALICE, skip=0, most=3)] == ids[:1:-1]
    assert [job.id for job in await keep.history.list_page(ALICE, skip=3, most=3)] == ids[1::-1]


@pytest.mark.parametrize("status", [status for status in Status if status is not Status.PREPARING])
async def test_what_was_refused_or_cancelled_is_no_part_of_a_history(status: Status, keep: Keep) -> None:
    """There is nothing to look at; everything else is listed, from the first moment."""
    if status is Status.EXPIRED:
        assert await keep.jobs.move(await keep.made(user_id=ALICE, status=Status.READY), Status.EXPIRED)
    else:
        await keep.made(user_id=ALICE, status=status)
    expected = 0 if status in {Status.FAILED, Status.CANCELLED} else 1
    assert await keep.history.count(ALICE) == expected
    assert len(await keep.history.list_page(ALICE, skip=0, most=9)) == expected


async def test_what_its_owner_forgot_is_not_listed(keep: Keep) -> None:
    """Though other pictures may descend from it."""
    job = await keep.made(user_id=ALICE)
    assert await keep.sizes.forget(job.id, user_id=ALICE, now=keep.clock.now())
    assert await keep.history.count(ALICE) == 0
    assert await keep.history.list_page(ALICE, skip=0, most=9) == []
    [found] = (await keep.history.find_named([job.id, "unknown"])).values()
    assert (found.id, found.forgotten_at) == (job.id, keep.clock.now())


async def test_pages_are_found_by_an_index(keep: Keep) -> None:
    """However many pictures other people have."""
    plan = await keep.database.read(
        "EXPLAIN QUERY PLAN SELECT * FROM jobs WHERE user_id = 1 AND forgotten_at IS NULL"
        " ORDER BY created_at DESC, id DESC LIMIT 4"
    )
    assert any("jobs_of_person" in row["detail"] for row in plan)
