"""Many jobs under random faults of both services, lost connections and killed processes; then the books are checked."""

import asyncio
import contextlib
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.sandbox.discord import Channel, Fault, PersonCannot
from bot.sandbox.evolink import BodyFault, Failed, HttpFault, UploadFault
from tests.support import promises
from tests.support.house import House, open_house
from tests.support.kill_scenarios import a_source
from tests.support.nursery import Mortal, Nursery

PEOPLE = 40
AT_ONCE = 25
"""So many jobs go on together; more would only wait in line."""
SETTINGS = {"max_concurrent_tasks": 12}
ROUTES = (
    "POST /interactions/{interaction_id}/{token}/callback",
    "PATCH /webhooks/{application_id}/{token}/messages/{message_id}",
    "POST /channels/{channel_id}/messages",
    "PATCH /channels/{channel_id}/messages/{message_id}",
)
MUST_NOT_BE_LOGGED = ("Traceback", "was never awaited", "was destroyed but", "Unclosed", "never retrieved")
LIMIT_S = 24 * 3600.0


@dataclass(slots=True, kw_only=True)
class Report:
    """What happened and how it ended, counted."""

    seed: int
    ends: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    n_commands: int = 0
    n_tasks: int = 0
    moved_s: float = 0.0


class Soak:
    """One run."""

    def __init__(self, house: House, nursery: Nursery, *, n_jobs: int, seed: int) -> None:
        self._house = house
        self._nursery = nursery
        self._n_jobs = n_jobs
        self._dice = random.Random(seed)
        self._bots: list[tuple[Mortal, contextlib.AsyncExitStack]] = []
        self._people = [house.guild.add_member(f"person {number}") for number in range(PEOPLE)]
        self._hidden = house.guild.add_text_channel("hidden", hidden_from_bot=True)
        self._source = a_source()
        self._next_death_s = 20.0
        self.report = Report(seed=seed)

    async def run(self) -> Report:
        """Go on until so many jobs were taken and all have ended; AssertionError for a broken promise."""
        self._house.evolink.knobs.undocumented = self._dice.random() < 0.5
        self._house.evolink.knobs.duration_s = self._duration_s
        self._house.evolink.account.remaining_credits = 100.0 * self._n_jobs  # an empty account is another story
        await self._start()
        try:
            await self._work()
            await self._come_to_rest()
        finally:
            await self._stop()
        self._judge()
        return self.report

    async def _work(self) -> None:
        while (n_taken := len(promises.stored_jobs(self._house))) < self._n_jobs:
            n_open = promises.n_open(self._house)
            for _ in range(min(self._dice.randint(0, 6), AT_ONCE - n_open, self._n_jobs - n_taken)):
                await self._ask()
                self._misfortune()  # as many as there are jobs: what waits for half an hour draws no more of them
            await self._step(self._dice.choice((0.5, 1.0, 2.0, 4.0)))
            if self._house.clock.monotonic() >= self._next_death_s:
                await self._death()

    async def _come_to_rest(self) -> None:
        """Let the faults end and everything else, too; a process that is young keeps running."""
        began = self._house.clock.monotonic()
        while not promises.all_ended(self._house):
            assert self._house.clock.monotonic() - began < LIMIT_S, "not all jobs come to an end"
            await self._step(10)
        for _ in range(5):
            await self._step(2)

    def _judge(self) -> None:
        promises.assert_kept(self._house)
        jobs = promises.stored_jobs(self._house)
        assert len(jobs) >= self._n_jobs, (
            f"{len(jobs)} jobs"
        )  # a resumed session brings what was asked while it was cut
        assert self._house.discord.gateway.connected == [], "a connection was left"
        said = (self._house.data_dir.parent / "log").read_text()
        for words in MUST_NOT_BE_LOGGED:
            assert words not in said, f"logged: {said[max(0, said.find(words) - 300) : said.find(words) + 2500]}"
        self.report.ends.update(each.end for each in jobs)
        self.report.n_tasks = len(self._house.tasks)
        self.report.moved_s = self._house.clock.monotonic()

    # People ------------------------------------------------------------------------------------------------------

    async def _ask(self) -> None:
        self.report.n_commands += 1
        prompt = f"picture {self.report.n_commands}"
        person, kind = self._dice.choice(self._people), self._dice.random()
        if self._dice.random() < 0.05:
            self._house.evolink.knobs.task.append(Failed(code="service_error"))
        place: Channel = self._hidden if kind < 0.05 else self._house.channel
        with contextlib.suppress(PersonCannot):
            if kind > 0.92:
                asked = {"instruction": prompt, "quality": "0.5K", "image": ("beach.png", self._source)}
                await person.use(place, "/edit", **asked)
            else:
                private = {"private": True} if 0.05 <= kind < 0.15 else {}
                await person.use(place, "/imagine", prompt=prompt, quality="0.5K", **private)

    def _duration_s(self, request: Mapping[str, Any]) -> float:
        """Let most tasks be quick, and a few outlive the reply's token."""
        return 1000.0 if self._dice.random() < 0.03 else self._dice.uniform(3, 60)

    # Misfortune --------------------------------------------------------------------------------------------------

    def _misfortune(self) -> None:
        if self._dice.random() < 0.5:
            name, happen = self._dice.choice(self._misfortunes())
            self.report.faults[name] += 1
            happen()

    def _misfortunes(self) -> list[tuple[str, Callable[[], None]]]:
        knobs, gateway = self._house.evolink.knobs, self._house.discord.gateway
        faults = self._house.discord.faults
        route, status = self._dice.choice(ROUTES), self._dice.choice((500, 502, 503))
        done, forgiven = self._dice.random() < 0.5, self._dice.random() < 0.8
        return [
            ("provider 429", lambda: knobs.create.append(HttpFault(status=429, retry_after=2), times=3)),
            ("provider 5xx", lambda: knobs.create.append(HttpFault(status=status, after_effect=done))),
            ("provider reset", lambda: knobs.create.append(HttpFault(drop=True, after_effect=done))),
            ("read 5xx", lambda: knobs.poll.append(HttpFault(status=status), times=4)),
            ("read reset", lambda: knobs.poll.append(HttpFault(drop=True), times=2)),
            ("result cut", lambda: knobs.result.append(BodyFault(kind="cut"))),
            ("result 5xx", lambda: knobs.result.append(HttpFault(status=503))),
            ("upload fault", lambda: knobs.upload.append(UploadFault())),
            ("Discord 429", lambda: faults.inject(route, Fault.rate_limited(0.01))),
            ("Discord 5xx", lambda: faults.inject(route, Fault.server_error(status, performed=done))),
            ("Discord reset", lambda: faults.inject(route, Fault.dropped(performed=done))),
            ("gateway cut", gateway.drop_all),
            ("gateway op 7", gateway.ask_to_reconnect),
            ("gateway op 9", lambda: gateway.invalidate(resumable=forgiven)),
        ]

    async def _death(self) -> None:
        """Kill the oldest process; now and then its successor runs already.

        Seldom enough, in moved time, that the bot does not wait with its next session to spare the day's.
        """
        self._next_death_s = self._house.clock.monotonic() + self._dice.uniform(5, 110)
        overlap = self._dice.random() < 0.3
        if overlap:
            await self._start()
            await self._step(1)
        polite = self._dice.random() < 0.2
        self.report.faults["polite stop" if polite else "kill -9"] += 1
        mortal, stack = self._bots.pop(0)
        moving = asyncio.create_task(self._house.clock.advance(1))
        await asyncio.sleep(self._dice.uniform(0, 0.03))  # in the middle of whatever it does
        os.kill(mortal.pid, signal.SIGTERM if polite else signal.SIGKILL)
        await moving
        while not mortal.gone.is_set():
            await self._step(0.5)
        await stack.aclose()
        if not self._bots:
            await self._start()

    # Processes ---------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        stack = contextlib.AsyncExitStack()
        self._bots.append((await stack.enter_async_context(self._nursery.bot(self._house, **SETTINGS)), stack))

    async def _stop(self) -> None:
        while self._bots:
            await self._bots.pop()[1].aclose()

    async def _step(self, seconds: float) -> None:
        await self._house.clock.advance(seconds)
        await asyncio.sleep(0.004)
        assert all(not mortal.gone.is_set() for mortal, _ in self._bots), "a bot has ended by itself"


async def soak(nursery: Nursery, folder: Path, *, n_jobs: int, seed: int) -> Report:
    """Run so many jobs through everything that may go wrong and check every promise at the end."""
    async with open_house(folder / "data") as house:
        return await Soak(house, nursery, n_jobs=n_jobs, seed=seed).run()
