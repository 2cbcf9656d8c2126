"""`imagebot demo` as a person starts it: a process of its own, judged by what it prints, writes and returns."""

import asyncio
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import demo
from bot.clock import SystemClock
from bot.demo import acts, stage, verdict
from bot.demo.scenes import Scene
from bot.demo.stage import Stage
from bot.errors import CannotConnect
from bot.images import container
from bot.sandbox.discord.message_forms import EPHEMERAL
from bot.sandbox.evolink import Completed, EvoLinkSandbox, Failed, Outcome
from bot.ui import cards
from tests.support.patience import PATIENCE_S

MIKES = ("first of two allowed", "second of two allowed", "first of two granted", "second of two granted")
TOO_MANY = ("a third, one too many", "a fifth, one too many")
UNUSABLE = {
    "DISCORD_TOKEN": "Bot x",
    "DATA_DIR": "/dev/null/nowhere",
    "WEB_PORT": "many",
    "EVOLINK_API_BASE": "ftp://x",
}


def start_demo(*options: str, folder: Path, **environment: str) -> "subprocess.Popen[str]":
    """Start the demo in an empty folder, with nothing in the environment but what is given."""
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "COV", "PYTHON", "LANG"))}
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", *options],
        cwd=folder,
        env={**kept, "PYTHONPATH": str(Path(demo.__file__).parents[2]), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A demo that has ended."""

    code: int
    printed: str
    complaints: str
    out: Path

    @property
    def document(self) -> dict[str, Any]:
        """Return what the last line holds."""
        return json.loads(self.printed.splitlines()[-1])

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the rows of the table."""
        return self.document["jobs"]

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        """Return the first row of each person."""
        return {row["person"]: row for row in reversed(self.rows)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the story is started."""
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def starting(folder: Path) -> Generator["subprocess.Popen[str]", None, None]:
    """The story under way, so that other tests can use the time it takes."""
    process = start_demo("--json", "--out", "deep/er", folder=folder, **UNUSABLE)
    yield process
    process.kill()
    process.communicate()


@pytest.fixture(scope="module")
def played(starting: "subprocess.Popen[str]", folder: Path) -> Played:
    """The whole story, told once for all tests of it; the environment is full of settings that would not do."""
    printed, complaints = starting.communicate(timeout=PATIENCE_S)
    out = folder / "deep" / "er"
    return Played(code=starting.returncode, printed=printed, complaints=complaints, out=out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lived:
    """A demo with a real provider that has ended, and what that provider saw."""

    played: Played
    qualities: list[str]
    made_sha256: list[str]
    api_key: str


async def live_with(ending: Outcome, folder: Path) -> Lived:
    """Play --live against a provider of our own, whose tasks all end as `ending`."""
    async with EvoLinkSandbox(clock=SystemClock(), api_key="sk-live-secret-key") as provider:
        provider.knobs.default_outcome = ending
        process = start_demo(
            "--live",
            "--json",
            folder=folder,
            EVOLINK_API_KEY=provider.api_key,
            EVOLINK_API_BASE=provider.api_base,
            EVOLINK_FILES_BASE=provider.files_base,
        )
        printed, complaints = await asyncio.to_thread(process.communicate, timeout=PATIENCE_S)
        tasks = provider.tasks.values()
        return Lived(
            played=Played(code=process.returncode, printed=printed, complaints=complaints, out=folder / "demo-output"),
            qualities=[task.request["quality"] for task in tasks],
            made_sha256=sorted(result.sha256 for task in tasks for result in task.results),
            api_key=provider.api_key,
        )


@pytest.fixture(scope="module")
def lived(starting: "subprocess.Popen[str]", tmp_path_factory: pytest.TempPathFactory) -> list[Lived]:
    """A real provider that draws, and one that fails; played side by side, while the story goes on."""
    del starting
    endings = (Completed(duration_s=0.1), Failed(code="service_error", duration_s=0.1))

    async def both() -> list[Lived]:
        return await asyncio.gather(*(live_with(ending, tmp_path_factory.mktemp("live")) for ending in endings))

    return asyncio.run(both())


def test_the_real_provider_is_used_where_one_asks_for_it(lived: list[Lived]) -> None:
    """--live speaks to the address and with the key of the environment, and asks for the cheapest pictures."""
    played = lived[0].played
    assert (played.code, played.complaints) == (0, "")
    assert set(lived[0].qualities) == {"0.5K"}
    assert sorted(row["sha256"] for row in played.jobs.values()) == lived[0].made_sha256
    assert {row["identical"] for row in played.jobs.values()} == {"yes"}
    assert "the real EvoLink" in played.printed


def test_the_key_is_not_written_down(lived: list[Lived]) -> None:
    """Neither log nor page nor terminal holds it."""
    for each in lived:
        written = [path.read_bytes() for path in each.played.out.iterdir()]
        assert written
        assert [text for text in (*written, each.played.printed.encode()) if each.api_key.encode() in text] == []


def test_a_picture_that_never_came_fails_the_demo(lived: list[Lived]) -> None:
    """Exit code 1, NO in the table, and a sentence that says whose picture and why."""
    played = lived[1].played
    assert played.code == 1
    assert played.document["ok"] is False
    assert {row["identical"] for row in played.jobs.values()} == {"no"}
    assert "NO" in played.printed
    assert "FAULT: alice's picture is not the one the provider made." in played.printed.splitlines()
    assert "FAULT: the chapter 'really' did not end as it should: it ended without a picture" in played.printed


def test_a_missing_key_is_named_before_anything_starts(tmp_path: Path) -> None:
    """--live without a key ends as every command does that misses a setting."""
    process = start_demo("--live", folder=tmp_path)
    printed, complaints = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 2
    assert "EVOLINK_API_KEY is not set" in complaints
    assert printed == ""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_demo_says_that_it_stopped_and_cleans_up(number: signal.Signals, tmp_path: Path) -> None:
    """Ctrl-C or SIGTERM in the middle of the story: the usual exit code, no traceback, no folder left behind."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    process = start_demo(folder=tmp_path, TMPDIR=str(temporary))
    assert process.stdout is not None
    while "grace  sees" not in process.stdout.readline():
        assert process.poll() is None
    assert list(temporary.iterdir()) != []
    process.send_signal(number)
    _, complaints = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, complaints) == (130, "imagebot: stopped.\n")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("what_is_there", "complaint"),
    [
        ("taken", "imagebot: taken cannot be used: File exists.\n"),
        ("taken/conversation.html/x", "imagebot: taken/conversation.html cannot be used: Is a directory.\n"),
        ("taken/bot.log/x", "imagebot: taken/bot.log cannot be used: Is a directory.\n"),
    ],
)
def test_a_folder_that_cannot_be_used_is_refused(what_is_there: str, complaint: str, tmp_path: Path) -> None:
    """One sentence that names it, exit code 1, and nothing is started."""
    (tmp_path / what_is_there).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / what_is_there).write_text("a file", encoding="utf-8")
    process = start_demo("--out", "taken", folder=tmp_path)
    printed, complaints = process.communicate(timeout=PATIENCE_S)
    assert (process.returncode, complaints, printed) == (1, complaint, "")


