"""A page of the administrators' log. Layout only, the words are `texts`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import discord

from bot.ui import views
from bot.ui.admin_buttons import AdminPage, AdminPageButton
from bot.ui.admin_rules import AdminMessage
from bot.ui.cards import BLUE
from bot.ui.texts import admin_log

ENTRIES_PER_PAGE = 10
"""With the longest lines they keep within the 4,096 characters of an embed's description."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change, as it is stored."""

    id: int
    at: datetime
    by_id: int
    action: str
    subject: str
    before: str
    after: str


def log_message(changes: Sequence[Change], *, is_newest: bool, has_older: bool, opener_id: int) -> AdminMessage:
    """Return a page; of `changes`, newest first, at most a page is shown."""
    lines = [
        admin_log.log_line(
            at=int(change.at.timestamp()),
            by_id=change.by_id,
            action=change.action,
            subject=change.subject,
            before=change.before,
            after=change.after,
        )
        for change in changes[:ENTRIES_PER_PAGE]
    ]
    embed = discord.Embed(title=admin_log.LOG_TITLE, description="\n".join(lines) or admin_log.log_empty(), colour=BLUE)
    if is_newest and not has_older:
        return AdminMessage(embed=embed, view=None)
    shown = changes[:ENTRIES_PER_PAGE]
    oldest = shown[-1].id if shown else 1
    return AdminMessage(
        embed=embed,
        view=views.card_view(
            AdminPageButton(AdminPage.LOG, opener_id, 0, label=admin_log.NEWEST_LABEL, disabled=is_newest),
            AdminPageButton(AdminPage.LOG, opener_id, oldest, label=admin_log.OLDER_LABEL, disabled=not has_older),
        ),
    )
