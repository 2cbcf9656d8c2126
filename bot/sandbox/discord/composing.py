"""From the checked body of a call to a message: files, references to them, mentions (discord.md 2 and 10)."""

import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from bot.sandbox.discord.cdn import is_picture_name
from bot.sandbox.discord.component_forms import TEXT_DISPLAY, media_of, walk
from bot.sandbox.discord.forms import FormFaults, Path
from bot.sandbox.discord.message_forms import COMPONENTS_V2, LOADING, MAX_ATTACHMENTS, SUPPRESS_EMBEDS, refuse_empty
from bot.sandbox.discord.permissions import Permission
from bot.sandbox.discord.refusals import Json, Known
from bot.sandbox.discord.shapes import child, children

if TYPE_CHECKING:
    from bot.sandbox.discord.accounts import Account
    from bot.sandbox.discord.messages import Attachment, Message
    from bot.sandbox.discord.world import World

_USER_MENTION = re.compile(r"<@!?(\d+)>")
_ROLE_MENTION = re.compile(r"<@&(\d+)>")
_EVERYONE = re.compile(r"@(?:everyone|here)\b")
_REGULAR_PARSE = ("users", "roles", "everyone")
INTERACTION_PARSE = ("users",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """One `files[n]` part of a call."""

    index: int
    filename: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """The JSON of a call and the files that came with it."""

    fields: Any
    uploads: tuple[Upload, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What depends on the route a message takes."""

    upload_limit_bytes: int
    parse_by_default: tuple[str, ...] = _REGULAR_PARSE
    path: Path = ()
    complain: Callable[[str], None]
    """Told of what Discord swallows, but no caller can have meant."""


class Composer:
    """Fills messages from bodies."""

    def __init__(self, world: "World") -> None:
        self._world = world

    def fill(self, message: "Message", fields: Json, uploads: tuple[Upload, ...], rules: Rules) -> None:
        """Change `message` to what a call asks for; refuse, leaving it as it was, what cannot be."""
        files = self._files(message, fields, uploads, rules)
        embeds = self._embeds(message, fields, files, rules)
        components = self._components(message, fields, files, rules)
        content = cast("str", fields.get("content") or "").strip() if "content" in fields else message.content
        others = bool(fields.get("sticker_ids") or fields.get("poll"))
        self._refuse_legacy_parts(message, fields, content, embeds, rules)
        refuse_empty(content=content, embeds=len(embeds), files=len(files), components=len(components), others=others)
        message.content, message.embeds, message.components, message.files = content, embeds, components, files
        message.flags = (message.flags & ~LOADING) | (fields.get("flags") or 0)
        if "flags" in fields and not (fields["flags"] or 0) & SUPPRESS_EMBEDS:
            message.flags &= ~SUPPRESS_EMBEDS
        message.tts = bool(fields.get("tts")) or message.tts
        self._mention(message, fields, rules)

    def _refuse_legacy_parts(
        self, message: "Message", fields: Json, content: str, embeds: list[Json], rules: Rules
    ) -> None:
        """Refuse a message of version 2 that would keep what it held before (discord.md 4)."""
        if not (message.flags | (fields.get("flags") or 0)) & COMPONENTS_V2:
            return
        faults = FormFaults()
        for name, held in (("content", content), ("embeds", embeds)):
            if held:
                text = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
                faults.add((*rules.path, name), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", text)
        faults.raise_if_any()

    # Files -------------------------------------------------------------------------------------------------------

    def _files(self, message: "Message", fields: Json, uploads: tuple[Upload, ...], rules: Rules) -> "list[Attachment]":
        described = {str(each["id"]): each for each in children(fields, "attachments")}
        faults = FormFaults()
        kept = self._kept(message, fields, uploads, faults, rules.path)
        if len(kept) + len(uploads) > MAX_ATTACHMENTS:
            at = (*rules.path, "attachments")
            faults.add(at, "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_ATTACHMENTS} or fewer in length.")
        faults.raise_if_any()
        if any(len(each.content) > rules.upload_limit_bytes for each in uploads):
            raise Known.BODY_TOO_LARGE.refusal()
        for each in uploads:
            if not each.content:
                rules.complain(f"the uploaded file {each.filename!r} is empty")
        return kept + [self._store(message, each, described.get(str(each.index), {})) for each in uploads]

    def _kept(
        self, message: "Message", fields: Json, uploads: tuple[Upload, ...], faults: FormFaults, path: Path
    ) -> "list[Attachment]":
        if "attachments" not in fields:
            return list(message.files)
        listed = children(fields, "attachments")
        by_id = {str(each.id): each for each in message.files}
        new = {str(each.index) for each in uploads}
        for index, each in enumerate(listed):
            if str(each["id"]) not in by_id and str(each["id"]) not in new:
                at = (*path, "attachments", index, "id")
                faults.add(at, "ATTACHMENT_NOT_FOUND", "The referenced attachment was not found.")
        return [by_id[str(each["id"])] for each in listed if str(each["id"]) in by_id]

    def _store(self, message: "Message", upload: Upload, described: Json) -> "Attachment":
        return self._world.cdn.store(
            file_id=self._world.mint.next_id(),
            channel_id=message.channel.id,
            filename=described.get("filename") or upload.filename,
            content=upload.content,
            description=described.get("description"),
            spoiler=bool(described.get("is_spoiler")),
            ephemeral=message.ephemeral,
        )

    # What shows a file -------------------------------------------------------------------------------------------

    def _embeds(self, message: "Message", fields: Json, files: "list[Attachment]", rules: Rules) -> list[Json]:
        if "embeds" not in fields:
            return message.embeds
        embeds = cast("list[Json]", copy.deepcopy(fields["embeds"] or []))
        for embed in embeds:
            embed["type"] = "rich"
            for part, name in _embed_links(embed):
                self._link(part, name, files, rules)
            for name in ("image", "thumbnail"):
                if embed.get(name) is not None and not embed[name].get("url"):
                    del embed[name]
        return embeds

    def _link(self, part: Json, name: str, files: "list[Attachment]", rules: Rules) -> None:
        """Point one link of an embed to its file; like Discord, drop a reference to none, but complain."""
        address = cast("str", part[name])
        if not address.startswith("attachment://"):
            part[f"proxy_{name}"] = address
            ours = self._world.cdn.find_by_url(address)
            if ours is not None:
                part["sandbox_signed_id"] = ours.id
            return
        filename = address.removeprefix("attachment://")
        found = next((each for each in files if each.filename == filename), None)
        if found is None or not is_picture_name(filename):
            rules.complain(f"an embed shows {address}, which is no picture among the files")
            del part[name]
            return
        part[name] = part[f"proxy_{name}"] = found.url
        part["sandbox_file_id"] = found.id
        if name == "url":
            part |= {"width": found.width, "height": found.height, "content_type": found.content_type}

    def _components(self, message: "Message", fields: Json, files: "list[Attachment]", rules: Rules) -> list[Json]:
        if "components" not in fields:
            return message.components
        components = cast("list[Json]", copy.deepcopy(fields["components"] or []))
        faults = FormFaults()
        for media, path in media_of(components):
            self._show(media, (*rules.path, "components", *path), files, faults)
        faults.raise_if_any()
        for part, _ in walk(components):
            part.pop("required", None)  # a field of modals, which libraries write here as well: ignored, says Discord
            for default in children(part, "default_values"):
                default["id"] = str(default["id"])
        _number(components)
        return components

    def _show(self, media: Json, path: Path, files: "list[Attachment]", faults: FormFaults) -> None:
        address = cast("str", media["url"])
        if not address.startswith("attachment://"):
            media.setdefault("proxy_url", address)
            return
        found = next((each for each in files if each.filename == address.removeprefix("attachment://")), None)
        if found is None:
            code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
            faults.add((*path, "url"), code, "The referenced attachment was not found.")
            return
        media |= {
            "url": found.url,
            "proxy_url": found.url,
            "width": found.width,
            "height": found.height,
            "content_type": found.content_type,
            "loading_state": 2,
            "attachment_id": str(found.id),
            "sandbox_file_id": found.id,
        }

    # Mentions ----------------------------------------------------------------------------------------------------

    def _mention(self, message: "Message", fields: Json, rules: Rules) -> None:
        allowed = cast("Json | None", fields.get("allowed_mentions"))
        texts = [message.content]
        texts += [part["content"] for part, _ in walk(message.components) if part["type"] == TEXT_DISPLAY]
        text = "\n".join(texts)
        pings = _Pings(allowed, rules.parse_by_default)
        users = [self._world.accounts.get(int(each)) for each in _USER_MENTION.findall(text)]
        mentioned = [each for each in dict.fromkeys(users) if each and pings.reaches_user(each.id)]
        replied = message.reply_to.author if message.reply_to and not message.answers else None
        if replied and replied not in mentioned and pings.reaches_replied:
            mentioned.append(replied)
        message.mentions = mentioned
        guild = message.channel.guild
        roles = {role.id: role for role in guild.roles} if guild else {}
        named = [roles[int(each)] for each in _ROLE_MENTION.findall(text) if int(each) in roles]
        message.mention_roles = [role for role in dict.fromkeys(named) if pings.reaches_role(role.id)]
        may = message.channel.allows(message.author, Permission.MENTION_EVERYONE)
        message.mention_everyone = bool(_EVERYONE.search(text)) and pings.reaches_everyone and may
        self._note_pings(message)

    def _note_pings(self, message: "Message") -> None:
        reached: list[Account] = list(message.mentions)
        guild = message.channel.guild
        reached += [
            member.account
            for member in (guild.members.values() if guild else ())
            if message.mention_everyone or any(role in member.roles for role in message.mention_roles)
        ]
        message.pinged += [each for each in dict.fromkeys(reached) if each not in message.pinged]


class _Pings:
    """Whom `allowed_mentions` lets through."""

    def __init__(self, allowed: Json | None, by_default: tuple[str, ...]) -> None:
        given = allowed or {}
        self._parse = by_default if allowed is None else tuple(given.get("parse") or ())
        self._users = {int(each) for each in given.get("users") or ()}
        self._roles = {int(each) for each in given.get("roles") or ()}
        self.reaches_replied = bool(given.get("replied_user", allowed is None))

    @property
    def reaches_everyone(self) -> bool:
        return "everyone" in self._parse

    def reaches_user(self, user_id: int) -> bool:
        return "users" in self._parse or user_id in self._users

    def reaches_role(self, role_id: int) -> bool:
        return "roles" in self._parse or role_id in self._roles


def _embed_links(embed: Json) -> Iterator[tuple[Json, str]]:
    for name in ("image", "thumbnail"):
        if child(embed, name).get("url"):
            yield embed[name], "url"
    for name in ("footer", "author"):
        if child(embed, name).get("icon_url"):
            yield embed[name], "icon_url"


def _number(components: list[Json]) -> None:
    """Give each component the id that Discord gives it where the caller gave none."""
    parts = [part for part, _ in walk(components)]
    taken = {part["id"] for part in parts if part.get("id")}
    free = (each for each in range(1, len(parts) + len(taken) + 1) if each not in taken)
    for part in parts:
        if not part.get("id"):
            part["id"] = next(free)
