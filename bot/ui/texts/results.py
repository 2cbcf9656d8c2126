"""What is said of a picture that was made."""

from bot.jobs.model import Drawing, ResultFile
from bot.ui.texts.names import TIMES

_STEPS = {
    "lossless": "packed anew, with every pixel unchanged",
    "visually_lossless": "compressed a little more, which can hardly be seen",
    "smaller": "made smaller",
    "still": "reduced to its first moment, without the motion",
}
_BYTES_PER_MEGABYTE = 1_000_000


def pixels(result: ResultFile) -> str:
    """Return width and height as a person writes them."""
    return f"{result.width} {TIMES} {result.height}"


def duration(seconds: float) -> str:
    """Return a length of time in seconds, or minutes and seconds."""
    minutes, rest = divmod(max(0, round(seconds)), 60)
    if not minutes:
        return f"{rest} s"
    return f"{minutes} min {rest} s" if rest else f"{minutes} min"


def other_pixels(drawing: Drawing, result: ResultFile, expected: tuple[int, int] | None) -> str:
    """Return the remark on a picture whose pixels are not those asked for; `expected` is None for a free shape."""
    if expected is None:
        return f"You asked for {drawing.quality}; the model made {pixels(result)}."
    return (
        f"You asked for {drawing.size} at {drawing.quality}, which is {expected[0]} {TIMES} {expected[1]}; "
        f"the model made {pixels(result)}."
    )


def delivery_note(steps: str, *, original_bytes: int) -> str:
    """Return how a picture was changed to fit Discord's limit; `steps` are `images.fit.Step` values joined by `+`."""
    known = [_STEPS[step] for step in steps.split("+") if step in _STEPS]
    changes = ", and ".join(known) or "changed to fit"
    megabytes = original_bytes / _BYTES_PER_MEGABYTE
    return (
        f"The original of {megabytes:.1f} MB is larger than this place accepts, so it was {changes}. "
        "The bot keeps the original as the model made it: press Details for it."
    )


def alt_text(prompt: str) -> str:
    """Return the description of a picture for those who cannot see it."""
    return f"AI-generated picture of: {prompt}"
