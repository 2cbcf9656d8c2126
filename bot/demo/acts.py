"""What a person does that asks for a picture: a command, a reply, a menu, a button. Nothing of what comes of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from bot.clock import Clock
from bot.sandbox.discord import Account, Channel, Exchange, Message, NoAnswer, Person
from bot.ui import texts

File = tuple[str, bytes]

PHOTO, CAT = "photo.jpg", "cat.heic"
_PATIENCE_S, _LOOK_EVERY_S = 20.0, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An act that has been answered."""

    message: Message
    """The answer, in which the picture will appear."""
    exchange: Exchange | None = None
    """The interaction; none where somebody wrote a message and pressed nothing."""
    said: Message | None = None
    """What the person wrote, where that was a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One way of asking; `verb` and `words` tell it."""

    verb: str
    words: str
    title: str
    """What Discord calls it, for the page."""
    do: Callable[[Person], Awaitable[Begun]] = field(repr=False)
    options: dict[str, Any] = field(default_factory=dict[str, Any])
    files: dict[str, File] = field(default_factory=dict[str, File])


def bundled(name: str) -> File:
    """Return a photo that ships with the demo, as a person would attach it."""
    return name, resources.files("bot.demo").joinpath(name).read_bytes()


def by_command(channel: Channel, command: str, files: dict[str, File] | None = None, /, **options: Any) -> Act:
    """Use a slash command; `files` are its options that are pictures."""
    given = files or {}

    async def do(person: Person) -> Begun:
        exchange = await person.use(channel, command, **options, **given)
        return Begun(message=await exchange.message(), exchange=exchange)

    told = {name: f"@{value.name}" if isinstance(value, Account) else value for name, value in options.items()}
    return Act(verb="types", words=command, title="used", options=told, files=given, do=do)


def by_reply(target: Message, text: str, *, owner: str, clock: Clock, confirm: str | None = None) -> Act:
    """Reply to a picture of `owner`; `confirm` is the button that is pressed under the bot's question."""

    async def do(person: Person) -> Begun:
        said = await person.say(target.channel, text, reply_to=target)
        answer = await _answer_to(said, clock)
        exchange = await person.press(answer, confirm) if confirm else None
        return Begun(message=answer, exchange=exchange, said=said)

    bot = target.author
    words = text.replace(bot.mention, f"@{bot.name}")
    return Act(verb="says", words=words, title="replied", options={"in reply to": f"{owner}'s picture"}, do=do)


def by_menu(target: Message, entry: str, *, instruction: str) -> Act:
    """Pick an entry of a message's menu, fill in the form and send it."""
    answers = {texts.INSTRUCTION_LABEL: instruction}

    async def do(person: Person) -> Begun:
        return await _filled_in(person, await person.menu(target, entry), answers)

    return Act(
        verb="picks", words=f"Apps → {entry}", title="picked", options={texts.INSTRUCTION_LABEL: instruction}, do=do
    )


def by_form(target: Message, button: str, *, instruction: str, file: File) -> Act:
    """Press a button that opens the form, fill it in and send it."""
    answers: dict[str, Any] = {texts.INSTRUCTION_LABEL: instruction, texts.UPLOADS_LABEL: [file]}

    async def do(person: Person) -> Begun:
        return await _filled_in(person, await person.press(target, button), answers)

    return Act(
        verb="taps",
        words=button,
        title="pressed",
        options={texts.INSTRUCTION_LABEL: instruction},
        files={texts.UPLOADS_LABEL: file},
        do=do,
    )


def by_button(target: Message, button: str) -> Act:
    """Press a button that needs no more words."""

    async def do(person: Person) -> Begun:
        exchange = await person.press(target, button)
        return Begun(message=await exchange.message(), exchange=exchange)

    return Act(verb="taps", words=button, title="pressed", do=do)


async def _filled_in(person: Person, opening: Exchange, answers: dict[str, Any]) -> Begun:
    form = (await opening.answered()).modal
    if form is None:
        raise NoAnswer("no form was opened")
    exchange = await person.submit(form, answers)
    return Begun(message=await exchange.message(), exchange=exchange)


async def _answer_to(said: Message, clock: Clock) -> Message:
    """Wait for the bot's reply to a message; raises TimeoutError."""
    deadline = clock.monotonic() + _PATIENCE_S
    while clock.monotonic() < deadline:
        for each in said.channel.messages.values():
            if each.reply_to is said and each.author.bot:
                return each
        await clock.sleep(_LOOK_EVERY_S)
    raise TimeoutError("the reply was not answered")
