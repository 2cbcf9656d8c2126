"""Objects as they go over the wire: whole, as Discord sends them, so that any client library can read them."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from bot.sandbox.discord import messages, places
from bot.sandbox.discord.accounts import Account
from bot.sandbox.discord.application import Application
from bot.sandbox.discord.exchanges import COMMAND, COMPONENT, MODAL_SUBMIT, Exchange
from bot.sandbox.discord.messages import Attachment, Message
from bot.sandbox.discord.permissions import Overwrite
from bot.sandbox.discord.places import Channel, Guild, Member, Role
from bot.sandbox.discord.refusals import Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.sandbox.discord.cdn import Cdn


def stamp(moment: datetime | None) -> str | None:
    """Write an instant as Discord does."""
    return None if moment is None else moment.isoformat(timespec="microseconds")


def user(account: Account) -> Json:
    """Write an account."""
    return {
        "id": str(account.id),
        "username": account.name,
        "discriminator": "0000" if account.bot else "0",
        "global_name": None if account.bot else account.name.title(),
        "avatar": None,
        "avatar_decoration_data": None,
        "banner": None,
        "accent_color": None,
        "bot": account.bot,
        "system": False,
        "flags": 0,
        "public_flags": 0,
        "clan": None,
        "primary_guild": None,
        "collectibles": None,
        "display_name_styles": None,
    }


def own_user(account: Account) -> Json:
    """Write the bot's own account, as only it sees it."""
    return {**user(account), "mfa_enabled": False, "locale": "en-US", "verified": True, "email": None, "bio": ""}


def application(app: Application, *, n_guilds: int) -> Json:
    """Write the application as its own token sees it."""
    return {
        "id": str(app.id),
        "name": app.name,
        "icon": None,
        "description": "A sandbox application.",
        "type": None,
        "bot": user(app.bot),
        "summary": "",
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": app.flags,
        "hook": True,
        "is_monetized": False,
        "is_verified": False,
        "owner": user(app.owner),
        "team": None,
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "approximate_guild_count": n_guilds,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "integration_types_config": {"0": {}, "1": {}},
        "event_webhooks_url": None,
        "event_webhooks_status": 1,
    }


def role(each: Role) -> Json:
    """Write a role."""
    tags = {"tags": {"bot_id": str(each.managed_by)}} if each.managed_by else {}
    return {
        "id": str(each.id),
        "name": each.name,
        "description": None,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": each.position,
        "permissions": str(each.permissions),
        "managed": each.managed_by is not None,
        "mentionable": False,
        "flags": 0,
        **tags,
    }


def member(each: Member, *, with_user: bool = True) -> Json:
    """Write a member; a message's carries no user."""
    fields: Json = {
        "nick": None,
        "avatar": None,
        "banner": None,
        "avatar_decoration_data": None,
        "collectibles": None,
        "roles": [str(held.id) for held in each.roles],
        "joined_at": stamp(each.joined_at),
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "communication_disabled_until": None,
    }
    return {**fields, "user": user(each.account)} if with_user else fields


def _overwrite(each: Overwrite) -> Json:
    return {
        "id": str(each.target_id),
        "type": 1 if each.is_member else 0,
        "allow": str(each.allow),
        "deny": str(each.deny),
    }


def channel(each: Channel) -> Json:
    """Write a channel, a thread or direct messages."""
    last = max(each.messages, default=None)
    fields: Json = {
        "id": str(each.id),
        "type": each.kind,
        "last_message_id": None if last is None else str(last),
        "flags": 0,
        "last_pin_timestamp": None,
    }
    if each.guild is None:
        return {**fields, "recipients": [user(one) for one in each.recipients if not one.bot]}
    fields |= {"guild_id": str(each.guild.id), "name": each.name, "rate_limit_per_user": 0, "nsfw": each.nsfw}
    if each.parent is not None:
        return {**fields, **_thread_fields(each)}
    return {
        **fields,
        "topic": None,
        "position": each.position,
        "parent_id": None,
        "permission_overwrites": [_overwrite(one) for one in each.overwrites],
        "default_auto_archive_duration": 4320,
        "icon_emoji": None,
        "theme_color": None,
    }


