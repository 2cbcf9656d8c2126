"""What the imitated model offers: shapes, pixel sizes, prices, tokens (provider.md 1.1, 8.1, 9). Plain data, no I/O."""

import math
from collections.abc import Mapping
from types import MappingProxyType

MODEL = "gemini-3.1-flash-image-preview"

QUALITIES = ("0.5K", "1K", "2K", "4K")
THINKING_LEVELS = ("auto", "min", "high")

_HALF_K_PIXELS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "1:1": (512, 512),
        "1:4": (256, 1024),
        "4:1": (1024, 256),
        "1:8": (192, 1536),
        "8:1": (1536, 192),
        "2:3": (424, 632),
        "3:2": (632, 424),
        "3:4": (448, 600),
        "4:3": (600, 448),
        "4:5": (464, 576),
        "5:4": (576, 464),
        "9:16": (384, 688),
        "16:9": (688, 384),
        "21:9": (792, 336),  # Google prints 168; provider.md C19 takes the consistent value
    }
)
_SCALE = {"0.5K": 1, "1K": 2, "2K": 4, "4K": 8}

SIZES = ("auto", *_HALF_K_PIXELS)

IMAGE_CREDITS: Mapping[str, float] = MappingProxyType({"0.5K": 2.8398, "1K": 4.2578, "2K": 6.3867, "4K": 9.5801})
IMAGE_TOKENS: Mapping[str, int] = MappingProxyType({"0.5K": 747, "1K": 1120, "2K": 1680, "4K": 2520})
SOURCE_CREDITS = 0.0355
SOURCE_TOKENS = 1120
SEARCH_CREDITS = 0.8871
PROMPT_CREDITS_PER_1000_TOKENS = 0.0317
THINKING_CREDITS_PER_1000_TOKENS = 0.1901


def pixel_size(size: str, quality: str) -> tuple[int, int]:
    """Return width and height of a picture; `auto` must have been resolved before."""
    width, height = _HALF_K_PIXELS[size]
    return width * _SCALE[quality], height * _SCALE[quality]


def nearest_size(width: int, height: int) -> str:
    """Name the shape whose ratio is nearest to a source's, as `auto` does with a first source."""
    wanted = math.log(width / height)
    return min(
        _HALF_K_PIXELS, key=lambda size: abs(wanted - math.log(_HALF_K_PIXELS[size][0] / _HALF_K_PIXELS[size][1]))
    )


def credits_reserved(quality: str, n_sources: int) -> float:
    """Price a request at submission: the quality and each source, nothing for searches yet."""
    return round(IMAGE_CREDITS[quality] + SOURCE_CREDITS * n_sources, 4)


def prompt_tokens(prompt: str) -> int:
    """Guess the tokens of a prompt: about four characters each."""
    return max(1, math.ceil(len(prompt) / 4))


def thinking_tokens(level: str) -> int:
    """Say how many tokens of thinking a level bills here; `auto` and `min` stay free."""
    return 600 if level == "high" else 0


def credits_used(*, quality: str, n_sources: int, prompt: str, n_searches: int, thinking: str) -> float:
    """Price a finished task: the reservation plus text, searches and thinking."""
    extra = (
        PROMPT_CREDITS_PER_1000_TOKENS * prompt_tokens(prompt) / 1000
        + THINKING_CREDITS_PER_1000_TOKENS * thinking_tokens(thinking) / 1000
        + SEARCH_CREDITS * n_searches
    )
    return round(credits_reserved(quality, n_sources) + extra, 4)
