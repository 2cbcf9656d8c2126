"""A page of a history keeps within Discord's limits, whatever the prompts hold, and each button says what it does."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.jobs.library import ENTRIES_PER_PAGE, Entry, Page
from bot.jobs.model import Job, Status
from bot.ui import history, texts, views
from bot.ui.history_buttons import HistoryButton, HistoryPress, TurnButton
from tests.support.ui_jobs import NOW, job, result

NASTY = ("`*_~|<@1>[x](https://a.b)@everyone\n# :smile: <t:1:R> " * 60)[:2000]


def entry(number: int = 1, shown: Job | None = None, *, is_kept: bool = True, **changes: Any) -> Entry:
    shown = shown or job(status=Status.DELIVERED, id=f"job{number}", result=result())
    fields: dict[str, Any] = {
        "number": number,
        "job": shown,
        "parent": None,
        "is_kept": is_kept,
        "is_parent_kept": False,
        "thumbnail": None,
        **changes,
    }
    return Entry(**fields)


def page(*entries: Entry, number: int = 1, n_pages: int = 1) -> Page:
    return Page(number=number, n_pages=n_pages, n_entries=len(entries) * n_pages, entries=entries)


def rows_of(message: history.HistoryMessage) -> list[list[dict[str, Any]]]:
    return [row["components"] for row in message.view.to_components()] if message.view else []


def labels_of(message: history.HistoryMessage) -> list[list[str]]:
    return [[button["label"] for button in row] for row in rows_of(message)]


def the_fullest_page() -> history.HistoryMessage:
    parent = job(NASTY, status=Status.DELIVERED, id="parent", result=result())
    entries = [
        entry(
            number,
            job(NASTY, status=Status.DELIVERED, id=f"job{number}", result=result(), parent_id="parent"),
            parent=parent,
            is_parent_kept=True,
            thumbnail=Path(f"job{number}.webp"),
        )
        for number in range(99_997, 99_997 + ENTRIES_PER_PAGE)
    ]
    links = {each.job.id: "https://discord.com/channels/" + "/".join(["9" * 20] * 3) for each in entries}
    return history.history_message(page(*entries, number=2, n_pages=3), links=links)


def test_the_fullest_page_keeps_discords_limits() -> None:
    """6,000 characters in all embeds, five rows of five buttons, no id twice: discord.md 4."""
    message = the_fullest_page()
    assert len(message.embeds) == ENTRIES_PER_PAGE
    assert sum(len(embed) for embed in message.embeds) <= 6000
    rows = rows_of(message)
    assert [len(row) for row in rows] == [4, 4, 4, 4, 2]
    ids = [button["custom_id"] for row in rows for button in row]
    assert len(set(ids)) == len(ids)
    assert all(views.is_known(each) for each in ids)
    assert all(len(button["label"]) <= 80 for row in rows for button in row)


def test_no_prompt_pings_or_links_anywhere() -> None:
    """Neither the entry's own nor that of the picture it was made from; the only links are ours."""
    for embed in the_fullest_page().embeds:
        description = embed.description or ""
        assert not re.search(r"(?<!\\)<@", description)
        assert "@everyone" not in description
        assert re.findall(r"\]\(https?://[^)]*", description) == [
            "](https://discord.com/channels/" + "/".join(["9" * 20] * 3)
        ]


@pytest.mark.parametrize(
    ("status", "is_kept", "labels", "words"),
    [
        (Status.DELIVERED, True, ["7 · Post here", "7 · Edit", "7 · Remove"], None),
        (Status.DELIVERED, False, ["7 · Remove"], "does not keep the picture itself any more"),
        (Status.READY, True, ["Show the picture", "7 · Remove"], "Waiting to be collected"),
        (Status.EXPIRED, False, ["7 · Remove"], "not collected in time"),
        (Status.RUNNING, False, [], "is about to start"),
        (Status.QUEUED, False, [], "Your request is saved"),
        (Status.PREPARING, False, [], "preparing"),
        (Status.DELIVERING, True, [], "Uploading"),
    ],
)
def test_an_entry_says_how_its_picture_is_and_offers_what_can_be_done(
    status: Status, is_kept: bool, labels: list[str], words: str | None
) -> None:
    """A button that would be refused is not there."""
    shown = job(status=status, id="abc", result=result())
    message = history.history_message(page(entry(7, shown, is_kept=is_kept)), links={})
    assert labels_of(message) == ([labels] if labels else [])
    description = message.embeds[0].description or ""
    if words:
        assert words in description
    else:
        assert description.endswith("2K")


