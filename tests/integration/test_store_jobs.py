"""Stored jobs: what goes in comes out, one of two wins, and a wish to cancel is never forgotten."""

import asyncio
import contextlib
import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.errors import QueueFull, Refusal, StoreConflict, TooManyWaiting
from bot.jobs.model import (
    Failure,
    FailureKind,
    Job,
    Quality,
    ReplyRoute,
    Size,
    Status,
    Thinking,
)
from bot.store.instants import from_stored, to_stored
from bot.store.jobs import ENTRANCE, Insertion
from tests.support.stored_jobs import PLENTY, brought_to, new_job, open_store, result_in
from tests.support.ui_jobs import NOW

LATER = NOW + timedelta(minutes=3, microseconds=7)
BOB = 21
LIVE = [Status.PREPARING, Status.QUEUED, Status.SUBMITTING, Status.RUNNING]


@pytest.mark.parametrize(
    "instant",
    [NOW, LATER, datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)],
)
def test_an_instant_keeps_its_microseconds(instant: datetime) -> None:
    """No float comes between."""
    assert from_stored(to_stored(instant)) == instant


@pytest.mark.parametrize(
    "fresh",
    [
        new_job(),
        new_job("nobody@here '; DROP TABLE jobs; -- \0 \u202e \N{OCTOPUS}\n```", guild_id=None),
        new_job(size=Size.RIBBON, quality=Quality.FOUR_K, web_search=True, image_search=True, thinking=Thinking.HIGH),
        new_job(
            user_id=2**63 - 1,
            route=ReplyRoute(
                application_id=2**62,
                channel_id=2**62,
                message_id=None,
                token=None,
                token_expires_at=LATER,
                ephemeral=True,
                channel_reachable=False,
                upload_limit_bytes=500 * 2**20,
            ),
        ),
    ],
    ids=["plain", "hostile", "all_options", "extremes"],
)
async def test_a_job_comes_out_as_it_went_in(fresh: Job, tmp_path: Path) -> None:
    """Every field, also after the database was closed and opened again."""
    async with open_store(tmp_path) as store:
        assert await store.insert(fresh, max_waiting=PLENTY) is Insertion.STORED
    async with open_store(tmp_path) as store:
        assert await store.find(fresh.id) == fresh
        assert await store.find("nobody") is None
        assert await store.take_over([]) == [fresh]


async def test_half_a_character_does_not_keep_a_job_out(tmp_path: Path) -> None:
    """JSON can bring one, the database cannot hold it: neither a request nor the end of a job may founder on that."""
    async with open_store(tmp_path) as store:
        fresh = new_job("half \ud83d of it")
        assert await store.insert(fresh, max_waiting=PLENTY) is Insertion.STORED
        stored = await store.find(fresh.id)
        assert stored is not None
        assert stored.drawing.prompt == "half ? of it"
        failure = Failure(kind=FailureKind.INTERNAL, code="c\udfff", message="cut \ud83d", request_id="r\ud800")
        failed = await store.move(stored, Status.FAILED, failure=failure)
        assert failed is not None
        assert failed.failure == Failure(kind=FailureKind.INTERNAL, code="c?", message="cut ?", request_id="r?")


async def test_the_same_interaction_makes_one_job(tmp_path: Path) -> None:
    """However many times it comes, and at once."""
    async with open_store(tmp_path) as store:
        twins = [new_job(origin_id=77) for _ in range(10)]
        outcomes = await asyncio.gather(*(store.insert(twin, max_waiting=PLENTY) for twin in twins))
        assert sorted(outcomes, key=lambda outcome: outcome.value) == [Insertion.STORED] + [Insertion.DOUBLE] * 9
        assert len(await store.take_over([])) == 1


