"""Cards: what they show, and that nothing a person writes breaks them."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.jobs.model import Failure, FailureKind, Job, Quality, Size, Source, Status, Thinking
from bot.ui import cards
from tests.support.ui_jobs import NOW, job, result, source

TIMES = "\N{MULTIPLICATION SIGN}"
STAMP = int(NOW.timestamp())


def progress(shown: Job, *, after_s: float = 0, position: int | None = None, **more: Any) -> cards.Card:
    return cards.progress_card(shown, now=NOW + timedelta(seconds=after_s), position=position, **more)


def description(card: cards.Card) -> str:
    assert card.embed.description is not None
    return card.embed.description


def fields(card: cards.Card) -> list[tuple[str | None, str | None]]:
    return [(field.name, field.value) for field in card.embed.fields]


def buttons(card: cards.Card) -> list[tuple[str, str]]:
    rows = card.view.to_components() if card.view else []
    return [(item["label"], item["custom_id"]) for row in rows for item in row["components"]]


CHANGES = ("first_frame", "converted", "upright", "shrunk", "compressed", "metadata_removed")


def fourteen(name: str) -> tuple[Source, ...]:
    """Return as many pictures as there can be, with everything done to them."""
    return tuple(source(position, name, changes=CHANGES) for position in range(1, 15))


FAILED = Failure(kind=FailureKind.TASK_FAILED, code="content_policy_violation", message="A famous person.")
EVERY_CARD: dict[str, Callable[[str], cards.Card]] = {
    "queued": lambda prompt: progress(job(prompt, status=Status.QUEUED), position=1_000_000),
    "running": lambda prompt: progress(job(prompt, size=Size.COLUMN, thinking=Thinking.HIGH, progress=40)),
    "kept waiting": lambda prompt: progress(job(prompt), waiting_for_provider=True),
    "delivering": lambda prompt: progress(job(prompt, status=Status.DELIVERING)),
    "result": lambda prompt: cards.result_card(
        job(prompt, size=Size.RIBBON, web_search=True, image_search=True, finished_at=NOW, result=result(1, 1)),
        note="visually_lossless+smaller+still",
    ),
    "preparing": lambda prompt: progress(job(prompt, status=Status.PREPARING, sources=fourteen(prompt))),
    "result of pictures": lambda prompt: cards.result_card(
        job(prompt, size=Size.RIBBON, finished_at=NOW, result=result(1, 1), sources=fourteen(prompt)),
        note="visually_lossless+smaller+still",
    ),
    "failure of a picture": lambda prompt: cards.failure_card(
        job(prompt, failure=Failure(kind=FailureKind.BAD_SOURCE, code="empty", message=prompt))
    ),
    "failure": lambda prompt: cards.failure_card(
        job(prompt, failure=Failure(kind=FailureKind.PROVIDER_REFUSED, message=prompt, request_id=prompt))
    ),
    "cancelled before": lambda prompt: cards.cancelled_card(job(prompt, status=Status.CANCELLED)),
    "cancelled after": lambda prompt: cards.cancelled_card(job(prompt, cancel_requested_at=NOW)),
    "ready": lambda prompt: cards.ready_card(job(prompt, status=Status.READY)),
    "moved": lambda prompt: cards.moved_card(job(prompt)),
    "wordless": lambda prompt: cards.wordless(cards.ready_card(job(prompt, status=Status.READY))),
}
HOSTILE = [
    "`" * 2000,
    "@everyone " * 200,
    "<@123456789012345678>" * 95,
    "\n" * 1999 + "x",
    "a\n" * 1000,
    "\\" * 2000,
    "\U0001f469\u200d\U0001f680" * 666,
    "\u202e" * 1999 + "x",
    "e" + "\u0301" * 1999,
    "[x](https://a.b) " * 115,
    "||" * 1000,
    "\ud800x",
]


def check_limits(card: cards.Card) -> None:
    """Assert what Discord asserts (discord.md 4), counted in UTF-16 units, and that the text can be sent at all."""

    def units(text: str | None) -> int:
        return len((text or "").encode("utf-16-le")) // 2

    embed = card.embed
    parts = [embed.title, embed.description, embed.footer.text, *(part for pair in fields(card) for part in pair)]
    assert sum(map(units, parts)) <= 6000
    assert 0 < units(embed.title) <= 256
    assert 0 < units(embed.description) <= 4096
    assert 0 < units(embed.footer.text) <= 2048
    assert len(embed.fields) <= 25
    assert all(0 < units(name) <= 256 and 0 < units(value) <= 1024 for name, value in fields(card))
    assert all(0 < units(label) <= 80 and 0 < units(custom_id) <= 100 for label, custom_id in buttons(card))


@pytest.mark.parametrize("prompt", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("name", EVERY_CARD)
def test_no_hostile_prompt_breaks_a_card(name: str, prompt: str) -> None:
    """Limits hold, and no mention stands in any text."""
    card = EVERY_CARD[name](prompt)
    check_limits(card)
    assert "@everyone" not in cards.fingerprint(card)
    assert "<@1" not in cards.fingerprint(card)


@given(st.sampled_from(sorted(EVERY_CARD)), st.text(max_size=2000))
def test_no_prompt_at_all_breaks_a_card(name: str, prompt: str) -> None:
    """Whatever characters there are."""
    check_limits(EVERY_CARD[name](prompt))


@pytest.mark.parametrize("name", sorted(EVERY_CARD.keys() - {"moved", "wordless"}))
def test_every_card_shows_the_prompt_as_a_quotation(name: str) -> None:
    """A person knows which of their requests a card is about."""
    assert "> a paper lighthouse" in description(EVERY_CARD[name]("a paper lighthouse"))


@pytest.mark.parametrize("name", EVERY_CARD)
def test_no_card_shows_the_token_of_its_reply(name: str) -> None:
    """It is a bearer secret."""
    assert "a-token-that-nobody-may-see" not in cards.fingerprint(EVERY_CARD[name]("x"))


@pytest.mark.parametrize(
    ("status", "percent", "bar"),
    [
        (Status.QUEUED, 50, "▱▱▱▱▱▱▱▱▱▱▱▱ 0 %"),
        (Status.SUBMITTING, 50, "▱▱▱▱▱▱▱▱▱▱▱▱ 0 %"),
        (Status.RUNNING, 0, "▱▱▱▱▱▱▱▱▱▱▱▱ 0 %"),
        (Status.RUNNING, 40, "▰▰▰▰▱▱▱▱▱▱▱▱ 40 %"),
        (Status.RUNNING, 99, "▰▰▰▰▰▰▰▰▰▰▰▱ 99 %"),
        (Status.RUNNING, 100, "▰▰▰▰▰▰▰▰▰▰▰▰ 100 %"),
        (Status.RUNNING, 250, "▰▰▰▰▰▰▰▰▰▰▰▰ 100 %"),
        (Status.RUNNING, -5, "▱▱▱▱▱▱▱▱▱▱▱▱ 0 %"),
        (Status.DELIVERING, 40, "▰▰▰▰▰▰▰▰▰▰▰▰ 100 %"),
    ],
)
def test_the_bar_shows_what_the_provider_reported(status: Status, percent: int, bar: str) -> None:
    """Nothing before it draws, everything once the picture is here."""
    assert description(progress(job(status=status, progress=percent))).splitlines()[0] == bar


@pytest.mark.parametrize(
    ("estimated_s", "after_s", "words"),
    [
        (30, 0, f"Ready <t:{STAMP + 30}:R>."),
        (30, 29.5, f"Ready <t:{STAMP + 30}:R>."),
        (None, 0, f"Ready <t:{STAMP + 45}:R>."),
        (30, 30, "Ready any moment now."),
        (0, 0, "Ready any moment now."),
        (30, 300, "Ready any moment now."),
    ],
)
def test_the_remaining_time_is_a_stamp_that_counts_down_by_itself(
    estimated_s: int | None, after_s: float, words: str
) -> None:
    """A stamp in the past would count up."""
    assert words in description(progress(job(estimated_s=estimated_s), after_s=after_s))


@pytest.mark.parametrize(
    "shown",
    [
        progress(job(status=Status.QUEUED)),
        progress(job(status=Status.DELIVERING)),
        progress(job(status=Status.SUBMITTING, submitted_at=None)),
        progress(job(), waiting_for_provider=True),
    ],
)
def test_no_time_is_promised_where_none_is_known(shown: cards.Card) -> None:
    """Not while a job waits, and not once the picture is here."""
    assert "Ready" not in description(shown)


@pytest.mark.parametrize(
    ("status", "position", "title", "may_cancel"),
    [
        (Status.PREPARING, None, "Getting your pictures ready", True),
        (Status.QUEUED, None, "Getting ready", True),
        (Status.QUEUED, 2, "Waiting in line", True),
        (Status.SUBMITTING, None, "Handing over to the model", True),
        (Status.RUNNING, None, "Drawing", True),
        (Status.DELIVERING, None, "Uploading", False),
    ],
)
def test_a_job_can_be_cancelled_until_its_picture_is_here(
    status: Status, position: int | None, title: str, *, may_cancel: bool
) -> None:
    """The button carries the job's id, so that it works after a restart."""
    card = progress(job(status=status), position=position)
    assert card.embed.title == title
    assert buttons(card) == ([("Cancel", "v1:cancel:k3v9q0ab")] if may_cancel else [])


