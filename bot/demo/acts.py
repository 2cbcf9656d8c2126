"""What a person does that asks for a picture: a command, a reply, a menu, a button. Nothing of what comes of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from importlib import resources
from typing import Any

from bot.sandbox.discord import Channel, Exchange, Message, Person

PHOTO, CAT = "photo.jpg", "cat.heic"
INSTRUCTION, FURTHER_PICTURES = "What to change", "Further pictures"
"""How the fields of the form are called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """An act that has been answered."""

    message: Message
    """The answer, in which the picture will appear."""
    exchange: Exchange | None = None
    """The interaction; none where somebody wrote a message."""
    said: Message | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One way of asking; `verb` and `words` tell it."""

    verb: str
    words: str
    do: Callable[[Person], Awaitable[Begun]] = field(repr=False)
    options: dict[str, Any] = field(default_factory=dict[str, Any])


def bundled(name: str) -> tuple[str, bytes]:
    """Return a photo that ships with the demo, as a person would attach it."""
    return name, resources.files("bot.demo").joinpath(name).read_bytes()


def by_command(channel: Channel, command: str, options: dict[str, Any]) -> Act:
    """Use a slash command."""

    async def do(person: Person) -> Begun:
        exchange = await person.use(channel, command, **options)
        return Begun(message=await exchange.message(), exchange=exchange)

    return Act(verb="types", words=command, options=options, do=do)


def by_reply(target: Message, text: str, *, owner: str, confirm: str | None = None) -> Act:
    """Reply to a picture of `owner`; `confirm` is the button that is pressed under the bot's question."""

    async def do(person: Person) -> Begun:
        said = await person.say(target.channel, text, reply_to=target)
        answer = await _answer_to(said)
        exchange = await person.press(answer, confirm) if confirm else None
        return Begun(message=answer, exchange=exchange, said=said)

    return Act(verb="says", words=f"to {owner}'s picture:", options={"": text}, do=do)


def by_menu(target: Message, entry: str, *, instruction: str) -> Act:
    """Pick an entry of a message's menu, fill in the form and send it."""
    answers = {INSTRUCTION: instruction}

    async def do(person: Person) -> Begun:
        return await _filled_in(person, await person.menu(target, entry), answers)

    return Act(verb="picks", words=f"Apps → {entry}", options={INSTRUCTION: instruction}, do=do)


def by_form(target: Message, button: str, *, instruction: str, files: list[tuple[str, bytes]]) -> Act:
    """Press a button that opens the form, fill it in and send it."""
    answers = {INSTRUCTION: instruction, FURTHER_PICTURES: files}
    told = {INSTRUCTION: instruction, FURTHER_PICTURES: files[0]}

    async def do(person: Person) -> Begun:
        return await _filled_in(person, await person.press(target, button), answers)

    return Act(verb="taps", words=button, options=told, do=do)


def by_button(target: Message, button: str) -> Act:
    """Press a button that needs no more words."""

    async def do(person: Person) -> Begun:
        exchange = await person.press(target, button)
        return Begun(message=await exchange.message(), exchange=exchange)

    return Act(verb="taps", words=button, do=do)


async def _filled_in(person: Person, opening: Exchange, answers: dict[str, Any]) -> Begun:
    exchange = await person.submit(await opening.modal(), answers)
    return Begun(message=await exchange.message(), exchange=exchange)


async def _answer_to(said: Message) -> Message:
    """Wait for the bot's reply to a message; raises TimeoutError."""
    world = said.channel.world
    found: list[Message] = []

    def is_there() -> bool:
        found[:] = [each for each in said.channel.messages.values() if each.reply_to is said and each.author.bot]
        return bool(found)

    del world
    return found[0]


def began_at(begun: Begun) -> datetime:
    """Return when the person asked."""
    if begun.said is not None:
        return begun.said.created_at
    assert begun.exchange is not None  # noqa: S101 - whoever said nothing did something
    return begun.exchange.created_at
