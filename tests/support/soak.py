"""Many jobs under random faults of both services, lost connections and killed processes; then the books are checked."""

import asyncio
import contextlib
import random
import signal
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.jobs.model import Status
from bot.sandbox.discord import Channel, Fault, PersonCannot
from bot.sandbox.evolink import BodyFault, Failed, HttpFault, UploadFault
from bot.ui import texts
from tests.support import promises
from tests.support.clock import breathe
from tests.support.house import House, open_house
from tests.support.kill_scenarios import a_source
from tests.support.nursery import Mortal, Nursery

PEOPLE = 40
CLOSED_TO_DIRECT = 3
"""Every how many people there is one who takes no direct messages."""
AT_ONCE = 25
"""So many jobs go on together; more would only wait in line."""
SETTINGS = {"max_concurrent_tasks": 12}
EDITS = (
    "PATCH /webhooks/{application_id}/{token}/messages/{message_id}",
    "PATCH /channels/{channel_id}/messages/{message_id}",
)
ROUTES = ("POST /interactions/{interaction_id}/{token}/callback", "POST /channels/{channel_id}/messages", *EDITS)
IN_DOUBT, TASK_FAILED = "released, told: outcome_unknown", "released, told: task_failed"
HOSTING_FAILED, COLLECTABLE = "released, told: hosting_failed", "collectable"
HTML = b"<html>"
"""What a proxy answers that may have passed the request on; a 503 in the provider's own words is a refusal."""
CALM_WITHIN_S = 0.25
"""How long a bot is waited for, in real time, before what it does is taken to wait for moved time: slow edits do."""
MUST_NOT_BE_LOGGED = ("Traceback", "was never awaited", "was destroyed but", "Unclosed", "never retrieved")
LIMIT_S = 24 * 3600.0
JOBS_A_LIFE = 10
"""So many a process takes at most before it dies: on a busy machine much is done in little moved time."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What happened and how it ended, counted."""

    seed: int
    ends: Counter[str] = field(default_factory=Counter[str])
    faults: Counter[str] = field(default_factory=Counter[str])
    bounds: Counter[str] = field(default_factory=Counter[str])
    """The most that may have ended so, for every end but `delivered`: what went wrong was counted as it happened."""
    n_commands: int = 0
    n_presses: int = 0
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
        self._all_bots: list[Mortal] = []
        self._idle: Counter[str] = Counter()
        self._cut_off: set[str] = set()
        """The jobs that a kill may have left in doubt about their order."""
        self._people = [house.guild.add_member(f"person {number}") for number in range(PEOPLE)]
        for person in self._people[::CLOSED_TO_DIRECT]:
            person.accepts_direct_messages = False
        self._hidden = house.guild.add_text_channel("hidden", hidden_from_bot=True)
        self._source = a_source()
        self._next_death_s = 20.0
        self._commands_at_death = 0
        self.report = Report(seed=seed)

    async def run(self) -> Report:
        """Go on until so many jobs were taken and all have ended; AssertionError for a broken promise."""
        self._house.evolink.knobs.undocumented = self._dice.random() < 0.5
        self._house.evolink.knobs.duration_s = self._duration_s
        self._house.evolink.account.remaining_credits = 100.0 * self._n_jobs  # an empty account is another story
        await self._start()
        self._idle = await self._bots[0][0].report()
        try:
            await self._work()
            await self._come_to_rest()
            await self._assert_nothing_piled_up()
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
            is_old = self.report.n_commands - self._commands_at_death >= JOBS_A_LIFE
            if is_old or self._house.clock.monotonic() >= self._next_death_s:
                await self._death()

    async def _come_to_rest(self) -> None:
        """Let the faults end and everything else, too; a process that is young keeps running."""
        began = self._house.clock.monotonic()
        while not promises.all_ended(self._house):
            patient = self._house.clock.monotonic() - began < LIMIT_S
            assert patient, f"without an end: {promises.open_jobs(self._house)}"
            await self._step(10)
        for _ in range(5):
            await self._step(2)

    async def _assert_nothing_piled_up(self) -> None:
        """See that a bot which has done its work has and remembers no more than one that had none."""
        for mortal, _ in self._bots:
            now = await mortal.report()
            assert now <= self._idle, f"piled up: {now - self._idle}"

    def _judge(self) -> None:
        promises.assert_kept(self._house)
        jobs = promises.stored_jobs(self._house)
        # a resumed session brings what was asked while it was cut
        assert len(jobs) >= self._n_jobs, f"{len(jobs)} jobs"
        self.report.ends.update(each.end for each in jobs)
        self.report.bounds[IN_DOUBT] += len(self._cut_off)
        self.report.bounds[TASK_FAILED] += sum(task.final_status == "failed" for task in self._house.tasks)
        too_many = self.report.ends - self.report.bounds
        del too_many["delivered"]
        assert not too_many, f"{too_many} more than anything that happened explains: {self.report}"
        left = [each for each in map(Mortal.left_at_stop, self._all_bots) if each]
        assert not left, f"still there at the end of a process: {left}"
        assert self._house.discord.gateway.connected == [], "a connection was left"
        said = (self._house.data_dir.parent / "log").read_text()
        for words in MUST_NOT_BE_LOGGED:
            assert words not in said, f"logged: {said[max(0, said.find(words) - 300) : said.find(words) + 2500]}"
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
        if kind < 0.15 and not person.accepts_direct_messages:
            self.report.bounds[COLLECTABLE] += 1
        with contextlib.suppress(PersonCannot):
            if kind > 0.92:
                asked = {"instruction": prompt, "quality": "0.5K", "image": ("beach.png", self._source)}
                await person.use(place, "/edit", **asked)
            else:
                private = {"private": True} if 0.05 <= kind < 0.15 else {}
                await person.use(place, "/imagine", prompt=prompt, quality="0.5K", **private)

    async def _collect(self) -> None:
        """Have who finds a picture waiting press its button, sooner or later and again where nothing came of it."""
        waiting = {job.prompt for job in promises.stored_jobs(self._house) if job.status is Status.READY}
        for message in promises.messages_of_bot(self._house) if waiting else []:
            asked, offered = message.answers, texts.COLLECT_LABEL in message.labels
            if asked and offered and promises.prompt_of(message) in waiting and self._dice.random() < 0.1:
                self.report.n_presses += 1
                await asked.person.press(message, texts.COLLECT_LABEL)

    def _duration_s(self, request: Mapping[str, Any]) -> float:
        """Let most tasks be quick, a few end just before the reply's token dies, and a few outlive it."""
        kind = self._dice.random()
        if kind >= 0.1:
            return self._dice.uniform(3, 60)
        self.report.faults["token expiry" if kind < 0.05 else "token about to die"] += 1
        return 1000.0 if kind < 0.05 else self._dice.uniform(740, 850)

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
        done, forgiven, slow_s = self._dice.random() < 0.5, self._dice.random() < 0.8, self._dice.uniform(5, 45)
        return [
            ("provider 429", lambda: knobs.create.append(HttpFault(status=429, retry_after=2), times=3)),
            ("provider 503", lambda: knobs.create.append(HttpFault(status=503))),
            ("provider 5xx", lambda: self._create_in_doubt(HttpFault(status=status, body=HTML, after_effect=done))),
            ("provider reset", lambda: self._create_in_doubt(HttpFault(drop=True, after_effect=done))),
            ("read 5xx", lambda: knobs.poll.append(HttpFault(status=status), times=4)),
            ("read reset", lambda: knobs.poll.append(HttpFault(drop=True), times=2)),
            ("result cut", lambda: knobs.result.append(BodyFault(kind="cut"))),
            ("result 5xx", lambda: knobs.result.append(HttpFault(status=503))),
            ("upload fault", self._upload_fault),
            ("Discord 429", lambda: faults.inject(route, Fault.rate_limited(0.01))),
            ("Discord 5xx", lambda: faults.inject(route, Fault.server_error(status, performed=done))),
            ("Discord reset", lambda: faults.inject(route, Fault.dropped(performed=done))),
            ("slow edit", lambda: faults.inject(self._dice.choice(EDITS), Fault.slow(slow_s), times=2)),
            ("gateway cut", gateway.drop_all),
            ("gateway op 7", gateway.ask_to_reconnect),
            ("gateway op 9", lambda: gateway.invalidate(resumable=forgiven)),
        ]

    def _create_in_doubt(self, fault: HttpFault) -> None:
        self._house.evolink.knobs.create.append(fault)
        self.report.bounds[IN_DOUBT] += 1

    def _upload_fault(self) -> None:
        self._house.evolink.knobs.upload.append(UploadFault())
        self.report.bounds[HOSTING_FAILED] += 1

    async def _death(self) -> None:
        """Kill the oldest process; now and then its successor runs already.

        Seldom enough, in moved time, that the bot does not wait with its next session to spare the day's.
        """
        self._next_death_s = self._house.clock.monotonic() + self._dice.uniform(5, 110)
        self._commands_at_death = self.report.n_commands
        overlap = self._dice.random() < 0.3
        if overlap:
            await self._start()
            await self._step(1)
        polite = self._dice.random() < 0.2
        self.report.faults["polite stop" if polite else "kill -9"] += 1
        mortal, stack = self._bots.pop(0)
        moving = asyncio.create_task(self._house.clock.advance(1))
        await asyncio.sleep(self._dice.uniform(0, 0.03))  # in the middle of whatever it does
        mortal.send_signal(signal.SIGTERM if polite else signal.SIGKILL)
        await moving
        while not mortal.gone.is_set():
            await self._step(0.5)
        await stack.aclose()
        if not polite:
            jobs = promises.stored_jobs(self._house)
            self._cut_off |= {each.id for each in jobs if each.status is Status.SUBMITTING}
        if not self._bots:
            await self._start()

    # Processes ---------------------------------------------------------------------------------------------------

    async def _start(self) -> None:
        stack = contextlib.AsyncExitStack()
        bot = self._nursery.bot(self._house, patience_s=CALM_WITHIN_S, **SETTINGS)
        self._bots.append((await stack.enter_async_context(bot), stack))
        self._all_bots.append(self._bots[-1][0])

    async def _stop(self) -> None:
        while self._bots:
            await self._bots.pop()[1].aclose()

    async def _step(self, seconds: float) -> None:
        await self._collect()
        await self._house.clock.advance(seconds)
        await breathe()
        assert all(not mortal.gone.is_set() for mortal, _ in self._bots), "a bot has ended by itself"


async def soak(nursery: Nursery, folder: Path, *, n_jobs: int, seed: int) -> Report:
    """Run so many jobs through everything that may go wrong and check every promise at the end."""
    async with open_house(folder / "data") as house:
        return await Soak(house, nursery, n_jobs=n_jobs, seed=seed).run()