def test_the_story_ends_well(played: Played) -> None:
    """Exit code 0, the last line says so too, nothing is complained of, and it takes less than half a minute."""
    assert (played.code, played.complaints) == (0, "")
    assert played.document["ok"] is True
    assert played.document["faults"] == []
    assert played.document["seconds"] < 30


def test_every_picture_arrived_as_it_was_made(played: Played) -> None:
    """All but the one that was too large, which was fitted; those who got none were refused or cancelled."""
    assert {f"{row['person']}: {row['job']}": row["identical"] for row in played.rows} == {
        "alice: watches it grow": "yes",
        "heidi: edits a photo": "yes",
        "nina: combines two": "yes",
        "bob: too large for Discord": "fitted",
        "carol: for her eyes only": "yes",
        "dave: a mischievous prompt": "yes",
        "erin: refused by the policy": None,
        "frank: cancels, then collects": "yes",
        "grace: leaves the line": None,
        "ivan: replies by name": "yes",
        "judy: replies, confirms": "yes",
        "karl: uses the menu": "yes",
        "laura: presses Edit": "yes",
        "heidi: redraws it in 4K": "yes",
        **{f"mike: {job}": "yes" for job in MIKES},
        **{f"mike: {job}": None for job in TOO_MANY},
    }
    assert (played.jobs["erin"]["status"], played.jobs["grace"]["status"]) == ("failed", "cancelled")


def test_a_limit_is_run_into_raised_and_run_into_again(played: Played) -> None:
    """Two pictures, a refusal, two more that were granted, a refusal: in this order, and a refusal is an answer."""
    told = [(row["job"], row["status"], row["discord_calls"]) for row in played.rows if row["person"] == "mike"]
    assert [job for job, status, _ in told if status == "delivered"] == list(MIKES)
    assert [(job, status, calls) for job, status, calls in told if status != "delivered"] == [
        (job, "refused", 1) for job in TOO_MANY
    ]
    assert [job for job, _, _ in told] == [*MIKES[:2], TOO_MANY[0], *MIKES[2:], TOO_MANY[1]]
    assert played.printed.count("none (refused)") == len(TOO_MANY)