def test_the_result_tells_prompt_settings_pixels_and_time() -> None:
    """Under the picture stands everything that made it, and nothing that did not matter."""
    finished = job(
        size=Size.WIDESCREEN, web_search=True, result=result(2752, 1536), finished_at=NOW + timedelta(seconds=31)
    )
    card = cards.result_card(finished, note=None)
    assert description(card) == "> a paper lighthouse"
    assert fields(card) == [
        ("Size", "16:9 · widescreen"),
        ("Quality", "2K"),
        ("Pixels", f"2752 {TIMES} 1536"),
        ("Time it took", "31 s"),
        ("Extras", "web search"),
    ]
    assert card.embed.footer.text == "AI-generated picture | job k3v9q0ab"
    assert card.embed.image.url is None


@pytest.mark.parametrize(
    ("size", "quality", "pixels", "is_said"),
    [
        (Size.WIDESCREEN, Quality.TWO_K, (2752, 1536), False),
        (Size.WIDESCREEN, Quality.TWO_K, (2750, 1536), False),
        (Size.WIDESCREEN, Quality.TWO_K, (1376, 768), True),
        (Size.WIDESCREEN, Quality.TWO_K, (1536, 2752), True),
        (Size.SQUARE, Quality.FOUR_K, (4096, 4096), False),
        (Size.RIBBON, Quality.HALF_K, (1536, 192), False),
        (Size.CINEMA, Quality.HALF_K, (792, 336), False),
        (Size.AUTO, Quality.TWO_K, (2048, 2048), False),
        (Size.AUTO, Quality.TWO_K, (1696, 2528), False),
        (Size.AUTO, Quality.TWO_K, (768, 6144), False),
        (Size.AUTO, Quality.TWO_K, (1024, 1024), True),
        (Size.AUTO, Quality.HALF_K, (1024, 1024), True),
    ],
)
def test_other_pixels_than_asked_for_are_said(
    size: Size, quality: Quality, pixels: tuple[int, int], *, is_said: bool
) -> None:
    """The provider is known to ignore the size now and then (provider.md 9)."""
    card = cards.result_card(job(size=size, quality=quality, result=result(*pixels)), note=None)
    remarks = [value for name, value in fields(card) if name == "Please note"]
    assert bool(remarks) is is_said
    assert all(f"the model made {pixels[0]} {TIMES} {pixels[1]}" in (remark or "") for remark in remarks)


