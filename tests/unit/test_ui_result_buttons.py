"""The buttons under a result: one class, five words, nothing in memory."""

from types import SimpleNamespace
from typing import Any

import pytest

from bot.jobs.model import Quality
from bot.ui import views
from bot.ui.result_buttons import Press, ResultButton, result_buttons
from tests.support.ui_jobs import job


@pytest.mark.parametrize(
    ("press", "label"),
    [
        (Press.EDIT, "Edit"),
        (Press.AGAIN, "Again"),
        (Press.REDRAW, "Redraw in 4K"),
        (Press.DETAILS, "Details"),
        (Press.DELETE, "Delete"),
    ],
)
async def test_a_press_is_taken_with_the_job_of_the_id(press: Press, label: str) -> None:
    """The button is built anew from its id, as after a restart."""
    button = ResultButton(press, "k3v9q0ab")
    assert (button.item.label, button.custom_id) == (label, f"v1:{press.value}:k3v9q0ab")
    assert views.is_known(button.custom_id)
    match = button.template.fullmatch(button.custom_id)
    assert match is not None
    taken: list[Any] = []

    async def take(interaction: Any, *what: Any) -> None:
        taken.append((interaction, *what))

    interaction: Any = SimpleNamespace(client=SimpleNamespace(result_presses=SimpleNamespace(take=take)))
    again = await ResultButton.from_custom_id(interaction, button, match)
    await again.callback(interaction)
    assert taken == [(interaction, press, "k3v9q0ab")]


def test_every_press_has_a_button() -> None:
    """In the order in which they are declared."""
    assert [button.press for button in result_buttons(job(quality=Quality.ONE_K))] == list(Press)


def test_another_word_may_stand_on_a_button() -> None:
    """Where it is about another picture than the one above it."""
    assert ResultButton(Press.EDIT, "abc", label="Edit the one before").item.label == "Edit the one before"


@pytest.mark.parametrize("custom_id", ["v1:edit:", "v1:edit:A", "v1:edit:a/b", "v1:edit-modal:jabc", "v1:edit|again:a"])
def test_a_foreign_id_is_no_button_of_a_result(custom_id: str) -> None:
    """It is answered as unknown."""
    assert ResultButton.__discord_ui_compiled_template__.fullmatch(custom_id) is None
