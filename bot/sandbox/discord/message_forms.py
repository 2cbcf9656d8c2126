"""What the body of a message may hold, for each route that takes one (discord.md 2, 4, 10)."""

from typing import Any, cast

from bot.sandbox.discord import forms
from bot.sandbox.discord.component_forms import check_components
from bot.sandbox.discord.embed_forms import embeds
from bot.sandbox.discord.forms import Check, FormFaults, Path
from bot.sandbox.discord.refusals import Json, Known

SUPPRESS_EMBEDS, EPHEMERAL, LOADING, SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 6, 1 << 7, 1 << 12
COMPONENTS_V2 = 1 << 15
MAX_ATTACHMENTS = 10
_LEGACY_FIELDS = ("content", "embeds", "sticker_ids", "poll")


def _nonce(value: Any, path: Path, faults: FormFaults) -> None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        faults.add(path, "NONCE_TYPE_CONVERT", "A nonce is a string or a number.")
    elif len(str(value)) > 25:
        faults.add(path, "BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length.")


_ATTACHMENT = forms.record(
    {"id": forms.snowflake},
    filename=forms.text(low=1, high=1024),
    title=forms.nullable(forms.text(high=1024)),
    description=forms.nullable(forms.text(high=1024)),
    is_spoiler=forms.nullable(forms.flag),
    # What a client holds of a file already sent, and sends back to keep it:
    **dict.fromkeys(
        ("size", "url", "proxy_url", "height", "width", "content_type", "ephemeral", "spoiler", "flags"),
        forms.anything,
    ),
    **dict.fromkeys(("placeholder", "placeholder_version", "duration_secs", "waveform"), forms.anything),
)
_REFERENCE = forms.record(
    {"message_id": forms.snowflake},
    type=forms.one_of(0),
    channel_id=forms.nullable(forms.snowflake),
    guild_id=forms.nullable(forms.snowflake),
    fail_if_not_exists=forms.flag,
)


def _mention_rules(mentions: Json, path: Path, faults: FormFaults) -> None:
    for name in ("users", "roles"):
        if mentions.get(name) and name in (mentions.get("parse") or []):
            message = f'parse:["{name}"] and {name}: [ids...] are mutually exclusive.'
            faults.add(path, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE", message)


_ALLOWED_MENTIONS = forms.also(
    forms.record(
        parse=forms.nullable(forms.each(forms.one_of("users", "roles", "everyone"))),
        users=forms.nullable(forms.each(forms.snowflake, high=100)),
        roles=forms.nullable(forms.each(forms.snowflake, high=100)),
        replied_user=forms.nullable(forms.flag),
    ),
    _mention_rules,
)
_COMMON: dict[str, Check] = {
    "content": forms.nullable(forms.text(high=2000)),
    "embeds": forms.nullable(embeds),
    "allowed_mentions": forms.nullable(_ALLOWED_MENTIONS),
    "components": forms.anything,
    "attachments": forms.nullable(forms.each(_ATTACHMENT, high=MAX_ATTACHMENTS)),
}
_NEW: dict[str, Check] = {**_COMMON, "tts": forms.nullable(forms.flag), "poll": forms.nullable(forms.anything)}

CHANNEL_SEND = forms.record(
    **_NEW,
    flags=forms.nullable(forms.bits(SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2)),
    nonce=forms.nullable(_nonce),
    enforce_nonce=forms.nullable(forms.flag),
    message_reference=forms.nullable(_REFERENCE),
    sticker_ids=forms.nullable(forms.each(forms.snowflake, high=3)),
)
_ANSWER_FLAGS = forms.nullable(forms.bits(SUPPRESS_EMBEDS | EPHEMERAL | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2))
ANSWER = forms.record(**_NEW, flags=_ANSWER_FLAGS)
FOLLOWUP = forms.record(
    **_NEW, flags=_ANSWER_FLAGS, username=forms.anything, avatar_url=forms.anything, type=forms.anything
)
_EDIT_FLAGS = forms.nullable(forms.bits(SUPPRESS_EMBEDS | COMPONENTS_V2))
EDIT = forms.record(**_COMMON, flags=_EDIT_FLAGS, tts=forms.nullable(forms.flag))
UPDATE = forms.record(**_NEW, flags=forms.nullable(forms.bits(SUPPRESS_EMBEDS | EPHEMERAL | COMPONENTS_V2)))
DEFER = forms.nullable(forms.record(flags=forms.nullable(forms.bits(EPHEMERAL)), tts=forms.anything))


def check_message(body: Any, schema: Check, *, path: Path = (), was_v2: bool = False) -> Json:
    """Return the body of a message; refuse it with every fault it has. `was_v2` is the edited message's own flag."""
    faults = FormFaults()
    schema(body, path, faults)
    if not isinstance(body, dict):
        faults.raise_if_any()
        return {}
    fields = cast("Json", body)
    flags = fields.get("flags")
    v2 = was_v2 or (isinstance(flags, int) and bool(flags & COMPONENTS_V2))
    if fields.get("components") is not None:
        check_components(fields["components"], (*path, "components"), faults, v2=v2)
    for name in _LEGACY_FIELDS if v2 else ():
        if fields.get(name):
            message = f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2"
            faults.add((*path, name), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", message)
    faults.raise_if_any()
    return fields


def refuse_empty(*, content: str, embeds: int, files: int, components: int, others: bool = False) -> None:
    """Refuse a message that shows nothing: 50006."""
    if not (content.strip() or embeds or files or components or others):
        raise Known.EMPTY_MESSAGE.refusal()
