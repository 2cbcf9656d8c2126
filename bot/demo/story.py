"""The story: a chapter is one function, in which one person wants one picture. All chapters happen side by side."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.demo.stage import Stage
from bot.jobs.model import Status
from bot.sandbox.evolink import Completed, Failed
from bot.sandbox.evolink.outcomes import PNG_24MB
from bot.ui import texts

Chapter = Callable[[Stage], Awaitable[object]]

_GRAIN = 0.0
_SECOND_THOUGHTS_S = 2.0
_QUICK = Completed(duration_s=5.0, noise=_GRAIN)

ALARMING = (
    "@everyone <@&1234> look: ```a `lantern` of **paper**``` \u202egnitaolf\u202c on a lake 🏮🌊 "
    "[click](https://example.com/) ||hidden|| <t:0:R>"
)
"""What tries to ping, to format, to reverse and to link."""


async def watches_it_grow(stage: Stage) -> None:
    """Alice sees every step from the command to the picture."""
    scene = await stage.ask(
        "alice",
        "watches it grow",
        prompt="a paper lighthouse at dusk, warm light in its windows, waves of folded blue paper",
        size="16:9",
        quality="2K",
        ending=Completed(duration_s=8.5, noise=_GRAIN),
    )
    await scene.until_picture()


async def wants_it_huge(stage: Stage) -> None:
    """Bob's picture is a PNG of 24 MB, more than Discord takes: it is fitted, and its original kept."""
    scene = await stage.ask(
        "bob",
        "too large for Discord",
        prompt="a city folded from old maps, seen from a balloon",
        size="1:1",
        quality="4K",
        ending=replace(PNG_24MB, duration_s=2.5),
    )
    await scene.until_picture()
    job = await stage.job_of(scene)
    stage.prove(scene, "the original is kept on disk", job and job.result and job.result.path.is_file())


async def keeps_a_secret(stage: Stage) -> None:
    """Carol's picture is for her eyes only."""
    scene = await stage.ask(
        "carol",
        "for her eyes only",
        prompt="a birthday card for my sister: a heron with a party hat",
        size="4:3",
        quality="1K",
        private=True,
        ending=_QUICK,
    )
    await scene.until_picture()
    stage.prove(scene, "only carol can see it", scene.message.ephemeral)


async def means_mischief(stage: Stage) -> None:
    """Dave's prompt pings nobody and breaks nothing."""
    scene = await stage.ask("dave", "a mischievous prompt", prompt=ALARMING, size="21:9", quality="1K", ending=_QUICK)
    await scene.until_picture()
    pinged = scene.message.mention_everyone or scene.message.pinged or scene.message.mention_roles
    stage.prove(scene, "nobody was pinged", not pinged)


async def asks_too_much(stage: Stage) -> None:
    """Erin is refused by the provider's policy, and reads why."""
    scene = await stage.ask(
        "erin",
        "refused by the policy",
        prompt="a photo of two film stars at my kitchen table",
        size="3:2",
        quality="1K",
        wants_picture=False,
        ending=Failed(code="content_policy_violation", duration_s=2.5),
    )
    await scene.until(lambda: scene.refused)
    stage.prove(scene, "the provider's own reason is told", "photorealistic people" in str(scene.message.embeds))


async def changes_his_mind(stage: Stage) -> None:
    """Frank cancels while the model draws, which cannot be stopped; later he collects what it made."""
    scene = await stage.ask(
        "frank",
        "cancels, then collects",
        prompt="a fox made of autumn leaves, asleep",
        size="3:2",
        quality="1K",
        ending=_QUICK,
    )
    await scene.until_card(Status.RUNNING)
    await stage.clock.sleep(_SECOND_THOUGHTS_S)
    await scene.press(texts.CANCEL_LABEL)
    await scene.until_card(Status.CANCELLED)
    await stage.until_kept(scene)
    await scene.press(texts.COLLECT_LABEL)
    await scene.until_picture()


async def leaves_the_line(stage: Stage) -> None:
    """Grace comes when every place is taken, and cancels before anything was spent: no task is made for her."""
    scene = await stage.ask(
        "grace",
        "leaves the line",
        prompt="a whale above the rooftops",
        size="9:16",
        quality="1K",
        wants_picture=False,
    )
    await scene.until_card(Status.QUEUED, turn=1)
    await scene.press(texts.CANCEL_LABEL)
    await scene.until_card(Status.CANCELLED)
    job = await stage.job_of(scene)
    stage.prove(scene, "no task was made, nothing is to be paid", job and job.provider_task_id is None)


async def really(stage: Stage) -> None:
    """One true picture, of the cheapest quality."""
    scene = await stage.ask(
        "alice",
        "a true picture",
        prompt="a paper lighthouse at dusk, warm light in its windows, waves of folded blue paper",
        size="16:9",
        quality="0.5K",
    )
    await scene.until_picture()


async def really_in_private(stage: Stage) -> None:
    """A second true picture beside it, for one person's eyes."""
    scene = await stage.ask(
        "carol",
        "a true private picture",
        prompt="a heron with a party hat, woodcut",
        size="1:1",
        quality="0.5K",
        private=True,
    )
    await scene.until_picture()


DRAWN: tuple[Chapter, ...] = (
    watches_it_grow,
    wants_it_huge,
    keeps_a_secret,
    means_mischief,
    asks_too_much,
    changes_his_mind,
)
"""Each takes one of the places at the provider; there are exactly as many places."""
CHAPTERS: tuple[Chapter, ...] = (*DRAWN, leaves_the_line)
LIVE_CHAPTERS: tuple[Chapter, ...] = (really, really_in_private)
