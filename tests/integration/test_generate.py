"""`imagebot generate` against the loopback EvoLink: one picture on disk, its true cost, and a line for each fault."""

import argparse
import hashlib
import os
import re
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.cli import generate as cli_generate
from bot.images import container
from bot.provider.api import CREATE_TIMEOUT_S
from bot.provider.transport import READ_TIMEOUT_S
from bot.sandbox.evolink import EvoLinkSandbox, Knobs
from bot.sandbox.evolink.knobs import HttpFault
from bot.sandbox.evolink.outcomes import (
    EMPTY_RESULTS,
    GONE,
    PNG_UNDER_JPG,
    TRUNCATED,
    Cancelled,
    Completed,
    Failed,
    Outcome,
)
from bot.settings import FixedSettings, ProviderSettings
from tests.support.evolink_caller import picture
from tests.support.evolink_thread import KEY, HurriedClock, evolink_running

Captured = pytest.CaptureFixture[str]


class FixedProviderSettings(FixedSettings):
    """What generate needs, of given values."""

    discord_token: Any = None


def settings_for(evolink: EvoLinkSandbox, **changes: str) -> ProviderSettings:
    values = {
        "evolink_api_key": KEY,
        "evolink_api_base": evolink.api_base,
        "evolink_files_base": evolink.files_base,
        **changes,
    }
    return FixedProviderSettings.of(**values)


def make(settings: ProviderSettings, prompt: str | None = "a paper lighthouse", **options: Any) -> int:
    defaults: dict[str, Any] = {"size": "auto", "quality": "0.5K", "image": [], "out": None, "task": None}
    clock = options.pop("clock", HurriedClock())
    return cli_generate.main(settings, argparse.Namespace(**{**defaults, "prompt": prompt, **options}), clock=clock)


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def pictures_in(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def knobs_with(outcome: Outcome) -> Knobs:
    return Knobs(duration_s=0.01, default_outcome=outcome)


def test_the_picture_is_saved_byte_for_byte_and_its_true_cost_is_told(tmp_path: Path, capsys: Captured) -> None:
    """What was asked for is what was sent; nothing else is left in the folder."""
    with evolink_running(knobs_with(Completed(credits_used=3.75))) as evolink:
        code = make(settings_for(evolink), size="16:9", quality="1K", out=tmp_path / "lighthouse.jpg")
        [task] = evolink.tasks.values()
    assert code == 0
    assert task.request["prompt"] == "a paper lighthouse"
    assert (task.request["size"], task.request["quality"]) == ("16:9", "1K")
    saved = (tmp_path / "lighthouse.jpg").read_bytes()
    assert hashlib.sha256(saved).hexdigest() == task.results[0].sha256
    out, _ = capsys.readouterr()
    assert out == f"{tmp_path}/lighthouse.jpg: 1376 x 768 pixels, {len(saved):,} bytes, 3.75 credits\n"
    assert pictures_in(tmp_path) == ["lighthouse.jpg"]
    assert evolink.keys_leaked == []


def test_without_a_name_the_prompt_is_the_name_and_nothing_is_overwritten(tmp_path: Path, capsys: Captured) -> None:
    """By content: the second is a PNG, whatever its link says."""
    with evolink_running() as evolink:
        settings = settings_for(evolink)
        assert make(settings, "A cat, *asleep*!") == 0
        assert make(settings, "A cat, *asleep*!") == 0
        evolink.knobs.default_outcome = PNG_UNDER_JPG
        assert make(settings, "A cat, *asleep*!") == 0
    assert pictures_in(tmp_path) == ["a-cat-asleep-2.jpg", "a-cat-asleep.jpg", "a-cat-asleep.png"]
    assert container.inspect(tmp_path / "a-cat-asleep.png").media_type == "image/png"
    assert "its name says otherwise" not in capsys.readouterr().err


@pytest.mark.parametrize(("name", "warned"), [("mine.jpg", True), ("mine.PNG", False), ("mine", True)])
def test_a_given_name_is_kept_and_a_wrong_ending_is_said(name: str, *, warned: bool, capsys: Captured) -> None:
    """The bytes are the provider's, the name is the person's."""
    with evolink_running(knobs_with(PNG_UNDER_JPG)) as evolink:
        assert make(settings_for(evolink), out=Path(name)) == 0
    assert container.inspect(Path(name)).media_type == "image/png"
    assert ("the picture is image/png, its name says otherwise" in capsys.readouterr().err) is warned


def test_a_cost_that_is_not_named_is_not_invented(capsys: Captured) -> None:
    """Some answers come without usage."""
    with evolink_running(knobs_with(Completed(usage=False))) as evolink:
        assert make(settings_for(evolink)) == 0
    assert "a cost the provider did not name" in capsys.readouterr().out


def test_pictures_to_work_from_are_uploaded_and_reach_the_model(tmp_path: Path) -> None:
    """In their order, under names that nobody can guess or overwrite."""
    (tmp_path / "one.png").write_bytes(picture("PNG", (300, 200)))
    (tmp_path / "two.picture").write_bytes(picture("JPEG", (100, 400)))
    with evolink_running() as evolink:
        assert make(settings_for(evolink), image=[Path("one.png"), Path("two.picture")], out=Path("out.jpg")) == 0
        [task] = evolink.tasks.values()
        names = [stored.name for stored in evolink.files.values()]
    assert [(source.width, source.height) for source in task.sources] == [(300, 200), (100, 400)]
    assert all(re.fullmatch(r"[0-9a-f]{32}\.(png|jpg)", name) for name in names)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"Dear aunt", "is not a whole picture (not a picture)"),
        (b"", "is not a whole picture (not a picture)"),
        (picture("PNG")[:-20], "is not a whole picture (cut off)"),
        (picture("GIF"), "is image/gif; the model takes JPEG, PNG and WebP, so convert it first"),
    ],
    ids=["missing", "letter", "empty", "cut", "gif"],
)
def test_a_file_that_is_no_picture_is_refused_before_anything_is_sent(
    content: bytes | None, words: str, capsys: Captured
) -> None:
    """By its content and its name, in one sentence."""
    if content is not None:
        Path("given.png").write_bytes(content)
    with evolink_running() as evolink:
        assert make(settings_for(evolink), image=[Path("given.png")]) == 2
        assert evolink.requests == []
    assert capsys.readouterr().err == f"imagebot: given.png {words}; nothing was sent.\n"


