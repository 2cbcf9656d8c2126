"""The route that answers an interaction: one answer, within three seconds, of a fitting type (discord.md 1)."""

from typing import Any, cast

from bot.sandbox.discord import exchanges, forms, wire_messages
from bot.sandbox.discord.command_forms import SUGGESTIONS
from bot.sandbox.discord.composing import INTERACTION_PARSE, Rules
from bot.sandbox.discord.exchanges import (
    REPLY_LATER,
    REPLY_NOW,
    SHOW_MODAL,
    SUGGEST,
    UPDATE_LATER,
    UPDATE_NOW,
    Exchange,
    Modal,
    Response,
)
from bot.sandbox.discord.forms import FormFaults
from bot.sandbox.discord.message_forms import ANSWER, COMPONENTS_V2, DEFER, EPHEMERAL, LOADING, UPDATE, check_message
from bot.sandbox.discord.messages import CONTEXT_MENU, REPLY, SLASH_COMMAND, Message
from bot.sandbox.discord.modal_forms import check_modal
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.refusals import Json, Known
from bot.sandbox.discord.rest.calls import NOTHING, UNLIMITED, Answer, Call, Route

_SHELL = forms.record({"type": forms.integer()}, data=forms.anything)
_PATH = ("data",)


def routes() -> list[Route]:
    """List the routes of this family."""
    template = "/interactions/{interaction_id}/{token}/callback"
    return [
        Route(
            method="POST",
            template=template,
            handler=_answer,
            auth="none",
            limited_as=UNLIMITED,
            query=("with_response",),
            takes_body=True,
        )
    ]


async def _answer(call: Call) -> Answer:
    exchange = call.world.exchange_by_token.get(call.params["token"])
    if exchange is None or exchange.id != call.id_of("interaction_id"):
        raise Known.UNKNOWN_INTERACTION.refusal()
    if exchange.answered_with is not None:
        raise Known.ALREADY_ANSWERED.refusal()
    if exchange.failed or call.world.clock.now() - exchange.created_at > exchanges.ANSWER_WITHIN:
        raise Known.UNKNOWN_INTERACTION.refusal()
    if exchange.channel.deleted:
        raise Known.UNKNOWN_CHANNEL.refusal()
    fields = call.form(_SHELL)
    kind = cast("int", fields["type"])
    _check_kind(exchange, kind)
    response = _PERFORM[kind](call, exchange, fields.get("data"), kind)
    exchange.answered_with = kind
    _tell_person(call, exchange, response)
    if not call.wants("with_response"):
        return NOTHING
    return Answer(body=_written(call, exchange, response))


def _check_kind(exchange: Exchange, kind: int) -> None:
    allowed = [REPLY_NOW, REPLY_LATER]
    if exchange.kind == exchanges.AUTOCOMPLETE:
        allowed = [SUGGEST]
    elif exchange.source is not None:
        allowed += [UPDATE_LATER, UPDATE_NOW]
    if exchange.kind in (exchanges.COMMAND, exchanges.COMPONENT):
        allowed.append(SHOW_MODAL)
    faults = FormFaults()
    forms.one_of(*allowed)(kind, ("type",), faults)
    faults.raise_if_any()


def _tell_person(call: Call, exchange: Exchange, response: Response) -> None:
    """Let the person see the answer; a modal only after the caller has its own answer (sandbox.md)."""

    def tell() -> None:
        exchange.response = response
        exchange.changes.ring()

    if response.modal is not None:
        call.after_answer = tell
    else:
        tell()


def _rules(call: Call, exchange: Exchange) -> Rules:
    return Rules(
        upload_limit_bytes=exchange.upload_limit_bytes,
        parse_by_default=INTERACTION_PARSE,
        path=_PATH,
        complain=call.complain,
    )


def answer_message(call: Call, exchange: Exchange, *, ephemeral: bool) -> Message:
    """Make the empty message that will answer an interaction."""
    kind, replied = REPLY, exchange.source
    if exchange.kind == exchanges.COMMAND:
        kind, replied = (SLASH_COMMAND if exchange.data.get("type") == 1 else CONTEXT_MENU), exchange.target
    elif exchange.original is not None:
        replied = exchange.original
    forbidden = not exchange.channel.allows(exchange.person, Permission.USE_EXTERNAL_APPS)
    forced = exchange.only_user_installed and (forbidden or call.faults.force_ephemeral)
    return Message(
        id=call.world.mint.next_id(),
        channel=exchange.channel,
        author=call.world.bot,
        kind=kind if replied or kind != REPLY else 0,
        created_at=call.world.clock.now(),
        flags=EPHEMERAL if ephemeral or forced else 0,
        reply_to=replied,
        answers=exchange,
    )


