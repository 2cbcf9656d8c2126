"""Routes of channels and their messages, with the bot's own token."""

from datetime import timedelta

from bot.sandbox.discord import wire, wire_messages
from bot.sandbox.discord.accounts import Person
from bot.sandbox.discord.composing import Rules
from bot.sandbox.discord.forms import FormFaults, integer
from bot.sandbox.discord.message_forms import CHANNEL_SEND, COMPONENTS_V2, EDIT, check_message
from bot.sandbox.discord.messages import DEFAULT, REPLY, Message
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.places import DIRECT, PUBLIC_THREAD, TEXTUAL, Channel
from bot.sandbox.discord.refusals import Json, Known, invalid_form
from bot.sandbox.discord.rest.calls import NOTHING, Answer, Call, Route

MESSAGES = "/channels/{channel_id}/messages"
MESSAGE = MESSAGES + "/{message_id}"
NONCE_LIFETIME = timedelta(minutes=5)


def routes() -> list[Route]:
    """List the routes of this family."""
    return [
        Route(method="GET", template="/channels/{channel_id}", handler=_get_channel),
        Route(method="POST", template="/channels/{channel_id}/typing", handler=_typing, takes_body=True),
        Route(method="GET", template=MESSAGES, handler=_history, query=("limit", "before", "after", "around")),
        Route(method="POST", template=MESSAGES, handler=_send, takes_body=True),
        Route(method="GET", template=MESSAGE, handler=_get),
        Route(method="PATCH", template=MESSAGE, handler=_edit, takes_body=True),
        Route(method="DELETE", template=MESSAGE, handler=_delete),
    ]


def _written(call: Call, message: Message) -> Json:
    content = call.world.application.message_content_granted
    return wire_messages.message(message, bot=call.world.bot, content=content)


async def _get_channel(call: Call) -> Answer:
    return Answer(body=wire.channel(call.channel()))


async def _typing(call: Call) -> Answer:
    channel = call.channel()
    _require_send(call, channel)
    return NOTHING


async def _history(call: Call) -> Answer:
    channel = call.channel()
    query = call.record.query
    limit = _whole(query.get("limit", "50"), "limit", low=1, high=100)
    newest_first = [each for _, each in sorted(channel.messages.items(), reverse=True) if not each.ephemeral]
    if not channel.allows(call.world.bot, Permission.READ_MESSAGE_HISTORY):
        return Answer(body=[])
    if "before" in query:
        before = _whole(query["before"], "before")
        chosen = [each for each in newest_first if each.id < before][:limit]
    elif "after" in query:
        after = _whole(query["after"], "after")
        chosen = [each for each in newest_first if each.id > after][-limit:]
    elif "around" in query:
        around = _whole(query["around"], "around")
        chosen = sorted(newest_first, key=lambda each: abs(each.id - around))[:limit]
        chosen.sort(key=lambda each: each.id, reverse=True)
    else:
        chosen = newest_first[:limit]
    return Answer(body=[_written(call, each) for each in chosen])


def _whole(value: str, name: str, *, low: int | None = None, high: int | None = None) -> int:
    faults = FormFaults()
    integer(low=low, high=high)(int(value) if value.isdigit() else value, (name,), faults)
    faults.raise_if_any()
    return int(value)


def _require_send(call: Call, channel: Channel) -> None:
    if channel.kind not in TEXTUAL:
        raise Known.NOT_A_TEXT_CHANNEL.refusal()
    needed = Permission.SEND_MESSAGES_IN_THREADS if channel.kind == PUBLIC_THREAD else Permission.SEND_MESSAGES
    if not channel.allows(call.world.bot, needed):
        raise Known.MISSING_PERMISSIONS.refusal()


def _require_to_send(call: Call, channel: Channel, fields: Json) -> None:
    _require_send(call, channel)
    bot = call.world.bot
    if call.uploads and not channel.allows(bot, Permission.ATTACH_FILES):
        raise Known.MISSING_PERMISSIONS.refusal()
    if fields.get("embeds") and not channel.allows(bot, Permission.EMBED_LINKS):
        raise Known.MISSING_PERMISSIONS.refusal()
    if channel.locked and not channel.allows(bot, Permission.MANAGE_THREADS):
        raise Known.ARCHIVED_THREAD.refusal()
    if channel.kind == DIRECT and not all(
        each.accepts_direct_messages for each in channel.recipients if isinstance(each, Person)
    ):
        raise Known.CANNOT_MESSAGE_USER.refusal()


