"""Why a picture that a person gave could not be used: nothing was spent, and the sentence names the file.

By the reasons of `errors.NotAPicture`, `errors.DownloadFailed`, `images.worker.WorkerDied` and `errors.HostingFull`;
`not_kept` where our own disk failed.
"""

from bot.jobs.model import FailureKind
from bot.ui.texts.explanations import TELL_OPERATOR, Explanation
from bot.ui.texts.sources import named

_OTHER_FILE = "Give another picture, or save it anew as JPEG or PNG, and try again."
_SMALLER = "Save it smaller and try again."
_ONCE_MORE = "Attach it once more and try again."

BAD_SOURCE = {
    "not_a_picture": ("is not a picture, whatever its name says.", _OTHER_FILE),
    "cut_off": ("is damaged or incomplete: a part of the picture is missing.", _OTHER_FILE),
    "too_large": ("has more pixels than the bot takes.", _SMALLER),
    "empty": ("is an empty file.", "Attach the picture once more and try again."),
    "vector": ("is a drawing made of lines (SVG), which the model cannot read.", "Save it as PNG and try again."),
    "document": ("is a document (PDF), not a picture.", "Save the page as PNG or JPEG and try again."),
    "video": ("is a video, and the model takes still pictures only.", "Take a still of it and try again."),
    "unsupported": ("is a picture of a kind the bot cannot open.", "Save it as JPEG or PNG and try again."),
    "out_of_memory": ("needs more memory to open than the bot has for one picture.", _SMALLER),
    "timed_out": ("took too long to open.", _SMALLER),
    "died": ("could not be opened: its file brings the program that reads it to a halt.", _OTHER_FILE),
}
"""What is wrong with the file, and what to do."""

SOURCE_GONE = {
    "gone": ("is not there any more.", _ONCE_MORE),
    "unreachable": ("could not be fetched from Discord, though the bot tried several times.", _ONCE_MORE),
    "too_large": ("is a larger file than the bot takes.", _SMALLER),
    "forbidden_address": ("does not lie at Discord, and the bot fetches from nowhere else.", _ONCE_MORE),
    "too_many_redirects": ("could not be fetched: its address leads elsewhere.", _ONCE_MORE),
    "not_kept": ("could not be kept: the disk of the bot did not take it, though the bot kept trying.", TELL_OPERATOR),
}
"""Why the file could not be fetched, and what to do."""

_GENERAL = {
    FailureKind.BAD_SOURCE: ("could not be used.", _OTHER_FILE),
    FailureKind.SOURCE_GONE: ("could not be fetched.", _ONCE_MORE),
}

_HOSTING_FULL = Explanation(
    title="No room for your pictures",
    happened="The place where pictures lie ready for the image service is full. That is not your fault.",
    advice="Try again later; if it stays like this, tell whoever runs this bot.",
)
_HOSTING_FAILED = Explanation(
    title="Your pictures could not be handed over",
    happened="The place where pictures lie ready for the image service did not take them, though the bot tried.",
    advice=f"Try again in a few minutes. If it stays like this: {TELL_OPERATOR[0].lower()}{TELL_OPERATOR[1:]}",
)


def explain(kind: FailureKind, code: str, *, name: str) -> Explanation:
    """Explain what was wrong with the picture of this name; `kind` is one of the three that are about sources."""
    if kind is FailureKind.HOSTING_FAILED:
        return _HOSTING_FULL if code == "full" else _HOSTING_FAILED
    table = BAD_SOURCE if kind is FailureKind.BAD_SOURCE else SOURCE_GONE
    fault, advice = table.get(code) or _GENERAL[kind]
    title = "A picture cannot be used" if kind is FailureKind.BAD_SOURCE else "A picture could not be fetched"
    return Explanation(title=title, happened=f"The file {named(name)} {fault}", advice=advice)
