"""Where people act: it refuses what a Discord client would refuse, and makes interactions of the rest."""

import asyncio
import secrets
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from bot.sandbox.discord import exchanges, payloads
from bot.sandbox.discord.accounts import DEFAULT_UPLOAD_LIMIT_BYTES, Account, File, Person
from bot.sandbox.discord.application import MESSAGE_MENU, SLASH, USER_MENU
from bot.sandbox.discord.command_options import Typed, chosen_options
from bot.sandbox.discord.commands_seen import find_command
from bot.sandbox.discord.component_forms import BUTTON, SELECTS, STYLE_LINK, STYLE_PREMIUM, find_part, walk
from bot.sandbox.discord.composing import Composer, Rules, Upload
from bot.sandbox.discord.exchanges import Exchange, Modal
from bot.sandbox.discord.message_forms import CHANNEL_SEND, check_message
from bot.sandbox.discord.messages import DEFAULT, REPLY, Message
from bot.sandbox.discord.modal_answers import answered_components
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.places import PUBLIC_THREAD, Channel
from bot.sandbox.discord.refusals import ApiRefusal, Json
from bot.sandbox.discord.resolving import PersonCannot, Resolved
from bot.sandbox.discord.selecting import selected_values
from bot.sandbox.discord.world import World

MODAL_REGISTERED_S = 0.02
"""A library knows its modal only once it has read the HTTP answer (sandbox.md); a person is never quicker."""