def a_folder() -> Path:
    Path("taken").mkdir()
    return Path("taken")


def a_file() -> Path:
    Path("mine.jpg").write_text("mine")
    return Path("mine.jpg")


def a_dangling_link() -> Path:
    Path("link.jpg").symlink_to("nowhere.jpg")
    return Path("link.jpg")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"out": Path("no/such/x.jpg")}, "folder no/such does not exist"),
        ({"out": Path("/proc/x.jpg")}, "/proc cannot be written (No such file or directory)"),
        ({"out": lambda: a_file() / "x.jpg"}, "mine.jpg is not a folder"),
        ({"out": a_folder}, "taken is a folder"),
        ({"out": a_file}, "mine.jpg exists already, and nothing is overwritten"),
        ({"out": a_dangling_link}, "link.jpg exists already, and nothing is overwritten"),
        ({"prompt": " \n "}, "the prompt must not be empty"),
        ({"prompt": "x" * 2001}, "the prompt has 2001 characters, at most 2000 are taken"),
        ({"image": [Path("x.png")] * 15}, "15 pictures are too many; the model takes at most 14"),
        ({"prompt": None, "task": "..", "size": None, "quality": None}, "the task's id is empty"),
        (
            {"prompt": None, "task": "task-1"},
            "--task fetches a picture as it was asked for, so --size, --quality and --image say nothing",
        ),
    ],
)
def test_what_can_be_known_before_is_one_line_and_costs_nothing(
    options: dict[str, Any], words: str, capsys: Captured
) -> None:
    """No upload, no task, no bar: code 2, as for any command line that makes no sense; what was there stays."""
    options = {name: value() if isinstance(value, Callable) else value for name, value in options.items()}
    before = pictures_in(Path())
    with evolink_running() as evolink:
        assert make(settings_for(evolink), **options) == 2
        assert evolink.requests == []
    assert capsys.readouterr().err == f"imagebot: {words}; nothing was sent.\n"
    assert pictures_in(Path()) == before
    assert not Path("mine.jpg").exists() or Path("mine.jpg").read_text() == "mine"


