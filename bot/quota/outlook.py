"""What a decision means to the person: when there is room again, and what would fit already. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot import errors
from bot.jobs.model import Quality
from bot.quota.model import Asking, Running, Unit, Window
from bot.quota.standing import Decision, Standing, TooMany, refusing
from bot.quota.windows import Event

Events = Mapping[Window, Sequence[Event]]
"""What was counted in rolling windows, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """How somebody stands with every rule that binds them."""

    decision: Decision
    """On the request that was asked about."""
    running: Running
    resets_at: Mapping[Standing, datetime | None]
    """When each standing changes for the better; see `resets_at`."""


def resets_at(standing: Standing, events: Events) -> datetime | None:
    """Return when a standing changes for the better: the next window, or one in which what was refused has room.

    Of a rolling window that admits it is when the oldest of what was counted leaves it. None where nothing is used, or
    no waiting helps.
    """
    counted = events.get(standing.window, ())
    if not standing.admits:
        return standing.resets_at(counted)
    if standing.window.length is None:
        return standing.window.ends_at if standing.used else None
    return counted[0].counted_at + standing.window.length if counted else None


def refusal(
    decision: Decision, asking: Asking, *, events: Events, quality: Quality | None, prices: Mapping[str, int]
) -> errors.LimitReached | errors.TooManyAtOnce:
    """Turn a decision that refuses into what the person is told; `quality` is the one they asked for, if known."""
    refused_by = decision.refused_by
    if isinstance(refused_by, TooMany):
        return errors.TooManyAtOnce(limit=refused_by.limit, of_server=refused_by.of_server)
    if refused_by is None or refused_by.limit is None:
        raise ValueError("the request is admitted")
    rule = refused_by.rule
    return errors.LimitReached(
        scope=rule.scope,
        unit=rule.unit,
        period=rule.period,
        limit=refused_by.limit,
        used=refused_by.used,
        needed=refused_by.needed,
        resets_at=decision.resets_at(events),
        rolling=rule.rolling,
        subject_id=rule.subject_id,
        fits=None if quality is None else _best_that_fits(decision, asking, quality, prices),
    )


def _best_that_fits(decision: Decision, asking: Asking, quality: Quality, prices: Mapping[str, int]) -> Quality | None:
    """Return the best quality below the one asked for that every limit has room for now."""
    ranks = list(Quality)
    for lower in reversed(ranks[: ranks.index(quality)]):
        needed = asking.credits - prices[quality] + prices[lower]
        cheaper = [
            replace(each, needed=needed) if each.rule.unit is Unit.CREDITS else each for each in decision.standings
        ]
        if not refusing(cheaper):
            return lower
    return None
