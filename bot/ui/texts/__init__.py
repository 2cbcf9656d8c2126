"""Every sentence and label a person reads in Discord; the only place that is translated. Words only, no layout."""

from bot.ui.texts.answers import (
    internal_error,
    not_yours,
    refusal,
    restarting,
    still_working,
    unknown_button,
)
from bot.ui.texts.commands import IMAGINE_DESCRIPTION, IMAGINE_OPTIONS
from bot.ui.texts.failures import FailureText, failure
from bot.ui.texts.labels import (
    CANCEL_LABEL,
    COLLECT_LABEL,
    DURATION_LABEL,
    EXTRAS_LABEL,
    PIXELS_LABEL,
    QUALITY_LABEL,
    REMARK_LABEL,
    SIZE_LABEL,
    made_by,
    reference,
)
from bot.ui.texts.names import QUALITY_NAMES, SIZE_NAMES, THINKING_NAMES, extras, settings_line
from bot.ui.texts.notices import (
    cancelled_after,
    cancelled_before,
    cannot_be_shown,
    kept_for_now,
    not_ready,
    ready,
    still_working_here,
    too_late_to_cancel,
)
from bot.ui.texts.progress import expectation, percent, status_title, status_words
from bot.ui.texts.results import alt_text, delivery_note, duration, other_pixels, pixels

__all__ = [
    "CANCEL_LABEL",
    "COLLECT_LABEL",
    "DURATION_LABEL",
    "EXTRAS_LABEL",
    "IMAGINE_DESCRIPTION",
    "IMAGINE_OPTIONS",
    "PIXELS_LABEL",
    "QUALITY_LABEL",
    "QUALITY_NAMES",
    "REMARK_LABEL",
    "SIZE_LABEL",
    "SIZE_NAMES",
    "THINKING_NAMES",
    "FailureText",
    "alt_text",
    "cancelled_after",
    "cancelled_before",
    "cannot_be_shown",
    "delivery_note",
    "duration",
    "expectation",
    "extras",
    "failure",
    "internal_error",
    "kept_for_now",
    "made_by",
    "not_ready",
    "not_yours",
    "other_pixels",
    "percent",
    "pixels",
    "ready",
    "reference",
    "refusal",
    "restarting",
    "settings_line",
    "status_title",
    "status_words",
    "still_working",
    "still_working_here",
    "too_late_to_cancel",
    "unknown_button",
]
