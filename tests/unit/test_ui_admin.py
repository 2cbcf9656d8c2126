"""What administrators see: limits on pages, the log in words, what was used. Layout and words, no Discord."""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from discord import app_commands

from bot.guilds.model import LogEntry
from bot.jobs.model import Quality
from bot.quota.model import (
    MAX_RULES_OF_GUILD,
    MILLIONTHS,
    ByHand,
    Period,
    Rule,
    Scope,
    Subject,
    Unit,
    Usage,
    Whose,
    Window,
)
from bot.quota.report import DayUsage, MemberUsage, RefusalCount, UsageReport
from bot.quota.standing import ALWAYS, Standing
from bot.ui import views
from bot.ui.admin import rules as admin_rules
from bot.ui.admin import usage as admin_usage
from bot.ui.admin.buttons import AdminPage, AdminPageButton
from bot.ui.admin.log import ENTRIES_PER_PAGE, log_message
from bot.ui.admin.rules import AdminMessage, Limits, rules_message
from bot.ui.texts import admin, admin_amounts, admin_log, panel
from bot.ui.texts import admin_usage as usage_texts

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LONG_ID = 2**63 - 1
NASTY = "`*_~|<@1>[x](https://a.b)@everyone\n# :smile: <t:1:R> "


def a_rule(scope: Scope = Scope.DEFAULT, subject_id: int | None = None, **changes: Any) -> Rule:
    fields: dict[str, Any] = {"unit": Unit.IMAGES, "period": Period.DAY, "limit": 10, **changes}
    return Rule(scope=scope, subject_id=subject_id, **fields)


def limits(*rules: Rule, **changes: Any) -> Limits:
    fields: dict[str, Any] = {
        "rules": rules,
        "of_operator": (),
        "default_images_per_day": 10,
        "existing_ids": frozenset({7, 3}),
        "highest_quality": Quality.FOUR_K,
        "role_qualities": {},
        "blocked_ids": (),
        **changes,
    }
    return Limits(**fields)


def buttons(message: AdminMessage) -> list[dict[str, Any]]:
    return [part for row in message.view.to_components() for part in row["components"]] if message.view else []


def description(message: AdminMessage) -> str:
    return message.embed.description or ""


def test_limits_are_grouped_by_whom_they_are_for() -> None:
    """And each is said in words."""
    shown = rules_message(
        limits(
            a_rule(limit=5),
            a_rule(unit=Unit.CREDITS, period=Period.MONTH, limit=100 * MILLIONTHS),
            a_rule(Scope.ROLE, 7, limit=None),
            a_rule(Scope.USER, 42, limit=0),
            a_rule(Scope.CHANNEL, 3, rolling=True, period=Period.HOUR),
            a_rule(Scope.GUILD, unit=Unit.CREDITS, period=Period.MONTH, limit=500 * MILLIONTHS),
            of_operator=[a_rule(Scope.OPERATOR_GUILD, unit=Unit.CREDITS, period=Period.MONTH, limit=900 * MILLIONTHS)],
            role_qualities={7: Quality.TWO_K},
            blocked_ids=[666],
        ),
        1,
        opener_id=1,
    )
    assert description(shown).split("\n") == [
        "**Every member**",
        "at most 5 pictures a day; at most 100 credits a month",
        "",
        "**Roles**",
        "<@&7>: unlimited pictures a day",
        "",
        "**Single members**",
        "<@42>: no pictures at all (0 pictures a day)",
        "",
        "**Channels, a ceiling for all members together**",
        "<#3>: at most 10 pictures in any 60 minutes",
        "",
        "**The whole server, a ceiling for all members together**",
        "at most 500 credits a month",
        "at most 900 credits a month, set by whoever runs this bot for each server",
        "",
        "**Highest quality**",
        "Everybody: 4K",
        "<@&7>: 2K",
        "",
        "**Blocked**",
        "<@666>",
    ]
    assert shown.view is None


def test_where_nothing_is_set_the_operators_default_is_told() -> None:
    """Whoever looks learns what holds, not that there is nothing."""
    shown = description(rules_message(limits(), 1, opener_id=1))
    assert "the usual limit of whoever runs this bot holds: at most 10 pictures a day." in shown
    assert "No budget" in shown
    assert "Nobody." in shown
    none = description(rules_message(limits(default_images_per_day=0), 1, opener_id=1))
    assert "members can make no pictures" in none


