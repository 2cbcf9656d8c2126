"""The story: a chapter is one function, in which one person wants one picture. All chapters happen side by side."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.demo import acts, evidence, photos, quota_story
from bot.demo.scenes import Scene
from bot.demo.stage import Stage
from bot.jobs.model import Status
from bot.sandbox.evolink import Completed, Failed
from bot.sandbox.evolink.outcomes import PNG_24MB
from bot.ui import texts

Chapter = Callable[[Stage], Awaitable[object]]

_GRAIN = 0.0
_SECOND_THOUGHTS_S = 2.0
_QUICK = Completed(duration_s=5.0, noise=_GRAIN)
_EDITED = Completed(duration_s=2.5, noise=_GRAIN)

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
    kept = job.result.path if job and job.result and job.result.path.is_file() else None
    stage.prove(scene, "the original is kept on disk", kept)
    if kept:
        seconds = scene.message.states[-1].at.timestamp() - kept.stat().st_mtime
        stage.prove(scene, f"{seconds:.1f} s from the end of its download to the message", scene.picture)


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
    await stage.until_stored(scene, Status.READY)
    await scene.press(texts.COLLECT_LABEL)
    await scene.until_picture()


async def leaves_the_line(stage: Stage) -> None:
    """Grace comes when every place is taken, and cancels before anything was spent: no task is made for her."""
    async with stage.every_place_taken():
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


async def edits_her_photo(stage: Stage) -> None:
    """Heidi edits a phone's photo, has the result redrawn, reads its details and looks at her history."""
    files = {"image": acts.bundled(acts.PHOTO)}
    act = acts.by_command(stage.channel, "/edit", files, instruction="let it be winter outside", quality="1K")
    scene = await stage.perform("heidi", "edits a photo", act, ending=_EDITED)
    await scene.until_picture()
    await _prove_photo(stage, scene)
    redraw = acts.by_button(scene.message, texts.PRESS_LABELS["redraw"])
    redrawn = await stage.perform("heidi", "redraws it in 4K", redraw, ending=_EDITED)
    await redrawn.until_picture()
    task = await evidence.task_of(stage, redrawn)
    stage.prove(redrawn, "the model got its own picture back", await evidence.came_of(stage, redrawn, scene))
    details = await stage.look(redrawn, acts.by_button(redrawn.message, texts.PRESS_LABELS["details"]))
    stage.prove(redrawn, "Details tell the task, to her alone", details.ephemeral and task and task.id in str(details))
    history = await stage.look(redrawn, acts.by_command(stage.channel, "/history"))
    stage.prove(
        redrawn, "her history shows both pictures, to her alone", history.ephemeral and len(history.embeds) == 2
    )


async def _prove_photo(stage: Stage, scene: Scene) -> None:
    """Say what became of a photo that lay on its side and told where it was taken, on its way to the model."""
    job, read = await stage.job_of(scene), await evidence.read_by_model(stage, scene)
    stored = evidence.hosted(stage, read[0].sha256) if read else []
    stage.prove(
        scene, "the model read exactly what was prepared", job and stored and read[0].sha256 == job.sources[0].sha256
    )
    if stored:
        before, after = photos.look_at(acts.bundled(acts.PHOTO)[1]), photos.look_at(stored[0])
        stage.prove(scene, "the photo told where it was taken; what left does not", before.located > after.located)
        stage.prove(scene, "it lay on its side and left upright", before.turned > after.turned and after.wide)


async def combines_two(stage: Stage) -> None:
    """Nina gives two pictures, a JPEG and an iPhone's HEIC; the model sees them in her order."""
    files = {"image": acts.bundled(acts.PHOTO), "image2": acts.bundled(acts.CAT)}
    instruction = "put the cat of picture 2 behind the cup of picture 1"
    act = acts.by_command(stage.channel, "/edit", files, instruction=instruction, quality="1K")
    scene = await stage.perform("nina", "combines two", act, ending=_EDITED)
    await scene.until_picture()
    seen = [(source.width, source.height) for source in await evidence.read_by_model(stage, scene)]
    given = [photos.look_at(content).size for _, content in files.values()]
    stage.prove(scene, "the model saw both pictures, in her order", seen == given)


async def replies_by_name(stage: Stage) -> None:
    """Ivan replies to Heidi's picture and names the bot: it is edited at once."""
    before = await stage.shown("heidi")
    act = acts.by_reply(
        before.message, f"{stage.discord.world.bot.mention} make it snow", owner="heidi", clock=stage.clock
    )
    scene = await stage.perform("ivan", "replies by name", act, ending=_EDITED)
    await scene.until_picture()
    stage.prove(scene, "it was made of heidi's picture", await evidence.came_of(stage, scene, before))


async def replies_and_confirms(stage: Stage) -> None:
    """Judy replies to Ivan's picture, an ordinary message: her ping is enough, and one tap confirms it."""
    before = await stage.shown("ivan")
    act = acts.by_reply(
        before.message, "and now a robin on the saucer", owner="ivan", clock=stage.clock, confirm=texts.DO_REPLY_LABEL
    )
    scene = await stage.perform("judy", "replies, confirms", act, ending=_EDITED)
    await scene.until_picture()
    stage.prove(scene, "it was made of ivan's picture", await evidence.came_of(stage, scene, before))


async def uses_the_menu(stage: Stage) -> None:
    """Karl edits a photo in a message that the bot may not read otherwise, by the message's menu."""
    await stage.shown("heidi")
    posted = await stage.member("olga").say(stage.channel, "our café", attachments=[acts.bundled(acts.PHOTO)])
    act = acts.by_menu(posted, texts.EDIT_IMAGE_MENU, instruction="paint it in water colours")
    scene = await stage.perform("karl", "uses the menu", act, ending=_EDITED)
    await scene.until_picture()
    read = await evidence.read_by_model(stage, scene)
    n_uploads = len(evidence.hosted(stage, read[0].sha256)) if read else 0
    stage.prove(scene, "the same photo for three people was uploaded once", n_uploads == 1)


async def presses_edit(stage: Stage) -> None:
    """Laura presses Edit under Heidi's picture and adds one of her own in the form."""
    before = await stage.shown("heidi")
    act = acts.by_form(
        before.message,
        texts.PRESS_LABELS["edit"],
        instruction="let the cat of picture 2 look in",
        file=acts.bundled(acts.CAT),
    )
    scene = await stage.perform("laura", "presses Edit", act, ending=_EDITED)
    await scene.until_picture()
    stage.prove(
        scene, "picture 1 is heidi's, picture 2 hers", await evidence.came_of(stage, scene, before, n_sources=2)
    )


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
    keeps_a_secret,
    means_mischief,
    changes_his_mind,
    edits_her_photo,
    wants_it_huge,
    asks_too_much,
    combines_two,
    quota_story.runs_into_a_limit,
)
"""Each takes a place at the provider at once, the last one two. What draws longest begins first."""
PLACES = len(DRAWN) + 1
"""So all are taken when the next one comes."""
LATER: tuple[Chapter, ...] = (replies_by_name, replies_and_confirms, uses_the_menu, presses_edit)
"""Each waits for somebody's picture to go on with."""
CHAPTERS: tuple[Chapter, ...] = (*DRAWN, leaves_the_line, *LATER)
LIVE_CHAPTERS: tuple[Chapter, ...] = (really, really_in_private)
