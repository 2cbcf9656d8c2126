"""What Discord offers a person to choose from, named so that it is understood."""

from collections.abc import Mapping
from dataclasses import dataclass

from discord.app_commands import Choice

from bot.jobs.model import Quality
from bot.ui import texts

SIZE_CHOICES = [Choice(name=name, value=str(size)) for size, name in texts.SIZE_NAMES.items()]
THINKING_CHOICES = [Choice(name=name, value=str(thinking)) for thinking, name in texts.THINKING_NAMES.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedQualities:
    """The qualities that a person may use, lowest first, with their prices in millionths of credits."""

    prices: Mapping[Quality, int]
    usual: Quality
    """What they get without a word."""


def quality_choices(offered: OfferedQualities, typed: str = "") -> list[Choice[str]]:
    """Return the suggestions for an option into which so much was typed: names that begin so, else those with it."""
    named = [(texts.quality_offer(quality, price), quality.value) for quality, price in offered.prices.items()]
    wanted = typed.strip().casefold()
    begun = [(name, value) for name, value in named if name.casefold().startswith(wanted)]
    found = begun or [(name, value) for name, value in named if wanted in name.casefold()]
    return [Choice(name=name, value=value) for name, value in found]
