"""Words of refusals by a limit, by a server's rules, and of changes that cannot be made."""

import re
from pathlib import Path
from typing import Any

import pytest

import bot
import cogs
from bot import errors
from bot.quota.model import MILLIONTHS, OF_OPERATOR, Period, Scope, Unit
from bot.ui import texts
from bot.ui.texts import settings
from tests.support.refusals import limit_reached
from tests.support.ui_jobs import NOW

STAMP = int(NOW.timestamp())
CREDITS: dict[str, Any] = {"unit": Unit.CREDITS, "limit": 50 * MILLIONTHS, "used": 45_500_000, "needed": 9_580_100}
NASTY = "`*_~|<@1>[x](https://example.com) @everyone\n# big" * 20

NAMED = [
    (Scope.USER, "Your own limit in this server"),
    (Scope.ROLE, "The limit of your role <@&5>"),
    (Scope.DEFAULT, "This server's limit for each member"),
    (Scope.CHANNEL, "The limit of <#5> for all its members together"),
    (Scope.GUILD, "This server's budget"),
    (Scope.OPERATOR_USER, "The limit of this bot's operator for each person"),
    (Scope.OPERATOR_GUILD, "The limit of this bot's operator for each server"),
    (Scope.OPERATOR_DIRECT, "The limit of this bot's operator for each person outside of servers that have the bot"),
]


NEVER: dict[str, Any] = {
    "unit": Unit.CREDITS,
    "limit": 5 * MILLIONTHS,
    "used": 32 * MILLIONTHS,
    "needed": 9_580_100,
    "resets_at": None,
}


@pytest.mark.parametrize(("scope", "name"), NAMED)
@pytest.mark.parametrize("used", [10, 11])
def test_a_limit_that_is_used_up_is_named(scope: Scope, name: str, used: int) -> None:
    """With its number and its time, also where a settlement has carried the usage past it."""
    told = texts.refusal(limit_reached(scope=scope, subject_id=5, used=used))
    assert told.startswith(f"{name} of 10 pictures a day is used up. Nothing was spent. ")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"limit": 4, "granted": 2, "used": 4}, "member of 2 pictures a day, and 2 granted, is used up. Nothing was"),
        ({"limit": 1, "granted": 1, "used": 1}, "member of 0 pictures a day, and 1 granted, is used up. Nothing was"),
        (
            {**CREDITS, "granted": 5_500_000},
            "of this server's limit for each member of 44.5 credits a day, and 5.5 granted, only 4.5 credits can still",
        ),
    ],
)
def test_what_was_granted_is_told_beside_the_limit(changes: dict[str, Any], words: str) -> None:
    """Who may make two a day knows of no limit of four."""
    assert words in texts.refusal(limit_reached(**changes))


@pytest.mark.parametrize("scope", Scope)
def test_who_can_change_a_limit_is_said(scope: Scope) -> None:
    """Administrators of the server, or whoever runs the bot."""
    told = texts.refusal(limit_reached(scope=scope, subject_id=5))
    by_operator = scope in OF_OPERATOR
    assert ("whoever runs this bot" in told) is by_operator
    assert ("Administrators of this server" in told) is not by_operator
    assert ("`/admin budget`" in told) is (scope is Scope.GUILD)


def test_what_is_left_of_a_limit_is_said_beside_what_is_needed() -> None:
    """And which quality it would do for."""
    told = texts.refusal(limit_reached(scope=Scope.GUILD, **CREDITS, fits="1K"))
    assert told.startswith(
        "This would take about 9.5801 credits, and of this server's budget of 50 credits a day only 4.5 credits can "
        "still be used. Nothing was spent. What is left is enough for 1K: choose that quality"
    )


def test_where_no_quality_fits_none_is_offered() -> None:
    """The sentence goes on with when there is room."""
    told = texts.refusal(limit_reached(scope=Scope.GUILD, **CREDITS))
    assert "enough" not in told
    assert f"It begins anew <t:{STAMP}:R> (<t:{STAMP}:f>)." in told


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, f"It begins anew <t:{STAMP}:R> (<t:{STAMP}:f>)."),
        ({"rolling": True}, f"There is room for it again <t:{STAMP}:R> (<t:{STAMP}:f>), if nothing else"),
        ({**NEVER, "used": 0}, "Waiting does not help: it is more than the whole limit."),
        (NEVER, "it would take about 9.5801 credits, and the whole limit is 5 credits."),
        (
            {**NEVER, "limit": 15 * MILLIONTHS, "granted": 10 * MILLIONTHS},
            "it would take about 9.5801 credits, and the limit without what was granted is 5 credits.",
        ),
        ({"limit": 2, "granted": 2, "resets_at": None}, "without what was granted, the limit is nothing at all."),
    ],
)
def test_when_there_is_room_again_is_said(changes: dict[str, Any], words: str) -> None:
    """By stamps that the reader's own clock shows, or not at all where waiting is in vain."""
    assert words in texts.refusal(limit_reached(**changes))