def test_limits_of_deleted_roles_and_channels_are_marked() -> None:
    """They stand apart, and it is said that they are not applied."""
    shown = description(
        rules_message(
            limits(a_rule(Scope.ROLE, 8), a_rule(Scope.CHANNEL, 4), role_qualities={8: Quality.ONE_K}), 1, opener_id=1
        )
    )
    assert "**Roles**" not in shown
    assert "**Orphaned: not applied, because the role or channel was deleted**\nDeleted role 8: at most" in shown
    assert "Deleted channel 4: at most" in shown
    assert "Deleted role 8: 1K, not applied" in shown
    assert "`/admin quota remove orphaned:True`" in shown


def test_as_many_limits_as_there_may_be_are_turned_through() -> None:
    """Each page keeps Discord's limits, and no limit is missing."""
    many = [
        a_rule(Scope.USER, LONG_ID - number, unit=Unit.CREDITS, period=Period.MONTH, limit=10**15, rolling=True)
        for number in range(MAX_RULES_OF_GUILD)
    ]
    full = limits(*many, blocked_ids=range(LONG_ID - 300, LONG_ID))
    seen: list[str] = []
    number, n_pages = 1, 99
    while number <= n_pages:
        message = rules_message(full, number, opener_id=LONG_ID)
        assert 0 < len(description(message)) <= 4096
        assert len(message.embed) <= 6000
        footer = message.embed.footer.text or ""
        found = re.search(r"of (\d+)\.", footer)
        assert found is not None
        n_pages = int(found[1])
        ids = [button["custom_id"] for button in buttons(message)]
        assert len(set(ids)) == 2
        assert all(views.is_known(each) and len(each) <= 100 for each in ids)
        assert [button["disabled"] for button in buttons(message)] == [number == 1, number == n_pages]
        seen.append(description(message))
        number += 1
    assert n_pages > 3
    assert all(f"<@{rule.subject_id}>: at most 1,000,000,000 credits" in "\n".join(seen) for rule in many)
    assert rules_message(full, 99, opener_id=1).embed.description == seen[-1]


def a_change(**changes: Any) -> LogEntry:
    fields: dict[str, Any] = {
        "id": 5,
        "at": NOW,
        "by_id": 11,
        "action": "rule_set",
        "subject": "default",
        "before": "",
        "after": "",
        **changes,
    }
    return LogEntry(**fields)


RULE = json.dumps({"unit": "images", "period": "day", "limit": 5, "rolling": False})
UNLIMITED = json.dumps({"unit": "credits", "period": "month", "limit": None, "rolling": True})


@pytest.mark.parametrize(
    ("action", "subject", "before", "after", "line"),
    [
        ("rule_set", "default", "", RULE, "limit for every member: not set → at most 5 pictures a day"),
        (
            "rule_set",
            "role:7",
            RULE,
            UNLIMITED,
            "limit for <@&7>: at most 5 pictures a day → unlimited credits in any 30 days",
        ),
        ("rule_removed", "channel:3", RULE, "", "limit for <#3>: at most 5 pictures a day → removed"),
        ("rule_set", "guild", "", RULE, "limit for the whole server: not set → at most 5 pictures a day"),
        (
            "granted",
            "user:42",
            "",
            '{"images":2,"credits":1500000,"why":"a *prize*"}',
            "gave <@42> 2 pictures and 1.5 credits more (a \\*prize\\*)",
        ),
        ("adjusted", "user:42", "", '{"images":-1,"credits":0,"why":""}', "corrected what <@42> has used by"),
        ("reset", "guild", "", '{"why":""}', "what the whole server has used is counted from nothing again"),
        ("reset", "user:42", "", "", "what <@42> has used is counted from nothing again"),
        ("blocked", "42", "", "", "blocked <@42>"),
        ("unblocked", "user:42", "", "", "unblocked <@42>"),
        ("setting", "time_zone", '"UTC"', '"Europe/Berlin"', "Time zone: UTC → Europe/Berlin"),
        ("setting", "private_allowed", "true", "false", "Private results: allowed → not allowed"),
        ("setting", "log_channel_id", "null", "3", "Log channel: no log → <#3>"),
        ("setting", "allowed_channels", "[]", "[3, 4]", f"{panel.NAMES['allowed_channels']}: everywhere → <#3>, <#4>"),
        ("setting", "role_qualities", "{}", '{"7": "2K"}', "Highest quality of roles: as for everybody → <@&7> 2K"),
        ("setting", "jobs_per_member", "null", "3", f"{panel.NAMES['jobs_per_member']}: unlimited → 3"),
        ("setting", "words", '["a"]', '["a", "@everyone"]', "Word filter: a → a, \\@\u200beveryone"),
        ("setting", "a_new_one", "1", "2", "a\\_new\\_one: 1 → 2"),
        ("something_new", "x:y", "not json", "", "x:y: not json → nothing"),
    ],
)
def test_a_change_is_told_with_its_before_and_after(
    action: str, subject: str, before: str, after: str, line: str
) -> None:
    """In words, whoever wrote it down; also what this version does not know."""
    told = admin_log.log_line(at=1, by_id=11, action=action, subject=subject, before=before, after=after)
    assert told.startswith(f"<t:1:f> <@11>: {line}")