NOT_CHARGED = "; nothing was charged."
PERHAPS_CHARGED = "; it may be charged, so look at the account before you try again."


@pytest.mark.parametrize(
    ("fault", "words", "end"),
    [
        (HttpFault(status=401), "EVOLINK_API_KEY is refused; copy it again", NOT_CHARGED),
        (HttpFault(status=401, code="key_expired"), "the key of EVOLINK_API_KEY has run out", NOT_CHARGED),
        (HttpFault(status=402), "too few credits are left for EVOLINK_API_KEY", NOT_CHARGED),
        (HttpFault(status=403, code="key_model_not_allowed"), "the models the key allows", NOT_CHARGED),
        (
            HttpFault(status=400, code="content_policy_violation", message="Not\nthis."),
            "EvoLink declines this prompt (HTTP 400): Not this",
            NOT_CHARGED,
        ),
        (HttpFault(status=400, message="Odd."), "EvoLink refuses the request (HTTP 400): Odd", NOT_CHARGED),
        (HttpFault(status=413), "too large for EvoLink", NOT_CHARGED),
        (HttpFault(status=500), "not known whether EvoLink took the request", PERHAPS_CHARGED),
        (HttpFault(status=200, body=b"<html>"), "not known whether EvoLink took the request", PERHAPS_CHARGED),
    ],
)
def test_a_refusal_is_told_in_a_sentence(fault: HttpFault, words: str, end: str, capsys: Captured) -> None:
    """With the provider's own words, on one line, with what it cost; nobody is told of a bot; nothing is saved."""
    knobs = Knobs(duration_s=0.01)
    knobs.create.append(fault, times=None)
    with evolink_running(knobs) as evolink:
        assert make(settings_for(evolink)) == 1
    out, err = capsys.readouterr()
    [line] = [line for line in err.splitlines() if line.startswith("imagebot: ")]
    assert words.lower() in line.lower()
    assert line.endswith(end)
    assert "the bot" not in line
    assert out == ""
    assert "Traceback" not in err
    assert pictures_in(Path()) == []


def test_a_wrong_key_is_told_without_showing_it(capsys: Captured) -> None:
    """Neither the right one nor the wrong one."""
    with evolink_running() as evolink:
        assert make(settings_for(evolink, evolink_api_key="sk-wrong-key-0000")) == 1
    err = capsys.readouterr().err
    assert "EVOLINK_API_KEY is refused" in err
    assert "sk-wrong-key-0000" not in err


def test_nobody_there_is_told(capsys: Captured) -> None:
    """A wrong base, a cut line."""
    with evolink_running() as evolink:
        settings = settings_for(evolink)
    assert make(settings) == 1
    assert capsys.readouterr().err == (
        "imagebot: EvoLink cannot be reached; look at the network and at EVOLINK_API_BASE; nothing was charged.\n"
    )