def _thread_fields(each: Channel) -> Json:
    assert each.parent is not None  # noqa: S101 - only threads come here
    assert each.guild is not None  # noqa: S101
    return {
        "parent_id": str(each.parent.id),
        "owner_id": str(each.guild.owner.id),
        "message_count": len(each.messages),
        "total_message_sent": len(each.messages),
        "member_count": 1,
        "thread_metadata": {
            "archived": each.archived,
            "auto_archive_duration": 4320,
            "archive_timestamp": stamp(each.guild.created_at),
            "locked": each.locked,
            "create_timestamp": stamp(each.guild.created_at),
        },
    }


def guild(each: Guild) -> Json:
    """Write a guild as REST answers it."""
    return {
        "id": str(each.id),
        "name": each.name,
        "icon": None,
        "icon_hash": None,
        "splash": None,
        "discovery_splash": None,
        "owner_id": str(each.owner.id),
        "region": None,
        "afk_channel_id": None,
        "afk_timeout": 300,
        "widget_enabled": False,
        "widget_channel_id": None,
        "verification_level": 0,
        "default_message_notifications": 1,
        "explicit_content_filter": 0,
        "roles": [role(one) for one in (each.everyone, *each.roles)],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "max_presences": None,
        "max_members": 500000,
        "vanity_url_code": None,
        "description": None,
        "banner": None,
        "premium_tier": each.premium_tier,
        "premium_subscription_count": 0,
        "preferred_locale": each.locale,
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "max_video_channel_users": 25,
        "max_stage_video_channel_users": 50,
        "nsfw": False,
        "nsfw_level": 0,
        "premium_progress_bar_enabled": False,
        "incidents_data": None,
    }


def guild_create(each: Guild, *, bot: Account, all_members: bool) -> Json:
    """Write a guild as the gateway tells of it; without the members intent only the bot is in its list."""
    known = each.members.values() if all_members else [each.members[bot.id]]
    return {
        **guild(each),
        "joined_at": stamp(each.members[bot.id].joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(each.members),
        "voice_states": [],
        "members": [member(one) for one in known],
        "channels": [channel(one) for one in each.channels],
        "threads": [channel(one) for one in each.threads if one.seen_by(bot)],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


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
    kept = cdn.find(fields.pop("sandbox_file_id", 0))
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
        "author": user(each.author),
        "content": each.content if readable else "",
        "embeds": shown(each.embeds, cdn) if readable else [],
        "attachments": [attachment(file) for file in each.attachments] if readable else [],
        "components": shown(each.components, cdn) if readable else [],
        "timestamp": stamp(each.created_at),
        "edited_timestamp": stamp(each.edited_at),
        "tts": each.tts,
        "mention_everyone": each.mention_everyone,
        "mentions": [user(one) for one in each.mentions],
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
    return {**fields, **_interaction_fields(each)} if each.answers else fields


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
            "user": user(exchange.person),
        }
    return fields


def metadata(each: Message, exchange: Exchange) -> Json:
    """Write what a message tells of the interaction it came from."""
    fields: Json = {
        "id": str(exchange.id),
        "type": exchange.kind,
        "user": user(exchange.person),
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
        fields["member"] = member(author, with_user=False)
    mentions = cast("list[Json]", fields["mentions"])
    _add_members_of_mentions(mentions, guild_of, each.mentions)
    return fields


def _add_members_of_mentions(written: list[Json], guild_of: Guild, mentioned: "Sequence[Account]") -> None:
    for fields, account in zip(written, mentioned, strict=True):
        if account.id in guild_of.members:
            fields["member"] = member(guild_of.members[account.id], with_user=False)
