"""The form of the word filter: what it shows, whose it is, and how a filled one is read."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import errors
from bot.ui.admin import words as admin_words

LONG_ID = 2**63 - 1


def fields_of(words: list[str]) -> list[dict[str, Any]]:
    form = admin_words.words_form(words, opener_id=1).to_dict()
    return [label["component"] for label in form["components"]]


def sent(values: list[str]) -> dict[str, Any]:
    """Return the data of a submission."""
    parts = [
        {"type": 18, "component": {"custom_id": f"words{number}", "value": value}}
        for number, value in enumerate(values, start=1)
    ]
    return {"custom_id": "v1:words-modal:1", "components": [{"type": 10}, *parts]}


def test_whose_the_form_is_stands_in_its_id() -> None:
    """So that a form opened before a restart can be sent after it, and not by anybody."""
    form = admin_words.words_form([], opener_id=LONG_ID)
    assert len(form.custom_id) <= 100
    assert admin_words.find_opener(form.custom_id) == LONG_ID


@pytest.mark.parametrize(
    "custom_id",
    ["", "v1:words-modal:", "v1:words-modal:1-", "v1:words-modal:-1", "v1:words-modal:1 "],
)
def test_a_foreign_id_leads_nowhere(custom_id: str) -> None:
    """It is left to whoever answers unknown forms."""
    assert admin_words.find_opener(custom_id) is None


@given(st.text())
def test_any_id_can_be_asked_about(custom_id: str) -> None:
    """Nothing that stands there is a fault of ours."""
    admin_words.find_opener(custom_id)


def test_the_words_there_are_stand_in_the_form() -> None:
    """One a line; a field that nothing is in is empty and need not be filled."""
    assert fields_of(["one", "two words"])[0]["value"] == "one\ntwo words"
    [empty] = fields_of([])
    assert not empty.get("value")
    assert empty["required"] is False


@given(st.lists(st.text(st.characters(categories=["L", "So"]), min_size=1, max_size=100), max_size=190))
def test_what_is_shown_and_sent_back_unchanged_is_what_it_was(words: list[str]) -> None:
    """However many words there are, over as many fields as they need."""
    fields = fields_of(words)
    assert len(fields) <= 5
    assert all(len(field.get("value") or "") <= 4000 for field in fields)
    values = [field.get("value") or "" for field in fields]
    assert [word for word in admin_words.read(sent(values)).split("\n") if word] == words


def test_there_is_room_for_more_words() -> None:
    """A field that is nearly full has an empty one after it."""
    nearly_full = ["x" * 100] * 30
    assert [bool(field.get("value")) for field in fields_of(nearly_full)] == [True, False]
    assert len(fields_of(["x" * 100] * 195)) == 5


def test_more_words_than_a_form_holds_are_not_lost_in_one() -> None:
    """Sent back, it would remove what it did not show."""
    with pytest.raises(errors.BadSetting) as refused:
        admin_words.words_form(["x" * 100] * 400, opener_id=1)
    assert refused.value.what == "too_many_words"


def test_the_form_keeps_discords_limits() -> None:
    """Heads and hints (discord.md 4); and the library keeps nothing of it."""
    form = admin_words.words_form(["x" * 100] * 195, opener_id=1)
    shown = form.to_dict()
    assert 0 < len(shown["title"]) <= 45
    for label in shown["components"]:
        assert 0 < len(label["label"]) <= 45
        assert len(label["description"]) <= 100
    assert form.is_finished()