def test_the_chart_of_what_was_used_is_kept(played: Played) -> None:
    """As large as the file that the administrator saw, a picture, and shown on the page."""
    chart = played.out / "usage-chart.png"
    found = container.inspect(chart)
    assert (found.media_type, found.width, found.height) == ("image/png", 1200, 900)
    assert f"usage.png ({chart.stat().st_size:,} bytes)" in played.printed
    assert 'src="usage-chart.png"' in (played.out / "conversation.html").read_text(encoding="utf-8")


def test_every_picture_is_written_as_it_arrived(played: Played) -> None:
    """The files beside the page are the pictures of the table, to the byte; there are no others."""
    rows = [row for row in played.rows if row["file"]]
    for row in rows:
        content = (played.out / row["file"]).read_bytes()
        assert len(content) == row["bytes"]
        assert hashlib.sha256(content).hexdigest() == row["sha256"]
    original = f"{Path(played.jobs['bob']['file']).stem}.original.png"
    written = {path.name for path in played.out.iterdir()}
    assert written == {*(row["file"] for row in rows), original, "usage-chart.png", "conversation.html", "bot.log"}


def test_the_original_of_what_was_fitted_lies_beside_it(played: Played) -> None:
    """Larger than Discord takes, and a whole picture of the same shape."""
    [original] = played.out.glob("*.original.png")
    assert original.stat().st_size > 20_000_000 > played.jobs["bob"]["bytes"]
    assert container.inspect(original).width == container.inspect(played.out / played.jobs["bob"]["file"]).width


@pytest.mark.parametrize(
    "words",
    [
        "alice  types /imagine prompt: a paper lighthouse",
        "size: 16:9 quality: 2K",
        "alice  sees  Getting ready · ▱▱▱▱▱▱▱▱▱▱▱▱ 0 %",
        "alice  sees  Drawing · ▰",
        "alice  sees  Your picture",
        "carol  ✓     only carol can see it",
        "dave   ✓     nobody was pinged",
        "erin   ✓     the provider's own reason is told",
        "frank  sees  Cancelled",
        "grace  sees  Waiting in line",
        "heidi  types /edit instruction: let it be winter outside quality: 1K image: photo.jpg",
        "heidi  ✓     the photo told where it was taken; what left does not",
        "heidi  ✓     it lay on its side and left upright",
        "heidi  ✓     the model read exactly what was prepared",
        "heidi  ✓     the model got its own picture back",
        "heidi  ✓     Details tell the task, to her alone",
        "heidi  ✓     her history shows both pictures, to her alone",
        "nina   ✓     the model saw both pictures, in her order",
        "ivan   says  @imagebot make it snow",
        "ivan   ✓     it was made of heidi's picture",
        "judy   sees  Is this picture to be edited",
        "judy   ✓     it was made of ivan's picture",
        "karl   picks Apps → Edit image",
        "karl   ✓     the same photo for three people was uploaded once",
        "laura  ✓     picture 1 is heidi's, picture 2 hers",
        "s from the end of its download to the message",
        "paula  types /admin quota set limit: 2 per: day rolling: True member: @mike",
        "paula  sees  For @mike: at most 2 pictures in any 24 hours. Before: no such limit.",
        "mike   types /imagine prompt: the moon in a jam jar size: 1:1 quality: 0.5K",
        "mike   sees  Your own limit in this server of 2 pictures in any 24 hours is used up",
        "mike   ✓     told to him alone: which limit, until when, who can change it",
        "paula  types /admin quota grant member: @mike images: 2 why: for the harbour fair",
        "paula  sees  @mike may use 2 pictures more.",
        "mike   sees  What you have left",
        "mike   ✓     nothing is left of four, and he alone sees it",
        "mike   ✓     four pictures, four tasks: what was refused made none",
        "mike   ✓     the ledger holds these four at the provider's price",
        "paula  types /admin usage days: 7",
        "paula  sees  What was used: Paper Harbour",
        "paula  ✓     the chart is a PNG that one can read; it is kept as usage-chart.png",
        "grace  ✓     no task was made, nothing is to be paid",
        "alice: watches it grow",
        "fitted",
    ],
)
def test_the_conversation_is_told_as_it_changes(played: Played, words: str) -> None:
    """What is typed, every kind of state, what was proved of it, and the table."""
    assert words in played.printed


def test_no_raw_data_is_shown_to_people(played: Played) -> None:
    """Braces stand in the last line only, which is for programs."""
    assert "{" not in "\n".join(played.printed.splitlines()[:-1])


def test_the_page_shows_everybody(played: Played) -> None:
    """One message each, what was looked at privately, how each was asked for, and the first reply in all its states."""
    page = (played.out / "conversation.html").read_text(encoding="utf-8")
    n_private_looks = 6  # details and history; a limit set, more granted, the card of what is left, what was used
    assert page.count("<article") == len(played.rows) + n_private_looks
    assert page.count("<figure>") >= 3
    assert page.count('class="thumbnail"') == 2
    for row in played.rows:
        assert f"{row['person']}</b> " in page
        assert row["file"] is None or f'src="{row["file"]}"' in page
    assert "<h2>A limit, and two pictures more</h2>" in page
    for words in ("Edit image", "Redraw in 4K", "/history", "/admin quota set", "make it snow"):
        assert re.search(f'<span class="(command|said)">[^\\n]*{words}', page)


