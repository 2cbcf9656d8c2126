"""Objects as they go over the wire: whole, as Discord sends them, so that any client library can read them."""

from datetime import datetime

from bot.sandbox.discord.accounts import Account
from bot.sandbox.discord.application import Application
from bot.sandbox.discord.guilds import Guild, Member, Role
from bot.sandbox.discord.permissions import Overwrite
from bot.sandbox.discord.places import Channel
from bot.sandbox.discord.refusals import Json


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


def guild_create(each: Guild, *, bot: Account, all_members: bool, joined: bool) -> Json:
    """Write a guild as the gateway tells of it; without the members intent only the bot is in its list.

    One the bot just joined has no `unavailable` at all: by that libraries tell it from one that came back.
    """
    known = each.members.values() if all_members else [each.members[bot.id]]
    availability = {} if joined else {"unavailable": False}
    return {
        **guild(each),
        **availability,
        "joined_at": stamp(each.members[bot.id].joined_at),
        "large": False,
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
