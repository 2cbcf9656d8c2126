"""The places at the provider."""

import asyncio
import random
from contextlib import AbstractAsyncContextManager

import pytest

from bot.jobs.slots import FARTHEST, Slots


async def settle() -> None:
    for _ in range(6):
        await asyncio.sleep(0)


class Line:
    """Jobs that ask for slots, and what they were told."""

    def __init__(self, limit: int) -> None:
        self.turns: dict[str, list[int]] = {}
        self.slots = Slots(limit, on_move=lambda job, turn: self.turns.setdefault(job, []).append(turn))
        self.inside: list[str] = []
        self.began: list[str] = []
        self.most_inside = 0
        self._ends: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def ask(self, job_id: str, *, guild_id: int | None = 1, user_id: int = 1, at_once: bool = False) -> None:
        self._ends[job_id] = asyncio.Event()
        holding = self.slots.hold(job_id, guild_id=guild_id, user_id=user_id, at_once=at_once)
        self._tasks[job_id] = asyncio.create_task(self._hold(job_id, holding))

    async def _hold(self, job_id: str, holding: AbstractAsyncContextManager[None]) -> None:
        async with holding:
            self.inside.append(job_id)
            self.began.append(job_id)
            self.most_inside = max(self.most_inside, len(self.inside))
            try:
                await self._ends[job_id].wait()
            finally:
                self.inside.remove(job_id)

    def end(self, job_id: str) -> None:
        self._ends[job_id].set()

    def give_up(self, job_id: str) -> None:
        self._tasks[job_id].cancel()

    async def close(self) -> None:
        for job_id in self._tasks:
            self.end(job_id)
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)


async def test_slots_are_given_in_the_order_of_asking_and_everyone_knows_their_turn() -> None:
    """Two at once; the third is first in line, the fourth second, and moves up."""
    line = Line(2)
    for job_id in "abcd":
        line.ask(job_id)
        await settle()
    assert line.inside == ["a", "b"]
    assert line.turns == {"c": [1], "d": [2]}
    line.end("b")
    await settle()
    assert line.inside == ["a", "c"]
    assert line.turns == {"c": [1], "d": [2, 1]}
    await line.close()
    assert line.began == ["a", "b", "c", "d"]


async def test_who_leaves_the_line_moves_the_others_up() -> None:
    """A cancelled job ahead is one less to wait for, and those behind are told."""
    line = Line(1)
    for job_id in "abcd":
        line.ask(job_id)
        await settle()
    line.give_up("b")
    await settle()
    assert line.turns == {"b": [1], "c": [2, 1], "d": [3, 2]}
    line.end("a")
    await settle()
    assert line.inside == ["c"]
    await line.close()


async def test_a_slot_that_comes_as_the_wait_is_given_up_goes_to_the_next() -> None:
    """Both happen in one moment: the slot must not be lost."""
    line = Line(1)
    for job_id in "abc":
        line.ask(job_id)
        await settle()
    line.end("a")
    await asyncio.sleep(0)
    assert line.inside == []
    line.give_up("b")
    await settle()
    assert line.inside == ["c"]
    assert line.turns["c"] == [2]
    await line.close()
    line.ask("d")
    await settle()
    assert line.inside == ["d"]
    await line.close()


async def test_a_task_that_exists_already_is_held_above_the_limit() -> None:
    """After a restart running tasks do not wait; new ones wait until the surplus is gone."""
    line = Line(2)
    for job_id in "abc":
        line.ask(job_id, at_once=True)
    line.ask("new")
    await settle()
    assert line.inside == ["a", "b", "c"]
    line.end("a")
    await settle()
    assert line.inside == ["b", "c"]
    line.end("b")
    await settle()
    assert line.inside == ["c", "new"]
    await line.close()


async def test_a_job_that_breaks_gives_its_slot_back() -> None:
    """An error inside is no reason to lose a place."""
    slots = Slots(1, on_move=lambda _job, _turn: None)
    with pytest.raises(ZeroDivisionError):
        async with slots.hold("a", guild_id=1, user_id=1):
            raise ZeroDivisionError
    async with asyncio.timeout(1), slots.hold("b", guild_id=1, user_id=1):
        pass


async def test_in_a_long_line_the_far_ones_are_told_now_and_then() -> None:
    """A thousand wait, the line moves once: a few dozen are told, and whoever comes near is told each move."""
    line = Line(1)
    line.ask("first")
    for number in range(1, 1001):
        line.ask(str(number))
    await settle()
    assert all(line.turns[str(number)] == [number] for number in range(1, 1001))
    ends = iter(["first", *map(str, range(1, 1000))])
    line.end(next(ends))
    await settle()
    told = [job_id for job_id, turns in line.turns.items() if len(turns) > 1]
    assert len(told) == 20 + 8 + 8
    for _ in range(124):
        line.end(next(ends))
        await settle()
    assert line.turns["145"] == [145, 100, 90, 80, 70, 60, 50, 40, 30, 20]
    assert line.turns["130"] == [130, 100, 90, 80, 70, 60, 50, 40, 30, *range(20, 4, -1)]
    await line.close()


async def test_others_come_before_the_next_of_whoever_floods_and_all_know_it() -> None:
    """Thirty jobs of one person wait; another one's first is next, and the flooder's turns go back, which is told."""
    line = Line(2)
    for number in range(30):
        line.ask(f"a{number}", user_id=1)
    await settle()
    line.ask("b", user_id=2)
    line.ask("elsewhere", guild_id=2, user_id=3)
    await settle()
    assert line.turns["elsewhere"] == [1]
    assert line.turns["b"] == [2]
    assert line.turns["a2"] == [1, 3]
    assert line.turns["a16"] == [15, 17]
    line.end("a0")
    line.end("a1")
    await settle()
    assert line.began[2:] == ["elsewhere", "b"]
    await line.close()


async def test_beyond_the_farthest_turn_that_is_told_it_is_said_once_that_it_is_far() -> None:
    """The longest line there can be is joined in a moment; who comes within reach is told their turn."""
    line = Line(1)
    line.ask("first")
    for number in range(1, FARTHEST + 11):
        line.ask(str(number))
    await settle()
    assert line.turns[str(FARTHEST)] == [FARTHEST]
    assert line.turns[str(FARTHEST + 10)] == [FARTHEST + 1]
    for each in ["first", *map(str, range(1, 10))]:
        line.end(each)
        await settle()
    assert line.turns[str(FARTHEST + 10)] == [FARTHEST + 1, FARTHEST]
    line.ask("other", user_id=2)
    await settle()
    assert line.turns[str(FARTHEST + 10)] == [FARTHEST + 1, FARTHEST, FARTHEST + 1]
    await line.close()


@pytest.mark.parametrize("seed", range(20))
async def test_no_slot_is_ever_lost_or_doubled(seed: int) -> None:
    """Whatever comes, ends or gives up, in whatever order: three inside at most, and all are free at last."""
    chance = random.Random(seed)
    line = Line(3)
    present: list[str] = []
    for number in range(120):
        job_id = str(number)
        line.ask(job_id, guild_id=chance.choice([None, 1, 2]), user_id=chance.randrange(3))
        present.append(job_id)
        for _ in range(chance.randrange(3)):
            gone = present.pop(chance.randrange(len(present))) if present else None
            if gone is not None:
                (line.end if chance.random() < 0.5 else line.give_up)(gone)
            if chance.random() < 0.5:
                await asyncio.sleep(0)
    await line.close()
    assert line.most_inside == 3
    for job_id in ("x", "y", "z", "waits"):
        line.ask(job_id)
    await settle()
    assert line.inside == ["x", "y", "z"]
    await line.close()
