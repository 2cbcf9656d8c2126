"""Messages and files as they go over the wire, and which of them the bot may read (discord.md 5)."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from bot.sandbox.discord import messages, places, wire
from bot.sandbox.discord.accounts import Account
from bot.sandbox.discord.exchanges import COMMAND, COMPONENT, MODAL_SUBMIT, Exchange
from bot.sandbox.discord.guilds import Guild
from bot.sandbox.discord.messages import Attachment, Message
from bot.sandbox.discord.refusals import Json

if TYPE_CHECKING:
    from bot.sandbox.discord.cdn import Cdn


def attachment(each: Attachment) -> Json:
    """Write a file."""
    fields: Json = {
        "id": str(each.id),
        "filename": each.filename,
        "size": each.n_bytes,
        "url": each.url,
        "proxy_url": each.url,
        "content_type": each.content_type,
        "flags": 1 << 3 if each.spoiler else 0,
    }
    optional = {"title": each.title, "description": each.description, "width": each.width, "height": each.height}
    fields |= {name: value for name, value in optional.items() if value is not None}
    if each.width is not None:
        fields |= {"placeholder": "AAAAAAAA", "placeholder_version": 1}
    return {**fields, "ephemeral": True} if each.ephemeral else fields


def shown(value: Any, cdn: "Cdn") -> Any:
    """Copy stored JSON without the stand-in's own marks, its files under addresses signed anew."""
    if isinstance(value, list):
        return [shown(each, cdn) for each in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    fields = {name: shown(each, cdn) for name, each in cast("Json", value).items()}
    marks = [fields.pop(name, 0) for name in ("sandbox_file_id", "sandbox_signed_id")]
    kept = cdn.find(max(marks))
    if kept is not None:
        prefix = "icon_" if "icon_url" in fields else ""
        fields |= {f"{prefix}url": kept.url, f"proxy_{prefix}url": kept.url}
    return fields


def message(each: Message, *, bot: Account, content: bool = True, nested: bool = True) -> Json:
    """Write a message; without `content` the bot reads only what needs no privileged intent (discord.md 5)."""
    readable = content or readable_without_intent(each, bot)
    cdn = each.channel.world.cdn
    fields: Json = {
        "id": str(each.id),
        "channel_id": str(each.channel.id),
        "type": each.kind,
        "author": wire.user(each.author),
        "content": each.content if readable else "",
        "embeds": shown(each.embeds, cdn) if readable else [],
        "attachments": [attachment(file) for file in each.attachments] if readable else [],
        "components": shown(each.components, cdn) if readable else [],
        "timestamp": wire.stamp(each.created_at),
        "edited_timestamp": wire.stamp(each.edited_at),
        "tts": each.tts,
        "mention_everyone": each.mention_everyone,
        "mentions": [wire.user(one) for one in each.mentions],
        "mention_roles": [str(one.id) for one in each.mention_roles],
        "pinned": False,
        "flags": each.flags,
    }
    if each.author.bot:
        fields["application_id"] = str(each.channel.world.application.id)
    if each.nonce is not None:
        fields["nonce"] = each.nonce
    if each.reply_to is not None:
        fields |= _reply_fields(each, each.reply_to, bot=bot, content=content, nested=nested)
    if each.forwards is not None:
        fields |= _forward_fields(each.forwards, readable=readable)
    return {**fields, **_interaction_fields(each)} if each.answers else fields


def _forward_fields(original: Message, *, readable: bool) -> Json:
    """Write what a forwarded message looked like: a reference of its own kind, and a snapshot (discord.md 5)."""
    reference: Json = {"type": 1, "message_id": str(original.id), "channel_id": str(original.channel.id)}
    if original.channel.guild:
        reference["guild_id"] = str(original.channel.guild.id)
    cdn = original.channel.world.cdn
    snapshot: Json = {
        "type": original.kind,
        "content": original.content if readable else "",
        "embeds": shown(original.embeds, cdn) if readable else [],
        "attachments": [attachment(file) for file in original.attachments] if readable else [],
        "components": shown(original.components, cdn) if readable else [],
        "timestamp": wire.stamp(original.created_at),
        "edited_timestamp": wire.stamp(original.edited_at),
        "mentions": [],
        "mention_roles": [],
        "flags": original.flags,
    }
    return {"message_reference": reference, "message_snapshots": [{"message": snapshot}]}


def _reply_fields(each: Message, original: Message, *, bot: Account, content: bool, nested: bool) -> Json:
    reference = {"type": 0, "message_id": str(original.id), "channel_id": str(original.channel.id)}
    if each.channel.guild:
        reference["guild_id"] = str(each.channel.guild.id)
    if not nested:
        return {"message_reference": reference}
    gone = original.deleted or original.ephemeral
    shown = None if gone else message(original, bot=bot, content=content, nested=False)
    return {"message_reference": reference, "referenced_message": shown}


def _interaction_fields(each: Message) -> Json:
    exchange = each.answers
    assert exchange is not None  # noqa: S101 - asked before
    fields: Json = {
        "webhook_id": str(each.channel.world.application.id),
        "interaction_metadata": metadata(each, exchange),
    }
    if exchange.kind == COMMAND and each is exchange.original:
        fields["interaction"] = {
            "id": str(exchange.id),
            "type": exchange.kind,
            "name": exchange.command_name,
            "user": wire.user(exchange.person),
        }
    return fields


def metadata(each: Message, exchange: Exchange) -> Json:
    """Write what a message tells of the interaction it came from."""
    fields: Json = {
        "id": str(exchange.id),
        "type": exchange.kind,
        "user": wire.user(exchange.person),
        "authorizing_integration_owners": exchange.owners,
    }
    if exchange.kind == COMMAND:
        fields |= {"name": exchange.command_name, "command_type": exchange.data.get("type", 1)}
    if exchange.target is not None:
        fields["target_message_id"] = str(exchange.target.id)
    if exchange.kind == COMPONENT and exchange.source:
        fields["interacted_message_id"] = str(exchange.source.id)
    if exchange.kind == MODAL_SUBMIT and exchange.opened_by:
        fields["triggering_interaction_metadata"] = metadata(each, exchange.opened_by)
    if exchange.original is not None and each is not exchange.original:
        fields["original_response_message_id"] = str(exchange.original.id)
    return fields


def readable_without_intent(each: Message, bot: Account) -> bool:
    """Tell whether one of discord.md 5's exceptions lets the bot read a message."""
    if each.author is bot or each.channel.kind == places.DIRECT:
        return True
    if bot.mention in each.content or f"<@!{bot.id}>" in each.content:
        return True
    original = each.reply_to
    pings_a_regular_message = original is not None and original.author is bot and original.answers is None
    return each.kind == messages.REPLY and pings_a_regular_message and bot in each.mentions


def message_event(each: Message, *, bot: Account, content: bool) -> Json:
    """Write a message as the gateway tells of it."""
    fields = message(each, bot=bot, content=content)
    guild_of = each.channel.guild
    fields["channel_type"] = each.channel.kind
    if guild_of is None:
        return fields
    fields["guild_id"] = str(guild_of.id)
    author = guild_of.members.get(each.author.id)
    if author:
        fields["member"] = wire.member(author, with_user=False)
    mentions = cast("list[Json]", fields["mentions"])
    _add_members_of_mentions(mentions, guild_of, each.mentions)
    return fields


def _add_members_of_mentions(written: list[Json], guild_of: Guild, mentioned: Sequence[Account]) -> None:
    for fields, account in zip(written, mentioned, strict=True):
        if account.id in guild_of.members:
            fields["member"] = wire.member(guild_of.members[account.id], with_user=False)
