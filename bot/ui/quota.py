"""The card of /quota: how a person stands with every rule that binds them. Pure; it keeps Discord's limits of an embed.

What there is no room for is counted: a server may have hundreds of rules, and a person dozens of roles.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import discord

from bot.guilds.model import GuildSettings
from bot.jobs.model import Quality
from bot.quota.model import OF_MEMBER, Running, Scope
from bot.quota.standing import Standing, TooMany
from bot.ui import characters
from bot.ui.cards import GREEN, GREY
from bot.ui.texts import quota_card

_OWN_CHARS, _NOTICE_CHARS, _FIELD_CHARS = 2400, 900, 450
"""Together with six ceilings and the heads less than the 6,000 of a message (discord.md 4)."""
_ROOM_FOR_MORE = 40

_CEILINGS = {
    Scope.OPERATOR_DIRECT: quota_card.OPERATOR_DIRECT_HEAD,
    Scope.CHANNEL: quota_card.CHANNEL_HEAD,
    Scope.GUILD: quota_card.GUILD_HEAD,
    Scope.OPERATOR_GUILD: quota_card.OPERATOR_GUILD_HEAD,
    Scope.OPERATOR_USER: quota_card.OPERATOR_USER_HEAD,
    Scope.OPERATOR_TOTAL: quota_card.OPERATOR_TOTAL_HEAD,
}
"""In the order in which they are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaFacts:
    """What a card is made of."""

    standings: Sequence[Standing]
    resets_at: Mapping[Standing, datetime | None]
    refused_by: Standing | TooMany | None
    """What is in the way of a picture in the lowest quality; None where there is room for one."""
    again_at: datetime | None
    """When there is room for one again; None where no waiting helps, or none is needed."""
    best: Quality | None
    """The best quality that the limits have room for now."""
    qualities: Sequence[Quality]
    """What the person may use, lowest first."""
    settings: GuildSettings | None
    """None outside of servers that have the bot."""
    running: Running
    notice: str = ""
    """Why nothing can be made here whatever is left."""


def quota_embed(facts: QuotaFacts) -> discord.Embed:
    """Return the card."""
    notice = characters.cut(facts.notice, _NOTICE_CHARS) or _headline(facts)
    embed = discord.Embed(
        title=quota_card.TITLE,
        description="\n\n".join(filter(None, [notice, _own(facts)])),
        colour=GREEN if facts.refused_by is None and not facts.notice else GREY,
    )
    for scope, head in _CEILINGS.items():
        ceilings = sorted((each for each in facts.standings if each.rule.scope is scope), key=lambda each: each.admits)
        if ceilings:
            lines = [_line(facts, each) for each in ceilings]
            embed.add_field(name=head, value=_joined(lines, _FIELD_CHARS, more=quota_card.more_limits), inline=False)
    if facts.settings is not None:
        _add_settings(embed, facts, facts.settings)
    return embed


def _headline(facts: QuotaFacts) -> str:
    """Return whether a picture could be asked for now, and of what quality."""
    in_the_way = facts.refused_by
    if in_the_way is None:
        return quota_card.room(facts.best or facts.qualities[0], facts.qualities)
    if isinstance(in_the_way, TooMany):
        return quota_card.too_many(in_the_way)
    if in_the_way.rule.limit == 0:
        return quota_card.closed()
    if facts.again_at is None:
        return quota_card.never_fits(facts.qualities[0])
    return quota_card.no_room(facts.again_at)


def _own(facts: QuotaFacts) -> str:
    own = [each for each in facts.standings if each.rule.scope in OF_MEMBER]
    if not own:
        return ""
    if own[0].rule.scope is Scope.ROLE:
        blocks = list(_of_roles(facts, own))
        return f"{quota_card.roles_head(len(blocks))}\n{_joined(blocks, _OWN_CHARS, more=quota_card.more_roles)}"
    lines = [_line(facts, each) for each in own]
    return f"{quota_card.own_head(own[0].rule.scope)}\n{_joined(lines, _OWN_CHARS, more=quota_card.more_limits)}"


def _of_roles(facts: QuotaFacts, own: Sequence[Standing]) -> Iterable[str]:
    """Yield the limits of each role, those with room first: one role that has it is enough."""
    roles = [list(standings) for _, standings in groupby(own, key=lambda each: each.group)]
    roles.sort(key=lambda standings: not all(each.admits for each in standings))
    for number, standings in enumerate(roles):
        head = quota_card.role_head(standings[0].rule.subject_id or 0, is_first=number == 0)
        yield "\n".join([head, *(_line(facts, each) for each in standings)])


def _line(facts: QuotaFacts, each: Standing) -> str:
    return quota_card.standing(each, facts.resets_at.get(each))


def _joined(parts: Sequence[str], limit: int, *, more: Callable[[int], str]) -> str:
    """Join as many parts as there is room for, and count the others."""
    shown: list[str] = []
    left = limit - _ROOM_FOR_MORE
    for part in parts:
        left -= characters.length(part) + 1
        if left < 0 and shown:
            break
        shown.append(characters.cut(part, limit - _ROOM_FOR_MORE))
    if n_left_out := len(parts) - len(shown):
        shown.append(more(n_left_out))
    return "\n".join(shown)


def _add_settings(embed: discord.Embed, facts: QuotaFacts, settings: GuildSettings) -> None:
    at_once = quota_card.at_once(facts.running, per_member=settings.jobs_per_member, per_guild=settings.jobs_per_guild)
    embed.add_field(name=quota_card.AT_ONCE_HEAD, value=at_once, inline=False)
    may_use = quota_card.allowed(facts.qualities, private=settings.private_allowed, search=settings.search_allowed)
    embed.add_field(name=quota_card.ALLOWED_HEAD, value=may_use, inline=False)
