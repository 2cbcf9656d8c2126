"""`imagebot generate` against the loopback EvoLink: one picture on disk, its true cost, and a line for each fault."""

import argparse
import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot import cli_generate
from bot.images import container
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


def make(settings: ProviderSettings, prompt: str = "a paper lighthouse", **options: Any) -> int:
    defaults: dict[str, Any] = {"size": "auto", "quality": "0.5K", "image": [], "out": None}
    return cli_generate.main(
        settings, argparse.Namespace(prompt=prompt, **{**defaults, **options}), clock=HurriedClock()
    )


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
        assert make(settings_for(evolink), image=[Path("given.png")]) == 1
        assert evolink.requests == []
    assert f"imagebot: given.png {words}." in capsys.readouterr().err


def a_folder() -> Path:
    Path("taken").mkdir()
    return Path("taken")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"out": Path("no-such-folder/x.jpg")}, "the picture could not be saved there (No such file or directory: "),
        ({"out": Path("/proc/x.jpg")}, "the picture could not be saved there ("),
        ({"out": a_folder}, "the picture could not be saved there (Is a directory: taken); nothing was sent"),
        ({"prompt": " \n "}, "prompt must not be empty; nothing was sent"),
        ({"prompt": "x" * 2001}, "prompt has 2001 characters, at most 2000 are taken; nothing was sent"),
        ({"image": [Path("x.png")] * 15}, "15 pictures are too many; the model takes at most 14"),
    ],
    ids=["no folder", "not writable", "a folder", "blank prompt", "long prompt", "15 pictures"],
)
def test_what_can_be_known_before_costs_nothing(options: dict[str, Any], words: str, capsys: Captured) -> None:
    """No upload, no task."""
    options = {name: value() if isinstance(value, Callable) else value for name, value in options.items()}
    with evolink_running() as evolink:
        assert make(settings_for(evolink), **options) == 1
        assert evolink.requests == []
    err = capsys.readouterr().err
    assert f"imagebot: {words}" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (HttpFault(status=402), "credits"),
        (HttpFault(status=403, code="key_model_not_allowed"), "model"),
        (HttpFault(status=400, code="content_policy_violation", message="Not\nthis."), "Not this."),
        (HttpFault(status=413), "too large"),
        (HttpFault(status=500), ""),
        (HttpFault(status=200, body=b"<html>"), ""),
    ],
)
def test_a_refusal_is_told_in_a_sentence(fault: HttpFault, words: str, capsys: Captured) -> None:
    """With the provider's own words, on one line, and no traceback; nothing is saved."""
    knobs = Knobs(duration_s=0.01)
    knobs.create.append(fault, times=None)
    with evolink_running(knobs) as evolink:
        assert make(settings_for(evolink)) == 1
    out, err = capsys.readouterr()
    [line] = [line for line in err.splitlines() if line.startswith("imagebot: ")]
    assert words.lower() in line.lower()
    assert line.endswith(".")
    assert out == ""
    assert "Traceback" not in err
    assert pictures_in(Path()) == []


def test_a_wrong_key_is_told_without_showing_it(capsys: Captured) -> None:
    """Neither the right one nor the wrong one."""
    with evolink_running() as evolink:
        assert make(settings_for(evolink, evolink_api_key="sk-wrong-key-0000")) == 1
    err = capsys.readouterr().err
    assert "key" in err.lower()
    assert "sk-wrong-key-0000" not in err


def test_nobody_there_is_told(capsys: Captured) -> None:
    """A wrong base, a cut line."""
    with evolink_running() as evolink:
        settings = settings_for(evolink)
    assert make(settings) == 1
    err = capsys.readouterr().err
    assert "Traceback" not in err
    assert "imagebot: " in err


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Failed(code="content_policy_violation"), "Declined by the safety rules"),
        (Failed(code="something_new", message="Odd."), "Odd"),
        (Cancelled(), "task-"),
        (EMPTY_RESULTS, "task-"),
    ],
)
def test_a_task_without_a_picture_is_told_with_its_number(outcome: Outcome, words: str, capsys: Captured) -> None:
    """So that the provider can be asked about it."""
    with evolink_running(knobs_with(outcome)) as evolink:
        assert make(settings_for(evolink)) == 1
        [task] = evolink.tasks.values()
    [line] = [line for line in capsys.readouterr().err.splitlines() if line.startswith("imagebot: ")]
    assert words in line
    assert f"(task {task.id})" in line
    assert pictures_in(Path()) == []


@pytest.mark.parametrize(("outcome", "reason"), [(TRUNCATED, "cut_off"), (GONE, "gone")])
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
    assert len(downloads) == 4
    assert pictures_in(Path()) == []


def test_a_look_that_fails_says_nothing_about_the_task() -> None:
    """Faults of reading are waited out: the picture was paid for."""
    knobs = Knobs(duration_s=0.01)
    for fault in (HttpFault(status=404), HttpFault(status=400), HttpFault(status=200, body=b"<html>")):
        knobs.poll.append(fault)
    with evolink_running(knobs) as evolink:
        assert make(settings_for(evolink), out=Path("x.jpg")) == 0
    assert pictures_in(Path()) == ["x.jpg"]


def test_a_key_that_is_withdrawn_meanwhile_leaves_the_number_of_the_task(capsys: Captured) -> None:
    """Nothing can be read any more, and the task may be charged."""
    knobs = Knobs(duration_s=0.01)
    knobs.poll.append(HttpFault(status=401), times=None)
    with evolink_running(knobs) as evolink:
        assert make(settings_for(evolink)) == 1
        [task] = evolink.tasks.values()
    assert f"(task {task.id})" in capsys.readouterr().err
