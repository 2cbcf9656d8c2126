"""Permission bits and how roles and overwrites add up. Pure: it knows ids and numbers only."""

import enum
from dataclasses import dataclass


class Permission(enum.IntFlag):
    """The bits the stand-in decides by."""

    ADMINISTRATOR = 1 << 3
    MANAGE_CHANNELS = 1 << 4
    MANAGE_GUILD = 1 << 5
    VIEW_CHANNEL = 1 << 10
    SEND_MESSAGES = 1 << 11
    MANAGE_MESSAGES = 1 << 13
    EMBED_LINKS = 1 << 14
    ATTACH_FILES = 1 << 15
    READ_MESSAGE_HISTORY = 1 << 16
    MENTION_EVERYONE = 1 << 17
    USE_EXTERNAL_EMOJIS = 1 << 18
    USE_APPLICATION_COMMANDS = 1 << 31
    MANAGE_THREADS = 1 << 34
    SEND_MESSAGES_IN_THREADS = 1 << 38
    USE_EXTERNAL_APPS = 1 << 50


ALL = (1 << 51) - 1
MEMBER = int(
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.USE_APPLICATION_COMMANDS
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.USE_EXTERNAL_APPS
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Overwrite:
    """What a channel allows or denies one role or member beyond their roles."""

    target_id: int
    is_member: bool
    allow: int = 0
    deny: int = 0


def base_permissions(*, everyone: int, roles: list[int], owner: bool) -> int:
    """Add up a member's roles in a guild."""
    total = everyone
    for role in roles:
        total |= role
    return ALL if owner or total & Permission.ADMINISTRATOR else total


def in_channel(base: int, *, everyone_id: int, role_ids: set[int], user_id: int, overwrites: list[Overwrite]) -> int:
    """Apply a channel's overwrites: everyone, then roles together, then the member."""
    if base & Permission.ADMINISTRATOR:
        return ALL
    allow = deny = 0
    for overwrite in overwrites:
        if overwrite.target_id == everyone_id:
            base = (base & ~overwrite.deny) | overwrite.allow
        elif not overwrite.is_member and overwrite.target_id in role_ids:
            allow, deny = allow | overwrite.allow, deny | overwrite.deny
    base = (base & ~deny) | allow
    for overwrite in overwrites:
        if overwrite.is_member and overwrite.target_id == user_id:
            base = (base & ~overwrite.deny) | overwrite.allow
    return base
