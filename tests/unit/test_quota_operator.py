"""The operator's settings become rules."""

from bot.quota.model import Scope
from bot.quota.operator import operator_rules
from bot.settings import FixedSettings
from tests.support.quota_rules import CREDITS, MONTH, ONE, rule

SETTINGS = {"discord_token": "t" * 60, "evolink_api_key": "sk-test"}


def test_the_operators_settings_are_rules() -> None:
    """Each limit by its scope, unit and period; what is not set is no rule, and direct use is blocked until then."""
    assert operator_rules(FixedSettings.of(**SETTINGS)) == (rule(Scope.OPERATOR_DIRECT, 0),)
    everything = FixedSettings.of(
        **SETTINGS,
        user_images_per_day=1,
        server_credits_per_month="2.5",
        total_credits_per_day=3,
        total_credits_per_month=4,
        direct_images_per_day=5,
    )
    assert operator_rules(everything) == (
        rule(Scope.OPERATOR_USER, 1),
        rule(Scope.OPERATOR_GUILD, 2_500_000, unit=CREDITS, period=MONTH),
        rule(Scope.OPERATOR_TOTAL, 3 * ONE, unit=CREDITS),
        rule(Scope.OPERATOR_TOTAL, 4 * ONE, unit=CREDITS, period=MONTH),
        rule(Scope.OPERATOR_DIRECT, 5),
    )


def test_the_operators_nought_blocks() -> None:
    """A limit of 0 is a rule, not the lack of one."""
    blocked = FixedSettings.of(**SETTINGS, user_images_per_day=0, total_credits_per_day=0)
    assert [each.limit for each in operator_rules(blocked)] == [0, 0, 0]
