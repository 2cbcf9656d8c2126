"""A page of the administrators' log. Layout only, the words are `texts`."""

from collections.abc import Sequence

import discord

from bot.guilds.model import LogEntry
from bot.ui import views
from bot.ui.admin.buttons import AdminPage, AdminPageButton
from bot.ui.admin.rules import AdminMessage
from bot.ui.cards import BLUE
from bot.ui.texts import admin_log

ENTRIES_PER_PAGE = 10
"""With the longest lines they keep within the 4,096 characters of an embed's description."""


def log_message(entries: Sequence[LogEntry], *, is_newest: bool, has_older: bool, opener_id: int) -> AdminMessage:
    """Return a page; of `entries`, newest first, at most a page is shown."""
    lines = [
        admin_log.log_line(
            at=int(entry.at.timestamp()),
            by_id=entry.by_id,
            action=entry.action,
            subject=entry.subject,
            before=entry.before,
            after=entry.after,
        )
        for entry in entries[:ENTRIES_PER_PAGE]
    ]
    embed = discord.Embed(title=admin_log.LOG_TITLE, description="\n".join(lines) or admin_log.log_empty(), colour=BLUE)
    if is_newest and not has_older:
        return AdminMessage(embed=embed, view=None)
    shown = entries[:ENTRIES_PER_PAGE]
    oldest = (shown[-1].id or 0) if shown else 1
    return AdminMessage(
        embed=embed,
        view=views.card_view(
            AdminPageButton(AdminPage.LOG, opener_id, 0, label=admin_log.NEWEST_LABEL, disabled=is_newest),
            AdminPageButton(AdminPage.LOG, opener_id, oldest, label=admin_log.OLDER_LABEL, disabled=not has_older),
        ),
    )
