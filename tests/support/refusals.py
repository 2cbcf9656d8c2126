"""Refusals to be told, with whatever a test wants to be different."""

from typing import Any

from bot import errors
from bot.quota.model import Period, Scope, Unit
from tests.support.ui_jobs import NOW


def limit_reached(**changes: Any) -> errors.LimitReached:
    """Return a default limit of ten pictures a day that is used up; keywords are its facts."""
    facts: dict[str, Any] = {
        "scope": Scope.DEFAULT,
        "unit": Unit.IMAGES,
        "period": Period.DAY,
        "limit": 10,
        "used": 10,
        "needed": 1,
        "resets_at": NOW,
        "rolling": False,
    }
    return errors.LimitReached(**{**facts, **changes})
