"""Pictures read out of a message, by the library's own classes from what Discord sends."""

from typing import Any

import discord
import pytest

from bot import errors
from bot.intake import pictures
from bot.intake.messages import is_hidden
from bot.jobs.model import MAX_SOURCES, Source
from bot.jobs.sources import MAX_SOURCE_BYTES
from bot.net.hosts import DISCORD_CONTENT, AllowedHosts

Json = dict[str, Any]

CDN = "https://cdn.discordapp.com/attachments/1/2"
PROXY = "https://images-ext-1.discordapp.net/external/abc/https/example.com"
WHEN = "2026-11-22T09:00:00+00:00"


def message(**fields: Any) -> discord.Message:
    """Make a message of a person as the library makes it."""
    client = discord.Client(intents=discord.Intents.none())
    author = {"id": "5", "username": "bob", "discriminator": "0", "avatar": None}
    data: Json = {
        "id": "7",
        "channel_id": "6",
        "type": 0,
        "author": author,
        "content": "",
        "timestamp": WHEN,
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "pinned": False,
        "flags": 0,
        "attachments": [],
        "embeds": [],
        "components": [],
        **fields,
    }
    state = client._connection  # pyright: ignore[reportPrivateUsage] - it has no public maker
    channel: Any = client.get_partial_messageable(6)
    payload: Any = data
    return discord.Message(state=state, channel=channel, data=payload)


def file(name: str, content_type: str | None = None, *, size: int = 1000, **more: Any) -> Json:
    url = f"{CDN}/{name}?ex=1&is=2&hm=3"
    kind = {} if content_type is None else {"content_type": content_type}
    return {"id": "9", "filename": name, "size": size, "url": url, "proxy_url": url, **kind, **more}


def media(name: str, content_type: str | None = None, *, foreign: bool = False) -> Json:
    if foreign:
        return {"url": f"https://example.com/{name}", "proxy_url": f"{PROXY}/{name}"}
    kind = {} if content_type is None else {"content_type": content_type}
    return {
        "url": f"{CDN}/{name}?ex=1",
        "proxy_url": f"https://media.discordapp.net/attachments/1/2/{name}?ex=1",
        **kind,
    }


def shot(name: str, *, foreign: bool = True) -> Json:
    return {"type": "rich", "image": media(name, foreign=foreign)}


def gallery(*items: Json) -> Json:
    return {"type": 12, "id": 1, "items": [{"media": each} for each in items]}


def forward(**fields: Any) -> Json:
    inner = {"type": 0, "content": "", "embeds": [], "attachments": [], "timestamp": WHEN, "edited_timestamp": None}
    return {"message": {**inner, "flags": 0, "components": [], **fields}}


def names(found: list[Source]) -> list[str]:
    return [source.name for source in found]


SHOWN: dict[str, tuple[Json, list[str]]] = {
    "nothing": ({}, []),
    "text": ({"content": "https://example.com/a.png"}, []),
    "attachments in their order": (
        {"attachments": [file("b.png", "image/png"), file("a.jpg", "image/jpeg")]},
        ["b.png", "a.jpg"],
    ),
    "an attachment of no stated kind": ({"attachments": [file("a.heic")]}, ["a.heic"]),
    "only what may be a picture": (
        {
            "attachments": [
                file("film.mp4", "video/mp4"),
                file("a.png", "image/png"),
                file("song.ogg", "audio/ogg"),
                file("notes.txt", "text/plain; charset=utf-8"),
                file("paper.pdf", "application/pdf"),
            ]
        },
        ["a.png"],
    ),
    "an embed's image": ({"embeds": [shot("a.png")]}, ["a.png"]),
    "an embed's thumbnail": ({"embeds": [{"type": "link", "thumbnail": media("t.png", foreign=True)}]}, ["t.png"]),
    "the image before the thumbnail": (
        {
            "embeds": [
                {"type": "rich", "image": media("a.png", foreign=True), "thumbnail": media("t.png", foreign=True)}
            ]
        },
        ["a.png"],
    ),
    "an embed of text": ({"embeds": [{"type": "rich", "description": "words"}]}, []),
    "several embeds": ({"embeds": [shot("a.png"), shot("b.png")]}, ["a.png", "b.png"]),
    "a gallery": (
        {"components": [gallery(media("a.png"), media("b.png", foreign=True), media("v.mp4", "video/mp4"))]},
        ["a.png", "b.png"],
    ),
    "a file component": (
        {"components": [{"type": 13, "id": 1, "file": media("a.png", "image/png"), "name": "a.png", "size": 3}]},
        ["a.png"],
    ),
    "a section's thumbnail": (
        {
            "components": [
                {
                    "type": 9,
                    "id": 1,
                    "components": [{"type": 10, "id": 2, "content": "words"}],
                    "accessory": {"type": 11, "id": 3, "media": media("a.png")},
                }
            ]
        },
        ["a.png"],
    ),
    "nested in a container": (
        {
            "components": [
                {
                    "type": 17,
                    "id": 1,
                    "components": [
                        {"type": 10, "id": 2, "content": "words"},
                        gallery(media("a.png")),
                        {
                            "type": 1,
                            "id": 4,
                            "components": [
                                {"type": 2, "id": 5, "style": 5, "label": "x", "url": "https://example.com"}
                            ],
                        },
                    ],
                }
            ]
        },
        ["a.png"],
    ),
    "a forwarded message": (
        {
            "message_snapshots": [
                forward(
                    attachments=[file("a.png", "image/png")],
                    embeds=[shot("b.png")],
                    components=[gallery(media("c.png"))],
                )
            ]
        },
        ["a.png", "b.png", "c.png"],
    ),
    "the same file shown twice": (
        {"attachments": [file("a.png", "image/png")], "components": [gallery({"url": f"{CDN}/a.png?ex=9"})]},
        ["a.png"],
    ),
    "attachments before embeds before components": (
        {
            "components": [gallery(media("c.png"))],
            "embeds": [shot("b.png")],
            "attachments": [file("a.png", "image/png")],
        },
        ["a.png", "b.png", "c.png"],
    ),
}


