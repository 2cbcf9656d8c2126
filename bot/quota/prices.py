"""What a picture costs: the estimate before, and the provider's own numbers as whole millionths. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from bot.jobs.model import Drawing
from bot.quota.model import MILLIONTHS


def estimate(drawing: Drawing, *, n_references: int, prices: Mapping[str, int]) -> int:
    """Return what a picture will cost in millionths of credits, by the price table of the settings.

    An allowed search counts as one search, whether the model will make none or several.
    """
    searches = prices["web_search"] * drawing.web_search + prices["image_search"] * drawing.image_search
    return prices[drawing.quality.value] + prices["reference"] * n_references + searches


def of_credits(written: float) -> int:
    """Return credits as whole millionths, rounded from the decimal that the provider wrote; the half goes to even.

    Raises ValueError where they are not finite.
    """
    amount = Decimal(repr(written))
    if not amount.is_finite():
        raise ValueError("is no amount of credits")
    return int((amount * MILLIONTHS).to_integral_value())
