"""Functions for image workers to call in tests of charts: what draws must not be imported where the tests run."""


def fit(text: str, *, most_px: int) -> str:
    """Return a text as a chart writes it; to be called in a worker that has drawn one."""
    from bot.images.lettering import Lettering

    return Lettering(dpi=100).fit(text, size=11.5, most_px=most_px)
