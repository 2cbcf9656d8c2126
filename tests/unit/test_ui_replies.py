"""The words and buttons around replies and collected pictures: bounded, harmless, and known for ever."""

import re
from typing import Any

import pytest
from discord import ui

from bot.jobs.model import MAX_SOURCES, Failure, FailureKind, Source
from bot.jobs.tray import Put
from bot.ui import texts, views
from bot.ui.edit_form import PicturesOf
from bot.ui.reply_buttons import ClearReferencesButton, DoReplyButton, EditMessageButton

CONTENT_MAX_CHARS = 2000
LARGEST_ID = 2**63 - 1
NASTY = "`*_~|<@1>[x](https://example.com)" * 20 + ".png"

BUTTONS: list[tuple[ui.DynamicItem[Any], str]] = [
    (DoReplyButton(LARGEST_ID), "Yes, edit it"),
    (EditMessageButton(PicturesOf(LARGEST_ID, LARGEST_ID)), "Edit"),
    (ClearReferencesButton(), "Clear"),
]


def pictures(count: int, name: str = "a.png") -> tuple[Source, ...]:
    return tuple(Source(position=number, name=name, width=1200, height=800) for number in range(1, count + 1))


def put(**changes: Any) -> Put:
    return Put(**{"added": 0, "known": 0, "without_room": 0, "failures": (), "tray": (), **changes})


@pytest.mark.parametrize(("button", "label"), BUTTONS)
def test_a_button_says_its_word_and_is_known_by_its_id(button: ui.DynamicItem[Any], label: str) -> None:
    """Its id fits Discord's hundred characters even with the largest numbers."""
    item = button.item
    assert isinstance(item, ui.Button)
    assert item.label == label
    assert item.custom_id is not None
    assert len(item.custom_id) <= 100
    assert views.is_known(item.custom_id)


@pytest.mark.parametrize(
    ("custom_id", "key"),
    [
        (f"v1:do-reply:{LARGEST_ID}", LARGEST_ID),
        (f"v1:edit-message:5-{LARGEST_ID}", PicturesOf(5, LARGEST_ID)),
        ("v1:clear-references", None),
    ],
)
async def test_a_button_is_made_again_from_its_id(custom_id: str, key: object) -> None:
    """What a press needs stands in the id and nowhere else."""
    kind = next(each for each in views.DYNAMIC_ITEMS if each.__discord_ui_compiled_template__.fullmatch(custom_id))
    match = re.fullmatch(kind.__discord_ui_compiled_template__, custom_id)
    assert match is not None
    interaction: Any = None
    made = await kind.from_custom_id(interaction, ui.Button[Any](custom_id=custom_id), match)
    assert made.custom_id == custom_id
    assert key in {getattr(made, "message_id", None), getattr(made, "target", None)}


@pytest.mark.parametrize("custom_id", ["v1:do-reply:x", "v1:edit-message:5", "v1:edit-message:5-6-7", "v1:clear"])
def test_a_mangled_id_is_not_known(custom_id: str) -> None:
    """It is answered as an unknown button."""
    assert not views.is_known(custom_id)


def test_the_worst_tray_fits_a_message() -> None:
    """Fourteen long and hostile names, and a fault for each of ten further files."""
    failure = Failure(kind=FailureKind.BAD_SOURCE, code="not_a_picture", message=NASTY)
    tray = pictures(MAX_SOURCES, NASTY)
    for said in (
        texts.tray(tray),
        texts.tray_after(put(added=4, known=3, without_room=7, failures=(failure,) * 10, tray=tray)),
    ):
        assert len(said.encode("utf-16-le")) // 2 <= CONTENT_MAX_CHARS
        assert "<@1>" not in said
        assert not re.search(r"(?<!\\)\]\(", said)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"added": 1, "tray": pictures(1)}, "1 picture was added."),
        ({"added": 2, "tray": pictures(2)}, "2 pictures were added."),
        ({"known": 1, "tray": pictures(1)}, "1 picture lay there already."),
        ({"without_room": 2, "tray": pictures(14)}, "2 pictures found no room: 14 are the most."),
        (
            {"failures": (Failure(kind=FailureKind.SOURCE_GONE, code="gone", message="hat.png"),)},
            "“hat.png” is not there any more.",
        ),
        (
            {"failures": (Failure(kind=FailureKind.BAD_SOURCE, code="empty", message="a.png"),) * 3},
            "1 picture more cannot be used.",
        ),
    ],
)
def test_what_became_of_each_picture_is_said(changes: dict[str, Any], expected: str) -> None:
    """Added, known, without room, or not usable."""
    assert expected in texts.tray_after(put(**changes))


def test_a_tray_tells_how_it_is_filled_and_used() -> None:
    """Empty: how to fill it. Else: the numbers, and how to use them."""
    assert "Use as reference" in texts.tray(())
    filled = texts.tray(pictures(2))
    assert "2 · a.png · 1200 × 800" in filled
    assert "use_references" in filled
    assert "2 of 14" in filled


@pytest.mark.parametrize(
    ("count", "words"), [(1, "1 picture was removed."), (2, "2 pictures were removed."), (0, "no ")]
)
def test_a_cleared_tray_says_what_was_removed(count: int, words: str) -> None:
    """One, several, or nothing."""
    assert words in texts.tray_cleared(count)


@pytest.mark.parametrize(("count", "words"), [(1, "this picture"), (3, "these 3 pictures")])
def test_the_question_names_how_many_pictures_would_be_used(count: int, words: str) -> None:
    """And that nothing happens until the press."""
    question = texts.confirm_reply(count)
    assert words in question
    assert "nothing happens until you press" in question