async def test_what_is_learnt_on_the_way_is_kept(tmp_path: Path) -> None:
    """Each move adds; what an earlier one stored is not lost with a snapshot that does not have it."""
    async with open_store(tmp_path) as store:
        fresh = new_job()
        await store.insert(fresh, max_waiting=PLENTY)
        submitting = await store.move(fresh, Status.SUBMITTING, submitted_at=NOW)
        assert submitting is not None
        running = await store.move(
            submitting, Status.RUNNING, provider_task_id="task-1", estimated_s=45, credits_reserved=2.5
        )
        assert running is not None
        forgetful = dataclasses.replace(fresh, status=Status.RUNNING)
        delivering = await store.move(
            forgetful, Status.DELIVERING, result=result_in(tmp_path, fresh.id), finished_at=LATER, credits_used=2.25
        )
        assert delivering is not None
        delivered = await store.move(delivering, Status.DELIVERED, told_at=LATER, delivery_note="lossless")
        assert delivered == dataclasses.replace(
            fresh,
            status=Status.DELIVERED,
            submitted_at=NOW,
            finished_at=LATER,
            told_at=LATER,
            provider_task_id="task-1",
            estimated_s=45,
            credits_reserved=2.5,
            credits_used=2.25,
            result=result_in(tmp_path, fresh.id),
            delivery_note="lossless",
            route=dataclasses.replace(fresh.route, token=None),
        )
        assert await store.find(fresh.id) == delivered


