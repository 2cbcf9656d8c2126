"""Details: everything that is known of a job, within Discord's limits."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.jobs.model import Job, Kind, Quality, ResultFile, Size, Status
from bot.ui import details
from tests.support.ui_jobs import NOW, job, result, source

TIMES = "\N{MULTIPLICATION SIGN}"


def told(
    shown: Job, *, parent: Job | None = None, model: str = "the-model", original: bool | None = None
) -> dict[str, str]:
    embed = details.details_embed(shown, parent=parent, model=model, original_attached=original)
    return {str(field.name): str(field.value) for field in embed.fields}


def test_a_finished_edit_is_told_whole() -> None:
    """Settings, model, task, true cost, sources with what was done to them, and where it comes from."""
    parent = job(id="parent01")
    edited = job(
        status=Status.DELIVERED,
        kind=Kind.EDIT,
        size=Size.WIDESCREEN,
        quality=Quality.FOUR_K,
        parent_id="parent01",
        provider_task_id="task-unified-1700000000-abcdefgh",
        credits_used=9.6156,
        credits_reserved=9.5801,
        result=result(5504, 3072),
        finished_at=NOW + timedelta(seconds=65),
        sources=(
            source(1, width=4032, height=3024, changes=("upright", "metadata_removed")),
            source(2, "hat.png"),
        ),
    )
    assert told(edited, parent=parent) == {
        "Settings": "16:9 · widescreen | 4K",
        "Model": "the-model",
        "Cost": "9.616 credits at the image service",
        "Pixels": f"5504 {TIMES} 3072",
        "File": "JPEG, 1.3 MB",
        "Time it took": "1 min 5 s",
        "Task at the image service": "`task-unified-1700000000-abcdefgh`",
        "Made from": f"1 beach.jpg · 4032 {TIMES} 3024 · turned upright, hidden data removed\n2 hat.png",
        "Comes from": "[the picture before](https://discord.com/channels/3/2/3), job parent01",
        "Please note": (
            "The model has no seed: Again and Redraw in 4K make a new picture, in which small things may differ."
        ),
    }


def test_what_is_not_known_is_not_made_up() -> None:
    """A job that has just begun has neither task nor picture, and no price."""
    assert set(told(job())) == {"Settings", "Model", "Cost", "Please note"}
    assert told(job())["Cost"] == "not known"


def test_a_price_that_was_only_set_aside_is_told_as_such() -> None:
    """The provider has not said what it took."""
    cost = told(job(credits_reserved=6.3867))["Cost"]
    assert cost.startswith("6.387 credits set aside")
    assert "not known" in cost


_PARENT = job(id="parent01")


@pytest.mark.parametrize(
    "parent",
    [
        None,
        replace(_PARENT, route=replace(_PARENT.route, ephemeral=True)),
        replace(_PARENT, route=replace(_PARENT.route, message_id=None)),
        replace(_PARENT, guild_id=None),
    ],
    ids=["forgotten", "private", "never posted", "direct"],
)
def test_a_parent_without_a_public_message_has_no_link(parent: Job | None) -> None:
    """Its id can still be quoted."""
    assert told(job(parent_id="parent01"), parent=parent)["Comes from"] == "job parent01"


@pytest.mark.parametrize(
    ("original", "part"), [(True, "JPEG, 24.0 MB; here it is."), (False, "more than Discord takes here")]
)
def test_the_original_of_a_fitted_picture_is_told(original: bool, part: str) -> None:
    """How large it is, and how it is to be had."""
    made: ResultFile = result(n_bytes=24_000_000)
    assert part in told(job(result=made), original=original)["Original file"]


def test_where_the_original_is_shown_nothing_is_said_of_it() -> None:
    """There is no other file."""
    assert "Original file" not in told(job(result=result()))


HOSTILE = [
    "`" * 2000,
    "@everyone " * 200,
    "\n" * 1999 + "x",
    "[x](https://a.b) " * 115,
    "|" * 2000,
    "\ud800x",
    "a" * 2000,
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_nothing_breaks_the_limits(text: str) -> None:
    """However hostile prompt, names and ids are (discord.md 4)."""
    embed = details.details_embed(
        job(
            text,
            size=Size.RIBBON,
            web_search=True,
            image_search=True,
            parent_id="a" * 40,
            provider_task_id=text,
            credits_used=1e9,
            result=result(99999, 99999, n_bytes=99_000_000),
            finished_at=NOW + timedelta(days=1),
            sources=tuple(
                source(position, text, width=99999, height=99999, changes=("shrunk", "converted", "unheard of"))
                for position in range(1, 15)
            ),
        ),
        parent=_PARENT,
        model="gemini-3.1-flash-image-preview",
        original_attached=False,
    )

    def units(part: str | None) -> int:
        return len((part or "").encode("utf-16-le", "surrogatepass")) // 2

    parts = [embed.title, embed.description, embed.footer.text]
    for each in embed.fields:
        assert 0 < units(each.name) <= 256
        assert 0 < units(each.value) <= 1024
        assert "@everyone" not in str(each.value)
        parts += [each.name, each.value]
    assert units(embed.description) <= 4096
    assert sum(map(units, parts)) <= 6000


@pytest.mark.parametrize("prompt", ["|" * 2000, "a" * 2000, "**\n" * 600])
def test_the_prompt_is_shown_whole(prompt: str) -> None:
    """The card may cut it; Details never does."""
    embed = details.details_embed(job(prompt), parent=None, model="m", original_attached=None)
    assert "…" not in str(embed.description)
