"""Where the story happens: both stand-ins, the real bot between them, and the people who act. No printing here."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot import app
from bot.clock import Clock
from bot.demo import acts
from bot.demo.scenes import Aside, Scene
from bot.jobs.model import Job, Status
from bot.sandbox.discord import Channel, DiscordSandbox, Guild, Message, Person, Role
from bot.sandbox.evolink import EvoLinkSandbox, Outcome
from bot.settings import FixedSettings, ProviderSettings

GUILD, CHANNEL, BOT = "Paper Harbour", "pictures", "imagebot"
_SANDBOX_KEY, _SANDBOX_TOKEN = "sk-sandbox", "sandbox-token"
_LOOK_EVERY_S = 0.02
_CONNECTED_WITHIN_S = 60.0
_TASK_WITHIN_S = 60.0


@dataclass(slots=True, kw_only=True, eq=False)
class Stage:
    """Everything a chapter needs. `scenes` are all pictures asked for so far; the `on_` are told what happens."""

    clock: Clock
    app: app.App
    discord: DiscordSandbox
    provider: EvoLinkSandbox | None
    """None where the real provider is used."""
    guild: Guild
    channel: Channel
    patience_s: float
    on_scene: Callable[[Scene], None]
    on_proof: Callable[[Scene | Aside, str], None]
    on_aside: Callable[[Aside], None]
    scenes: list[Scene] = field(default_factory=list[Scene])
    asides: list[Aside] = field(default_factory=list[Aside])
    """What was looked at beside no scene."""
    people: dict[str, Person] = field(default_factory=dict[str, Person])
    problems: list[str] = field(default_factory=list[str])
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(
        self,
        name: str,
        title: str,
        *,
        ending: Outcome | None = None,
        wants_picture: bool = True,
        part: str = "",
        **options: Any,
    ) -> Scene:
        """Let somebody use /imagine; the task it makes ends as `ending`."""
        act = acts.by_command(self.channel, "/imagine", **options)
        return await self.perform(name, title, act, ending=ending, wants_picture=wants_picture, part=part)

    async def perform(
        self,
        name: str,
        title: str,
        act: acts.Act,
        *,
        ending: Outcome | None = None,
        wants_picture: bool = True,
        part: str = "",
    ) -> Scene:
        """Let somebody ask for a picture; the task it makes ends as `ending`."""
        async with self._asking:  # the stand-in gives its endings out in the order in which tasks are created
            n_tasks = len(self.provider.tasks) if self.provider else 0
            if self.provider and ending:
                self.provider.knobs.task.append(ending)
            person = self.member(name)
            begun = await act.do(person)
            scene = Scene(
                title=title,
                person=person,
                message=begun.message,
                exchanges=[begun.exchange] if begun.exchange else [],
                patience_s=self.patience_s,
                act=act,
                said=begun.said,
                wants_picture=wants_picture,
                part=part,
            )
            self.scenes.append(scene)
            self.on_scene(scene)
            if self.provider and ending:
                tasks = self.provider.tasks
                await self._until(lambda: len(tasks) > n_tasks, "the task was not created", within_s=_TASK_WITHIN_S)
        return scene

    async def look(self, scene: Scene, act: acts.Act) -> Message:
        """Let the person of a scene do something that makes no picture; return what it shows."""
        aside = await self._shown(scene.person, act, part="", file_name=None)
        scene.asides.append(aside)
        return aside.message

    async def use(self, person: Person, act: acts.Act, *, part: str, file_name: str | None = None) -> Aside:
        """Let somebody do something that stands by itself; a file that comes with the answer gets `file_name`."""
        aside = await self._shown(person, act, part=part, file_name=file_name)
        self.asides.append(aside)
        return aside

    async def _shown(self, person: Person, act: acts.Act, *, part: str, file_name: str | None) -> Aside:
        begun = await act.do(person)
        await begun.message.wait_until(lambda seen: not seen.thinking, timeout=self.patience_s)
        aside = Aside(person=person, act=act, message=begun.message, part=part, file_name=file_name)
        self.on_aside(aside)
        return aside

    async def shown(self, name: str) -> Scene:
        """Wait until a person's picture is there, and return its scene; raises TimeoutError."""
        found: list[Scene] = []

        def is_there() -> bool:
            found[:] = [scene for scene in self.scenes if scene.person.name == name and scene.picture]
            return bool(found)

        await self._until(is_there, f"{name} has no picture to go on with", within_s=self.patience_s)
        return found[0]

    def member(self, name: str, *, roles: Sequence[Role] = ()) -> Person:
        """Return the person of that name, who comes with these roles when they are first spoken of."""
        if name not in self.people:
            self.people[name] = self.guild.add_member(name, roles=roles)
        return self.people[name]

    async def job_of(self, scene: Scene) -> Job | None:
        """Return the stored job behind a scene."""
        return await self.app.ground.store.find(scene.job_id) if scene.job_id else None

    async def until_stored(self, scene: Scene, status: Status) -> None:
        """Wait until the job of a scene is stored with a status; raises TimeoutError."""
        deadline = self.clock.monotonic() + self.patience_s
        while (job := await self.job_of(scene)) is None or job.status is not status:
            if self.clock.monotonic() > deadline:
                raise TimeoutError(f"the job did not become {status}")
            await self.clock.sleep(_LOOK_EVERY_S)

    @asynccontextmanager
    async def every_place_taken(self) -> AsyncGenerator[None, None]:
        """Wait until each place at the provider has its task, and have them kept for the block; raises TimeoutError.

        A machine that is slow just now would else end some of them before the block is at its end.
        """
        assert self.provider is not None  # noqa: S101 - the real one gives its places back when it wants to
        tasks, places = self.provider.tasks, self.app.ground.settings.max_concurrent_tasks
        with self.provider.ends_held():
            await self._until(lambda: len(tasks) >= places, "not every place was taken", within_s=_TASK_WITHIN_S)
            yield

    def prove(self, seen: Scene | Aside, sentence: str, holds: object) -> None:
        """Say `sentence` of what somebody saw if it is true, else note a problem."""
        if holds:
            self.on_proof(seen, sentence)
        else:
            self.problems.append(f"not true of what {seen.person.name} saw: {sentence}")

    async def connected(self, running: "asyncio.Task[None]") -> None:
        """Wait until the bot hears from Discord; raises TimeoutError, or what ended it before that."""
        await self._until(
            lambda: running.done() or self.app.client.connected,
            "the bot did not connect",
            within_s=_CONNECTED_WITHIN_S,
        )
        if running.done():
            running.result()
            raise TimeoutError("the bot ended at once")

    async def _until(self, holds: Callable[[], bool], complaint: str, *, within_s: float) -> None:
        deadline = self.clock.monotonic() + within_s
        while not holds():
            if self.clock.monotonic() > deadline:
                raise TimeoutError(complaint)
            await self.clock.sleep(_LOOK_EVERY_S)


