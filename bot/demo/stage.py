"""Where the story happens: both stand-ins, the real bot between them, and the people who act. No printing here."""

import asyncio
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bot import app
from bot.clock import Clock
from bot.demo import acts
from bot.jobs.model import Job, Status
from bot.sandbox.discord import Attachment, Channel, DiscordSandbox, Exchange, Guild, Message, Person
from bot.sandbox.evolink import EvoLinkSandbox, Outcome
from bot.settings import FixedSettings, ProviderSettings
from bot.ui import cards, texts

GUILD, CHANNEL, BOT = "Paper Harbour", "pictures", "imagebot"
_SANDBOX_KEY, _SANDBOX_TOKEN = "sk-sandbox", "sandbox-token"
_LOOK_EVERY_S = 0.02
_CONNECTED_WITHIN_S = 20.0
_TASK_WITHIN_S = 15.0
_JOB_ID = re.compile(r"v1:cancel:(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Aside:
    """Something a person did besides, and what it showed to them."""

    act: acts.Act
    message: Message


@dataclass(slots=True, kw_only=True, eq=False)
class Scene:
    """One job as its person sees it: the reply, and every interaction that led to it."""

    title: str
    person: Person
    message: Message
    exchanges: list[Exchange]
    patience_s: float
    act: acts.Act
    said: Message | None = None
    """What the person wrote, where that was a message."""
    asides: list["Aside"] = field(default_factory=list["Aside"])
    wants_picture: bool = True
    file_name: str | None = None
    """Where the picture was written, once it was."""

    @property
    def settings(self) -> str:
        """Return what was asked for besides the prompt."""
        named = [str(self.act.options.get(name)) for name in ("size", "quality") if self.act.options.get(name)]
        return " · ".join([*named, *(["private"] if self.act.options.get("private") else [])])

    @property
    def job_id(self) -> str | None:
        """Return the bot's id of the job, which a button of its first card holds."""
        found = (_JOB_ID.search(str(state.components)) for state in self.message.states)
        return next((each[1] for each in found if each), None)

    @property
    def began_at(self) -> datetime:
        """Return when the person asked."""
        return self.said.created_at if self.said else self.exchanges[0].created_at

    @property
    def upload_limit_bytes(self) -> int:
        """Return how large a file the picture's way took at the end."""
        return self.exchanges[-1].upload_limit_bytes if self.exchanges else self.message.channel.upload_limit_bytes

    @property
    def seconds(self) -> float:
        """Return how long it took from the command to the last change of the reply."""
        return (self.message.states[-1].at - self.began_at).total_seconds()

    @property
    def picture(self) -> Attachment | None:
        """Return the picture that arrived in Discord."""
        return self.message.attachments[0] if self.message.attachments else None

    @property
    def card_title(self) -> str:
        """Return the title of the card in the reply."""
        return next((str(embed.get("title")) for embed in self.message.embeds), "")

    @property
    def refused(self) -> bool:
        """Tell whether the reply explains why there is no picture."""
        return any(embed.get("color") == cards.RED.value for embed in self.message.embeds)

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait for the reply to change so that `holds()` is true; raises TimeoutError."""
        try:
            await self.message.wait_until(lambda _: holds(), timeout=self.patience_s)
        except TimeoutError:
            raise TimeoutError(f"after {self.patience_s:.0f} s the reply still says {self.card_title!r}") from None

    async def until_card(self, status: Status, *, turn: int | None = None) -> None:
        """Wait for the card of a status; `turn` is the job's place in the line."""
        await self.until(lambda: self.card_title == texts.status_title(status, turn))

    async def until_picture(self) -> None:
        """Wait for the picture; raises TimeoutError where the job ends without one."""
        await self.until(lambda: self.picture or self.refused)
        if self.picture is None:
            raise TimeoutError(f"it ended without a picture: {self.card_title!r}")

    async def press(self, label: str) -> None:
        """Press a button of the reply, by the person who asked."""
        self.exchanges.append(await self.person.press(self.message, label))


@dataclass(slots=True, kw_only=True, eq=False)
class Stage:
    """Everything a chapter needs. `scenes` are all jobs asked for so far; the two `on_` are told what happens."""

    clock: Clock
    app: app.App
    discord: DiscordSandbox
    provider: EvoLinkSandbox | None
    """None where the real provider is used."""
    guild: Guild
    channel: Channel
    patience_s: float
    on_scene: Callable[[Scene], None]
    on_proof: Callable[[Scene, str], None]
    on_aside: Callable[[Scene, Aside], None]
    scenes: list[Scene] = field(default_factory=list[Scene])
    problems: list[str] = field(default_factory=list[str])
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def ask(
        self, name: str, title: str, *, ending: Outcome | None = None, wants_picture: bool = True, **options: Any
    ) -> Scene:
        """Let somebody use /imagine; the task it makes ends as `ending`."""
        act = acts.by_command(self.channel, "/imagine", **options)
        return await self.perform(name, title, act, ending=ending, wants_picture=wants_picture)

    async def perform(
        self, name: str, title: str, act: acts.Act, *, ending: Outcome | None = None, wants_picture: bool = True
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
            )
            self.scenes.append(scene)
            self.on_scene(scene)
            if self.provider and ending:
                tasks = self.provider.tasks
                await self._until(lambda: len(tasks) > n_tasks, "the task was not created", within_s=_TASK_WITHIN_S)
        return scene

    async def look(self, scene: Scene, act: acts.Act) -> Message:
        """Let the person of a scene do something that makes no picture; return what it shows."""
        begun = await act.do(scene.person)
        await begun.message.wait_until(lambda seen: not seen.thinking, timeout=self.patience_s)
        aside = Aside(act=act, message=begun.message)
        scene.asides.append(aside)
        self.on_aside(scene, aside)
        return begun.message

    async def shown(self, name: str) -> Scene:
        """Wait until a person's picture is there, and return its scene; raises TimeoutError."""
        found: list[Scene] = []

        def is_there() -> bool:
            found[:] = [scene for scene in self.scenes if scene.person.name == name and scene.picture]
            return bool(found)

        await self._until(is_there, f"{name} has no picture to go on with", within_s=self.patience_s)
        return found[0]

    def member(self, name: str) -> Person:
        """Return the person of that name, who comes when they first do something."""
        known = (scene.person for scene in self.scenes if scene.person.name == name)
        return next(known, None) or self.guild.add_member(name)

    async def job_of(self, scene: Scene) -> Job | None:
        """Return the stored job behind a scene."""
        return await self.app.store.find(scene.job_id) if scene.job_id else None

    async def until_kept(self, scene: Scene) -> None:
        """Wait until the picture of a cancelled job lies ready for its person."""
        deadline = self.clock.monotonic() + self.patience_s
        while (job := await self.job_of(scene)) is None or job.status is not Status.READY:
            if self.clock.monotonic() > deadline:
                raise TimeoutError("the picture was not kept")
            await self.clock.sleep(_LOOK_EVERY_S)

    def prove(self, scene: Scene, sentence: str, holds: object) -> None:
        """Say `sentence` of a scene if it is true, else note a problem."""
        if holds:
            self.on_proof(scene, sentence)
        else:
            self.problems.append(f"not true of {scene.person.name}'s picture: {sentence}")

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
    on_proof: Callable[[Scene, str], None],
    on_aside: Callable[[Scene, Aside], None],
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