@pytest.mark.parametrize(("fields", "expected"), SHOWN.values(), ids=SHOWN.keys())
def test_every_way_to_show_a_picture_is_read(fields: Json, expected: list[str]) -> None:
    """In the order people see them, each file once."""
    found = pictures.of_message(message(**fields), allowed=AllowedHosts(DISCORD_CONTENT, loopback=False))
    assert names(found) == expected


ADDRESSES: dict[str, tuple[Json, str | None]] = {
    "a foreign picture by Discord's copy": (media("a.png", foreign=True), f"{PROXY}/a.png"),
    "a foreign picture without a copy": ({"url": "https://example.com/a.png"}, None),
    "a copy that is none of Discord's": (
        {"url": "https://example.com/a.png", "proxy_url": "https://images-ext-1.discordapp.net.evil.example/a.png"},
        None,
    ),
    "a private address": ({"url": "http://127.0.0.1/a.png", "proxy_url": "http://127.0.0.1/a.png"}, None),
    "Discord's own file": ({"url": f"{CDN}/a.png?ex=1"}, f"{CDN}/a.png?ex=1"),
    "plain http": ({"url": "http://cdn.discordapp.com/attachments/1/2/a.png"}, None),
}


@pytest.mark.parametrize(("shown", "expected"), ADDRESSES.values(), ids=ADDRESSES.keys())
@pytest.mark.parametrize("place", ["image", "thumbnail", "gallery"])
def test_no_address_leads_away_from_discord(shown: Json, expected: str | None, place: str) -> None:
    """What a stranger writes into an embed is never asked for."""
    fields: Json = (
        {"components": [gallery(shown)]} if place == "gallery" else {"embeds": [{"type": "rich", place: shown}]}
    )
    found = pictures.of_message(message(**fields), allowed=AllowedHosts(DISCORD_CONTENT, loopback=False))
    assert [source.url for source in found] == ([expected] if expected else [])


def test_loopback_is_read_only_where_discord_itself_is_there() -> None:
    """No further setting opens the machine's own addresses."""
    local = message(embeds=[{"type": "rich", "image": {"url": "http://127.0.0.1:8/a.png"}}])
    assert names(pictures.of_message(local, allowed=AllowedHosts(DISCORD_CONTENT, loopback=True))) == ["a.png"]


def test_a_picture_without_a_name_is_called_picture() -> None:
    """People are shown some name in every case."""
    bare = message(embeds=[{"type": "rich", "image": {"url": "https://example.com/", "proxy_url": f"{PROXY}/"}}])
    assert names(pictures.of_message(bare, allowed=AllowedHosts(DISCORD_CONTENT, loopback=False))) == ["picture"]


def test_a_file_beyond_the_limit_is_refused_by_its_name() -> None:
    """Before it is fetched."""
    large = message(attachments=[file("scan.tif", "image/tiff", size=MAX_SOURCE_BYTES + 1)])
    with pytest.raises(errors.SourceTooLarge, match=r"scan\.tif"):
        pictures.of_message(large, allowed=AllowedHosts(DISCORD_CONTENT, loopback=False))


def test_what_is_attached_to_a_reply_is_taken_without_other_files() -> None:
    """A film beside the pictures does not stop the edit."""
    said = message(attachments=[file("film.mp4", "video/mp4"), file("a.png", "image/png")], embeds=[shot("b.png")])
    assert names(pictures.attached_to(said)) == ["a.png"]


def test_sources_are_numbered_from_one_and_counted() -> None:
    """Fourteen are the most."""
    given = [Source(position=0, name=f"{number}.png") for number in range(MAX_SOURCES)]
    assert [source.position for source in pictures.numbered(given)] == list(range(1, MAX_SOURCES + 1))
    with pytest.raises(errors.TooManySources):
        pictures.numbered([*given, given[0]])


STICKER = {"id": "3", "name": "wave", "format_type": 1}
HIDDEN: dict[str, tuple[Json, bool]] = {
    "nothing at all": ({}, True),
    "a forward without anything": ({"message_snapshots": [forward()]}, True),
    "words": ({"content": "hi"}, False),
    "a file": ({"attachments": [file("a.png")]}, False),
    "an embed": ({"embeds": [{"type": "rich", "title": "x"}]}, False),
    "a component": ({"components": [gallery(media("a.png"))]}, False),
    "a sticker": ({"sticker_items": [STICKER]}, False),
    "a forwarded file": ({"message_snapshots": [forward(attachments=[file("a.png")])]}, False),
    "somebody joined": ({"type": 7}, False),
}


@pytest.mark.parametrize(("fields", "expected"), HIDDEN.values(), ids=HIDDEN.keys())
def test_a_message_that_is_quite_empty_is_one_that_discord_hides(fields: Json, expected: bool) -> None:
    """Without the intent all four parts are empty; a person's message never is."""
    assert is_hidden(message(**fields)) is expected