def test_the_operator_is_named_in_the_log_without_an_account() -> None:
    """What was done on the command line has no person on Discord."""
    told = admin_log.log_line(at=1, by_id=0, action="blocked", subject="user:1", before="", after="")
    assert told == "<t:1:f> whoever runs this bot: blocked <@1>"


@pytest.mark.parametrize(
    ("is_newest", "has_older", "disabled"),
    [(True, False, []), (True, True, [True, False]), (False, True, [False, False]), (False, False, [False, True])],
)
def test_the_log_is_turned_to_what_is_older_and_back(is_newest: bool, has_older: bool, disabled: list[bool]) -> None:
    """Where there is but one page there are no buttons."""
    changes = [a_change(id=100 - number) for number in range(ENTRIES_PER_PAGE + has_older)]
    shown = log_message(changes, is_newest=is_newest, has_older=has_older, opener_id=11)
    assert [button["disabled"] for button in buttons(shown)] == disabled
    assert len(description(shown).split("\n")) == ENTRIES_PER_PAGE
    if disabled:
        assert [button["custom_id"] for button in buttons(shown)] == ["v1:admin-log:11:0", "v1:admin-log:11:91"]


def test_the_longest_log_keeps_discords_limits() -> None:
    """Whatever somebody wrote into a reason or a word filter; and nothing of it pings or links."""
    words = json.dumps([NASTY * 2] * 500)
    nasty = [a_change(action="setting", subject="words", before=words, after=words, by_id=LONG_ID, id=LONG_ID)] * 11
    shown = log_message(nasty, is_newest=False, has_older=True, opener_id=LONG_ID)
    assert len(description(shown)) <= 4096
    assert not re.search(r"(?<!\\)<@1>", description(shown))
    assert "@everyone" not in description(shown)
    assert all(views.is_known(button["custom_id"]) for button in buttons(shown))
    empty = log_message([], is_newest=False, has_older=False, opener_id=1)
    assert len({button["custom_id"] for button in buttons(empty)}) == 2
    assert "Nobody has changed anything" in description(empty)


async def test_a_press_is_understood_from_the_id_alone() -> None:
    """As after a restart: which page, whose, and how far."""
    button = AdminPageButton(AdminPage.LOG, LONG_ID, LONG_ID)
    match = button.template.fullmatch(button.custom_id)
    assert match is not None
    turned: list[AdminPageButton] = []

    async def turn(interaction: Any, pressed: AdminPageButton) -> None:
        turned.append(pressed)

    interaction: Any = SimpleNamespace(client=SimpleNamespace(administration=SimpleNamespace(turn=turn)))
    again = await AdminPageButton.from_custom_id(interaction, button, match)
    await again.callback(interaction)
    assert [(each.page, each.opener_id, each.at) for each in turned] == [(AdminPage.LOG, LONG_ID, LONG_ID)]


