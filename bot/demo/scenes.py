"""What people of the story see: a scene is one request for a picture, an aside whatever else somebody looks at."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bot.demo.acts import Act
from bot.jobs.model import Status
from bot.sandbox.discord import Attachment, Exchange, Message, Person
from bot.ui import cards, texts

_JOB_ID = re.compile(r"v1:cancel:(\w+)")


@dataclass(slots=True, kw_only=True, eq=False)
class Aside:
    """Something a person did that asks for no picture, and what it showed to them."""

    person: Person
    act: Act
    message: Message
    part: str = ""
    """The head under which the page shows it, for those that stand beside no scene."""
    file_name: str | None = None
    """Where the file that came with it is written."""

    @property
    def began_at(self) -> datetime:
        """Return when it was answered first."""
        return self.message.created_at


@dataclass(slots=True, kw_only=True, eq=False)
class Scene:
    """One job as its person sees it: the reply, and every interaction that led to it."""

    title: str
    person: Person
    message: Message
    exchanges: list[Exchange]
    patience_s: float
    act: Act
    said: Message | None = None
    """What the person wrote, where that was a message."""
    asides: list[Aside] = field(default_factory=list[Aside])
    wants_picture: bool = True
    part: str = ""
    """The head under which the page shows it; most stand under none."""
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
    def turned_away(self) -> bool:
        """Tell whether no job was made of it: the answer is a sentence, for this person alone."""
        return self.message.ephemeral and bool(self.message.content) and not self.message.embeds

    @property
    def refused(self) -> bool:
        """Tell whether the reply explains why there is no picture."""
        return self.turned_away or any(embed.get("color") == cards.RED.value for embed in self.message.embeds)

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
            raise TimeoutError(f"it ended without a picture: {self.card_title or self.message.content!r}")

    async def press(self, label: str) -> None:
        """Press a button of the reply, by the person who asked."""
        self.exchanges.append(await self.person.press(self.message, label))
