"""The operator's own rules, as the settings hold them. Their windows are those of UTC."""

from bot.quota.model import Period, Rule, Scope, Unit
from bot.settings import StorageSettings


def operator_rules(settings: StorageSettings) -> tuple[Rule, ...]:
    """Return a rule for each limit that the operator has set."""
    limits = (
        (Scope.OPERATOR_USER, Unit.IMAGES, Period.DAY, settings.user_images_per_day),
        (Scope.OPERATOR_GUILD, Unit.CREDITS, Period.MONTH, settings.server_credits_per_month),
        (Scope.OPERATOR_TOTAL, Unit.CREDITS, Period.DAY, settings.total_credits_per_day),
        (Scope.OPERATOR_TOTAL, Unit.CREDITS, Period.MONTH, settings.total_credits_per_month),
        (Scope.OPERATOR_DIRECT, Unit.IMAGES, Period.DAY, settings.direct_images_per_day),
    )
    return tuple(
        Rule(scope=scope, unit=unit, period=period, limit=limit)
        for scope, unit, period, limit in limits
        if limit is not None
    )
