"""Buttons that work for ever: everything they need to know stands in their id, nothing in memory.

discord.py 2.7.1 forgets whole classes of such buttons when a view that mixes them with ordinary items ends or is sent
twice (discord.md 8), so views come from `card_view` only: new for every message, buttons like these and nothing else.
"""

import re
from typing import Any, Self

import discord
from discord import ui

from bot.ui import texts
from bot.ui.admin.buttons import AdminPageButton
from bot.ui.history_buttons import HistoryButton, TurnButton
from bot.ui.panel.items import PanelItem
from bot.ui.reply_buttons import ClearReferencesButton, DoReplyButton, EditMessageButton
from bot.ui.result_buttons import ResultButton

_JOB_ID = "(?P<job_id>[a-z0-9]{1,40})"


class CancelButton(ui.DynamicItem[ui.Button[Any]], template=f"v1:cancel:{_JOB_ID}$"):
    """Stops a job, or closes its card where the provider cannot be stopped."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(
            ui.Button(label=texts.CANCEL_LABEL, style=discord.ButtonStyle.secondary, custom_id=f"v1:cancel:{job_id}")
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: "discord.Interaction[Any]", item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        del interaction, item
        return cls(match["job_id"])

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        await interaction.client.intake.cancel(interaction, self.job_id)


class CollectButton(ui.DynamicItem[ui.Button[Any]], template=f"v1:collect:{_JOB_ID}$"):
    """Shows a picture that was kept."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        super().__init__(
            ui.Button(label=texts.COLLECT_LABEL, style=discord.ButtonStyle.primary, custom_id=f"v1:collect:{job_id}")
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: "discord.Interaction[Any]", item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        del interaction, item
        return cls(match["job_id"])

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        await interaction.client.intake.collect(interaction, self.job_id)


DYNAMIC_ITEMS = (
    CancelButton,
    CollectButton,
    ResultButton,
    DoReplyButton,
    EditMessageButton,
    ClearReferencesButton,
    HistoryButton,
    TurnButton,
    AdminPageButton,
    PanelItem,
)
"""To be registered once, before the gateway connects."""


def is_known(custom_id: str) -> bool:
    """Tell whether a button of this id is one of ours, of this version."""
    return any(kind.__discord_ui_compiled_template__.fullmatch(custom_id) for kind in DYNAMIC_ITEMS)


def card_view(*buttons: ui.DynamicItem[ui.Button[Any]]) -> ui.View:
    """Return a new view that never ends; discord.py stores nothing of it."""
    view = ui.View(timeout=None)
    for button in buttons:
        view.add_item(button)
    return view