def a_report(n_days: int = 30, **changes: Any) -> UsageReport:
    first = date(2026, 11, 22) - timedelta(days=n_days - 1)
    fields: dict[str, Any] = {
        "title": "Paper Harbour",
        "zone": "Europe/Berlin",
        "days": tuple(
            DayUsage(day=first + timedelta(days=each), images=each, credits=each * 6_386_700) for each in range(n_days)
        ),
        "top": (MemberUsage(user_id=42, images=1, credits=6_386_700),),
        "members": 1,
        "refusals": (RefusalCount(reason="limit_of_member", count=1234),),
        **changes,
    }
    return UsageReport(**fields)


def test_usage_is_a_table_of_days_with_who_made_most_and_what_was_refused() -> None:
    """With the totals in a sentence."""
    embed = admin_usage.usage_embed(a_report(3), has_chart=True)
    assert embed.title == "What was used: Paper Harbour"
    assert embed.description == (
        "**3 pictures** and **19.16 credits** by one member from 2026-11-20 to 2026-11-22 "
        "(by the calendar of Europe/Berlin).\n"
        "```\n"
        "day         pictures  credits\n"
        "2026-11-21         1     6.39\n"
        "2026-11-22         2    12.77\n"
        "```"
    )
    assert [field.value for field in embed.fields] == ["1. <@42>: 1 picture, 6.39 credits", "a member's limit: 1,234"]


def test_the_longest_report_keeps_discords_limits() -> None:
    """A year, ten members, every reason and a server's name of a hundred odd signs."""
    report = a_report(
        365,
        title=(NASTY * 9)[:100],
        top=tuple(MemberUsage(user_id=LONG_ID, images=10**9, credits=10**15) for _ in range(10)),
        refusals=tuple(RefusalCount(reason=f"a reason that nobody knows, number {n}", count=10**9) for n in range(60)),
    )
    embed = admin_usage.usage_embed(report, has_chart=False)
    assert len(embed) <= 6000
    assert len(embed.title or "") <= 256
    assert len(embed.description or "") <= 4096
    assert all(0 < len(field.value or "") <= 1024 for field in embed.fields)
    assert "earlier days are counted above" in (embed.description or "")
    assert "could not be drawn" in (embed.description or "")


def test_a_server_that_used_nothing_is_told_so() -> None:
    """No table of zeros."""
    days = (DayUsage(day=date(2026, 11, 22), images=0, credits=0),)
    embed = admin_usage.usage_embed(a_report(days=days, top=(), members=0, refusals=()), has_chart=True)
    assert embed.description == "Nothing was used on 2026-11-22 (by the calendar of Europe/Berlin)."
    assert [field.value for field in embed.fields] == ["Nobody made any.", "None was refused."]


def standing(rule: Rule, *, usage: Usage | None = None, needed: int = 1) -> Standing:
    window = Window(
        subject=Subject(whose=Whose.MEMBER, guild_id=1, id=42),
        begins_at=NOW,
        ends_at=None if rule.rolling else NOW + timedelta(days=1),
        length=timedelta(days=1) if rule.rolling else None,
    )
    return Standing(rule=rule, group=ALWAYS, window=window, usage=usage or Usage(), needed=needed)


def a_grant(**changes: Any) -> ByHand:
    return ByHand(guild_id=1, user_id=42, images=2, by_id=11, **changes)


def test_a_grant_is_told_with_what_is_left_before_and_after() -> None:
    """Of each limit of the member that counts this unit, and of no ceiling."""
    rule, ceiling = a_rule(limit=10), a_rule(Scope.GUILD, limit=100)
    before = [standing(rule, usage=Usage(images=10)), standing(ceiling)]
    after = [standing(rule, usage=Usage(images=10, granted_images=2)), standing(ceiling)]
    told = admin_amounts.granted(a_grant(why="a *prize*"), before, after)
    ends = int((NOW + timedelta(days=1)).timestamp())
    assert told == (
        "**<@42> may use 2 pictures more.** Noted for the ledger: “a \\*prize\\*”.\n"
        f"- At most 10 pictures a day: before, 0 of 10 pictures left; now, 2 of 12 pictures left, until it begins anew "
        f"<t:{ends}:R>."
    )


