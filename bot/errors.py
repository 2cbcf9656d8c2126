"""The tree of errors. An error carries facts; the sentence a person reads is made in `ui.texts`.

ImagebotError
├── SettingsError            the settings are not usable; every fault by its variable's name
├── Refusal                  a person is told no; nothing was spent, nothing was lost
│   ├── EmptyPrompt
│   ├── PromptTooLong        length, limit
│   ├── DoubleRequest        the same interaction came twice
│   ├── QueueFull            waiting, limit
│   ├── NotYours             a button of somebody else's job
│   ├── UnknownJob           a button whose job is not known (any more)
│   ├── ShuttingDown
│   └── StoreUnavailable     the database did not take the request
├── NotAPicture              reason: not_a_picture, cut_off, too_large, empty, vector, document, video, unsupported
├── DownloadFailed           reason: gone, unreachable, too_large, forbidden_address, too_many_redirects
├── HostingFailed            no host could take a prepared picture: faults, one for each host; nothing was spent
│   └── HostingFull          every host is full
├── StoreError               the database cannot be used just now: locked, full, not to be opened, of a newer program
│   └── StoreConflict        the database is well and will never take this: say what else, do not repeat
├── CannotConnect            Discord cannot be reached or does not let the bot in; the message is for the operator
├── CannotListen             the web server cannot use WEB_HOST and WEB_PORT; the message is for the operator
├── FolderInUse              another process works on this DATA_DIR
└── ProviderError            (bot.provider.errors draws its own branch)
"""

from dataclasses import dataclass


class ImagebotError(Exception):
    """Everything this project raises on purpose."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the settings: the variable's name and a sentence without its value."""

    variable: str
    sentence: str


class SettingsError(ImagebotError):
    """The settings are not usable; `faults` names every one of them."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.variable}: {fault.sentence}" for fault in faults))
        self.faults = faults


class Refusal(ImagebotError):
    """A person is told no. Nothing was spent and nothing was lost."""


class EmptyPrompt(Refusal):
    """The prompt holds nothing but white space or invisible characters."""


class PromptTooLong(Refusal):
    """The prompt is longer than the provider takes."""

    def __init__(self, *, length: int, limit: int) -> None:
        super().__init__(f"{length} > {limit}")
        self.length = length
        self.limit = limit


class DoubleRequest(Refusal):
    """The same interaction or message was already taken as a job."""


class QueueFull(Refusal):
    """Too many jobs wait already."""

    def __init__(self, *, waiting: int, limit: int) -> None:
        super().__init__(f"{waiting} of {limit}")
        self.waiting = waiting
        self.limit = limit


class NotYours(Refusal):
    """A button of somebody else's job was pressed by a person without the right to it."""


class UnknownJob(Refusal):
    """A button whose job is not known, or not known any more."""


class ShuttingDown(Refusal):
    """The process is about to end and takes no new work."""


class StoreUnavailable(Refusal):
    """The database could not take the request."""


class NotAPicture(ImagebotError):
    """A file is not a whole picture; `reason` is not_a_picture, cut_off or too_large.

    Of what a person attached it may also be empty, vector (SVG), document (PDF), video, or unsupported: a picture of a
    kind that is not taken, which `detail` then names.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail


class DownloadFailed(ImagebotError):
    """A body could not be fetched; `passing` says whether another try may succeed.

    `reason` is gone, unreachable, too_large, forbidden_address or too_many_redirects.
    """

    def __init__(self, reason: str, *, passing: bool, status: int | None = None, detail: str = "") -> None:
        super().__init__(f"{reason} ({status}) {detail}".strip())
        self.reason = reason
        self.passing = passing
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFault:
    """Why one host could not take a picture.

    `reason` is full (no room for more), refused (it said no), unreachable (it gave no usable answer) or broken (the
    picture's URL does not answer with the picture). `passing` says whether another try may succeed.
    """

    host: str
    reason: str
    passing: bool
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.host} {self.reason} {self.detail}".strip()


class HostingFailed(ImagebotError):
    """No configured host could take a prepared picture. Nothing was spent."""

    def __init__(self, faults: tuple[HostFault, ...]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = faults

    @property
    def passing(self) -> bool:
        """Whether a later try may succeed."""
        return any(fault.passing for fault in self.faults)


class HostingFull(HostingFailed):
    """No configured host has room for another picture, and nothing could be removed."""


class StoreError(ImagebotError):
    """The database cannot be opened, read or written, is corrupt, or was made by a newer program."""


class StoreConflict(StoreError):
    """What was to be stored breaks a rule of the table or fits no column: the same statement fails again and again."""


class CannotConnect(ImagebotError):
    """Discord cannot be reached or does not let the bot in; the message is a line for the operator."""


class CannotListen(ImagebotError, OSError):
    """The web server cannot listen where WEB_HOST and WEB_PORT say; the message is a line for the operator."""


class FolderInUse(ImagebotError):
    """Another process works on this DATA_DIR."""
