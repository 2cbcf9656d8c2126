"""Whether what a server has set allows a request: pure, and before anything is spent.

The checks run from the cheapest and least revealing to the dearest, which tells a word of the server's filter:
who asks, where, how (privately, with a search, in which quality), and only then with which words.
"""

from bot import errors
from bot.guilds import words
from bot.guilds.model import GuildSettings, Wanted
from bot.jobs.model import Quality


def check(wanted: Wanted, settings: GuildSettings, *, blocked: bool) -> None:
    """Raise Blocked, NotAllowedHere, QualityNotAllowed or WordNotAllowed where the server does not want it."""
    if blocked:
        raise errors.Blocked(by_operator=False)
    _check_channel(wanted, settings)
    if wanted.private and not settings.private_allowed:
        raise errors.NotAllowedHere("private")
    if wanted.searches and not settings.search_allowed:
        raise errors.NotAllowedHere("search")
    if wanted.quality not in allowed_qualities(settings, wanted.role_ids):
        raise errors.QualityNotAllowed(
            asked=wanted.quality,
            highest=settings.quality_limit(wanted.role_ids),
            of_role=not wanted.role_ids.isdisjoint(settings.role_qualities),
        )
    word = words.find_word(wanted.prompt, settings.words)
    if word is not None:
        raise errors.WordNotAllowed(word)


def allowed_qualities(settings: GuildSettings, role_ids: frozenset[int]) -> tuple[Quality, ...]:
    """Return the qualities that somebody with these roles may ask for, lowest first."""
    ranks = tuple(Quality)
    return ranks[: ranks.index(settings.quality_limit(role_ids)) + 1]


def usual_quality(settings: GuildSettings, role_ids: frozenset[int]) -> Quality:
    """Return the quality of a request that names none: the server's default, or less where that is not allowed."""
    allowed = allowed_qualities(settings, role_ids)
    return settings.default_quality if settings.default_quality in allowed else allowed[-1]


def _check_channel(wanted: Wanted, settings: GuildSettings) -> None:
    """A thread follows its channel and may be listed itself; what is denied stays so, whatever else is allowed."""
    here = {wanted.channel_id, wanted.thread_id}
    denied = not here.isdisjoint(settings.denied_channels)
    allowed = not settings.allowed_channels or not here.isdisjoint(settings.allowed_channels)
    if denied or not allowed:
        elsewhere = [each for each in settings.allowed_channels if each not in settings.denied_channels]
        raise errors.NotAllowedHere("channel", channel_ids=tuple(elsewhere))