@asynccontextmanager
async def opened(
    *,
    clock: Clock,
    live: ProviderSettings | None,
    places: int,
    patience_s: float,
    on_scene: Callable[[Scene], None],
    on_proof: Callable[[Scene | Aside, str], None],
    on_aside: Callable[[Aside], None],
) -> AsyncGenerator[Stage, None]:
    """Build stand-ins and bot for the block, the bot not yet running; `live` replaces the provider's stand-in.

    `places` is how many pictures may be in the making at once.
    """
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(DiscordSandbox(clock=clock, token=_SANDBOX_TOKEN))
        discord.application.bot.name = BOT
        guild = discord.add_guild(GUILD)
        channel = guild.add_text_channel(CHANNEL)
        provider = None
        if live is None:
            provider = await stack.enter_async_context(EvoLinkSandbox(clock=clock, api_key=_SANDBOX_KEY))
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="imagebot-demo-", ignore_cleanup_errors=True)))
        settings = FixedSettings.of(
            discord_token=_SANDBOX_TOKEN,
            discord_api_base=discord.api_base,
            discord_gateway_url=discord.gateway_url,
            data_dir=folder,
            max_concurrent_tasks=places,
            **_provider_settings(live, provider),
        )
        bot = await stack.enter_async_context(app.build(settings, clock=clock))
        yield Stage(
            clock=clock,
            app=bot,
            discord=discord,
            provider=provider,
            guild=guild,
            channel=channel,
            patience_s=patience_s,
            on_scene=on_scene,
            on_proof=on_proof,
            on_aside=on_aside,
        )


def _provider_settings(live: ProviderSettings | None, provider: EvoLinkSandbox | None) -> dict[str, Any]:
    if live is not None:
        names = ("evolink_api_key", "evolink_model", "evolink_api_base", "evolink_files_base")
        return {name: getattr(live, name) for name in names}
    assert provider is not None  # noqa: S101 - one of the two is always given
    return {
        "evolink_api_key": _SANDBOX_KEY,
        "evolink_api_base": provider.api_base,
        "evolink_files_base": provider.files_base,
    }
