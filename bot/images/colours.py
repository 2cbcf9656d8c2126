"""Colours as the eye should see them: whatever a decoder hands out becomes 8-bit sRGB, with alpha where there is any.

Works on strips of a picture, so that no second copy of a large one is ever held; what needs the whole picture (the
range of its values) is measured once, when the `Toner` is made.
"""

import io
from collections.abc import Callable

from PIL import Image, ImageCms

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
_LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
_WIDE_WHITE = 65_535
_SPACES = {"RGB": {"RGB", "RGBA", "P", "PA", "RGBX", "RGBa"}, "GRAY": {"1", "L", "LA", "La"}, "CMYK": {"CMYK"}}
_GAMMA_OF_SRGB = 1 / 2.2
_UNREMARKABLE_GAMMA = (0.4, 0.5)


class Toner:
    """Turns strips of one decoded picture into RGB or RGBA."""

    def __init__(self, image: Image.Image) -> None:
        self.mode = "RGBA" if image.has_transparency_data and not _is_opaque(image) else "RGB"
        self._narrow = _find_narrowing(image)
        self._transform = _find_transform(image)
        curve = None if self._transform else _find_curve(image)
        self._curve = curve and curve * 3 + (list(range(256)) if self.mode == "RGBA" else [])

    def tone(self, strip: Image.Image) -> Image.Image:
        """Return the strip in 8-bit sRGB of `mode`."""
        strip = self._narrow(strip)
        if strip.mode in {"P", "PA", "La", "RGBa"} or "transparency" in strip.info:
            strip = strip.convert(self.mode)
        colour = strip if self._transform is None else self._apply_profile(strip, self._transform)
        if colour.mode != self.mode:
            colour = colour.convert(self.mode)
        return colour if self._curve is None else colour.point(self._curve)  # pyright: ignore[reportUnknownMemberType]

    def _apply_profile(self, strip: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
        if strip.mode == "1":
            strip = strip.convert("L")
        if not strip.mode.endswith("A"):
            return _transform_colours(strip, transform)
        alpha = strip.getchannel("A")
        toned = _transform_colours(strip.convert(strip.mode.removesuffix("A")), transform)
        toned.putalpha(alpha)
        return toned


def _is_opaque(image: Image.Image) -> bool:
    """Say whether an alpha channel hides nothing; where transparency is a palette's, time will tell."""
    return image.mode in {"RGBA", "LA"} and image.getchannel("A").getextrema() == (255, 255)


def _transform_colours(strip: Image.Image, transform: ImageCms.ImageCmsTransform) -> Image.Image:
    toned = ImageCms.applyTransform(strip, transform)
    if toned is None:  # only where it works in place
        raise ValueError("the colour profile could not be applied")
    return toned


def _find_transform(image: Image.Image) -> ImageCms.ImageCmsTransform | None:
    """Find the way from the picture's own colours to sRGB; a profile for another kind of picture counts as none."""
    if image.mode == "LAB":
        return ImageCms.buildTransform(_LAB, _SRGB, "LAB", "RGB")
    profile = image.info.get("icc_profile")
    space = next((space for space, modes in _SPACES.items() if image.mode in modes), None)
    if not profile or space is None or profile[16:20].strip() != space.encode():
        return None
    input_mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}[space]
    try:
        return ImageCms.buildTransform(ImageCms.ImageCmsProfile(io.BytesIO(profile)), _SRGB, input_mode, "RGB")
    except (ImageCms.PyCMSError, OSError):
        return None  # a broken profile says nothing


def _find_narrowing(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """Find how to get from more than eight bits to eight: scaled by what white is, never clipped."""
    if not image.mode.startswith(("I", "F")):
        return _leave
    darkest, brightest = _measure_range(image)
    if image.mode.startswith("I;16") or (image.mode == "I" and darkest >= 0 and 255 < brightest <= _WIDE_WHITE):
        darkest, brightest = 0, _WIDE_WHITE
    elif image.mode == "I" and darkest >= 0 and brightest <= 255:
        darkest, brightest = 0, 255
    elif image.mode == "F" and darkest >= 0 and brightest <= 1:
        darkest, brightest = 0, 1
    factor = 255 / ((brightest - darkest) or 1)

    def narrow(strip: Image.Image) -> Image.Image:
        wide = strip.convert("F").point(lambda value: value * factor + (0.5 - darkest * factor))  # pyright: ignore[reportUnknownMemberType]
        grey = wide.convert("L")
        grey.info.pop("transparency", None)  # a value among the wide ones
        return grey

    return narrow


def _leave(strip: Image.Image) -> Image.Image:
    return strip


def _measure_range(image: Image.Image) -> tuple[float, float]:
    darkest, brightest = image.getextrema()
    if isinstance(darkest, tuple) or isinstance(brightest, tuple):
        raise TypeError(f"a single channel was expected, not {image.mode}")
    return darkest, brightest


def _find_curve(image: Image.Image) -> list[int] | None:
    """Find the curve for a PNG that states its own gamma and no profile; None where it is the usual one."""
    gamma = image.info.get("gamma")
    if "srgb" in image.info or not isinstance(gamma, float) or gamma <= 0.01:
        return None
    if _UNREMARKABLE_GAMMA[0] <= gamma <= _UNREMARKABLE_GAMMA[1]:
        return None
    return [round(255 * (value / 255) ** (_GAMMA_OF_SRGB / gamma)) for value in range(256)]