class Desk:
    """Acts for people."""

    def __init__(self, world: World, *, spawn: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        self._world = world
        self._spawn = spawn

    # Commands ----------------------------------------------------------------------------------------------------

    def use(self, person: Person, channel: Channel, command: str, options: dict[str, Any]) -> Exchange:
        """Use a slash command."""
        words = command.removeprefix("/").split()
        found = self._command(person, channel, SLASH, words[0])
        resolved = Resolved(self._world, person, channel)
        typed = Typed(options=options)
        chosen = chosen_options(found, words[1:], typed, resolved)
        data = payloads.command_data(found, options=chosen, resolved=resolved)
        return self._interact(person, channel, exchanges.COMMAND, data, found)

    def autocomplete(
        self, person: Person, channel: Channel, command: str, options: dict[str, Any], *, focused: str, value: str
    ) -> Exchange:
        """Type into an option."""
        words = command.removeprefix("/").split()
        found = self._command(person, channel, SLASH, words[0])
        resolved = Resolved(self._world, person, channel)
        typed = Typed(options={**options, focused: value}, focused=focused)
        chosen = chosen_options(found, words[1:], typed, resolved)
        data = payloads.command_data(found, options=chosen, resolved=None)
        return self._interact(person, channel, exchanges.AUTOCOMPLETE, data, found)

    def menu(self, person: Person, target: Message | Account, command: str, *, channel: Channel | None) -> Exchange:
        """Pick an entry of a context menu."""
        place = target.channel if isinstance(target, Message) else channel
        if place is None:
            raise PersonCannot("the menu of an account opens in a channel: say which")
        on_message = isinstance(target, Message)
        if isinstance(target, Message):
            _must_see_message(person, target)
        found = self._command(person, place, MESSAGE_MENU if on_message else USER_MENU, command)
        resolved = Resolved(self._world, person, place)
        if isinstance(target, Message):
            resolved.add_message(target)
        else:
            resolved.add_user(target)
        data = payloads.command_data(found, options=None, resolved=resolved, target_id=target.id)
        message = target if isinstance(target, Message) else None
        return self._interact(person, place, exchanges.COMMAND, data, found, target=message)

    def _command(self, person: Person, channel: Channel, kind: int, name: str) -> Json:
        self._must_see(person, channel)
        if not channel.allows(person, Permission.USE_APPLICATION_COMMANDS):
            raise PersonCannot(f"{person.name} may not use commands in this channel")
        return find_command(self._world.application, person, channel, kind=kind, name=name)

    # Components --------------------------------------------------------------------------------------------------

    def press(self, person: Person, message: Message, button: str) -> Exchange:
        """Press a button."""
        part = self._part(person, message, (BUTTON,), button, ("label", "custom_id"))
        if part["style"] in (STYLE_LINK, STYLE_PREMIUM):
            raise PersonCannot(f"{button!r} sends nothing to the bot")
        data: Json = {"component_type": BUTTON, "custom_id": part["custom_id"], "id": part["id"]}
        return self._interact(person, message.channel, exchanges.COMPONENT, data, source=message)

    def select(self, person: Person, message: Message, menu: str, values: list[Any]) -> Exchange:
        """Choose from a select menu."""
        part = self._part(person, message, SELECTS, menu, ("placeholder", "custom_id"))
        resolved = Resolved(self._world, person, message.channel)
        data: Json = {
            "component_type": part["type"],
            "custom_id": part["custom_id"],
            "id": part["id"],
            "values": selected_values(part, values, resolved),
        }
        if resolved.fields:
            data["resolved"] = resolved.fields
        return self._interact(person, message.channel, exchanges.COMPONENT, data, source=message)

    def _part(
        self, person: Person, message: Message, kinds: tuple[int, ...], wanted: str, names: tuple[str, ...]
    ) -> Json:
        self._must_see(person, message.channel)
        _must_see_message(person, message)
        parts = [part for part, _ in walk(message.components) if part["type"] in kinds]
        found = find_part(parts, wanted, names)
        if found is None:
            offered = [part.get(names[0]) or part.get("custom_id") for part in parts]
            raise PersonCannot(f"there is no {wanted!r} here, only {offered}")
        if found.get("disabled"):
            raise PersonCannot(f"{wanted!r} is greyed out")
        return found

    # Modals ------------------------------------------------------------------------------------------------------

    async def submit(self, person: Person, modal: Modal, answers: dict[str, Any]) -> Exchange:
        """Fill in a modal and send it."""
        opened_by = modal.exchange
        if opened_by.person is not person:
            raise PersonCannot("the form was opened for somebody else")
        self._must_see(person, opened_by.channel)
        resolved = Resolved(self._world, person, opened_by.channel)
        components = answered_components(list(modal.components), answers, resolved)
        data: Json = {"custom_id": modal.custom_id, "components": components}
        if resolved.fields:
            data["resolved"] = resolved.fields
        await asyncio.sleep(MODAL_REGISTERED_S)
        channel, kind = opened_by.channel, exchanges.MODAL_SUBMIT
        return self._interact(person, channel, kind, data, source=opened_by.source, opened_by=opened_by)

    # Messages ----------------------------------------------------------------------------------------------------

    def say(
        self,
        person: Person,
        channel: Channel,
        text: str,
        *,
        reply_to: Message | None,
        ping: bool,
        files: Sequence[File],
    ) -> Message:
        """Post a message."""
        self._must_write(person, channel)
        if reply_to is not None and (reply_to.deleted or reply_to.ephemeral):
            raise PersonCannot("nobody can reply to that message")
        allowed: Json = {"parse": ["users", "roles", "everyone"], "replied_user": ping}
        uploads = tuple(Upload(index=n, filename=name, content=content) for n, (name, content) in enumerate(files))
        message = Message(
            id=self._world.mint.next_id(),
            channel=channel,
            author=person,
            kind=REPLY if reply_to else DEFAULT,
            created_at=self._world.clock.now(),
            reply_to=reply_to,
        )
        limit = max(person.upload_limit_bytes, channel.upload_limit_bytes)
        rules = Rules(upload_limit_bytes=limit, complain=_no_complaint)
        try:
            fields = check_message({"content": text, "allowed_mentions": allowed}, CHANNEL_SEND)
            Composer(self._world).fill(message, fields, uploads, rules)
        except ApiRefusal as refusal:
            raise PersonCannot(str(refusal)) from refusal
        return self._world.post(message, route="person")

    def forward(self, person: Person, original: Message, channel: Channel) -> Message:
        """Post a copy of a message elsewhere."""
        self._must_see(person, original.channel)
        _must_see_message(person, original)
        self._must_write(person, channel)
        if original.ephemeral:
            raise PersonCannot("nobody can forward that message")
        message = Message(
            id=self._world.mint.next_id(),
            channel=channel,
            author=person,
            kind=DEFAULT,
            created_at=self._world.clock.now(),
            forwards=original,
        )
        return self._world.post(message, route="person")

    def delete(self, person: Person, message: Message) -> None:
        """Delete a message."""
        moderates = message.channel.allows(person, Permission.MANAGE_MESSAGES)
        own_private = message.ephemeral and message.answers is not None and message.answers.person is person
        if message.author is not person and not moderates and not own_private:
            raise PersonCannot("that message is not theirs")
        self._world.remove(message)

    def _must_write(self, person: Person, channel: Channel) -> None:
        self._must_see(person, channel)
        needed = Permission.SEND_MESSAGES_IN_THREADS if channel.kind == PUBLIC_THREAD else Permission.SEND_MESSAGES
        if not channel.allows(person, needed):
            raise PersonCannot(f"{person.name} may not write here")

    def _must_see(self, person: Person, channel: Channel) -> None:
        if channel.deleted or not channel.seen_by(person):
            raise PersonCannot(f"{person.name} cannot see that channel")

    # Interactions ------------------------------------------------------------------------------------------------

    def _interact(
        self,
        person: Person,
        channel: Channel,
        kind: int,
        data: Json,
        command: Json | None = None,
        *,
        source: Message | None = None,
        target: Message | None = None,
        opened_by: Exchange | None = None,
    ) -> Exchange:
        earlier = source.answers if source and source.answers else opened_by
        owners = payloads.owners(self._world, person, channel, command, earlier)
        guild_limit = channel.guild.upload_limit_bytes if channel.guild else DEFAULT_UPLOAD_LIMIT_BYTES
        exchange = Exchange(
            id=self._world.mint.next_id(),
            token=secrets.token_urlsafe(96),
            kind=kind,
            person=person,
            channel=channel,
            created_at=self._world.clock.now(),
            created_monotonic=self._world.clock.monotonic(),
            upload_limit_bytes=max(guild_limit, person.upload_limit_bytes),
            data=data,
            owners=owners,
            source=source,
            target=target,
            opened_by=opened_by,
        )
        self._world.exchanges[exchange.id] = exchange
        self._world.exchange_by_token[exchange.token] = exchange
        self._world.publish_interaction(payloads.interaction(self._world, exchange), channel.guild)
        self._spawn(self._fail_when_late(exchange))
        return exchange

    async def _fail_when_late(self, exchange: Exchange) -> None:
        due = exchange.created_monotonic + exchanges.ANSWER_WITHIN.total_seconds() + 0.001
        await self._world.clock.sleep(due - self._world.clock.monotonic())
        if exchange.answered_with is None:
            exchange.fail()


def _must_see_message(person: Person, message: Message) -> None:
    if message.deleted:
        raise PersonCannot("the message is gone")
    if message.ephemeral and message.answers is not None and message.answers.person is not person:
        raise PersonCannot("the message is private to somebody else")


def _no_complaint(what: str) -> None:
    """Take no note: a person's client is not the program under test."""
