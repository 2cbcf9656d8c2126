"""Buttons that hold everything they need in their id."""

from types import SimpleNamespace
from typing import Any

import discord
import pytest

from bot.ui import views


class Recorder:
    """Stands where the intake stands, and keeps what was asked of it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def cancel(self, interaction: Any, job_id: str) -> None:
        self.asked.append(("cancel", job_id))

    async def collect(self, interaction: Any, job_id: str) -> None:
        self.asked.append(("collect", job_id))


@pytest.mark.parametrize(
    ("button", "custom_id", "asked"),
    [
        (views.CancelButton("k3v9q0ab"), "v1:cancel:k3v9q0ab", ("cancel", "k3v9q0ab")),
        (views.CollectButton("a" * 40), "v1:collect:" + "a" * 40, ("collect", "a" * 40)),
    ],
)
async def test_a_press_reaches_the_intake_with_the_job_of_the_id(
    button: views.CancelButton | views.CollectButton, custom_id: str, asked: tuple[str, str]
) -> None:
    """Nothing but the id is needed: the button is built anew from it, as after a restart."""
    assert button.custom_id == custom_id
    assert views.is_known(custom_id)
    match = button.template.fullmatch(custom_id)
    assert match is not None
    recorder = Recorder()
    interaction: Any = SimpleNamespace(client=SimpleNamespace(intake=recorder))
    again = await type(button).from_custom_id(interaction, button, match)
    await again.callback(interaction)
    assert recorder.asked == [asked]


@pytest.mark.parametrize(
    "custom_id",
    ["v1:cancel:", "v1:cancel:ABC", "v1:cancel:" + "a" * 41, "v0:cancel:abc", "v1:cancel:a b", "v1:rotate:abc", "abc"],
)
def test_a_foreign_id_belongs_to_no_button(custom_id: str) -> None:
    """It is left to whoever answers unknown buttons."""
    assert not views.is_known(custom_id)


def test_a_job_id_that_could_not_be_read_back_is_refused_at_once() -> None:
    """Better no button than a dead one."""
    with pytest.raises(ValueError, match="must match the template"):
        views.CancelButton("Not An Id")


def test_a_view_is_new_each_time_and_all_its_items_are_stateless() -> None:
    """Otherwise discord.py would forget the classes of the buttons (discord.md 8)."""
    first, second = (views.card_view(views.CancelButton("a"), views.CollectButton("a")) for _ in range(2))
    assert first is not second
    assert first.timeout is None
    assert first.is_persistent()
    assert all(isinstance(item, discord.ui.DynamicItem) for item in first.children)


def test_every_button_says_in_words_what_it_does() -> None:
    """Words, not only a picture."""
    assert {views.CancelButton, views.CollectButton} < set(views.DYNAMIC_ITEMS)
    assert [item.item.label for item in (views.CancelButton("a"), views.CollectButton("a"))] == [
        "Cancel",
        "Show the picture",
    ]
