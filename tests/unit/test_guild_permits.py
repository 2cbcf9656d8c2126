"""What a server allows: who, where, how, and with which words."""

from typing import Any

import pytest

from bot import errors
from bot.guilds import permits
from bot.guilds.model import GuildSettings, Wanted
from bot.jobs.model import Quality

CHANNEL, OTHER, THREAD = 10, 11, 12
ARTISTS, FRIENDS, NEWCOMERS = 20, 21, 22
DEMANDING = {"private": True, "searches": True, "quality": Quality.FOUR_K, "prompt": "the Forbidden word"}


def wanted(**changes: Any) -> Wanted:
    usual: dict[str, Any] = {
        "channel_id": CHANNEL,
        "thread_id": None,
        "role_ids": frozenset[int](),
        "prompt": "a paper lighthouse",
        "quality": Quality.TWO_K,
        "private": False,
        "searches": False,
    }
    return Wanted(**usual | changes)


def test_where_nothing_is_set_everything_is_allowed() -> None:
    """A server that never heard of settings."""
    permits.check(wanted(**DEMANDING, thread_id=THREAD), GuildSettings(), blocked=False)


@pytest.mark.parametrize(
    ("allowed", "denied", "thread_id", "may"),
    [
        ((), (), None, True),
        ((CHANNEL,), (), None, True),
        ((OTHER,), (), None, False),
        ((), (CHANNEL,), None, False),
        ((), (OTHER,), None, True),
        ((CHANNEL,), (CHANNEL,), None, False),
        ((CHANNEL,), (), THREAD, True),
        ((OTHER,), (), THREAD, False),
        ((THREAD,), (), THREAD, True),
        ((THREAD,), (), None, False),
        ((), (CHANNEL,), THREAD, False),
        ((), (THREAD,), THREAD, False),
        ((), (THREAD,), None, True),
        ((CHANNEL,), (THREAD,), THREAD, False),
        ((THREAD,), (CHANNEL,), THREAD, False),
    ],
)
def test_a_channel_is_allowed_or_denied_together_with_its_threads(
    allowed: tuple[int, ...], denied: tuple[int, ...], thread_id: int | None, may: bool
) -> None:
    """A thread may be named itself; what is denied wins."""
    settings = GuildSettings(allowed_channels=allowed, denied_channels=denied)
    if may:
        permits.check(wanted(thread_id=thread_id), settings, blocked=False)
        return
    with pytest.raises(errors.NotAllowedHere) as refused:
        permits.check(wanted(thread_id=thread_id), settings, blocked=False)
    assert refused.value.what == "channel"


def test_a_refusal_names_the_channels_in_which_it_is_allowed() -> None:
    """Not those that are denied besides."""
    settings = GuildSettings(allowed_channels=(OTHER, CHANNEL, THREAD), denied_channels=(CHANNEL,))
    with pytest.raises(errors.NotAllowedHere) as refused:
        permits.check(wanted(), settings, blocked=False)
    assert refused.value.channel_ids == (OTHER, THREAD)


@pytest.mark.parametrize(
    ("highest", "of_roles", "role_ids", "best"),
    [
        (Quality.FOUR_K, {}, (ARTISTS,), Quality.FOUR_K),
        (Quality.ONE_K, {}, (), Quality.ONE_K),
        (Quality.ONE_K, {ARTISTS: Quality.FOUR_K}, (), Quality.ONE_K),
        (Quality.ONE_K, {ARTISTS: Quality.FOUR_K}, (ARTISTS, NEWCOMERS), Quality.FOUR_K),
        (Quality.FOUR_K, {NEWCOMERS: Quality.HALF_K}, (NEWCOMERS,), Quality.HALF_K),
        (Quality.ONE_K, {NEWCOMERS: Quality.HALF_K, FRIENDS: Quality.TWO_K}, (NEWCOMERS, FRIENDS), Quality.TWO_K),
    ],
)
@pytest.mark.parametrize("asked", list(Quality))
def test_a_quality_is_allowed_up_to_the_best_of_the_persons_roles(
    highest: Quality, of_roles: dict[int, Quality], role_ids: tuple[int, ...], best: Quality, asked: Quality
) -> None:
    """A role's quality replaces the server's, also downwards; what is offered is what is taken."""
    settings, roles = GuildSettings(highest_quality=highest, role_qualities=of_roles), frozenset(role_ids)
    offered = permits.allowed_qualities(settings, roles)
    assert offered[-1] is best
    if asked in offered:
        permits.check(wanted(role_ids=roles, quality=asked), settings, blocked=False)
        return
    with pytest.raises(errors.QualityNotAllowed) as refused:
        permits.check(wanted(role_ids=roles, quality=asked), settings, blocked=False)
    assert (refused.value.asked, refused.value.highest) == (asked, best)
    assert refused.value.of_role == any(role_id in of_roles for role_id in role_ids)


@pytest.mark.parametrize(
    ("default", "highest", "usual"),
    [
        (Quality.TWO_K, Quality.FOUR_K, Quality.TWO_K),
        (Quality.TWO_K, Quality.TWO_K, Quality.TWO_K),
        (Quality.TWO_K, Quality.ONE_K, Quality.ONE_K),
        (Quality.FOUR_K, Quality.HALF_K, Quality.HALF_K),
    ],
)
def test_who_names_no_quality_gets_the_usual_one_as_far_as_it_is_allowed(
    default: Quality, highest: Quality, usual: Quality
) -> None:
    """Nobody is refused for what they did not ask for."""
    settings = GuildSettings(default_quality=default, highest_quality=highest)
    assert permits.usual_quality(settings, frozenset()) is usual


def test_what_is_told_first_reveals_least() -> None:
    """As one hindrance after the other is removed: the word comes last."""
    strict: dict[str, Any] = {
        "denied_channels": (CHANNEL,),
        "private_allowed": False,
        "search_allowed": False,
        "highest_quality": Quality.ONE_K,
        "words": ("forbidden",),
    }
    told: list[str] = []
    blocked = True
    for _ in range(6):
        with pytest.raises(errors.Refusal) as refused:
            permits.check(wanted(**DEMANDING), GuildSettings(**strict), blocked=blocked)
        told.append(getattr(refused.value, "what", type(refused.value).__name__))
        if not blocked:
            del strict[next(iter(strict))]
        blocked = False
    assert told == ["Blocked", "channel", "private", "search", "QualityNotAllowed", "WordNotAllowed"]
    permits.check(wanted(**DEMANDING), GuildSettings(**strict), blocked=False)


def test_a_word_is_told_as_the_administrator_wrote_it() -> None:
    """The person has to know what to leave out."""
    with pytest.raises(errors.WordNotAllowed) as refused:
        permits.check(wanted(prompt="so FORBIDDEN"), GuildSettings(words=("Forbidden",)), blocked=False)
    assert refused.value.word == "Forbidden"


def test_a_block_is_the_servers() -> None:
    """So that the person knows whom to ask."""
    with pytest.raises(errors.Blocked) as refused:
        permits.check(wanted(), GuildSettings(), blocked=True)
    assert not refused.value.by_operator
