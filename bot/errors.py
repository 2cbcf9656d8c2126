"""The tree of errors. An error carries facts; the sentence a person reads is made in `ui.texts`.

ImagebotError
├── SettingsError            the settings are not usable; every fault by its variable's name
├── Refusal                  a person is told no; nothing was spent, nothing was lost
│   ├── EmptyPrompt
│   ├── PromptTooLong        length, limit
│   ├── DoubleRequest        the same interaction came twice
│   ├── QueueFull            waiting, limit
│   ├── TooManyWaiting       own
│   ├── NotYours             a button of somebody else's job
│   ├── UnknownJob           a button whose job is not known (any more)
│   ├── PressedTwice         a button that costs something was pressed twice in a moment
│   ├── ResultGone           a picture the bot made is not kept any more
│   ├── SourceGone           name: a picture that was given is not kept any more
│   ├── NotAPictureFile      name: a file that is plainly no picture was given as one
│   ├── SourceTooLarge       name, n_bytes, limit_bytes
│   ├── TooManySources       count, limit
│   ├── NoPicture            an edit of what holds no picture
│   ├── PictureUnreadable    a message that Discord shows the bot in a menu only
│   ├── TrayEmpty            collected pictures were to be used, and there are none
│   ├── TraysFull            what people have collected fills the room for it
│   ├── TooManyCollected     limit, wait_s: one person collects faster than what they cleared leaves the disk
│   ├── MessageGone          the message that was meant was deleted
│   ├── NotEndedYet          a picture is still being made, or waits to be collected
│   ├── StorageFull          pictures that may not be removed fill the room for all of them
│   ├── StorageUnusable      is_full: the disk has no room, or its folders cannot be written
│   ├── ShuttingDown
│   ├── StoreUnavailable     the database did not take the request
│   ├── LimitReached         a quota: scope, unit, period, limit, granted, used, needed, resets_at, subject_id, fits
│   ├── TooManyAtOnce        limit, of_server
│   ├── QualityNotAllowed    asked, highest, of_role
│   ├── NotAllowedHere       what: channel, private, search, direct, server
│   ├── Blocked              by_operator
│   ├── WordNotAllowed       word
│   ├── SpendingStopped      until: the operator's money is used up for now
│   └── BadSetting           what, given: an administrator wrote what cannot be set; nothing was changed
├── NotAPicture              reason: not_a_picture, cut_off, too_large, empty, vector, document, video, unsupported
├── DownloadFailed           reason: gone, unreachable, too_large, forbidden_address, too_many_redirects, not_kept
├── HostingFailed            no host could take a prepared picture: faults, one for each host; nothing was spent
│   └── HostingFull          every host is full
├── StoreError               the database cannot be used just now: locked, full, not to be opened, of a newer program
│   ├── StoreConflict        the database is well and will never take this: say what else, do not repeat
│   ├── StoreLocked          another program holds it
│   ├── StoreFull            its disk has no room
│   ├── StoreUnclear         its disk failed, and nothing shows why
│   └── StoreDamaged         what is in it makes no sense any more
├── CannotConnect            Discord cannot be reached or does not let the bot in; the message is for the operator
├── CannotListen             the web server cannot use WEB_HOST and WEB_PORT; the message is for the operator
├── FolderInUse              a process works on this DATA_DIR beside which this one can't
└── ProviderError            (bot.provider.errors draws its own branch)
"""

from dataclasses import dataclass
from datetime import datetime


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


class TooManyWaiting(Refusal):
    """So many jobs of this person wait that the places still free are left to others; `own` is how many."""

    def __init__(self, *, own: int) -> None:
        super().__init__(f"{own} of their own")
        self.own = own


class NotYours(Refusal):
    """A button of somebody else's job was pressed by a person without the right to it."""


class UnknownJob(Refusal):
    """A button whose job is not known, or not known any more."""


class PressedTwice(Refusal):
    """A button that costs something was pressed twice within a moment: the second press is taken for a slip."""


class ResultGone(Refusal):
    """A picture the bot made is not kept any more."""


class SourceGone(Refusal):
    """A picture that a person gave is not kept any more."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class NotAPictureFile(Refusal):
    """A file that is plainly no picture was given as one."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class SourceTooLarge(Refusal):
    """A picture is larger than the bot takes."""

    def __init__(self, name: str, *, n_bytes: int, limit_bytes: int) -> None:
        super().__init__(f"{name}: {n_bytes} > {limit_bytes}")
        self.name = name
        self.n_bytes = n_bytes
        self.limit_bytes = limit_bytes


class TooManySources(Refusal):
    """More pictures were given than the provider takes at once."""

    def __init__(self, *, count: int, limit: int) -> None:
        super().__init__(f"{count} > {limit}")
        self.count = count
        self.limit = limit


class NoPicture(Refusal):
    """There is no picture where one was to be changed or collected."""


class PictureUnreadable(Refusal):
    """Discord does not let the bot read that message, except when a person picks it in a menu (discord.md 5)."""


class TrayEmpty(Refusal):
    """The person's collected pictures were to be used, and there are none (any more)."""