@pytest.mark.parametrize(
    ("rule", "usage", "line"),
    [
        (a_rule(rolling=True), Usage(), "now, 12 of 12 pictures left, for the next 24 hours."),
        (a_rule(rolling=True, period=Period.MONTH), Usage(), "left, for the next 30 days."),
        (a_rule(limit=None), Usage(), "- Unlimited pictures a day: there is nothing to raise."),
        (a_rule(), Usage(images=13), "now, 0 of 12 pictures left, for 13 pictures are used already."),
        (a_rule(unit=Unit.CREDITS), Usage(), "No limit of theirs counts pictures, so these change nothing for now."),
    ],
    ids=["rolling", "rolling month", "unlimited", "over the limit", "not counted"],
)
def test_a_grant_says_for_how_long_it_helps_and_where_it_does_not(rule: Rule, usage: Usage, line: str) -> None:
    """Of each limit by itself."""
    before, after = standing(rule, usage=usage), standing(rule, usage=replace(usage, granted_images=2))
    told = admin_amounts.granted(a_grant(), [before], [after])
    assert told.endswith(line)
    assert told.startswith("**<@42> may use 2 pictures more.**\n")


def test_a_grant_that_no_limit_counts_is_told_to_change_nothing() -> None:
    """Else an administrator would wonder why the member still waits; a full ceiling is named for the same reason."""
    rule = a_rule(unit=Unit.CREDITS, limit=10)
    before = [standing(rule)]
    told = admin_amounts.granted(a_grant(credits=1_500_000), before, before)
    assert "No limit of theirs counts pictures" in told
    assert "No limit of theirs counts credits" not in told
    full = [standing(a_rule(limit=1)), standing(a_rule(Scope.GUILD, limit=3), usage=Usage(images=3))]
    told = admin_amounts.granted(a_grant(credits=1_500_000), full, full)
    assert told.startswith("**<@42> may use 2 pictures and 1.5 credits more.**")
    assert "A grant raises no ceiling" in told


def test_a_budget_is_told_with_its_share() -> None:
    """How much is used, in percent too, and when it begins anew; the operator's as such."""
    rule = a_rule(Scope.GUILD, unit=Unit.CREDITS, period=Period.MONTH, limit=500 * MILLIONTHS)
    ends = int((NOW + timedelta(days=1)).timestamp())
    assert admin_amounts.ceiling(standing(rule, usage=Usage(credits=123_400_000))) == (
        f"**At most 500 credits a month**: 123.4 of 500 credits used (24 %); it begins anew <t:{ends}:R>."
    )
    zero = admin_amounts.ceiling(standing(a_rule(Scope.OPERATOR_GUILD, limit=0)))
    assert zero.startswith("**No pictures at all (0 pictures a day)**, set by whoever runs this bot for each server")


def some_sentences() -> list[str]:
    rule, stands = a_rule(), [standing(a_rule(limit=1), usage=Usage(images=1))]
    return [
        *(
            admin.rule_set(before, a_rule(scope, 7), besides)
            for scope in admin_rules_scopes()
            for before, besides in ((None, []), (rule, [rule, rule]))
        ),
        *(
            admin.rules_removed(scope, 7, removed, left, default_images=10)
            for scope in admin_rules_scopes()
            for removed, left in (([], []), ([rule], []), ([rule], [rule]))
        ),
        *(admin.orphaned_removed(count) for count in (0, 1, 2)),
        *(tell("<@1>", changed=changed) for tell in (admin.blocked, admin.unblocked) for changed in (True, False)),
        admin.words_set([], ["b"]),
        admin.words_set(["a"], []),
        admin.words_set(["a"], ["a"]),
        admin.only_the_opener(),
        admin_amounts.reset(Scope.USER, 7, stands, stands),
        admin_amounts.reset(Scope.GUILD, None, [], []),
        admin_amounts.no_budget(),
        admin_amounts.how_to_set_budget(),
        admin_amounts.budget_set(None, a_rule(Scope.GUILD), []),
        admin_amounts.budget_set(a_rule(Scope.GUILD), a_rule(Scope.GUILD), [a_rule(Scope.GUILD)]),
        admin_amounts.budget_removed([]),
        admin_amounts.budget_removed([rule]),
        admin_amounts.warnings(None),
        admin_amounts.warnings(3),
        *(
            usage_texts.exported(n_rows, days=days, of=30, packed=packed, limit_bytes=10**7)
            for n_rows, days, packed in ((0, 30, False), (1234, 30, False), (1234, 30, True), (1, 1, True))
        ),
        usage_texts.too_large_to_send(10**7),
        admin_log.log_empty(),
        admin.quality_set(7, None, Quality.ONE_K, of_server=Quality.TWO_K),
        admin.quality_set(7, Quality.ONE_K, Quality.ONE_K, of_server=Quality.TWO_K),
        admin.quality_set(7, Quality.ONE_K, None, of_server=Quality.TWO_K),
    ]


