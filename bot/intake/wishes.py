"""What a person wants, however they asked for it, and what they get where they left something open. No I/O."""

from dataclasses import dataclass

from bot import errors
from bot.guilds import permits
from bot.guilds.model import GuildSettings
from bot.intake.routes import clean_prompt
from bot.jobs.model import Drawing, Kind, Quality, Size, Source, Thinking


@dataclass(frozen=True, slots=True, kw_only=True)
class Sketch:
    """What to draw and how, as far as the person said it."""

    prompt: str
    size: Size | None = None
    quality: str | None = None
    """As they wrote it: what Discord suggests can be written over."""
    web_search: bool = False
    image_search: bool = False
    thinking: Thinking = Thinking.AUTO

    @property
    def is_complete(self) -> bool:
        """Whether the person left nothing open."""
        return self.size is not None and self.quality is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants, however they asked for it."""

    sketch: Sketch
    kind: Kind = Kind.IMAGINE
    sources: tuple[Source, ...] = ()
    """In the person's order; their positions are set when the wish is taken."""
    with_tray: bool = False
    """The person's collected pictures come after `sources`, and the tray is empty once the request is taken."""
    parent_id: str | None = None
    private: bool = False


def sketch_of(drawing: Drawing) -> Sketch:
    """Return a sketch that leaves nothing open: the same once more."""
    return Sketch(
        prompt=drawing.prompt,
        size=drawing.size,
        quality=drawing.quality,
        web_search=drawing.web_search,
        image_search=drawing.image_search,
        thinking=drawing.thinking,
    )


def completed(sketch: Sketch, *, kind: Kind, settings: GuildSettings, role_ids: frozenset[int]) -> Drawing:
    """Fill in what was left open as the server has it; raises EmptyPrompt, PromptTooLong or QualityNotAllowed.

    A quality that was asked for is not held against what the person may use: the admission does that, of all jobs.
    """
    return Drawing(
        prompt=clean_prompt(sketch.prompt),
        size=sketch.size or _usual_size(kind, settings),
        quality=permits.usual_quality(settings, role_ids) if sketch.quality is None else _quality(sketch.quality),
        web_search=sketch.web_search,
        image_search=sketch.image_search,
        thinking=sketch.thinking,
    )


def _usual_size(kind: Kind, settings: GuildSettings) -> Size:
    return settings.default_size if kind is Kind.IMAGINE else Size.AUTO  # which keeps the shape of picture 1


def _quality(written: str) -> Quality:
    try:
        return Quality(written.strip().upper())
    except ValueError:
        raise errors.QualityNotAllowed(asked=written, highest=None) from None
