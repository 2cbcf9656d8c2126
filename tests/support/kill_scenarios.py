"""The ways of a job along which a bot is killed: what a person does, and what happens at the services meanwhile."""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from bot.sandbox.discord import Exchange, NoAnswer
from bot.sandbox.evolink import Failed
from tests.support.house import House
from tests.support.promises import messages_of_bot

PROMPT = "a paper lighthouse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One person, one command, and what they do while they wait."""

    name: str
    ask: Callable[[House], Awaitable[Exchange]]
    set_up: Callable[[House], None] = lambda _: None
    wait: Callable[[House], Awaitable[None]] | None = None
    """Done between two moves of time, as long as anything goes on."""
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    count_from_s: float = 0.0
    """How much time passes before points are counted: what happens until then is counted in other scenarios."""
    away_s: float = 0.0
    """How long nobody starts the bot again after it died."""


def a_source() -> bytes:
    """Draw a small picture that has to be prepared."""
    written = io.BytesIO()
    Image.new("RGB", (320, 240), "teal").save(written, "PNG")
    return written.getvalue()


async def imagine(house: House, **options: Any) -> Exchange:
    return await house.alice.use(house.channel, "/imagine", prompt=PROMPT, quality="0.5K", **options)


async def imagine_in_private(house: House) -> Exchange:
    return await imagine(house, private=True)


async def edit(house: House) -> Exchange:
    asked = {"instruction": PROMPT, "quality": "0.5K", "image": ("beach.png", a_source())}
    return await house.alice.use(house.channel, "/edit", **asked)


async def imagine_where_the_bot_sees_nothing(house: House) -> Exchange:
    hidden = house.guild.add_text_channel("hidden", hidden_from_bot=True)
    return await house.alice.use(hidden, "/imagine", prompt=PROMPT, quality="0.5K")


async def cancel_once_it_is_drawn(house: House) -> None:
    """Press Cancel wherever a task is drawn and the button stands; without an answer it is pressed again later."""
    for message in messages_of_bot(house):
        if house.tasks and "Cancel" in message.labels:
            await house.alice.press(message, "Cancel")


def fail(house: House) -> None:
    house.evolink.knobs.default_outcome = Failed(code="content_policy_violation")


def take_long(house: House) -> None:
    house.evolink.knobs.duration_s = 1000


def list_tasks(house: House) -> None:
    house.evolink.knobs.undocumented = True


MAIN = Scenario(name="imagine", ask=imagine)
SCENARIOS = (
    MAIN,
    Scenario(name="edit", ask=edit),
    Scenario(name="private", ask=imagine_in_private),
    Scenario(name="cancelled", ask=imagine, wait=cancel_once_it_is_drawn),
    Scenario(name="failed", ask=imagine, set_up=fail),
    Scenario(name="hidden", ask=imagine_where_the_bot_sees_nothing, set_up=take_long, count_from_s=960),
    Scenario(name="task-list", ask=imagine, set_up=list_tasks),
    Scenario(name="late-start", ask=imagine, away_s=1200),
)
"""Public; with a source; private; cancelled after submission; a task that fails; a place where only the token works and
dies; a provider whose tasks can be listed; and a bot that is started again only after the token has died."""


__all__ = ["MAIN", "SCENARIOS", "NoAnswer", "Scenario"]