async def test_a_result_moves_with_its_folder(tmp_path: Path) -> None:
    """DATA_DIR may be mounted elsewhere tomorrow: paths are stored within it."""
    (tmp_path / "old").mkdir()
    async with open_store(tmp_path / "old") as store:
        ready = await brought_to(store, Status.READY, folder=tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    async with open_store(tmp_path / "new") as store:
        found = await store.find(ready.id)
    assert found is not None
    assert found.result == result_in(tmp_path / "new", ready.id)


@pytest.mark.parametrize("kind", list(FailureKind))
async def test_why_there_is_no_picture_is_kept_whole(kind: FailureKind, tmp_path: Path) -> None:
    """The provider's own words too, line breaks and all."""
    failure = Failure(kind=kind, code="c", http_status=402, message="A title\nadvice \N{OCTOPUS}", request_id="r")
    async with open_store(tmp_path) as store:
        running = await brought_to(store, Status.RUNNING, folder=tmp_path)
        failed = await store.move(running, Status.FAILED, failure=failure, finished_at=LATER)
        assert failed is not None
        assert failed.failure == failure
        assert await store.take_over([]) == [failed]


async def test_of_two_that_move_a_job_one_wins(tmp_path: Path) -> None:
    """The guard is in the statement: also between two processes that both have the file open."""
    async with open_store(tmp_path) as one, open_store(tmp_path) as other:
        for _ in range(10):
            fresh = await brought_to(one, Status.QUEUED, folder=tmp_path)
            moves = [store.move(fresh, Status.SUBMITTING, submitted_at=NOW) for store in (one, other, one, other)]
            assert sum(moved is not None for moved in await asyncio.gather(*moves)) == 1


async def test_a_forbidden_way_is_a_fault_of_the_caller(tmp_path: Path) -> None:
    """It is refused before the database is asked."""
    async with open_store(tmp_path) as store:
        delivered = await brought_to(store, Status.DELIVERED, folder=tmp_path)
        with pytest.raises(ValueError, match="delivered may not become failed"):
            await store.move(delivered, Status.FAILED)


async def test_cancelling_while_queued_ends_the_job(tmp_path: Path) -> None:
    """Nothing was spent, so no wish remains to be remembered; whoever was about to submit it finds it gone."""
    async with open_store(tmp_path) as store:
        queued = await brought_to(store, Status.QUEUED, folder=tmp_path)
        cancelled = await store.cancel(queued.id, now=LATER)
        assert cancelled == dataclasses.replace(queued, status=Status.CANCELLED, finished_at=LATER)
        assert await store.move(queued, Status.SUBMITTING) is None
        assert await store.cancel(queued.id, now=LATER) is None


@pytest.mark.parametrize("status", [Status.SUBMITTING, Status.RUNNING])
async def test_cancelling_later_is_a_wish_and_the_picture_waits(status: Status, tmp_path: Path) -> None:
    """The provider cannot be stopped: the job goes on, and its result is ready instead of being delivered."""
    async with open_store(tmp_path) as store:
        job = await brought_to(store, status, folder=tmp_path)
        wished = await store.cancel(job.id, now=LATER)
        assert wished == dataclasses.replace(job, cancel_requested_at=LATER)
        assert await store.cancel(job.id, now=LATER) is None
        if status is Status.SUBMITTING:  # whoever drives it knows nothing of the wish
            moved = await store.move(job, Status.RUNNING, provider_task_id="task-x")
            assert moved is not None
            job = dataclasses.replace(moved, cancel_requested_at=None)
        taken_home = await store.move(job, Status.DELIVERING, result=result_in(tmp_path, job.id), finished_at=LATER)
        assert taken_home is not None
        assert taken_home.status is Status.READY
        assert taken_home.result == result_in(tmp_path, job.id)


async def test_a_cancelled_job_that_the_provider_did_not_take_is_not_submitted_again(tmp_path: Path) -> None:
    """The wish came during the POST, the POST was refused for now: nothing was spent, so the job ends there."""
    async with open_store(tmp_path) as store:
        submitting = await brought_to(store, Status.SUBMITTING, folder=tmp_path)
        await store.cancel(submitting.id, now=LATER)
        moved = await store.move(submitting, Status.QUEUED)
        assert moved is not None
        assert (moved.status, moved.finished_at, moved.cancel_requested_at) == (Status.CANCELLED, LATER, None)
        assert await store.insert(new_job(), max_waiting=1) is Insertion.STORED


async def test_a_job_that_goes_back_to_the_queue_is_as_before(tmp_path: Path) -> None:
    """Without a wish to cancel it waits again, and may be submitted once more."""
    async with open_store(tmp_path) as store:
        submitting = await brought_to(store, Status.SUBMITTING, folder=tmp_path)
        queued = await store.move(submitting, Status.QUEUED)
        assert queued is not None
        assert (queued.status, queued.finished_at) == (Status.QUEUED, None)
        again = await store.move(queued, Status.SUBMITTING, submitted_at=LATER)
        assert again is not None
        assert again.submitted_at == LATER


@pytest.mark.parametrize("status", [status for status in Status if status not in LIVE])
async def test_what_has_ended_cannot_be_cancelled(status: Status, tmp_path: Path) -> None:
    """A picture that is there stays; an unknown job neither."""
    async with open_store(tmp_path) as store:
        ended = await brought_to(store, status, folder=tmp_path)
        assert await store.cancel(ended.id, now=LATER) is None
        assert await store.find(ended.id) == ended
        assert await store.cancel("nobody", now=LATER) is None


async def test_a_job_is_unfinished_until_its_person_was_told(tmp_path: Path) -> None:
    """Oldest first; once told, its token is erased and it is never taken up again."""
    async with open_store(tmp_path) as store:
        newer = await brought_to(store, Status.FAILED, folder=tmp_path, created_at=LATER)
        older = await brought_to(store, Status.RUNNING, folder=tmp_path)
        await brought_to(store, Status.DELIVERED, folder=tmp_path)
        assert [job.id for job in await store.take_over([])] == [older.id, newer.id]
        await store.set_told(newer, now=LATER)
        assert [job.id for job in await store.take_over([])] == [older.id]
        told = await store.find(newer.id)
        assert told is not None
        assert (told.told_at, told.route.token) == (LATER, None)


async def test_an_end_that_was_told_is_noted_only_while_it_is_the_end(tmp_path: Path) -> None:
    """A picture that came meanwhile is still to be shown; what was given up after the loss was told has been told."""
    async with open_store(tmp_path) as store:

        async def lost_untold() -> Job:
            lost = await store.move(await brought_to(store, Status.RUNNING, folder=tmp_path), Status.LOST)
            assert lost is not None
            return lost

        for to in (Status.READY, Status.DELIVERING, Status.FAILED):
            lost = await lost_untold()
            moved = await store.move(lost, to)
            assert not await store.set_told(lost, now=LATER)
            assert await store.find(lost.id) == moved
        lost = await lost_untold()
        assert await store.set_told(lost, now=LATER)
        given_up = await store.move(lost, Status.FAILED)
        assert given_up is not None
        assert given_up.told_at == LATER


async def test_the_place_of_the_reply_is_stored(tmp_path: Path) -> None:
    """Where a job was answered, or had to move to; the rest of it stays."""
    async with open_store(tmp_path) as store:
        fresh = await brought_to(store, Status.QUEUED, folder=tmp_path)
        moved = dataclasses.replace(
            fresh.route, channel_id=5, message_id=6, token="new", ephemeral=True, channel_reachable=False
        )
        assert await store.set_reply(fresh.id, moved) == dataclasses.replace(fresh, route=moved)
        assert await store.find(fresh.id) == dataclasses.replace(fresh, route=moved)


async def test_a_job_that_was_told_never_gets_a_token_back(tmp_path: Path) -> None:
    """Whoever comes late with the place of the reply learns that nothing is to be done there."""
    async with open_store(tmp_path) as store:
        fresh = await brought_to(store, Status.QUEUED, folder=tmp_path)
        cancelled = await store.cancel(fresh.id, now=LATER)
        assert cancelled is not None
        await store.set_told(cancelled, now=LATER)
        told = await store.find(fresh.id)
        assert await store.set_reply(fresh.id, dataclasses.replace(fresh.route, message_id=99)) is None
        assert await store.find(fresh.id) == told
        assert await store.set_reply("nobody", fresh.route) is None


async def test_dead_tokens_are_erased_and_living_ones_kept(tmp_path: Path) -> None:
    """A token that Discord does not take any more is only a secret lying about."""
    async with open_store(tmp_path) as store:
        fresh = await brought_to(store, Status.QUEUED, folder=tmp_path)
        expires_at = fresh.route.token_expires_at
        await store.erase_dead_secrets(now=expires_at - timedelta(microseconds=1))
        kept = await store.find(fresh.id)
        await store.erase_dead_secrets(now=expires_at)
        erased = await store.find(fresh.id)
        assert kept is not None
        assert erased is not None
        assert (kept.route.token, erased.route.token) == (fresh.route.token, None)


async def test_only_jobs_before_submission_wait(tmp_path: Path) -> None:
    """Whoever is at the provider, or has ended, takes no place in the line."""
    async with open_store(tmp_path) as store:
        for status in Status:
            await brought_to(store, status, folder=tmp_path)
        with pytest.raises(QueueFull):
            await store.insert(new_job(user_id=BOB), max_waiting=2)
        assert await store.insert(new_job(user_id=BOB), max_waiting=3) is Insertion.STORED


async def test_of_many_that_come_at_once_no_more_get_in_than_there_is_room_for(tmp_path: Path) -> None:
    """One statement counts and stores, also between two processes; who is refused leaves nothing behind."""
    async with open_store(tmp_path) as one, open_store(tmp_path) as other:
        stores = (one, other) * 30
        asked = [store.insert(new_job(user_id=number), max_waiting=7) for number, store in enumerate(stores)]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert outcomes.count(Insertion.STORED) == 7
        assert sum(isinstance(outcome, QueueFull) for outcome in outcomes) == 53
        assert len(await one.take_over([])) == 7


@pytest.mark.parametrize(("max_waiting", "most"), [(1, 1), (2, 1), (3, 2), (10, 5), (11, 6)])
async def test_one_person_gets_no_more_places_than_are_left_free(max_waiting: int, most: int, tmp_path: Path) -> None:
    """However many come at once, over two processes; half of the line and no more, so that the next one finds room."""
    async with open_store(tmp_path) as one, open_store(tmp_path) as other:
        asked = [store.insert(new_job(), max_waiting=max_waiting) for store in (one, other) * 12]
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert outcomes.count(Insertion.STORED) == most
        told = {(type(each), getattr(each, "own", None)) for each in outcomes if isinstance(each, Refusal)}
        assert told == {(QueueFull, None) if max_waiting == 1 else (TooManyWaiting, most)}
        assert len(await one.take_over([])) == most


async def test_who_has_none_waiting_finds_a_place_until_the_line_is_full(tmp_path: Path) -> None:
    """One after the other they flood it, each with as much as they get; whoever comes anew is let in all the same."""
    async with open_store(tmp_path) as store:
        places: list[int] = []
        for user_id in range(1, 9):
            n_own = 0
            with contextlib.suppress(TooManyWaiting, QueueFull):
                while await store.insert(new_job(user_id=user_id), max_waiting=16) is Insertion.STORED:
                    n_own += 1
            places.append(n_own)
        assert places == [8, 4, 2, 1, 1, 0, 0, 0]


async def test_a_place_that_was_left_may_be_taken_again(tmp_path: Path) -> None:
    """Whatever a person had drawn before, and whoever waits with them: only what waits now takes places."""
    async with open_store(tmp_path) as store:
        waiting = [await brought_to(store, Status.QUEUED, folder=tmp_path) for _ in range(2)]
        with pytest.raises(TooManyWaiting):
            await store.insert(new_job(), max_waiting=4)
        await store.move(waiting[0], Status.SUBMITTING, submitted_at=NOW)
        assert await store.insert(new_job(), max_waiting=4) is Insertion.STORED


async def test_the_line_is_counted_by_its_index(tmp_path: Path) -> None:
    """No row is read for it: neither what others had drawn nor what this person had."""
    async with open_store(tmp_path) as store:
        asked = {"origin_id": 1, "user_id": BOB}
        plan = [str(row["detail"]) for row in await store._database.read(f"EXPLAIN QUERY PLAN {ENTRANCE}", asked)]
        assert [step for step in plan if "jobs" in step] == [
            "SEARCH jobs USING COVERING INDEX sqlite_autoindex_jobs_2 (origin_id=?)",
            "SCAN jobs USING COVERING INDEX jobs_waiting",
            "SEARCH jobs USING COVERING INDEX jobs_waiting (user_id=? AND status=?)",
        ]


async def test_a_double_is_called_so_where_nothing_more_is_taken(tmp_path: Path) -> None:
    """Its person has an answer already, and is not told that there was no room."""
    async with open_store(tmp_path) as store:
        first = await brought_to(store, Status.QUEUED, folder=tmp_path)
        assert await store.insert(new_job(origin_id=first.origin_id), max_waiting=1) is Insertion.DOUBLE


async def test_a_task_belongs_to_one_job(tmp_path: Path) -> None:
    """A provider that names the same task twice gets an error that tells itself from a passing fault."""
    async with open_store(tmp_path) as store:
        await brought_to(store, Status.QUEUED, folder=tmp_path)
        first, second = [await brought_to(store, Status.SUBMITTING, folder=tmp_path) for _ in range(2)]
        await store.move(first, Status.RUNNING, provider_task_id="the-one")
        with pytest.raises(StoreConflict):
            await store.move(second, Status.RUNNING, provider_task_id="the-one")
        assert await store.find(second.id) == second


@pytest.mark.parametrize("learnt", [{"estimated_s": 2**63}, {"provider_task_id": "task-\ud800"}])
async def test_what_no_column_takes_is_a_conflict(learnt: dict[str, Any], tmp_path: Path) -> None:
    """The driver's own errors of that kind do not come out of the store."""
    async with open_store(tmp_path) as store:
        submitting = await brought_to(store, Status.SUBMITTING, folder=tmp_path)
        with pytest.raises(StoreConflict):
            await store.move(submitting, Status.RUNNING, **learnt)
        assert await store.find(submitting.id) == submitting


async def test_recent_durations_are_those_of_pictures_of_that_quality(tmp_path: Path) -> None:
    """Newest first, as many as wanted; what failed or still runs tells nothing."""
    async with open_store(tmp_path) as store:
        for number in range(4):
            at = NOW + timedelta(minutes=number)
            running = await brought_to(store, Status.RUNNING, folder=tmp_path, created_at=at, quality=Quality.ONE_K)
            finished_at = NOW + timedelta(seconds=20.5 + number)
            await store.move(
                running, Status.DELIVERING, result=result_in(tmp_path, running.id), finished_at=finished_at
            )
        assert await store.recent_durations_s(Quality.ONE_K, most=5) == []
        for job in await store.take_over([]):
            await store.move(job, Status.DELIVERED, told_at=LATER)
        await brought_to(store, Status.FAILED, folder=tmp_path, quality=Quality.ONE_K)
        await brought_to(store, Status.READY, folder=tmp_path, quality=Quality.FOUR_K)
        assert await store.recent_durations_s(Quality.ONE_K, most=3) == [23.5, 22.5, 21.5]
        assert await store.recent_durations_s(Quality.FOUR_K, most=3) == [30.0]
