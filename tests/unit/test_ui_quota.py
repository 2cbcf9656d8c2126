"""The card of /quota: what it says of each rule, and that Discord takes it whatever a server has set."""

from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.guilds.model import GuildSettings
from bot.jobs.model import Quality
from bot.quota.model import (
    MAX_CREDITS,
    MAX_IMAGES,
    MILLIONTHS,
    Period,
    Rule,
    Running,
    Scope,
    Subject,
    Unit,
    Usage,
    Whose,
    Window,
)
from bot.quota.standing import ALWAYS, Standing, TooMany, foremost, refusing
from bot.ui import characters
from bot.ui.quota import QuotaFacts, quota_embed
from bot.ui.texts import quota_card

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SOON = NOW + timedelta(hours=3)
STAMP = f"<t:{int(SOON.timestamp())}:R>"
WINDOW = Window(subject=Subject(whose=Whose.MEMBER, guild_id=1, id=2), begins_at=NOW, ends_at=SOON, length=None)
LONG_ID = 2**63 - 1


def rule(scope: Scope = Scope.DEFAULT, limit: int | None = 10, **changes: Any) -> Rule:
    return Rule(scope=scope, limit=limit, **{"unit": Unit.IMAGES, "period": Period.DAY, **changes})


def credit_rule(scope: Scope, limit: int, **changes: Any) -> Rule:
    return rule(scope, limit * MILLIONTHS, **{"unit": Unit.CREDITS, "period": Period.MONTH, **changes})


def standing(of: Rule, used: int = 0, *, group: int = ALWAYS, granted: int = 0) -> Standing:
    """Return how somebody stands who used so many pictures, or so many millionths."""
    usage = Usage(images=used, credits=used, granted_images=granted, granted_credits=granted)
    return Standing(rule=of, group=group, window=WINDOW, usage=usage, needed=1)


def card(*standings: Standing, **changes: Any) -> discord.Embed:
    fields: dict[str, Any] = {
        "standings": standings,
        "resets_at": dict.fromkeys(standings, SOON),
        "refused_by": foremost(refusing(standings)),
        "again_at": SOON,
        "best": Quality.FOUR_K,
        "qualities": tuple(Quality),
        "settings": GuildSettings(),
        "running": Running(),
        **changes,
    }
    return quota_embed(QuotaFacts(**fields))


def described(embed: discord.Embed) -> str:
    return embed.description or ""


def field(embed: discord.Embed, name: str) -> str:
    return next(str(each.value) for each in embed.fields if each.name == name)


@pytest.mark.parametrize(
    ("of", "resets_at", "told"),
    [
        (standing(rule(), 3), SOON, f"**7 of 10 pictures left** a day · 3 used\n▰▰▰▱▱▱▱▱▱▱ begins anew {STAMP}"),
        (standing(rule(), 0), None, "**10 of 10 pictures left** a day · 0 used\n▱▱▱▱▱▱▱▱▱▱"),
        (
            standing(rule(rolling=True), 10),
            SOON,
            f"**0 of 10 pictures left** in any 24 hours · 10 used\n▰▰▰▰▰▰▰▰▰▰ more room {STAMP}",
        ),
        (
            standing(rule(), 3, granted=2),
            SOON,
            f"**9 of 12 pictures left** a day (10 and 2 granted) · 3 used\n▰▰▱▱▱▱▱▱▱▱ begins anew {STAMP}",
        ),
        (
            standing(rule(limit=0), 0, granted=1),
            SOON,
            f"**1 of 1 picture left** a day (0 and 1 granted) · 0 used\n▱▱▱▱▱▱▱▱▱▱ begins anew {STAMP}",
        ),
        (standing(rule(limit=0), 0), None, "No pictures at all (0 pictures a day) · 0 used"),
        (standing(rule(limit=None), 3, granted=5), SOON, "Unlimited pictures a day · 3 used"),
        (
            standing(credit_rule(Scope.USER, 20), 6_386_700),
            SOON,
            f"**13.6133 of 20 credits left** a month · 6.3867 used\n▰▰▰▱▱▱▱▱▱▱ begins anew {STAMP}",
        ),
        (
            standing(credit_rule(Scope.GUILD, 20), 21_500_000),
            SOON,
            f"**0 of 20 credits left** a month · 21.5 used\n▰▰▰▰▰▰▰▰▰▰ begins anew {STAMP}",
        ),
    ],
    ids=["some", "none used", "all used", "granted", "blocked and granted", "blocked", "unlimited", "credits", "over"],
)
def test_each_rule_is_told_in_words_and_a_bar(of: Standing, resets_at: datetime | None, told: str) -> None:
    """What is left, what was used, and when there is more."""
    assert quota_card.standing(of, resets_at) == told


