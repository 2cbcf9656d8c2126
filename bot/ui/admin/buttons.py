"""The buttons that turn pages of what an administrator looks at. Everything they need to know stands in their id."""

import enum
import re
from typing import Any, Self

import discord
from discord import ui


class AdminPage(enum.StrEnum):
    """What is looked at; the value stands in the ids."""

    RULES = "rules"
    LOG = "log"


class AdminPageButton(
    ui.DynamicItem[ui.Button[Any]],
    template=rf"v1:admin-(?P<page>{'|'.join(AdminPage)}):(?P<opener>[0-9]{{1,20}}):(?P<at>[0-9]{{1,19}})$",
):
    """Turns to another page: of the rules to that number, of the log to what is older than that entry (0: the newest).

    `opener_id` is who used the command: nobody else may press.
    """

    def __init__(
        self, page: AdminPage, opener_id: int, at: int, *, label: str = AdminPage.LOG.value, disabled: bool = False
    ) -> None:
        self.page = page
        self.opener_id = opener_id
        self.at = at
        super().__init__(
            ui.Button(
                label=label,
                style=discord.ButtonStyle.secondary,
                custom_id=f"v1:admin-{page.value}:{opener_id}:{at}",
                disabled=disabled,
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: "discord.Interaction[Any]", item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        del interaction, item
        return cls(AdminPage(match["page"]), int(match["opener"]), int(match["at"]))

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        await interaction.client.administration.turn(interaction, self)
