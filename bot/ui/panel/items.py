"""What can be chosen and pressed in the settings panel. All it has to know stands in its id, so it works for ever.

One class stands for all of them: what a person chose is read out of the event, whichever kind of menu it came from.
"""

import enum
import re
from typing import Any, Self, cast

import discord
from discord import ui


class Choice(enum.StrEnum):
    """What is chosen or pressed; the value stands in the ids."""

    ZONE = "zone"
    ALLOWED = "allowed"
    DENIED = "denied"
    HIGHEST = "highest"
    SIZE = "size"
    QUALITY = "quality"
    REPLIES = "replies"
    LOG = "log"
    PRIVATE_ON = "private-on"
    """What is to be holds, not what holds: a press in an old panel does what its button says."""
    PRIVATE_OFF = "private-off"
    SEARCH_ON = "search-on"
    SEARCH_OFF = "search-off"
    OTHER_ZONE = "other-zone"
    """Opens a form, as the next does."""
    AT_ONCE = "at-once"


class PanelItem(
    ui.DynamicItem[ui.Item[Any]],
    template=rf"v1:panel:(?P<choice>{'|'.join(Choice)}):(?P<guild>[0-9]{{1,20}}):(?P<opener>[0-9]{{1,20}})$",
):
    """A menu or a button of the panel that `opener_id` opened in a server; nobody else may use it."""

    def __init__(self, item: ui.Item[Any], *, choice: Choice, guild_id: int, opener_id: int) -> None:
        self.choice = choice
        self.guild_id = guild_id
        self.opener_id = opener_id
        super().__init__(item)

    @classmethod
    async def from_custom_id(
        cls, interaction: "discord.Interaction[Any]", item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        del interaction
        return cls(item, choice=Choice(match["choice"]), guild_id=int(match["guild"]), opener_id=int(match["opener"]))

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        chosen = cast("dict[str, Any]", interaction.data).get("values", [])
        await interaction.client.settings_panel.take(interaction, self, [str(each) for each in chosen])


def item_id(choice: Choice, *, guild_id: int, opener_id: int) -> str:
    """Return the id of a menu or a button."""
    return f"v1:panel:{choice.value}:{guild_id}:{opener_id}"
