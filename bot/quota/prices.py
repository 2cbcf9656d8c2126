"""What a picture will cost: the estimate before it is made. Pure."""

from collections.abc import Mapping

from bot.jobs.model import Drawing


def estimate(drawing: Drawing, *, n_references: int, prices: Mapping[str, int]) -> int:
    """Return what a picture will cost in millionths of credits, by the price table of the settings.

    An allowed search counts as one search, whether the model will make none or several.
    """
    searches = prices["web_search"] * drawing.web_search + prices["image_search"] * drawing.image_search
    return prices[drawing.quality.value] + prices["reference"] * n_references + searches