def test_a_fitted_picture_carries_its_note() -> None:
    """A person learns that the file is not the original."""
    card = cards.result_card(job(result=result(n_bytes=24_000_000)), note="smaller")
    assert any("24.0 MB" in (value or "") and "made smaller" in (value or "") for _, value in fields(card))


@pytest.mark.parametrize(
    ("quality", "labels"),
    [
        (Quality.HALF_K, ["Edit", "Again", "Redraw in 4K", "Details", "Delete"]),
        (Quality.TWO_K, ["Edit", "Again", "Redraw in 4K", "Details", "Delete"]),
        (Quality.FOUR_K, ["Edit", "Again", "Details", "Delete"]),
    ],
)
def test_under_a_result_stands_what_can_be_done_with_it(quality: Quality, labels: list[str]) -> None:
    """Redrawing in 4K only where that is more than there is; each button holds the job's id."""
    shown = buttons(cards.result_card(job(quality=quality), note=None))
    assert [label for label, _ in shown] == labels
    assert {custom_id.rpartition(":")[2] for _, custom_id in shown} == {"k3v9q0ab"}


PICTURES = (source(1), source(2, "hat_2.png"), source(3, "dog.gif", changes=("first_frame", "metadata_removed")))


def test_pictures_are_numbered_while_they_are_worked_on_and_after() -> None:
    """So that "the hat of picture 2" means what it says."""
    line = r"1 beach.jpg · 2 hat\_2.png · 3 dog.gif"
    assert description(progress(job(sources=PICTURES))).endswith(f"> a paper lighthouse\n{line}")
    assert ("Made from", line) in fields(cards.result_card(job(sources=PICTURES), note=None))