class MessageGone(Refusal):
    """The message that was meant was deleted, or the bot cannot see it any more."""


class NotEndedYet(Refusal):
    """A picture was to be shown again or removed while it is still being made, or waits to be collected."""


class TraysFull(Refusal):
    """What people have collected and not used yet fills the room there is for that."""


class TooManyCollected(Refusal):
    """A person had so many pictures fetched for their tray that those they have cleared still fill the disk."""

    def __init__(self, *, limit: int, wait_s: float) -> None:
        super().__init__(f"{limit}, for {wait_s:.0f} s")
        self.limit = limit
        self.wait_s = wait_s


class StorageFull(Refusal):
    """There is no room for another picture, and what is there may not be removed."""


class StorageUnusable(Refusal):
    """A picture could not be kept: the disk has no room (`is_full`), or its folders cannot be written."""

    def __init__(self, *, is_full: bool) -> None:
        super().__init__("full" if is_full else "not writable")
        self.is_full = is_full


class ShuttingDown(Refusal):
    """The process is about to end and takes no new work."""


class StoreUnavailable(Refusal):
    """The database could not take the request."""


class LimitReached(Refusal):
    """A quota does not admit the request.

    `scope`, `unit` and `period` are those of `quota.model`; `limit`, `used` and `needed` are images or millionths of
    credits, and so is `granted`, which is a part of `limit`. `resets_at` is when the same request would be admitted if
    nothing else was asked for; None where no waiting helps. `rolling` says whether the window moves along with the
    time. `fits` is the best quality that what is left is enough for, if there is one.
    """

    def __init__(
        self,
        *,
        scope: str,
        unit: str,
        period: str,
        limit: int,
        granted: int = 0,
        used: int,
        needed: int,
        resets_at: datetime | None,
        rolling: bool,
        subject_id: int | None = None,
        fits: str | None = None,
    ) -> None:
        super().__init__(f"{scope} {subject_id or ''}: {used} of {limit} {unit} a {period}, {needed} asked for")
        self.scope = scope
        self.unit = unit
        self.period = period
        self.limit = limit
        self.granted = granted
        self.used = used
        self.needed = needed
        self.resets_at = resets_at
        self.rolling = rolling
        self.subject_id = subject_id
        self.fits = fits


class TooManyAtOnce(Refusal):
    """As many jobs go on as the server allows at once, of this person or (`of_server`) of all."""

    def __init__(self, *, limit: int, of_server: bool) -> None:
        super().__init__(f"{limit} {'of the server' if of_server else 'of the person'}")
        self.limit = limit
        self.of_server = of_server


class QualityNotAllowed(Refusal):
    """The quality is higher than this person may use; `highest` is None where it is no quality at all.

    `of_role` says whether a role of theirs decides it, and not what holds for everybody in the server.
    """

    def __init__(self, *, asked: str, highest: str | None, of_role: bool = False) -> None:
        super().__init__(f"{asked} > {highest}")
        self.asked = asked
        self.highest = highest
        self.of_role = of_role


class NotAllowedHere(Refusal):
    """The server, or the operator, does not allow it: `what` is channel, private, search, direct or server.

    `channel_ids` are the channels where it is allowed, if the server names any.
    """

    def __init__(self, what: str, *, channel_ids: tuple[int, ...] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.channel_ids = channel_ids


class Blocked(Refusal):
    """This person is blocked, by the administrators of the server or by the operator."""

    def __init__(self, *, by_operator: bool) -> None:
        super().__init__("by the operator" if by_operator else "by the server")
        self.by_operator = by_operator


class WordNotAllowed(Refusal):
    """The prompt holds a word or phrase that the server does not allow."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


class SpendingStopped(Refusal):
    """The operator's money is used up for now; `until` is when it ends, as far as that is known."""

    def __init__(self, *, until: datetime | None) -> None:
        super().__init__(f"until {until}")
        self.until = until


class BadSetting(Refusal):
    """An administrator wrote what cannot be set; nothing was changed.

    `what` names the kind of fault, one of `ui.texts.settings`; `given` is what they wrote.
    """

    def __init__(self, what: str, given: str = "") -> None:
        super().__init__(f"{what}: {given}")
        self.what = what
        self.given = given


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

    `reason` is gone, unreachable, too_large, forbidden_address or too_many_redirects; of a result also not_kept, where
    our own disk did not take it.
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


class StoreLocked(StoreError):
    """Another program holds the database; it may let go of it."""


class StoreFull(StoreError):
    """The disk of the database has no room for what would have to be written; there may be room again."""


class StoreUnclear(StoreError):
    """The disk of the database failed, and nothing shows why; whatever it was may have passed."""


class StoreDamaged(StoreError):
    """What is in the database makes no sense any more: no new work is taken until a backup is in its place."""


class CannotConnect(ImagebotError):
    """Discord cannot be reached or does not let the bot in; the message is a line for the operator."""


class CannotListen(ImagebotError, OSError):
    """The web server cannot listen where WEB_HOST and WEB_PORT say; the message is a line for the operator."""


class FolderInUse(ImagebotError):
    """Another process works on this DATA_DIR, and this one cannot work beside it: one of them changes the schema."""