def test_a_file_service_that_is_not_there_is_told_by_its_variable(capsys: Captured) -> None:
    """No task was made, so nothing was charged."""
    Path("one.png").write_bytes(picture())
    with evolink_running() as evolink:
        settings = settings_for(evolink, evolink_files_base="http://127.0.0.1:1")
        assert make(settings, image=[Path("one.png")]) == 1
        assert evolink.tasks == {}
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "uploading one.png"
    assert said[1].endswith("look at the network and at EVOLINK_FILES_BASE; nothing was charged.")


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Failed(code="content_policy_violation"), "EvoLink declines this prompt (content_policy_violation): "),
        (Failed(code="image_processing_error"), "save it anew as JPEG or PNG"),
        (Failed(code="something_new", message="Odd."), "the model made no picture (something_new): Odd"),
        (Cancelled(), "the task was cancelled"),
        (EMPTY_RESULTS, "ended without a picture"),
    ],
)
def test_a_task_without_a_picture_is_told_with_its_number(outcome: Outcome, words: str, capsys: Captured) -> None:
    """So that the provider can be asked about it."""
    with evolink_running(knobs_with(outcome)) as evolink:
        assert make(settings_for(evolink)) == 1
        [task] = evolink.tasks.values()
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("imagebot: ")]
    assert words in line
    assert f"task {task.id}" in line
    assert "charge" in line
    assert pictures_in(Path()) == []


@pytest.mark.parametrize(("outcome", "reason"), [(TRUNCATED, "cut off"), (GONE, "gone")])
def test_a_picture_that_cannot_be_fetched_is_told_with_its_address(
    outcome: Outcome, reason: str, capsys: Captured
) -> None:
    """It was paid for and stays there for a day: four tries, then the person may try."""
    with evolink_running(knobs_with(outcome)) as evolink:
        assert make(settings_for(evolink), out=Path("x.jpg")) == 1
        [task] = evolink.tasks.values()
        downloads = [seen for seen in evolink.requests if seen.service == "results"]
    err = capsys.readouterr().err
    assert f"the picture was made, but it could not be fetched ({reason})" in err
    assert task.results[0].url in err
    assert f"imagebot generate --task {task.id}" in err
    assert len(downloads) == 4
    assert pictures_in(Path()) == []


def test_a_look_that_fails_says_nothing_about_the_task(capsys: Captured) -> None:
    """Faults of reading are waited out: the picture was paid for. That it is so is said once, and once when it ends."""
    knobs = Knobs(duration_s=0.01)
    for fault in (HttpFault(status=404), HttpFault(status=400), HttpFault(status=200, body=b"<html>")):
        knobs.poll.append(fault)
    with evolink_running(knobs) as evolink:
        assert make(settings_for(evolink), out=Path("x.jpg")) == 0
        [task_id] = evolink.tasks
    assert pictures_in(Path()) == ["x.jpg"]
    assert capsys.readouterr().err.splitlines() == [
        f"task {task_id}",
        "EvoLink gives no proper answer, still asking",
        "EvoLink answers again",
    ]


def test_a_provider_that_is_away_for_a_while_is_named(capsys: Captured) -> None:
    """Once, however often it is asked in vain."""
    with evolink_running(Knobs(duration_s=0.3)) as evolink:
        evolink.knobs.poll.append(HttpFault(drop=True), times=12)
        assert make(settings_for(evolink), out=Path("x.jpg")) == 0
    assert capsys.readouterr().err.count("EvoLink cannot be reached, still asking\n") == 1


def test_the_picture_of_an_earlier_task_is_fetched(capsys: Captured) -> None:
    """Nothing is created; without a name the task's id is the name, and the cost is told again."""
    with evolink_running() as evolink:
        settings = settings_for(evolink)
        assert make(settings, out=Path("first.jpg")) == 0
        [task] = evolink.tasks.values()
        assert make(settings, None, task=task.id, size=None, quality=None) == 0
        assert list(evolink.tasks) == [task.id]
    assert pictures_in(Path()) == ["first.jpg", f"{task.id}.jpg"]
    assert Path(f"{task.id}.jpg").read_bytes() == Path("first.jpg").read_bytes()
    assert "credits" in capsys.readouterr().out.splitlines()[1]


@pytest.mark.parametrize(
    ("key", "words"),
    [(KEY, "EvoLink knows no such task; look at the id"), ("sk-wrong-key-0000", "EVOLINK_API_KEY is refused")],
)
def test_a_task_that_cannot_be_found_is_told(key: str, words: str, capsys: Captured) -> None:
    """At once, and nothing is said of charges."""
    with evolink_running() as evolink:
        settings = settings_for(evolink, evolink_api_key=key)
        assert make(settings, None, task="task-unified-1-nobody", size=None, quality=None) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"imagebot: {words}")
    assert "charge" not in err