@pytest.mark.parametrize("period", Period)
@pytest.mark.parametrize("rolling", [True, False])
def test_each_period_has_words(period: Period, rolling: bool) -> None:
    """No code word reaches a person."""
    assert "10 pictures" in texts.refusal(limit_reached(period=period, rolling=rolling))


@pytest.mark.parametrize("scope", [each for each in Scope if each not in {Scope.OPERATOR_DIRECT, Scope.OPERATOR_TOTAL}])
def test_a_limit_of_nothing_is_no_limit_that_begins_anew(scope: Scope) -> None:
    """Nobody is told to wait."""
    told = texts.refusal(limit_reached(scope=scope, limit=0, used=0, resets_at=None, subject_id=5))
    assert "is set to nothing at all. Nothing was spent." in told
    assert "Waiting" not in told


def test_a_bot_that_works_in_servers_only_says_so() -> None:
    """The operator's usual limit for direct messages is 0."""
    told = texts.refusal(limit_reached(scope=Scope.OPERATOR_DIRECT, limit=0, used=0, resets_at=None))
    assert told.startswith("This bot makes no pictures in direct messages")


@pytest.mark.parametrize("used", [45_500_000, 50 * MILLIONTHS])
def test_what_the_operator_spends_in_all_is_not_told(used: int) -> None:
    """No amount: it is nobody else's business."""
    told = texts.refusal(limit_reached(scope=Scope.OPERATOR_TOTAL, **{**CREDITS, "used": used}))
    assert "this bot's operator spends a day" in told
    assert not re.search(r"\d", re.sub(r"<t:\d+:\w>", "", told))


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (errors.TooManyAtOnce(limit=1000, of_server=True), "made in this server as it may be at once: 1,000."),
        (errors.QualityNotAllowed(asked="5K", highest=None), "Choose one of these: 0.5K, 1K, 2K, 4K."),
        (errors.QualityNotAllowed(asked="4K", highest="1K"), "Choose 1K or a lower one."),
        (errors.QualityNotAllowed(asked="4K", highest="1K"), "`/admin settings`"),
        (errors.QualityNotAllowed(asked="4K", highest="0.5K", of_role=True), "Choose 0.5K. "),
        (errors.QualityNotAllowed(asked="4K", highest="0.5K", of_role=True), "`/admin quality`"),
        (errors.NotAllowedHere("channel"), "in another channel of this server"),
        (errors.NotAllowedHere("channel", channel_ids=(1, 2)), "They are made in <#1>, <#2>."),
        (errors.NotAllowedHere("channel", channel_ids=tuple(range(25))), "<#4> and 20 more."),
        (errors.NotAllowedHere("search"), "does not allow searches"),
        (errors.NotAllowedHere("direct"), "makes no pictures in direct messages"),
        (errors.NotAllowedHere("server"), "is not open to this server"),
        (errors.Blocked(by_operator=False), "`/admin unblock`"),
        (errors.SpendingStopped(until=NOW), f"It begins anew <t:{STAMP}:R>"),
    ],
)
def test_each_other_refusal_says_what_can_be_done(error: errors.Refusal, words: str) -> None:
    """And that nothing was spent."""
    told = texts.refusal(error)
    assert words in told
    assert "Nothing was spent." in told


@pytest.mark.parametrize(
    "error",
    [
        errors.QualityNotAllowed(asked=NASTY, highest=None),
        errors.QualityNotAllowed(asked=NASTY, highest="1K"),
        errors.WordNotAllowed(NASTY),
        *(errors.BadSetting(what, NASTY) for what in settings.SENTENCES),
    ],
)
def test_what_people_wrote_is_shown_short_and_harmless(error: errors.Refusal) -> None:
    """No mention, no link, no line of its own."""
    told = texts.refusal(error)
    assert len(told) <= 700
    assert not re.search(r"(?<!\\)<@|\n|@everyone|https://", told)


def faults_in_the_code() -> set[str]:
    """Return every fault that is named where a BadSetting is made."""
    folders = [Path(package.__file__).parent for package in (bot, cogs)]
    sources = [path.read_text(encoding="utf-8") for folder in folders for path in folder.rglob("*.py")]
    return {what for source in sources for what in re.findall(r"BadSetting\(\s*\"(\w+)\"", source)}


def test_each_fault_has_a_sentence() -> None:
    """Whoever names a new one writes it."""
    found = faults_in_the_code()
    assert "limit_negative" in found
    assert found <= settings.SENTENCES.keys()


@pytest.mark.parametrize("what", settings.SENTENCES)
@pytest.mark.parametrize("given", ["", "  ", "12"])
def test_a_fault_is_told_calmly_and_changes_nothing(what: str, given: str) -> None:
    """In whole sentences, with or without what was written."""
    told = texts.refusal(errors.BadSetting(what, given))
    assert "Nothing was changed." in told
    assert re.match(r"[A-Z]", told)
    assert told.endswith(".")
    assert not set(told) & set("!{}")