def admin_rules_scopes() -> list[Scope]:
    return [Scope.DEFAULT, Scope.ROLE, Scope.USER, Scope.CHANNEL, Scope.GUILD]


@pytest.mark.parametrize("sentence", some_sentences())
def test_every_sentence_is_calm_and_complete(sentence: str) -> None:
    """It begins with a capital, a mention or a command, ends with a full stop and does not shout."""
    assert re.match(r"(\*\*)?[A-Z<`]", sentence)
    assert re.search(r"\.(\*\*)?$", sentence)
    assert not set(sentence) & set("!{}")
    assert len(sentence) <= 2000


def test_a_changed_word_filter_is_told_by_what_came_and_went() -> None:
    """Harmless as it is shown, and within a message."""
    told = admin.words_set(["old", "kept"], ["kept", "new *one*"])
    assert told.startswith("**The word filter holds 2 words and phrases now.** Before: 2 words and phrases.")
    assert "Added: “new \\*one\\*”." in told
    assert "Removed: “old”." in told
    most = admin.words_set([], [f"{NASTY[:96]}{number}" for number in range(500)])
    assert len(most) <= 2000
    assert "@everyone" not in most


def length_of(part: dict[str, Any]) -> int:
    """Return what Discord counts of a command: names, descriptions and values, all options included."""
    own = len(part["name"]) + len(part.get("description", ""))
    choices = sum(len(str(choice["name"])) + len(str(choice["value"])) for choice in part.get("choices", []))
    return own + choices + sum(length_of(option) for option in part.get("options", []))


def test_the_group_of_commands_keeps_discords_limits(admin_command: dict[str, Any]) -> None:
    """8,000 characters in all, a hundred for a description, 25 options or choices (discord.md 3)."""
    assert length_of(admin_command) <= 8000

    def check(part: dict[str, Any]) -> None:
        assert 0 < len(part.get("description", "")) <= 100
        assert len(part.get("options", [])) <= 25
        assert len(part.get("choices", [])) <= 25
        for option in part.get("options", []):
            check(option)

    check(admin_command)


def test_the_commands_are_for_who_may_manage_the_server(admin_command: dict[str, Any]) -> None:
    """To begin with; and they are offered in servers that have the bot only."""
    assert admin_command["default_member_permissions"] == 1 << 5
    assert admin_command["contexts"] == [0]
    assert admin_command["integration_types"] == [0]


@pytest.fixture
def admin_command() -> dict[str, Any]:
    from cogs.admin import AdminCog

    [group] = [command for command in AdminCog.__cog_app_commands__ if isinstance(command, app_commands.Group)]
    tree: Any = SimpleNamespace(
        allowed_contexts=app_commands.AppCommandContext(), allowed_installs=app_commands.AppInstallationType()
    )
    return group.to_dict(tree)


def test_only_rules_of_roles_and_channels_can_be_orphaned() -> None:
    """A member who has left may come back, and a server is always there."""
    assert admin_rules.is_orphaned(a_rule(Scope.ROLE, 8), frozenset({7}))
    assert not admin_rules.is_orphaned(a_rule(Scope.ROLE, 7), frozenset({7}))
    assert not admin_rules.is_orphaned(a_rule(Scope.USER, 8), frozenset({7}))
    assert not admin_rules.is_orphaned(a_rule(Scope.DEFAULT), frozenset())
