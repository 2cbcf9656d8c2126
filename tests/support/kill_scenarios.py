"""The ways of a job along which a bot is killed: what a person does, and what happens at the services meanwhile."""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image

from bot.jobs.model import Status
from bot.sandbox.discord import Exchange
from bot.sandbox.evolink import Failed, HttpFault
from bot.ui import texts
from tests.support import kill_lists
from tests.support.house import House
from tests.support.kill_lists import Point
from tests.support.ports import free_port
from tests.support.promises import all_ended, messages_of_bot, stored_jobs

PROMPT = "a paper lighthouse"
ANOTHER = "a paper boat"
A_MOMENT_S = 6
LONGER_THAN_A_TOKEN_S = 1000
USUAL = {"job_deadline_minutes": 6}
"""Doubt takes as long as the deadline: half an hour of moved time is only passed where nothing else will do."""
LONG_DEADLINE = {"job_deadline_minutes": 30}
SHORT_DEADLINE = {"job_deadline_minutes": 1}
LONGER_THAN_THE_DEADLINE_S = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One person, one command, and what they do while they wait."""

    name: str
    points: tuple[Point, ...]
    ask: Callable[[House], Awaitable[Exchange]]
    set_up: Callable[[House], None] = lambda _: None
    wait: Callable[[House], Awaitable[None]] | None = None
    """Done between two moves of time, as long as anything goes on."""
    is_over: Callable[[House], bool] = all_ended
    """Whether nothing is to come any more."""
    settings: Callable[[], dict[str, Any]] = lambda: USUAL
    """Those of one run, and of the bot that follows in it."""
    two_at_once: bool = False
    """Whether some points have no order among themselves, because two calls go on at once."""
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


async def show_what_waits(house: House) -> None:
    """Press the button that brings a picture as soon as it waits, and again where nothing came of it."""
    if any(job.status is Status.READY for job in stored_jobs(house)):
        for message in messages_of_bot(house):
            if texts.COLLECT_LABEL in message.labels:
                await house.alice.press(message, texts.COLLECT_LABEL)


async def list_tasks_once_lost(house: House) -> None:
    house.evolink.knobs.undocumented = _has_lost(house)


async def ask_for_another_once_lost(house: House) -> None:
    """Use up the day's only picture with another one; where nobody took the command, it is given again."""
    house.evolink.knobs.duration_s = A_MOMENT_S
    if _has_lost(house) and all(job.prompt != ANOTHER for job in stored_jobs(house)):
        await house.alice.use(house.channel, "/imagine", prompt=ANOTHER, quality="0.5K")


def _has_lost(house: House) -> bool:
    return any(job.status is Status.LOST and job.prompt == PROMPT for job in stored_jobs(house))


def it_came(house: House) -> bool:
    """Tell whether all have ended, and the picture that was given up has come after all."""
    return all_ended(house) and not _has_lost(house)


def all_is_shown(house: House) -> bool:
    """Tell whether all have ended, and no picture waits to be collected."""
    return all_ended(house) and all(job.status is not Status.READY for job in stored_jobs(house))


def fail(house: House) -> None:
    house.evolink.knobs.default_outcome = Failed(code="content_policy_violation")


def outlive_the_token(house: House) -> None:
    house.evolink.knobs.duration_s = LONGER_THAN_A_TOKEN_S


def outlive_the_token_of_who_is_closed(house: House) -> None:
    outlive_the_token(house)
    house.alice.accepts_direct_messages = False


def outlive_the_deadline(house: House) -> None:
    house.evolink.knobs.duration_s = LONGER_THAN_THE_DEADLINE_S


def lose_the_answer(house: House) -> None:
    house.evolink.knobs.create.append(HttpFault(drop=True, after_effect=True))


def list_tasks(house: House) -> None:
    house.evolink.knobs.undocumented = True


def call_back(house: House) -> None:
    house.evolink.knobs.loopback_callbacks = True


def reachable() -> dict[str, Any]:
    """Return the settings of a bot that the provider can call."""
    port = free_port()
    return USUAL | {"public_base_url": f"http://127.0.0.1:{port}", "web_port": port}


MAIN = Scenario(name="imagine", points=kill_lists.IMAGINE, ask=imagine)
SCENARIOS = (
    MAIN,
    Scenario(name="edit", points=kill_lists.EDIT, ask=edit),
    Scenario(name="private", points=kill_lists.IMAGINE, ask=imagine_in_private),
    Scenario(name="cancelled", points=kill_lists.CANCELLED, ask=imagine, wait=cancel_once_it_is_drawn),
    Scenario(name="failed", points=kill_lists.FAILED, ask=imagine, set_up=fail),
    Scenario(
        name="hidden",
        points=kill_lists.HIDDEN,
        ask=imagine_where_the_bot_sees_nothing,
        set_up=outlive_the_token,
        settings=lambda: LONG_DEADLINE,
        count_from_s=980,
    ),
    Scenario(
        name="collected",
        points=kill_lists.COLLECTED,
        ask=imagine_where_the_bot_sees_nothing,
        set_up=outlive_the_token_of_who_is_closed,
        settings=lambda: LONG_DEADLINE,
        wait=show_what_waits,
        is_over=all_is_shown,
        count_from_s=980,
    ),
    Scenario(name="task-list", points=kill_lists.TASK_LIST, ask=imagine, set_up=list_tasks),
    Scenario(name="callbacks", points=kill_lists.CALLBACKS, ask=imagine, set_up=call_back, settings=reachable),
    Scenario(
        name="key",
        points=kill_lists.KEY,
        ask=imagine,
        set_up=lose_the_answer,
        settings=lambda: USUAL | {"provider_honours_idempotency_key": True},
        two_at_once=True,
    ),
    Scenario(
        name="late",
        points=kill_lists.LATE,
        ask=imagine,
        set_up=outlive_the_deadline,
        is_over=it_came,
        settings=lambda: SHORT_DEADLINE,
        count_from_s=40,
    ),
    Scenario(
        name="late-found",
        points=kill_lists.LATE_FOUND,
        ask=imagine,
        set_up=lose_the_answer,
        wait=list_tasks_once_lost,
        is_over=it_came,
        settings=lambda: SHORT_DEADLINE,
        count_from_s=40,
    ),
    Scenario(
        name="late-gift",
        points=kill_lists.LATE_GIFT,
        ask=imagine,
        set_up=outlive_the_deadline,
        wait=ask_for_another_once_lost,
        is_over=it_came,
        settings=lambda: SHORT_DEADLINE | {"default_member_images_per_day": 1},
        count_from_s=40,
    ),
    Scenario(name="late-start", points=kill_lists.IMAGINE, ask=imagine, away_s=1200),
)
"""Public; with a source; private; cancelled after submission; a task that fails; a place where only the token works and
dies, told directly or collected by a press; a provider whose tasks can be listed, that calls back, or that knows an
order again by its key; a picture that comes after its job was released, as a gift where the day's limit is used up
meanwhile; and a bot that is started again only after the token has died."""


__all__ = ["MAIN", "SCENARIOS", "Scenario"]