# What goes wrong, with the real stand-ins and a bot that is not running ------------------------------------------


async def ended(error: Exception | None = None) -> None:
    """Be a bot that ends at once."""
    if error:
        raise error


@pytest.fixture
async def opened() -> AsyncGenerator[Stage, None]:
    """A stage whose happenings nobody watches, with a bot that is logged in and hears nothing."""
    async with stage.opened(
        clock=SystemClock(),
        live=None,
        places=1,
        patience_s=0.01,
        on_scene=lambda _: None,
        on_proof=lambda _seen, _sentence: None,
        on_aside=lambda _: None,
    ) as opened:
        await opened.app.client.login(opened.discord.token)
        yield opened


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (CannotConnect("Discord is gone"), "the bot did not come up: Discord is gone"),
        (None, "the bot did not come up: the bot ended at once"),
    ],
)
async def test_a_bot_that_does_not_come_up_is_said(
    opened: Stage, tmp_path: Path, error: Exception | None, words: str
) -> None:
    """No chapter is played, and the reason is told."""
    await demo._perform(opened, (never_played,), tmp_path, asyncio.create_task(ended(error)))
    assert opened.problems == [words]


async def never_played(_: Stage) -> None:
    raise AssertionError("no bot, no story")


async def test_a_bot_that_ends_before_the_story_ends_it(opened: Stage, tmp_path: Path) -> None:
    """Nobody waits for pictures that cannot come any more."""

    async def waits_for_ever(_: Stage) -> None:
        await asyncio.Event().wait()

    await demo._play_all(opened, (waits_for_ever,), tmp_path, asyncio.create_task(ended()))
    assert opened.problems == ["the bot ended before the story did; see bot.log"]


async def test_a_chapter_that_waits_in_vain_is_named(opened: Stage, tmp_path: Path) -> None:
    """It is told what the reply still said, and the demo does not succeed."""

    async def waits_in_vain(opened: Stage) -> None:
        await scene_in(opened).until_picture()

    await demo._chapter(opened, waits_in_vain, tmp_path)
    assert opened.problems == [
        "the chapter 'waits_in_vain' did not end as it should: after 0 s the reply still says ''"
    ]


async def test_a_refusal_is_no_picture(opened: Stage) -> None:
    """Whoever waits for a picture is told that none comes."""
    scene = scene_in(opened)
    scene.message.embeds.append({"title": "No picture this time", "color": cards.RED.value})
    with pytest.raises(TimeoutError, match="ended without a picture: 'No picture this time'"):
        await scene.until_picture()


async def test_what_is_not_true_is_a_problem(opened: Stage) -> None:
    """A proof that fails is said of the person it fails for."""
    scene = scene_in(opened)
    opened.prove(scene, "nobody was pinged", True)
    opened.prove(scene, "only alice can see it", False)
    assert opened.problems == ["not true of what alice saw: only alice can see it"]


async def test_a_private_sentence_instead_of_a_picture_is_a_refusal(opened: Stage) -> None:
    """It is the end of a request that made no job; where a picture was to come, that is a fault."""
    scene = scene_in(opened)
    scene.said = scene.message
    assert (await verdict.row_of(opened, scene)).status == "unknown"
    scene.message.flags |= EPHEMERAL
    with pytest.raises(TimeoutError, match="ended without a picture: 'hello'"):
        await scene.until_picture()
    row = await verdict.row_of(opened, scene)
    assert (row.status, row.identical) == ("refused", verdict.Identical.NO)
    scene.wants_picture = False
    row = await verdict.row_of(opened, scene)
    assert (row.status, row.identical) == ("refused", None)
    assert verdict.faults_of([row], problems=[], violations=[], keys_leaked=0) == []


async def test_who_is_spoken_of_twice_comes_once(opened: Stage) -> None:
    """With the roles of the first time."""
    managers = opened.guild.add_role("managers")
    paula = opened.member("paula", roles=[managers])
    assert opened.member("paula") is paula
    assert opened.guild.members[paula.id].roles == [managers]
    assert opened.member("mike") is not paula


def scene_in(opened: Stage) -> Scene:
    """Make a scene in which the reply is a message that nobody ever changes."""
    alice = opened.guild.add_member("alice")
    message = opened.discord.world.desk.say(alice, opened.channel, "hello", reply_to=None, ping=False, files=())
    act = acts.by_command(opened.channel, "/imagine")
    return Scene(title="t", person=alice, act=act, message=message, exchanges=[], patience_s=opened.patience_s)
