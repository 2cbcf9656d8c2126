"""What a person calls the settings of a picture."""

from bot.jobs.model import Drawing, Job, Kind, Quality, Size, Thinking
from bot.quota.model import Unit
from bot.ui.texts import amounts

TIMES = "\N{MULTIPLICATION SIGN}"

SIZE_NAMES = {
    Size.AUTO: "auto · the model chooses",
    Size.SQUARE: "1:1 · square",
    Size.WIDESCREEN: "16:9 · widescreen",
    Size.PHONE: "9:16 · phone, upright",
    Size.LANDSCAPE_3_2: "3:2 · landscape photo",
    Size.PORTRAIT_2_3: "2:3 · portrait photo",
    Size.LANDSCAPE_4_3: "4:3 · classic screen",
    Size.PORTRAIT_3_4: "3:4 · classic portrait",
    Size.LANDSCAPE_5_4: "5:4 · nearly square, lying",
    Size.PORTRAIT_4_5: "4:5 · nearly square, upright",
    Size.CINEMA: "21:9 · cinema",
    Size.BANNER: "4:1 · banner",
    Size.TOWER: "1:4 · tall strip",
    Size.RIBBON: "8:1 · very long ribbon",
    Size.COLUMN: "1:8 · very tall column",
}
"""In the order in which they are offered: the usual ones first."""

# Pixels of a square picture (provider.md 9) and price beside that of 2K (provider.md 8.1).
QUALITY_NAMES = {
    Quality.HALF_K: f"0.5K · 512 px · 0.44 {TIMES} the price of 2K",
    Quality.ONE_K: f"1K · 1024 px · 0.67 {TIMES} the price of 2K",
    Quality.TWO_K: "2K · 2048 px · standard price",
    Quality.FOUR_K: f"4K · 4096 px · 1.5 {TIMES} the price of 2K",
}

THINKING_NAMES = {
    Thinking.AUTO: "auto · the model decides",
    Thinking.MIN: "min · as little as possible, quickest",
    Thinking.HIGH: "high · ponders longer, costs a little more",
}


def quality_offer(quality: Quality, price: int) -> str:
    """Return a quality as it is offered: what it is, and its price, given in millionths of credits."""
    return f"{QUALITY_NAMES[quality]} · {amounts.amount(Unit.CREDITS, price)}"


def extras(drawing: Drawing) -> list[str]:
    """Return the settings that differ from what nearly everybody uses, in words."""
    named = {
        "web search": drawing.web_search,
        "image search": drawing.image_search,
        f"{drawing.thinking} thinking": drawing.thinking is not Thinking.AUTO,
    }
    return [name for name, is_on in named.items() if is_on]


def size_name(job: Job) -> str:
    """Return the shape that was asked for; an edit that leaves it open keeps that of its first picture."""
    keeps_shape = job.drawing.size is Size.AUTO and job.kind is Kind.EDIT
    return "as picture 1" if keeps_shape else SIZE_NAMES[job.drawing.size]


def settings_line(job: Job) -> str:
    """Return all settings of a picture as one short line."""
    drawing = job.drawing
    is_open = drawing.size is Size.AUTO and job.kind is not Kind.EDIT
    shape = "automatic shape" if is_open else size_name(job)
    return " | ".join([shape, str(drawing.quality), *extras(drawing)])
