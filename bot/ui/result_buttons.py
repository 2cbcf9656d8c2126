"""The buttons under a result: what can be done with a picture, for ever, from nothing but the button's id."""

import enum
import re
from typing import Any, Self

import discord
from discord import ui

from bot.jobs.model import Job, Quality
from bot.ui import texts


class Press(enum.StrEnum):
    """What a button under a result does; the value stands in its id."""

    EDIT = "edit"
    AGAIN = "again"
    REDRAW = "redraw"
    DETAILS = "details"
    DELETE = "delete"


_STYLES = {Press.EDIT: discord.ButtonStyle.primary, Press.DELETE: discord.ButtonStyle.danger}


class ResultButton(
    ui.DynamicItem[ui.Button[Any]],
    template=rf"v1:(?P<press>{'|'.join(Press)}):(?P<job_id>[a-z0-9]{{1,40}})$",
):
    """One of the buttons; `label` where another word says better what it does in its place."""

    def __init__(self, press: Press, job_id: str, *, label: str | None = None) -> None:
        self.press = press
        self.job_id = job_id
        super().__init__(
            ui.Button(
                label=label or texts.PRESS_LABELS[press.value],
                style=_STYLES.get(press, discord.ButtonStyle.secondary),
                custom_id=f"v1:{press.value}:{job_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: "discord.Interaction[Any]", item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        del interaction, item
        return cls(Press(match["press"]), match["job_id"])

    async def callback(self, interaction: "discord.Interaction[Any]") -> None:
        await interaction.client.result_presses.take(interaction, self.press, self.job_id)


def result_buttons(job: Job) -> list[ResultButton]:
    """Return the buttons of a job's result, in the order in which they stand."""
    presses = [press for press in Press if press is not Press.REDRAW or job.drawing.quality is not Quality.FOUR_K]
    return [ResultButton(press, job.id) for press in presses]