@pytest.mark.parametrize(
    ("used", "percent"), [(0, "0 %"), (499, "49 %"), (999, "99 %"), (1000, "100 %"), (1200, "100 %")]
)
def test_of_the_operators_total_only_the_share_is_told(used: int, percent: str) -> None:
    """How much money there is concerns nobody else; full is only what is full."""
    told = quota_card.standing(standing(credit_rule(Scope.OPERATOR_TOTAL, 1), used * 1000), SOON)
    assert told.startswith(f"**{percent} used** of what may be spent a month\n")
    assert "credit" not in told
    assert ("▱" in told) == (used < 1000)


@given(used=st.integers(0, MAX_CREDITS), limit=st.integers(1, MAX_CREDITS))
def test_a_bar_is_full_only_where_all_is_used_and_empty_only_where_nothing_is(used: int, limit: int) -> None:
    """And always as long."""
    shown = quota_card.bar(used, limit)
    assert len(shown) == 10
    assert ("▱" not in shown) == (used >= limit)
    assert ("▰" not in shown) == (used == 0)


def test_ones_own_rules_come_first_and_the_ceilings_under_their_names() -> None:
    """So that nobody takes a budget of all for their own."""
    shown = card(
        standing(rule(Scope.USER, 5, subject_id=2), 1),
        standing(rule(Scope.CHANNEL, 50, subject_id=7), 20),
        standing(credit_rule(Scope.GUILD, 100), 50 * MILLIONTHS),
        standing(credit_rule(Scope.OPERATOR_GUILD, 900), 50 * MILLIONTHS),
        standing(rule(Scope.OPERATOR_USER, 30), 4),
        standing(credit_rule(Scope.OPERATOR_TOTAL, 1000), 50 * MILLIONTHS),
        running=Running(of_member=1, in_guild=4),
        settings=GuildSettings(jobs_per_member=2, private_allowed=False),
        qualities=(Quality.HALF_K, Quality.ONE_K),
        best=Quality.HALF_K,
    )
    assert described(shown).startswith("There is room for a picture in 0.5K now, not for one in 1K.")
    assert "**Your own limit in this server**\n**4 of 5 pictures left**" in described(shown)
    assert "**30 of 50 pictures left**" in field(shown, "In this channel, for all members together")
    assert "**50 of 100 credits left**" in field(shown, "In this server, for all members together")
    assert "**26 of 30 pictures left**" in field(shown, "For you in all servers, set by whoever runs this bot")
    assert "**5 % used**" in field(shown, "For everybody, set by whoever runs this bot")
    assert field(shown, "Being made at this moment") == "Yours: 1 of at most 2\nIn this server: 4 (any number may be)"
    assert field(shown, "What you may use here") == (
        "Quality: 0.5K, 1K\nPrivate results: not allowed\nSearches on the web: allowed"
    )


def test_several_roles_are_alternatives_and_those_with_room_come_first() -> None:
    """It is enough that one of them has room, which is said."""
    shown = card(
        standing(rule(Scope.ROLE, 3, subject_id=41), 3, group=1),
        standing(rule(Scope.ROLE, 9, subject_id=48), 3, group=2),
        standing(credit_rule(Scope.ROLE, 50, subject_id=48), 0, group=2),
    )
    lines = described(shown).split("\n")
    assert lines[2] == "**The limits of your roles: it is enough that those of one have room**"
    assert lines[3] == "With <@&48>:"
    assert lines[4].startswith("**6 of 9 pictures left**")
    assert lines[6].startswith("**50 of 50 credits left**")
    assert lines[8] == "Or with <@&41>:"
    assert lines[9].startswith("**0 of 3 pictures left**")


def test_what_stands_in_the_way_of_everything_is_told_first() -> None:
    """In the words of the refusal; the rules follow."""
    shown = card(standing(rule(), 0), notice="No pictures are made in this channel.")
    assert described(shown).startswith("No pictures are made in this channel.\n\n**The limit of each member")