def test_a_name_that_is_taken_meanwhile_is_left_alone(capsys: Captured) -> None:
    """The picture was paid for: it goes under the next free name, and that is said."""

    class SomebodyElse(HurriedClock):
        async def sleep(self, seconds: float) -> None:
            Path("x.jpg").write_text("somebody else's")
            await super().sleep(seconds)

    with evolink_running() as evolink:
        assert make(settings_for(evolink), out=Path("x.jpg"), clock=SomebodyElse()) == 0
        [task] = evolink.tasks.values()
    assert Path("x.jpg").read_text() == "somebody else's"
    assert hashlib.sha256(Path("x-2.jpg").read_bytes()).hexdigest() == task.results[0].sha256
    assert pictures_in(Path()) == ["x-2.jpg", "x.jpg"]
    assert "imagebot: x.jpg came into being meanwhile, so the picture is x-2.jpg.\n" in capsys.readouterr().err


def test_a_folder_that_is_gone_at_the_end_leaves_the_address_of_the_picture(capsys: Captured) -> None:
    """It was paid for: where it is and how to fetch it again is said."""

    class Spoiler(HurriedClock):
        async def sleep(self, seconds: float) -> None:
            if Path("there").exists():
                shutil.rmtree("there")
            await super().sleep(seconds)

    Path("there").mkdir()
    with evolink_running() as evolink:
        assert make(settings_for(evolink), out=Path("there/x.jpg"), clock=Spoiler()) == 1
        [task] = evolink.tasks.values()
    said = capsys.readouterr().err
    assert "the picture was made, but there is no room for it (No such file or directory)" in said
    assert task.results[0].url in said


def test_a_task_that_takes_too_long_is_left_with_how_to_fetch_it(capsys: Captured) -> None:
    """It goes on, and may be charged."""

    class Leaping(HurriedClock):
        slept_s = 0.0

        def monotonic(self) -> float:
            return super().monotonic() + self.slept_s

        async def sleep(self, seconds: float) -> None:
            if seconds in {READ_TIMEOUT_S, CREATE_TIMEOUT_S}:  # a deadline, not a wait between two looks
                await super().sleep(seconds)
                return
            self.slept_s += 1000.0
            await super().sleep(0.0)

    with evolink_running(Knobs(duration_s=600)) as evolink:
        assert make(settings_for(evolink), clock=Leaping()) == 1
        [task_id] = evolink.tasks
    assert capsys.readouterr().err.splitlines()[-1] == (
        f"imagebot: task {task_id} has not ended in half an hour and may still be charged; "
        f"fetch its picture with: imagebot generate --task {task_id}."
    )


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600)])
def test_the_file_has_the_rights_of_any_new_file(umask: int, mode: int) -> None:
    """The person's umask decides, not how it was fetched."""
    before = os.umask(umask)
    try:
        with evolink_running() as evolink:
            assert make(settings_for(evolink), out=Path("x.jpg")) == 0
    finally:
        os.umask(before)
    assert stat.S_IMODE(Path("x.jpg").stat().st_mode) == mode


def test_a_key_that_is_withdrawn_meanwhile_leaves_the_number_of_the_task(capsys: Captured) -> None:
    """Nothing can be read any more, and the task may be charged."""
    knobs = Knobs(duration_s=0.01)
    knobs.poll.append(HttpFault(status=401), times=None)
    with evolink_running(knobs) as evolink:
        assert make(settings_for(evolink)) == 1
        [task] = evolink.tasks.values()
    last_line = capsys.readouterr().err.splitlines()[-1]
    assert last_line.startswith("imagebot: EVOLINK_API_KEY is refused; copy it again")
    assert last_line.endswith(
        f"; task {task.id} goes on and may be charged; fetch its picture with: imagebot generate --task {task.id}."
    )