def _after_ms(call: Call, exchange: Exchange) -> float:
    return (call.world.clock.monotonic() - exchange.created_monotonic) * 1000


def _reply_now(call: Call, exchange: Exchange, data: Any, kind: int) -> Response:
    fields = check_message({} if data is None else data, ANSWER, path=_PATH)
    message = answer_message(call, exchange, ephemeral=bool((fields.get("flags") or 0) & EPHEMERAL))
    call.composer.fill(message, fields, call.uploads, _rules(call, exchange))
    return _posted(call, exchange, message, kind)


def _reply_later(call: Call, exchange: Exchange, data: Any, kind: int) -> Response:
    faults = FormFaults()
    DEFER(data, _PATH, faults)
    faults.raise_if_any()
    flags = (cast("Json", data or {}).get("flags") or 0) & EPHEMERAL
    message = answer_message(call, exchange, ephemeral=bool(flags))
    message.flags |= LOADING
    return _posted(call, exchange, message, kind)


def _posted(call: Call, exchange: Exchange, message: Message, kind: int) -> Response:
    exchange.original = message
    call.world.post(message, route=call.route)
    after_ms = _after_ms(call, exchange)
    return Response(kind=kind, after_ms=after_ms, ephemeral=message.ephemeral, message=message)


def _update_later(call: Call, exchange: Exchange, data: Any, kind: int) -> Response:
    faults = FormFaults()
    forms.nullable(forms.record(flags=forms.anything))(data, _PATH, faults)
    faults.raise_if_any()
    exchange.original = exchange.source
    return Response(kind=kind, after_ms=_after_ms(call, exchange), message=exchange.source)


def _update_now(call: Call, exchange: Exchange, data: Any, kind: int) -> Response:
    message = exchange.source
    if message is None or message.deleted:
        raise Known.UNKNOWN_MESSAGE.refusal()
    was_v2 = bool(message.flags & COMPONENTS_V2)
    fields = check_message({} if data is None else data, UPDATE, path=_PATH, was_v2=was_v2)
    was_ephemeral = message.flags & EPHEMERAL
    call.composer.fill(message, fields, call.uploads, _rules(call, exchange))
    message.flags = (message.flags & ~EPHEMERAL) | was_ephemeral
    message.edited_at = call.world.clock.now()
    exchange.original = message
    call.world.change(message, route=call.route)
    return Response(kind=kind, after_ms=_after_ms(call, exchange), ephemeral=message.ephemeral, message=message)


def _suggest(call: Call, exchange: Exchange, data: Any, kind: int) -> Response:
    faults = FormFaults()
    SUGGESTIONS(data, _PATH, faults)
    faults.raise_if_any()
    choices = tuple(cast("list[Json]", cast("Json", data)["choices"]))
    return Response(kind=kind, after_ms=_after_ms(call, exchange), choices=choices)


def _show_modal(call: Call, exchange: Exchange, data: Any, kind: int) -> Response:
    fields = check_modal(data, path=_PATH)
    modal = Modal(
        exchange=exchange,
        custom_id=fields["custom_id"],
        title=fields["title"],
        components=tuple(fields["components"]),
    )
    return Response(kind=kind, after_ms=_after_ms(call, exchange), modal=modal)


_PERFORM = {
    REPLY_NOW: _reply_now,
    REPLY_LATER: _reply_later,
    UPDATE_LATER: _update_later,
    UPDATE_NOW: _update_now,
    SUGGEST: _suggest,
    SHOW_MODAL: _show_modal,
}


def _written(call: Call, exchange: Exchange, response: Response) -> Json:
    """Write the callback object; `message` comes with the answers that made or changed one (discord.md 13)."""
    interaction: Json = {"id": str(exchange.id), "type": exchange.kind}
    resource: Json = {"type": response.kind}
    if response.message is not None:
        interaction |= {
            "response_message_id": str(response.message.id),
            "response_message_loading": response.message.thinking,
            "response_message_ephemeral": response.message.ephemeral,
        }
    if response.message is not None and response.kind in (REPLY_NOW, UPDATE_NOW):
        resource["message"] = wire_messages.message(response.message, bot=call.world.bot)
    return {"interaction": interaction, "resource": resource}