def test_what_was_done_to_a_picture_and_can_be_seen_is_said() -> None:
    """The first frame of an animation, yes; that its position was removed, in Details only."""
    shown = dict(fields(cards.result_card(job(sources=PICTURES, result=result()), note=None)))
    assert shown["Please note"] == (
        "Of picture 3 only the first image was used: the model sees neither motion nor further pages."
    )


def test_a_result_without_its_file_is_still_a_card() -> None:
    """Nothing is said of pixels that nobody knows."""
    assert [name for name, _ in fields(cards.result_card(job(), note="smaller"))] == ["Size", "Quality"]


def test_a_failure_shows_reason_prompt_and_whom_to_quote() -> None:
    """Everything that is needed to try again or to ask the operator."""
    card = cards.failure_card(job(status=Status.FAILED, failure=FAILED))
    assert card.embed.title == "The image service declined this prompt"
    assert "“A famous person.”" in description(card)
    assert card.embed.footer.text == "automatic shape | 2K | job k3v9q0ab"
    assert card.view is None


def test_the_providers_request_id_stands_in_the_foot() -> None:
    """Support asks for it; it is cut and cleaned like everything from outside."""
    failure = Failure(kind=FailureKind.UNREACHABLE, request_id="req-1\n@" + "x" * 500)
    foot = cards.failure_card(job(failure=failure)).embed.footer.text
    assert foot is not None
    assert foot.startswith("automatic shape | 2K | job k3v9q0ab | image service's request req-1xxx")
    assert len(foot) < 200


def test_a_failed_job_without_a_reason_is_our_own_fault() -> None:
    """There is a sentence even then."""
    assert "inside the bot" in description(cards.failure_card(job(status=Status.FAILED)))


def test_cancel_before_submission_spent_nothing() -> None:
    """And there is nothing to collect."""
    card = cards.cancelled_card(job(status=Status.CANCELLED, submitted_at=None))
    assert "It cost you nothing" in description(card)
    assert card.view is None


def test_cancel_after_submission_tells_what_is_still_charged() -> None:
    """The provider cannot be stopped, and the picture can be had."""
    card = cards.cancelled_card(job(cancel_requested_at=NOW))
    assert "cannot be stopped" in description(card)
    assert "counts for you when it arrives" in description(card)
    assert buttons(card) == [("Show the picture", "v1:collect:k3v9q0ab")]


def test_a_ready_picture_can_be_collected() -> None:
    """By a button that works for ever."""
    assert buttons(cards.ready_card(job(status=Status.READY))) == [("Show the picture", "v1:collect:k3v9q0ab")]


def test_a_picture_that_came_after_its_cancel_is_told_as_such() -> None:
    """And not as one that could not be put there; it is collected like any other."""
    card = cards.ready_card(job(status=Status.READY, cancel_requested_at=NOW))
    assert "was cancelled while it was being made" in str(card.embed.description)
    assert "could not be put here" not in str(card.embed.description)
    assert buttons(card) == [("Show the picture", "v1:collect:k3v9q0ab")]


def test_cards_that_look_the_same_have_the_same_fingerprint() -> None:
    """So that an edit that changes nothing is not sent."""
    assert cards.fingerprint(progress(job(progress=40))) == cards.fingerprint(progress(job(progress=40), after_s=10))


@pytest.mark.parametrize(
    "other",
    [
        progress(job(progress=41)),
        progress(job(progress=40), after_s=60),
        progress(job(progress=40, id="another")),
        progress(job(progress=40), waiting_for_provider=True),
        cards.ready_card(job()),
    ],
)
def test_cards_that_differ_have_different_fingerprints(other: cards.Card) -> None:
    """In the text, or only in what a button does."""
    assert cards.fingerprint(other) != cards.fingerprint(progress(job(progress=40)))


def test_a_fingerprint_sees_the_buttons() -> None:
    """The same text without its button is another card."""
    card = progress(job())
    assert cards.fingerprint(cards.Card(embed=card.embed, view=None)) != cards.fingerprint(card)


def test_colours_tell_the_states_apart() -> None:
    """Work, success, failure and rest have a colour each, and none is black, which Discord draws as no colour."""
    shown = [
        progress(job()),
        cards.result_card(job(), note=None),
        cards.failure_card(job()),
        cards.cancelled_card(job()),
    ]
    colours = [card.embed.colour for card in shown]
    assert len(set(colours)) == 4
    assert discord.Colour(0) not in colours
