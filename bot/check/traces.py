"""What leads to an order whose answer was lost: a note, for the bot works without."""

from bot.check.finding import Finding, well
from bot.settings import Settings


def check_callbacks(settings: Settings) -> Finding:
    """Tell whether EvoLink calls back, which is all that surely names such an order's picture."""
    subject = "lost answers"
    if settings.callback_base is not None:
        return well(subject, "EvoLink calls back, so an order whose answer is lost on the way is found again")
    may_be_lost = "an order whose answer is lost on the way may be paid for and never found"
    if settings.public_base_url is not None:
        return well(subject, f"EvoLink cannot call PUBLIC_BASE_URL, an address of this machine; {may_be_lost}")
    return well(subject, f"without PUBLIC_BASE_URL {may_be_lost}; with it EvoLink's callback names the picture")