@pytest.mark.parametrize(("is_parent_kept", "offers"), [(True, True), (False, False)])
def test_an_edit_names_what_it_was_made_from(is_parent_kept: bool, offers: bool) -> None:
    """And offers to edit that one instead, while it is kept."""
    parent = job("a paper\nlighthouse", status=Status.DELIVERED, id="parent", result=result())
    message = history.history_message(page(entry(parent=parent, is_parent_kept=is_parent_kept)), links={})
    assert "Edit of: a paper lighthouse" in (message.embeds[0].description or "")
    assert ("1 · Edit the one before" in labels_of(message)[0]) is offers


def test_somebody_elses_prompt_is_not_shown() -> None:
    """An edit of another person's picture says just that."""
    parent = job("their secret", status=Status.DELIVERED, id="parent", user_id=999, result=result())
    message = history.history_message(page(entry(parent=parent)), links={})
    assert "their secret" not in (message.embeds[0].description or "")
    assert "another person's picture" in (message.embeds[0].description or "")


@pytest.mark.parametrize(
    ("number", "n_pages", "newer_disabled", "older_disabled"),
    [(1, 2, True, False), (2, 3, False, False), (3, 3, False, True)],
)
def test_pages_are_turned_both_ways(number: int, n_pages: int, newer_disabled: bool, older_disabled: bool) -> None:
    """At either end the button that leads nowhere is greyed out."""
    message = history.history_message(page(entry(), number=number, n_pages=n_pages), links={})
    newer, older = rows_of(message)[-1]
    assert (newer["label"], newer["custom_id"], newer["disabled"]) == (
        "Newer",
        f"v1:history:{number - 1}",
        newer_disabled,
    )
    assert (older["label"], older["custom_id"], older["disabled"]) == (
        "Older",
        f"v1:history:{number + 1}",
        older_disabled,
    )


def test_one_page_needs_no_turning() -> None:
    """Nor does an empty history need any button."""
    assert len(labels_of(history.history_message(page(entry()), links={}))) == 1
    empty = history.history_message(page(), links={})
    assert (empty.embeds, empty.view) == ([], None)
    assert "no pictures yet" in empty.content


def test_a_thumbnail_is_shown_by_the_name_of_its_attachment() -> None:
    """And none where there is none."""
    small, none = entry(1, thumbnail=Path("x.webp")), entry(2)
    first, second = history.history_message(page(small, none), links={}).embeds
    assert first.thumbnail.url == f"attachment://{history.thumbnail_name(small.job.id)}"
    assert second.thumbnail.url is None


class Recorder:
    """Stands where the history stands, and keeps what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, ...]] = []

    async def take(self, interaction: Any, press: HistoryPress, job_id: str) -> None:
        self.asked.append((press, job_id))

    async def turn(self, interaction: Any, number: int) -> None:
        self.asked.append((number,))


@pytest.mark.parametrize(
    ("button", "asked"),
    [
        *((HistoryButton(press, "k3v9q0ab", number=3), (press, "k3v9q0ab")) for press in HistoryPress),
        (TurnButton(12), (12,)),
    ],
)
async def test_a_press_is_understood_from_the_id_alone(
    button: HistoryButton | TurnButton, asked: tuple[Any, ...]
) -> None:
    """As after a restart."""
    match = button.template.fullmatch(button.custom_id)
    assert match is not None
    recorder = Recorder()
    interaction: Any = SimpleNamespace(client=SimpleNamespace(history=recorder))
    again = await type(button).from_custom_id(interaction, button, match)
    await again.callback(interaction)
    assert recorder.asked == [asked]


@pytest.mark.parametrize("custom_id", ["v1:post:", "v1:forget-later:abc", "v1:history:-1", "v1:history:x"])
def test_a_foreign_id_belongs_to_no_button(custom_id: str) -> None:
    """It is left to whoever answers unknown buttons."""
    assert not views.is_known(custom_id)


@pytest.mark.parametrize(
    "sentence",
    [
        texts.forgotten(),
        texts.not_posted(),
        texts.expired(NOW),
        texts.history_head(first=0, last=0, n_entries=0),
        texts.history_head(first=1, last=4, n_entries=1234),
        texts.confirm_forget("x").split("\n")[0],
    ],
)
def test_every_sentence_is_calm_and_complete(sentence: str) -> None:
    """It begins with a capital, ends with a full stop and does not shout."""
    assert re.match(r"[A-Z]", sentence)
    assert sentence.endswith(".")
    assert "!" not in sentence


def test_the_question_keeps_the_limit_of_a_message() -> None:
    """Whatever the prompt is."""
    assert len(texts.confirm_forget(NASTY)) <= 2000
    assert HistoryButton(HistoryPress.FORGET_NOW, "abc").item.style is discord.ButtonStyle.danger
