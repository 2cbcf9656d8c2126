"""Make a picture fit a number of bytes with the least harm: untouched, lossless, visually lossless, smaller.

Decodes pixels and is therefore run in an image worker. What was done is told as facts (`Step`); the sentence about
them is made where people are spoken to. Which encodings there are, and in which order they are tried, is `ladder`'s.
"""

import enum
import math
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bot.errors import ImagebotError
from bot.images import container, ladder, likeness, pixels, sample

VISUALLY_LOSSLESS_SSIM = 0.98
LOSSLESS_WORTH_TRYING = 1.3
"""Lossless WebP saves up to about a quarter of a PNG; a file further over the limit is not worth the seconds."""

_SAMPLING_MARGIN = 0.001
_LONGEST_SIDE_AT_LEAST_PX = 64
_WORTH_SCALING_UP = 1.08


class Step(enum.StrEnum):
    """One thing that was done to the picture, in the order of the harm it does."""

    LOSSLESS = "lossless"
    """Written anew in another format; every pixel is the same."""
    VISUALLY_LOSSLESS = "visually_lossless"
    """Written anew with an SSIM of at least 0.98 and the same number of pixels."""
    SMALLER = "smaller"
    """Scaled down, the shape kept."""
    STILL = "still"
    """The first frame of an animation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A picture that fits, and what had to be done to it: nothing where `steps` is empty and `path` is the source."""

    path: Path
    media_type: str
    extension: str
    """Without a dot, by content."""
    width: int
    height: int
    n_bytes: int
    steps: tuple[Step, ...]


class DoesNotFit(ImagebotError):
    """Not even a thumbnail of the picture fits the limit."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(max_bytes)
        self.max_bytes = max_bytes


def fit(source: Path, target_folder: Path, *, max_bytes: int) -> Fitted:
    """Return the source itself if it fits, else a copy in the folder, of at most `max_bytes`, that looks like it.

    Alpha is kept. Raises `NotAPicture` where the source can't be decoded, `DoesNotFit` for an absurd limit.
    """
    picture = container.inspect(source)
    if picture.n_bytes <= max_bytes:
        return Fitted(
            path=source,
            media_type=picture.media_type,
            extension=picture.extension,
            width=picture.width,
            height=picture.height,
            n_bytes=picture.n_bytes,
            steps=(),
        )
    decoded = pixels.decode(source, picture)
    encoded, step = _encode_within(decoded, n_bytes=picture.n_bytes, max_bytes=max_bytes)
    path = target_folder / f"{source.stem}-fitted.{encoded.extension}"
    path.write_bytes(encoded.content)
    return Fitted(
        path=path,
        media_type=encoded.media_type,
        extension=encoded.extension,
        width=encoded.width,
        height=encoded.height,
        n_bytes=len(encoded.content),
        steps=(step, Step.STILL) if decoded.was_animated else (step,),
    )


def _encode_within(decoded: pixels.Decoded, *, n_bytes: int, max_bytes: int) -> tuple[ladder.Encoded, Step]:
    tiles = sample.cut_sample(decoded.image)
    scale = decoded.image.width * decoded.image.height / (tiles.width * tiles.height)
    trial = _Trial(image=decoded.image, tiles=tiles, scale=scale, max_bytes=max_bytes)
    if decoded.is_exact and n_bytes <= max_bytes * LOSSLESS_WORTH_TRYING and (encoded := _try_lossless(trial)):
        return encoded, Step.LOSSLESS
    if not decoded.was_halved and (encoded := _try_visually_lossless(trial)):
        return encoded, Step.VISUALLY_LOSSLESS
    return _scale_down(trial, max_factor=1.0 if decoded.was_halved else 0.95), Step.SMALLER


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    image: Image.Image
    tiles: Image.Image
    scale: float
    """How many times the pixels of the tiles the picture has."""
    max_bytes: int

    def predict_bytes(self, rung: ladder.Rung) -> float:
        return len(rung.encode(self.tiles).content) * self.scale

    def encode(self, rung: ladder.Rung) -> ladder.Encoded | None:
        """Encode the whole picture, if that promises to fit and does."""
        if not rung.takes(self.image) or self.predict_bytes(rung) > self.max_bytes * 1.05:
            return None
        encoded = rung.encode(self.image)
        return encoded if len(encoded.content) <= self.max_bytes else None


def _try_lossless(trial: _Trial) -> ladder.Encoded | None:
    return next(filter(None, map(trial.encode, ladder.LOSSLESS)), None)


def _try_visually_lossless(trial: _Trial) -> ladder.Encoded | None:
    """Take the first rung that fits; if it is not alike enough, those below it on its ladder are less so."""
    for rungs in ladder.list_ladders(trial.image):
        for rung in rungs:
            if (encoded := trial.encode(rung)) is None:
                continue
            if _is_alike(trial.tiles, rung):
                return encoded
            break
    return None


def _is_alike(tiles: Image.Image, rung: ladder.Rung) -> bool:
    again = pixels.read_brightness(rung.encode(tiles).content)
    return likeness.measure_ssim(pixels.take_brightness(tiles), again) >= VISUALLY_LOSSLESS_SSIM + _SAMPLING_MARGIN


def _scale_down(trial: _Trial, *, max_factor: float) -> ladder.Encoded:
    """Scale until it fits, and once up again where the first guess left much of the limit unused."""
    rung = ladder.choose_for_smaller(trial.image)
    longest_px = max(trial.image.size)
    max_factor = min(max_factor, rung.find_factor(trial.image))
    factor = min(max_factor, _guess_factor(trial.max_bytes, trial.predict_bytes(rung)))
    while longest_px * factor >= _LONGEST_SIDE_AT_LEAST_PX:
        encoded = rung.encode(pixels.scale(trial.image, factor))
        change = _guess_factor(trial.max_bytes, len(encoded.content))
        if len(encoded.content) > trial.max_bytes:
            factor *= min(0.9, change)
            continue
        if change < _WORTH_SCALING_UP or factor == max_factor:
            return encoded
        larger = rung.encode(pixels.scale(trial.image, min(max_factor, factor * change)))
        return larger if len(larger.content) <= trial.max_bytes else encoded
    raise DoesNotFit(trial.max_bytes)


def _guess_factor(max_bytes: int, n_bytes: float) -> float:
    """Bytes grow with the area; aim a little below the limit, because detail per pixel grows as a picture shrinks."""
    return 0.97 * math.sqrt(max_bytes / n_bytes)
