"""What an embed may hold: every length, and the 6,000 characters of all embeds together (discord.md 4)."""

from datetime import datetime
from typing import Any, cast

from bot.sandbox.discord import forms
from bot.sandbox.discord.forms import FormFaults, Path
from bot.sandbox.discord.refusals import Json
from bot.sandbox.discord.shapes import child, children

MAX_EMBEDS = 10
TOTAL_CHARS = 6000


def _timestamp(value: Any, path: Path, faults: FormFaults) -> None:
    try:
        datetime.fromisoformat(value)
    except (TypeError, ValueError):
        faults.add(path, "DATE_TIME_TYPE_PARSE", f"Could not parse {value}. Should be ISO8601.")


_MEDIA = forms.nullable(
    forms.record(
        url=forms.nullable(forms.url("http", "https", "attachment")),
        proxy_url=forms.anything,
        width=forms.anything,
        height=forms.anything,
        content_type=forms.anything,
        placeholder=forms.anything,
        placeholder_version=forms.anything,
        description=forms.anything,
        flags=forms.anything,
    )
)
_LINK = forms.nullable(forms.url("http", "https"))
_ICON = forms.nullable(forms.url("http", "https", "attachment"))
_FIELD = forms.record(
    {"name": forms.text(low=1, high=256), "value": forms.text(low=1, high=1024)}, inline=forms.nullable(forms.flag)
)
_SHAPE = forms.record(
    type=forms.anything,
    title=forms.nullable(forms.text(high=256)),
    description=forms.nullable(forms.text(high=4096)),
    url=_LINK,
    timestamp=forms.nullable(_timestamp),
    color=forms.nullable(forms.integer(low=0, high=0xFFFFFF)),
    footer=forms.nullable(
        forms.record(text=forms.nullable(forms.text(high=2048)), icon_url=_ICON, proxy_icon_url=forms.anything)
    ),
    author=forms.nullable(
        forms.record(
            name=forms.nullable(forms.text(high=256)), url=_LINK, icon_url=_ICON, proxy_icon_url=forms.anything
        )
    ),
    fields=forms.nullable(forms.each(_FIELD, high=25)),
    image=_MEDIA,
    thumbnail=_MEDIA,
    video=forms.anything,
    provider=forms.anything,
    flags=forms.anything,
)


def _shows_something(embed: Json, path: Path, faults: FormFaults) -> None:
    media = any(child(embed, name).get("url") for name in ("image", "thumbnail"))
    if not media and not embed_chars(embed):
        faults.add((*path, "description"), *forms.REQUIRED)


def embed_chars(embed: Json) -> int:
    """Count the characters of one embed that count towards the total."""
    parts = [embed.get("title"), embed.get("description")]
    parts += [child(embed, "footer").get("text"), child(embed, "author").get("name")]
    for field in children(embed, "fields"):
        parts += [field.get("name"), field.get("value")]
    return sum(len(part.strip()) for part in parts if part)


_EACH = forms.each(forms.also(_SHAPE, _shows_something), high=MAX_EMBEDS)


def embeds(value: Any, path: Path, faults: FormFaults) -> None:
    """Check the `embeds` of a message."""
    own = FormFaults()
    _EACH(value, path, own)
    _EACH(value, path, faults)
    if not own and sum(embed_chars(embed) for embed in cast("list[Json]", value)) > TOTAL_CHARS:
        faults.add(path, "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {TOTAL_CHARS}")
