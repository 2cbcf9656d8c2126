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
    again_at: datetime | None
    """When all that refuses has room for the request; None where no waiting helps, or none is needed."""


def resets_at(standing: Standing, events: Events) -> datetime | None:
    """Return when a standing changes for the better: with the next window by the calendar, where anything is used.

    Of a rolling window it is when what was refused has room, else when the oldest of what was used leaves it. None
    where nothing is used.
    """
    if standing.window.length is None:
        return standing.window.ends_at if standing.used else None
    counted = events.get(standing.window, ())
    if not standing.admits and (room_at := standing.resets_at(counted)):
        return room_at
    oldest = next((each for each in counted if each.images > 0 or each.credits > 0), None)
    return oldest.counted_at + standing.window.length if oldest else None


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
        granted=refused_by.limit - (rule.limit or 0),
        used=refused_by.used,
        needed=refused_by.needed,
        resets_at=decision.resets_at(events),
        rolling=rule.rolling,
        subject_id=rule.subject_id,
        fits=None if quality is None else best_that_fits(decision, asking, quality, _below(quality), prices),
    )


def best_that_fits(
    decision: Decision, asking: Asking, asked: Quality, qualities: Sequence[Quality], prices: Mapping[str, int]
) -> Quality | None:
    """Return the best of `qualities`, lowest first, that every limit has room for now; `asking` is for one in `asked`.

    How many pictures may be made at once is not looked at.
    """
    for each in reversed(qualities):
        needed = asking.credits - prices[asked] + prices[each]
        repriced = [
            replace(standing, needed=needed) if standing.rule.unit is Unit.CREDITS else standing
            for standing in decision.standings
        ]
        if not refusing(repriced):
            return each
    return None


def _below(quality: Quality) -> list[Quality]:
    ranks = list(Quality)
    return ranks[: ranks.index(quality)]