async def _send(call: Call) -> Answer:
    channel = call.channel()
    fields = check_message(call.body.fields, CHANNEL_SEND)
    _require_to_send(call, channel, fields)
    twin = _find_twin(call, channel, fields)
    if twin is not None:
        return Answer(body=_written(call, twin))
    replied = _replied_to(call, channel, fields)
    message = Message(
        id=call.world.mint.next_id(),
        channel=channel,
        author=call.world.bot,
        kind=REPLY if replied else DEFAULT,
        created_at=call.world.clock.now(),
        reply_to=replied,
        nonce=fields.get("nonce"),
    )
    rules = Rules(upload_limit_bytes=channel.upload_limit_bytes, complain=call.complain)
    call.composer.fill(message, fields, call.uploads, rules)
    call.world.post(message, route=call.route)
    return Answer(body=_written(call, message))


def _find_twin(call: Call, channel: Channel, fields: Json) -> Message | None:
    """Return the message that an enforced nonce says was sent already (discord.md 6)."""
    nonce = fields.get("nonce")
    if nonce is None or not fields.get("enforce_nonce"):
        return None
    since = call.world.clock.now() - NONCE_LIFETIME
    recent = [each for each in channel.messages.values() if each.created_at >= since and each.author is call.world.bot]
    return next((each for each in recent if each.nonce is not None and str(each.nonce) == str(nonce)), None)


def _replied_to(call: Call, channel: Channel, fields: Json) -> Message | None:
    reference = fields.get("message_reference")
    if not reference:
        return None
    if not channel.allows(call.world.bot, Permission.READ_MESSAGE_HISTORY):
        raise Known.REPLY_WITHOUT_HISTORY.refusal()
    found = channel.messages.get(int(reference["message_id"]))
    if found is None and reference.get("fail_if_not_exists", True):
        error = {"code": "REPLIES_UNKNOWN_MESSAGE", "message": "Unknown message"}
        raise invalid_form({"message_reference": {"_errors": [error]}})
    return found


def _existing(call: Call, channel: Channel) -> Message:
    message = channel.messages.get(call.id_of("message_id"))
    if message is None or message.ephemeral:
        raise Known.UNKNOWN_MESSAGE.refusal()
    return message


async def _get(call: Call) -> Answer:
    channel = call.channel()
    if not channel.allows(call.world.bot, Permission.READ_MESSAGE_HISTORY):
        raise Known.MISSING_ACCESS.refusal()
    return Answer(body=_written(call, _existing(call, channel)))


async def _edit(call: Call) -> Answer:
    channel = call.channel()
    message = _existing(call, channel)
    if message.author is not call.world.bot:
        raise Known.NOT_YOUR_MESSAGE.refusal()
    if channel.archived:
        raise Known.ARCHIVED_THREAD.refusal()
    fields = check_message(call.body.fields, EDIT, was_v2=bool(message.flags & COMPONENTS_V2))
    rules = Rules(upload_limit_bytes=channel.upload_limit_bytes, complain=call.complain)
    call.composer.fill(message, fields, call.uploads, rules)
    message.edited_at = call.world.clock.now()
    call.world.change(message, route=call.route)
    return Answer(body=_written(call, message))


async def _delete(call: Call) -> Answer:
    channel = call.channel()
    message = _existing(call, channel)
    if message.author is not call.world.bot:
        if channel.kind == DIRECT:
            raise Known.DM_ONLY_AUTHOR.refusal()
        if not channel.allows(call.world.bot, Permission.MANAGE_MESSAGES):
            raise Known.MISSING_PERMISSIONS.refusal()
    if channel.archived:
        raise Known.ARCHIVED_THREAD.refusal()
    call.world.remove(message)
    return NOTHING