FULL = standing(rule(), 10)


@pytest.mark.parametrize(
    ("facts", "told"),
    [
        ({"refused_by": None, "best": Quality.FOUR_K}, "There is room for a picture now. What is being made counts"),
        ({"refused_by": None, "best": Quality.ONE_K}, "There is room for a picture in 1K now, not for one in 2K."),
        ({"refused_by": FULL, "again_at": SOON}, f"There is no room for a picture now, but again {STAMP}: see below"),
        ({"refused_by": FULL, "again_at": None}, "waiting does not help: one in 0.5K costs more than a limit below."),
        ({"refused_by": standing(rule(limit=0))}, "No pictures can be made here: a limit below is set to nothing"),
        ({"refused_by": TooMany(limit=1, of_server=False)}, "As many pictures of yours are being made as may be"),
        ({"refused_by": TooMany(limit=1, of_server=True)}, "As many pictures in this server are being made as may"),
        ({"refused_by": None, "best": Quality.FOUR_K, "notice": "You are blocked."}, "You are blocked."),
    ],
)
def test_the_headline_says_what_there_is_room_for(facts: dict[str, Any], told: str) -> None:
    """The best quality where credits decide, and else what is in the way of all."""
    assert told in described(card(FULL, **facts)).split("\n", maxsplit=1)[0]


def test_outside_of_servers_there_is_only_the_operators_word() -> None:
    """No server's settings, no other people's pictures."""
    shown = card(standing(rule(Scope.OPERATOR_DIRECT, 3), 1), settings=None)
    assert [each.name for each in shown.fields] == ["Outside of servers, set by whoever runs this bot"]


def everything(scope: Scope, subject_id: int, *, group: int = ALWAYS) -> list[Standing]:
    """Return as many rules as a subject may have, with the longest numbers."""
    return [
        standing(
            Rule(scope=scope, subject_id=subject_id, unit=unit, period=period, limit=most - 1, rolling=True),
            most - 3,
            group=group,
            granted=most,
        )
        for unit, most in ((Unit.IMAGES, MAX_IMAGES), (Unit.CREDITS, MAX_CREDITS))
        for period in Period
    ]


CEILINGS = [each for scope in Scope if scope not in {Scope.USER, Scope.ROLE} for each in everything(scope, LONG_ID)]


@pytest.mark.parametrize(
    "own",
    [
        everything(Scope.USER, LONG_ID),
        everything(Scope.DEFAULT, LONG_ID),
        [each for number in range(250) for each in everything(Scope.ROLE, LONG_ID - number, group=number + 1)],
    ],
    ids=["of the person", "of everybody", "of 250 roles"],
)
def test_discord_takes_the_card_whatever_is_set(own: list[Standing]) -> None:
    """What there is no room for is counted, not lost without a word."""
    shown = card(*own, *[each for each in CEILINGS if each.rule.scope is not Scope.DEFAULT], notice="x" * 5000)
    assert characters.length(described(shown)) <= 4096
    assert len(shown.fields) <= 25
    assert all(0 < characters.length(str(each.value)) <= 1024 for each in shown.fields)
    assert all(0 < len(str(each.name)) <= 256 for each in shown.fields)
    texts = [shown.title, shown.description, *(text for each in shown.fields for text in (each.name, each.value))]
    assert sum(characters.length(str(text)) for text in texts) <= 6000
    assert "more limits" in " ".join(map(str, texts))


def test_what_is_used_up_is_shown_before_what_there_is_no_room_for() -> None:
    """A ceiling in the way is told, however many others there are."""
    full = standing(rule(Scope.GUILD, 7, period=Period.MONTH), 7)
    others = [each for each in everything(Scope.GUILD, 0) if each.rule.period is not Period.MONTH]
    assert (
        "**0 of 7 pictures left** a month"
        in field(card(standing(rule()), *others, full), "In this server, for all members together").split(
            "\n", maxsplit=1
        )[0]
    )


def test_roles_there_is_no_room_for_are_counted() -> None:
    """As roles."""
    own = [standing(rule(Scope.ROLE, 3, subject_id=each), each % 3, group=each) for each in range(1, 101)]
    lines = described(card(*own)).split("\n")
    shown = sum("ith <@&" in line for line in lines)
    assert 0 < shown < 100
    assert lines[-1] == f"or with {100 - shown} more roles"
