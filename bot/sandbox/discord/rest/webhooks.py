"""The routes that an interaction's token opens: its first answer and its follow-ups (discord.md 1)."""

from bot.sandbox.discord import exchanges, wire_messages
from bot.sandbox.discord.composing import INTERACTION_PARSE, Rules
from bot.sandbox.discord.exchanges import Exchange
from bot.sandbox.discord.forms import FormFaults, snowflake
from bot.sandbox.discord.message_forms import COMPONENTS_V2, EDIT, EPHEMERAL, FOLLOWUP, check_message
from bot.sandbox.discord.messages import REPLY, Message
from bot.sandbox.discord.refusals import Known
from bot.sandbox.discord.rest.calls import NOTHING, WEBHOOK_BUCKET, Answer, Call, Handler, Route
from bot.sandbox.discord.rest.interactions import answer_message

WEBHOOK = "/webhooks/{application_id}/{token}"
MESSAGE = WEBHOOK + "/messages/{message_id}"


def routes() -> list[Route]:
    """List the routes of this family; they share one bucket a token."""

    def route(method: str, template: str, handler: Handler, *query: str, takes_body: bool = False) -> Route:
        return Route(
            method=method,
            template=template,
            handler=handler,
            auth="none",
            limited_as=WEBHOOK_BUCKET,
            query=query,
            takes_body=takes_body,
        )

    return [
        route("POST", WEBHOOK, _follow_up, "wait", "thread_id", "with_components", takes_body=True),
        route("GET", MESSAGE, _get, "thread_id"),
        route("PATCH", MESSAGE, _edit, "thread_id", "with_components", takes_body=True),
        route("DELETE", MESSAGE, _delete, "thread_id"),
    ]


def _exchange(call: Call) -> Exchange:
    """Return the interaction of a token: known, answered and no older than 15 minutes."""
    if call.id_of("application_id") != call.world.application.id:
        raise Known.UNKNOWN_WEBHOOK.refusal()
    exchange = call.world.exchange_by_token.get(call.params["token"])
    if exchange is None or call.world.clock.now() - exchange.created_at >= exchanges.TOKEN_LIFETIME:
        raise Known.INVALID_WEBHOOK_TOKEN.refusal()
    if exchange.answered_with is None:
        raise Known.UNKNOWN_WEBHOOK.refusal()
    return exchange


def _message(call: Call, exchange: Exchange) -> Message:
    wanted = call.params["message_id"]
    if wanted == "@original":
        found = exchange.original
    else:
        faults = FormFaults()
        snowflake(wanted, ("message_id",), faults)
        faults.raise_if_any()
        found = next((each for each in exchange.reachable_messages() if each.id == int(wanted)), None)
    if found is None or found.deleted:
        raise Known.UNKNOWN_MESSAGE.refusal()
    if found.channel.deleted:
        raise Known.UNKNOWN_CHANNEL.refusal()
    return found


def _rules(call: Call, exchange: Exchange) -> Rules:
    return Rules(
        upload_limit_bytes=exchange.upload_limit_bytes, parse_by_default=INTERACTION_PARSE, complain=call.complain
    )


async def _get(call: Call) -> Answer:
    return Answer(body=wire_messages.message(_message(call, _exchange(call)), bot=call.world.bot))


async def _edit(call: Call) -> Answer:
    exchange = _exchange(call)
    return _edited(call, exchange, _message(call, exchange))


def _edited(call: Call, exchange: Exchange, message: Message) -> Answer:
    if message.channel.archived:
        raise Known.ARCHIVED_THREAD.refusal()
    fields = check_message(call.body.fields, EDIT, was_v2=bool(message.flags & COMPONENTS_V2))
    call.composer.fill(message, fields, call.uploads, _rules(call, exchange))
    message.edited_at = call.world.clock.now()
    call.world.change(message, route=call.route)
    exchange.changes.ring()
    return Answer(body=wire_messages.message(message, bot=call.world.bot))


async def _delete(call: Call) -> Answer:
    message = _message(call, _exchange(call))
    if message.channel.archived:
        raise Known.ARCHIVED_THREAD.refusal()
    call.world.remove(message)
    return NOTHING


async def _follow_up(call: Call) -> Answer:
    exchange = _exchange(call)
    if exchange.channel.deleted:
        raise Known.UNKNOWN_CHANNEL.refusal()
    fields = check_message(call.body.fields, FOLLOWUP)
    if exchange.original is not None and exchange.original.thinking and not exchange.original.deleted:
        return _filled(call, exchange, exchange.original)
    if exchange.only_user_installed and exchange.n_followups >= exchanges.USER_INSTALL_FOLLOWUPS:
        raise Known.TOO_MANY_FOLLOWUPS.refusal()
    message = answer_message(call, exchange, ephemeral=bool((fields.get("flags") or 0) & EPHEMERAL))
    if exchange.original is not None:
        message.kind, message.reply_to = REPLY, exchange.original
    call.composer.fill(message, fields, call.uploads, _rules(call, exchange))
    exchange.followups.append(message)
    exchange.n_followups += 1
    call.world.post(message, route=call.route)
    exchange.changes.ring()
    return Answer(body=wire_messages.message(message, bot=call.world.bot))


def _filled(call: Call, exchange: Exchange, original: Message) -> Answer:
    """Fill a message that still thinks: what a first follow-up does, which keeps the defer's privacy (sandbox.md)."""
    fields = check_message(call.body.fields, FOLLOWUP)
    was_ephemeral = original.flags & EPHEMERAL
    call.composer.fill(original, fields, call.uploads, _rules(call, exchange))
    original.flags = (original.flags & ~EPHEMERAL) | was_ephemeral
    call.world.change(original, route=call.route)
    exchange.changes.ring()
    return Answer(body=wire_messages.message(original, bot=call.world.bot))
