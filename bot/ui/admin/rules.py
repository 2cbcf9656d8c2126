"""The list of everything that limits people in a server, as pages of an embed. Layout only, the words are `texts`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import discord
from discord import ui

from bot.jobs.model import Quality
from bot.quota.model import Rule, Scope
from bot.ui import characters, views
from bot.ui.admin.buttons import AdminPage, AdminPageButton
from bot.ui.cards import BLUE
from bot.ui.texts import admin, admin_rules

_PAGE_CHARS = 3800
"""Of the 4,096 of an embed's description."""
_LINE_CHARS = 900
_ORDER = list(Scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What limits people in a server."""

    rules: Sequence[Rule]
    of_operator: Sequence[Rule]
    """The ceilings of each server."""
    default_images_per_day: int
    existing_ids: frozenset[int]
    """The roles and channels the server has."""
    highest_quality: Quality
    role_qualities: Mapping[int, Quality]
    blocked_ids: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminMessage:
    """What a private answer to an administrator shows."""

    embed: discord.Embed
    view: ui.View | None


def is_orphaned(rule: Rule, existing_ids: frozenset[int]) -> bool:
    """Tell whether a rule is for a role or a channel that does not exist any more."""
    return rule.scope in {Scope.ROLE, Scope.CHANNEL} and rule.subject_id not in existing_ids


def rules_message(limits: Limits, number: int, *, opener_id: int) -> AdminMessage:
    """Return a page of the list, the last one where there are fewer."""
    pages = list(_pages(_sections(limits)))
    number = max(1, min(number, len(pages)))
    embed = discord.Embed(title=admin_rules.TITLE, description=pages[number - 1], colour=BLUE)
    where = admin_rules.page_of(number, len(pages)) if len(pages) > 1 else ""
    embed.set_footer(text=where + admin_rules.FOOT)
    return AdminMessage(embed=embed, view=_turning(number, len(pages), opener_id))


def _turning(number: int, n_pages: int, opener_id: int) -> ui.View | None:
    if n_pages == 1:
        return None
    ends = [
        (number - 1, admin_rules.PREVIOUS_LABEL, number == 1),
        (number + 1, admin_rules.NEXT_LABEL, number == n_pages),
    ]
    return views.card_view(
        *(
            AdminPageButton(AdminPage.RULES, opener_id, turn_to, label=label, disabled=disabled)
            for turn_to, label, disabled in ends
        )
    )


def _sections(limits: Limits) -> Iterator[tuple[str, list[str]]]:
    applied = [rule for rule in limits.rules if not is_orphaned(rule, limits.existing_ids)]
    for scope, head in admin_rules.HEADS.items():
        lines = [admin_rules.limits(group) for group in _grouped(rule for rule in applied if rule.scope is scope)]
        if scope is Scope.GUILD:
            lines = [*(lines or [admin_rules.no_ceiling()]), *map(admin_rules.of_operator, limits.of_operator)]
        if scope is Scope.DEFAULT and not lines:
            lines = [admin.operators_default(limits.default_images_per_day)]
        if lines:
            yield head, lines
    orphans = [rule for rule in limits.rules if is_orphaned(rule, limits.existing_ids)]
    if orphans:
        yield admin_rules.ORPHANED_HEAD, [*map(admin_rules.orphaned, _grouped(orphans)), admin_rules.orphaned_hint()]
    yield (
        admin_rules.QUALITY_HEAD,
        [
            admin_rules.quality_of_server(limits.highest_quality),
            *(
                admin_rules.quality_of_role(role_id, quality, gone=role_id not in limits.existing_ids)
                for role_id, quality in limits.role_qualities.items()
            ),
        ],
    )
    yield admin_rules.BLOCKED_HEAD, _blocked_lines(limits.blocked_ids)


def _blocked_lines(blocked_ids: Sequence[int]) -> list[str]:
    if not blocked_ids:
        return [admin_rules.nobody_blocked()]
    mentions = [f"<@{user_id}>" for user_id in blocked_ids]
    return [", ".join(mentions[at : at + 20]) for at in range(0, len(mentions), 20)]


def _grouped(rules: Iterable[Rule]) -> Iterator[list[Rule]]:
    def subject(rule: Rule) -> tuple[int, int]:
        return _ORDER.index(rule.scope), rule.subject_id or 0

    for _, group in groupby(sorted(rules, key=subject), key=subject):
        yield list(group)


def _pages(sections: Iterable[tuple[str, list[str]]]) -> Iterator[str]:
    """Fill pages line by line; a section that goes on has its head on the next page, too."""
    page: list[str] = []
    for head, lines in sections:
        page.append(f"**{head}**")
        for line in lines:
            shown = characters.cut(line, _LINE_CHARS)
            if len("\n".join([*page, shown])) > _PAGE_CHARS:
                yield "\n".join(page).strip()
                page = [f"**{head}**"]
            page.append(shown)
        page.append("")
    yield "\n".join(page).strip()
