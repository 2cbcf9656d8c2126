"""The chapter about limits: an administrator sets one, a member runs into it, is given more, and uses that."""

from typing import Any

from bot.demo import acts, evidence, photos
from bot.demo.scenes import Aside, Scene
from bot.demo.stage import Stage
from bot.jobs.model import Status
from bot.sandbox.discord import Permission, Person
from bot.sandbox.evolink import Completed

PART = "A limit, and two pictures more"
CHART_NAME = "usage-chart.png"
_KITE, _TEAPOT = "a kite that is a whale", "a teapot that is a lighthouse"
_JAR, _SNAIL = "the moon in a jam jar", "a snail with a house of paper"
_OWL = "an owl that reads a map"
_QUICK = Completed(duration_s=2.0, noise=0.0)
_PNG = b"\x89PNG\r\n\x1a\n"
_LEAST_PX = 600


async def runs_into_a_limit(stage: Stage) -> None:
    """Paula lets Mike make two pictures in any 24 hours; he wants a third, is given two more, and uses them."""
    managers = stage.guild.add_role("harbour masters", permissions=Permission.MANAGE_GUILD)
    paula, mike = stage.member("paula", roles=[managers]), stage.member("mike")
    # rolling: a demo at midnight must not see the limit begin anew
    await _use(stage, paula, "/admin quota set", limit="2", per="day", rolling=True, member=mike)
    await _until_counted(stage, await _both(stage, {"first of two allowed": _KITE, "second of two allowed": _TEAPOT}))
    await _is_refused(stage, "a third, one too many", _JAR, limit="2 pictures in any 24 hours")
    await _use(stage, paula, "/admin quota grant", member=mike, images="2", why="for the harbour fair")
    granted = await _both(stage, {"first of two granted": _JAR, "second of two granted": _SNAIL})
    # what is being made counts already
    await _is_refused(stage, "a fifth, one too many", _OWL, limit="2 pictures in any 24 hours, and 2 granted,")
    await _prove_chart(stage, await _use(stage, paula, "/admin usage", file_name=CHART_NAME, days=7))
    await _until_counted(stage, granted)
    card = await _use(stage, mike, "/quota")
    stage.prove(card, "nothing is left of four, and he alone sees it", _tells(card, "0 of 4 pictures left", "4 used"))
    await _prove_count(stage, mike, granted[-1])


async def _use(stage: Stage, person: Person, command: str, *, file_name: str | None = None, **options: Any) -> Aside:
    act = acts.by_command(stage.channel, command, **options)
    return await stage.use(person, act, part=PART, file_name=file_name)


async def _both(stage: Stage, prompts: dict[str, str]) -> list[Scene]:
    """Let Mike ask for two pictures side by side."""
    return [
        await stage.ask("mike", title, part=PART, ending=_QUICK, prompt=prompt, size="1:1", quality="0.5K")
        for title, prompt in prompts.items()
    ]


async def _until_counted(stage: Stage, scenes: list[Scene]) -> None:
    """Wait until the pictures are there, and the ledger knows what they cost."""
    for scene in scenes:
        await scene.until_picture()
        await stage.until_stored(scene, Status.DELIVERED)


async def _is_refused(stage: Stage, title: str, prompt: str, *, limit: str) -> None:
    """Let Mike ask for more than he may."""
    scene = await stage.ask("mike", title, part=PART, wants_picture=False, prompt=prompt, size="1:1", quality="0.5K")
    await scene.until(lambda: scene.picture or scene.refused)
    told = scene.message.content
    says_all = limit in told and "<t:" in told and "Administrators" in told
    stage.prove(scene, "told to him alone: which limit, until when, who can change it", scene.turned_away and says_all)


def _tells(aside: Aside, *parts: str) -> bool:
    """Tell whether all of it stands in an answer that only one person sees."""
    return aside.message.ephemeral and all(part in str(aside.message.embeds) for part in parts)


async def _prove_count(stage: Stage, mike: Person, scene: Scene) -> None:
    """Compare what the provider made and charges with what the bot's ledger holds."""
    tasks = evidence.tasks_of(stage, {_KITE, _TEAPOT, _JAR, _SNAIL, _OWL})
    counted = await evidence.counted(stage, mike)
    stage.prove(scene, "four pictures, four tasks: what was refused made none", len(tasks) == 4)
    stage.prove(scene, "the ledger holds these four at the provider's price", counted == evidence.billed(tasks))


async def _prove_chart(stage: Stage, usage: Aside) -> None:
    """See that the chart of what was used is a picture that one can read."""
    [chart] = usage.message.attachments or [None]
    content = chart.read() if chart else b""
    is_large = content.startswith(_PNG) and min(photos.look_at(content).size) >= _LEAST_PX
    stage.prove(usage, f"the chart is a PNG that one can read; it is kept as {CHART_NAME}", is_large)
