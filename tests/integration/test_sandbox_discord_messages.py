"""Messages through raw REST calls: what is accepted, what is refused and with which words."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot.sandbox.discord import Channel, DiscordSandbox, Guild, Message, Permission, Person
from tests.support.clock import ManualClock
from tests.support.discord_caller import DiscordCaller


@dataclass(kw_only=True)
class Stage:
    """A guild with one channel and one person, and somebody who calls by hand."""

    clock: ManualClock
    sandbox: DiscordSandbox
    caller: DiscordCaller
    guild: Guild
    channel: Channel
    alice: Person

    async def send(self, body: Any, **more: Any) -> tuple[int, Any]:
        """Send to the channel."""
        return await self.caller.call("POST", f"/channels/{self.channel.id}/messages", body, **more)

    async def sent(self, body: Any, **more: Any) -> Message:
        """Send to the channel, successfully."""
        status, answer = await self.send(body, **more)
        assert status == 200, answer
        return self.channel.messages[int(answer["id"])]

    async def edit(self, message: Message, body: Any, **more: Any) -> tuple[int, Any]:
        """Edit by the channel route."""
        return await self.caller.call("PATCH", f"/channels/{self.channel.id}/messages/{message.id}", body, **more)


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Open the stage, without rate limits."""
    clock = ManualClock()
    async with DiscordSandbox(clock=clock) as sandbox, DiscordCaller(sandbox) as caller:
        sandbox.limits.enabled = False
        guild = sandbox.add_guild("Paper Harbour")
        channel = guild.add_text_channel("pictures")
        alice = guild.add_member("alice")
        yield Stage(clock=clock, sandbox=sandbox, caller=caller, guild=guild, channel=channel, alice=alice)


def button(custom_id: str = "a", **more: Any) -> dict[str, Any]:
    """Make a button."""
    return {"type": 2, "style": 1, "label": "x", "custom_id": custom_id, **more}


def chooser(kind: int, *defaults: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Make a select of accounts, roles or channels with some chosen before."""
    return {"type": kind, "custom_id": "s", "default_values": list(defaults), **more}


def default(kind: str) -> dict[str, Any]:
    """Make something that is chosen before."""
    return {"id": "5", "type": kind}


def row(*parts: dict[str, Any]) -> dict[str, Any]:
    """Make a row."""
    return {"type": 1, "components": list(parts)}


def menu(**more: Any) -> dict[str, Any]:
    """Make a select menu."""
    return {"type": 3, "custom_id": "m", "options": [{"label": "a", "value": "a"}], **more}


LINK = {"type": 2, "style": 5, "label": "x"}
V2 = 1 << 15


def text_display(content: str = "x") -> dict[str, Any]:
    """Make a text of version 2."""
    return {"type": 10, "content": content}


REFUSED = [
    ({"content": "x" * 2001}, "content", "BASE_TYPE_MAX_LENGTH"),
    ({"content": 5}, "content", "STRING_TYPE_CONVERT"),
    ({"contents": "x"}, "contents", "UNKNOWN_FIELD"),
    ({"content": "x", "tts": "yes"}, "tts", "BOOLEAN_TYPE_CONVERT"),
    ({"content": "x", "flags": 64}, "flags", "BASE_TYPE_CHOICES"),
    ({"content": "x", "flags": "4"}, "flags", "NUMBER_TYPE_COERCE"),
    ({"content": "x", "nonce": "n" * 26}, "nonce", "BASE_TYPE_MAX_LENGTH"),
    ({"content": "x", "nonce": []}, "nonce", "NONCE_TYPE_CONVERT"),
    ({"embeds": {}}, "embeds", "LIST_TYPE_CONVERT"),
    ({"embeds": ["x"]}, "embeds.0", "MODEL_TYPE_CONVERT"),
    ({"embeds": [{"title": "x"}] * 11}, "embeds", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{}]}, "embeds.0.description", "BASE_TYPE_REQUIRED"),
    ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"description": "x" * 4097}]}, "embeds.0.description", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"title": "x", "color": 0x1000000}]}, "embeds.0.color", "NUMBER_TYPE_MAX"),
    ({"embeds": [{"title": "x", "color": -1}]}, "embeds.0.color", "NUMBER_TYPE_MIN"),
    ({"embeds": [{"title": "x", "timestamp": "soon"}]}, "embeds.0.timestamp", "DATE_TIME_TYPE_PARSE"),
    ({"embeds": [{"title": "x", "url": "ftp://x"}]}, "embeds.0.url", "URL_TYPE_INVALID_SCHEME"),
    ({"embeds": [{"title": "x", "url": "http://"}]}, "embeds.0.url", "URL_TYPE_INVALID_URL"),
    ({"embeds": [{"title": "x", "url": "http://[x"}]}, "embeds.0.url", "URL_TYPE_INVALID_URL"),
    ({"embeds": [{"title": "x", "url": 1}]}, "embeds.0.url", "STRING_TYPE_CONVERT"),
    ({"embeds": [{"title": "x", "url": "http://" + "x" * 2048}]}, "embeds.0.url", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"footer": {"text": "x" * 2049}}]}, "embeds.0.footer.text", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"author": {"name": "x" * 257}}]}, "embeds.0.author.name", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"fields": [{"name": "x", "value": ""}]}]}, "embeds.0.fields.0.value", "BASE_TYPE_REQUIRED"),
    ({"embeds": [{"fields": [{"name": "x"}]}]}, "embeds.0.fields.0.value", "BASE_TYPE_REQUIRED"),
    ({"embeds": [{"fields": [{"name": "x", "value": "y" * 1025}]}]}, "embeds.0.fields.0.value", "BASE_TYPE_BAD_LENGTH"),
    ({"embeds": [{"fields": [{"name": "x", "value": "y"}] * 26}]}, "embeds.0.fields", "BASE_TYPE_MAX_LENGTH"),
    ({"embeds": [{"colour": 1, "title": "x"}]}, "embeds.0.colour", "UNKNOWN_FIELD"),
    ({"embeds": [{"description": "x" * 4096}, {"description": "x" * 1905}]}, "embeds", "MAX_EMBED_SIZE_EXCEEDED"),
    ({"content": "x", "allowed_mentions": {"parse": ["all"]}}, "allowed_mentions.parse.0", "BASE_TYPE_CHOICES"),
    (
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "allowed_mentions",
        "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
    ),
    ({"content": "x", "message_reference": {"message_id": "1"}}, "message_reference", "REPLIES_UNKNOWN_MESSAGE"),
    ({"content": "x", "attachments": [{"id": "0"}]}, "attachments.0.id", "ATTACHMENT_NOT_FOUND"),
    ({"content": "x", "attachments": [{"id": "x"}]}, "attachments.0.id", "NUMBER_TYPE_COERCE"),
    ({"content": "x", "components": [row(button())] * 6}, "components", "BASE_TYPE_MAX_LENGTH"),
    ({"content": "x", "components": [row()]}, "components.0.components", "BASE_TYPE_BAD_LENGTH"),
    ({"content": "x", "components": [button()]}, "components.0.type", "UNION_TYPE_CHOICES"),
    ({"content": "x", "components": [{"components": []}]}, "components.0.type", "BASE_TYPE_REQUIRED"),
    ({"content": "x", "components": ["x"]}, "components.0", "MODEL_TYPE_CONVERT"),
    ({"content": "x", "components": [text_display()]}, "components.0.type", "UNION_TYPE_CHOICES"),
    (
        {"content": "x", "components": [row(*[button(str(n)) for n in range(6)])]},
        "components.0.components.5",
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    (
        {"content": "x", "components": [row(menu(), button())]},
        "components.0.components.1",
        "COMPONENT_LAYOUT_WIDTH_EXCEEDED",
    ),
    (
        {"content": "x", "components": [row(button(), button())]},
        "components.0.components.1.custom_id",
        "COMPONENT_CUSTOM_ID_DUPLICATED",
    ),
    (
        {"content": "x", "components": [row(button("c" * 101))]},
        "components.0.components.0.custom_id",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        {"content": "x", "components": [row(button(custom_id=None))]},
        "components.0.components.0.custom_id",
        "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED",
    ),
    (
        {"content": "x", "components": [row(button(label="l" * 81))]},
        "components.0.components.0.label",
        "BASE_TYPE_MAX_LENGTH",
    ),
    (
        {"content": "x", "components": [row(button(label=None))]},
        "components.0.components.0",
        "BUTTON_COMPONENT_LABEL_OR_EMOJI_REQUIRED",
    ),
    (
        {"content": "x", "components": [row(button(style=7))]},
        "components.0.components.0.style",
        "BASE_TYPE_CHOICES",
    ),
    (
        {"content": "x", "components": [row(LINK)]},
        "components.0.components.0.url",
        "BUTTON_COMPONENT_URL_REQUIRED",
    ),
    (
        {"content": "x", "components": [row({**LINK, "url": "http://a.example", "custom_id": "c"})]},
        "components.0.components.0.custom_id",
        "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
    ),
    (
        {"content": "x", "components": [row({"type": 2, "style": 6})]},
        "components.0.components.0.sku_id",
        "BUTTON_COMPONENT_SKU_ID_REQUIRED",
    ),
    (
        {"content": "x", "components": [row(menu(options=[]))]},
        "components.0.components.0.options",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        {"content": "x", "components": [row(menu(options=[{"label": "a", "value": "a"}] * 2))]},
        "components.0.components.0.options.1.value",
        "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED",
    ),
    (
        {"content": "x", "components": [row(menu(max_values=2))]},
        "components.0.components.0.max_values",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        {"content": "x", "components": [row(menu(min_values=2))]},
        "components.0.components.0.min_values",
        "SELECT_COMPONENT_MIN_VALUES_TOO_LARGE",
    ),
    (
        {"content": "x", "components": [row(menu(placeholder="p" * 151))]},
        "components.0.components.0.placeholder",
        "BASE_TYPE_MAX_LENGTH",
    ),
    (
        {
            "content": "x",
            "components": [
                row(menu(options=[{"label": n, "value": n, "default": True} for n in "ab"])),
            ],
        },
        "components.0.components.0.options",
        "SELECT_COMPONENT_TOO_MANY_DEFAULT_VALUES",
    ),
    (
        {"content": "x", "components": [row(chooser(5, default("role")))]},
        "components.0.components.0.default_values.0.type",
        "BASE_TYPE_CHOICES",
    ),
    (
        {"content": "x", "components": [row(chooser(8, default("user")))]},
        "components.0.components.0.default_values.0.type",
        "BASE_TYPE_CHOICES",
    ),
    (
        {"content": "x", "components": [row(chooser(7, default("channel")))]},
        "components.0.components.0.default_values.0.type",
        "BASE_TYPE_CHOICES",
    ),
    (
        {"content": "x", "components": [row(chooser(6, default("role"), default("role")))]},
        "components.0.components.0.default_values",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        {"content": "x", "components": [row(chooser(6, default("role"), min_values=2, max_values=2))]},
        "components.0.components.0.default_values",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        {"content": "x", "flags": V2, "components": [text_display()]},
        "content",
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    (
        {"embeds": [{"title": "x"}], "flags": V2, "components": [text_display()]},
        "embeds",
        "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
    ),
    ({"flags": V2, "components": [text_display()] * 41}, "components", "COMPONENT_MAX_TOTAL_COMPONENTS"),
    (
        {"flags": V2, "components": [text_display("x" * 2001)] * 2},
        "components",
        "COMPONENT_DISPLAYABLE_TEXT_SIZE_EXCEEDED",
    ),
    (
        {"flags": V2, "components": [{"type": 12, "items": [{"media": {"url": "attachment://a.png"}}]}]},
        "components.0.items.0.media.url",
        "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND",
    ),
    (
        {"flags": V2, "components": [{"type": 12, "items": []}]},
        "components.0.items",
        "BASE_TYPE_BAD_LENGTH",
    ),
    (
        {"flags": V2, "components": [{"type": 13, "file": {"url": "https://a.example/b"}}]},
        "components.0.file.url",
        "URL_TYPE_INVALID_SCHEME",
    ),
    (
        {"flags": V2, "components": [{"type": 9, "components": [text_display()]}]},
        "components.0.accessory",
        "BASE_TYPE_REQUIRED",
    ),
    (
        {"flags": V2, "components": [{"type": 17, "components": [{"type": 17, "components": []}]}]},
        "components.0.components.0.type",
        "UNION_TYPE_CHOICES",
    ),
]


def codes_at(answer: dict[str, Any], path: str) -> list[str]:
    """Return the codes the tree of errors has at a path."""
    node = answer["errors"]
    for part in path.split("."):
        assert part in node, f"nothing at {path}: {answer['errors']}"
        node = node[part]
    return [each["code"] for each in node["_errors"]]


@pytest.mark.parametrize(("body", "path", "code"), REFUSED)
async def test_a_faulty_message_is_refused_by_the_name_of_its_field(
    stage: Stage, body: dict[str, Any], path: str, code: str
) -> None:
    """Each published limit is 400 50035 with a tree that names the field, and stands among the violations."""
    status, answer = await stage.send(body)
    assert (status, answer["code"], answer["message"]) == (400, 50035, "Invalid Form Body")
    assert codes_at(answer, path) == [code]
    assert len(stage.sandbox.violations) == 1
    assert stage.channel.messages == {}


ACCEPTED = [
    {"content": "x" * 2000},
    {"content": "x", "nonce": "n" * 25, "enforce_nonce": True, "tts": False, "flags": 4096},
    {"embeds": [{"title": "x" * 256, "description": "y" * 4096, "color": 0xFFFFFF}]},
    {"embeds": [{"description": "x" * 4000}, {"description": "x" * 2000}]},
    {"embeds": [{"image": {"url": "https://a.example/b.png"}, "timestamp": "2026-11-22T09:00:00+00:00"}]},
    {"content": "x", "components": [row(*[button(f"{r}{n}") for n in range(5)]) for r in range(5)]},
    {"content": "x", "components": [row({**LINK, "url": "https://a.example"})]},
    {"content": "x", "components": [row({"type": 8, "custom_id": "c", "channel_types": [0], "min_values": 0})]},
    {"flags": V2, "components": [{"type": 17, "components": [text_display(), {"type": 14}], "accent_color": 1}]},
    {
        "flags": V2,
        "components": [{"type": 9, "components": [text_display()], "accessory": button()}, row(button("b"))],
    },
]


@pytest.mark.parametrize("body", ACCEPTED)
async def test_what_stands_at_the_limit_is_accepted(stage: Stage, body: dict[str, Any]) -> None:
    """The limits are not stricter than Discord's."""
    assert (await stage.send(body))[0] == 200
    assert stage.sandbox.violations == []


async def test_what_is_chosen_before_is_told_back_by_its_text_id(stage: Stage) -> None:
    """A number is taken; `required` is a field of modals and ignored in messages."""
    before = chooser(7, {"id": 5, "type": "user"}, {"id": "6", "type": "role"}, max_values=2, required=False)
    status, answer = await stage.send({"content": "x", "components": [row(before)]})
    [told] = answer["components"][0]["components"]
    assert (status, [each["id"] for each in told["default_values"]]) == (200, ["5", "6"])
    assert "required" not in told


@pytest.mark.parametrize("body", [{}, {"content": " \n "}, {"content": "", "embeds": []}])
async def test_an_empty_message_is_refused(stage: Stage, body: dict[str, Any]) -> None:
    """50006."""
    status, answer = await stage.send(body)
    assert (status, answer["code"]) == (400, 50006)


async def test_files_come_back_byte_for_byte(stage: Stage) -> None:
    """The CDN serves what was uploaded, without a token, under a name Discord would keep."""
    described = [{"id": 0, "filename": "paper boat.txt", "description": "a boat"}]
    message = await stage.sent({"attachments": described}, files={"paper boat.txt": b"\x00boat"})
    kept = message.attachments[0]
    assert (kept.filename, kept.title, kept.description) == ("paper_boat.txt", "paper boat.txt", "a boat")
    status, body = await stage.caller.call("GET", kept.url)
    assert (status, body) == (200, b"\x00boat")


async def test_addresses_of_files_are_signed_and_expire(stage: Stage) -> None:
    """A bare address, a forged one and one of yesterday answer 404; a fresh read of the message helps."""
    message = await stage.sent({}, files={"a.txt": b"a"})
    old = message.attachments[0].url
    for address in (old.split("?")[0], old[:-1] + ("0" if old[-1] != "0" else "1"), old.replace("a.txt", "b.txt")):
        assert (await stage.caller.call("GET", address))[0] == 404
    await stage.clock.advance(24 * 3600 + 1)
    assert (await stage.caller.call("GET", old))[0] == 404
    _, answer = await stage.caller.call("GET", f"/channels/{stage.channel.id}/messages/{message.id}")
    assert (await stage.caller.call("GET", answer["attachments"][0]["url"]))[0] == 200


@pytest.mark.parametrize(("tier", "limit_mib"), [(0, 10), (1, 10), (2, 50), (3, 100)])
async def test_a_file_may_weigh_what_the_guild_allows(stage: Stage, tier: int, limit_mib: int) -> None:
    """413 with 40005 above the limit of the boost tier, or above the 25 MiB of a request."""
    guild = stage.sandbox.add_guild("Boosted", premium_tier=tier)
    channel = guild.add_text_channel("pictures")
    largest = min(limit_mib * 1024 * 1024, 24 * 1024 * 1024)
    path = f"/channels/{channel.id}/messages"
    assert (await stage.caller.call("POST", path, {}, files={"a.bin": bytes(largest)}))[0] == 200
    too_large = min(limit_mib, 25) * 1024 * 1024 + 1
    status, answer = await stage.caller.call("POST", path, {}, files={"a.bin": bytes(too_large)})
    assert (status, answer["code"]) == (413, 40005)


async def test_eleven_files_are_one_too_many(stage: Stage) -> None:
    """10 attachments a message."""
    files = {f"{n}.txt": b"x" for n in range(11)}
    status, answer = await stage.send({}, files=files)
    assert (status, answer["code"]) == (400, 50035)
    assert codes_at(answer, "attachments") == ["BASE_TYPE_MAX_LENGTH"]


async def test_an_edit_without_a_list_keeps_the_files_and_a_list_is_the_exact_set(stage: Stage) -> None:
    """Omitted keeps; a list of kept ids and new files is what the message then has; an empty list removes all."""
    message = await stage.sent({}, files={"a.txt": b"a", "b.txt": b"b"})
    assert (await stage.edit(message, {"content": "hello"}))[0] == 200
    assert [each.filename for each in message.attachments] == ["a.txt", "b.txt"]
    kept = str(message.attachments[1].id)
    await stage.edit(message, {"attachments": [{"id": kept}, {"id": "0", "filename": "c.txt"}]}, files={"c.txt": b"c"})
    assert [each.filename for each in message.attachments] == ["b.txt", "c.txt"]
    await stage.edit(message, {"attachments": []})
    assert message.attachments == []
    assert [len(state.attachments) for state in message.states] == [2, 2, 2, 0]


async def test_a_file_shown_by_an_embed_is_no_attachment(stage: Stage) -> None:
    """discord.md 2: what an embed shows is missing from `attachments`, and its address is the CDN's."""
    body = {"embeds": [{"image": {"url": "attachment://a.png"}}]}
    message = await stage.sent(body, files={"a.png": b"not really"})
    assert message.attachments == []
    _, answer = await stage.caller.call("GET", f"/channels/{stage.channel.id}/messages/{message.id}")
    assert answer["attachments"] == []
    assert (await stage.caller.call("GET", answer["embeds"][0]["image"]["url"])) == (200, b"not really")
    await stage.edit(message, {"embeds": [{"title": "x"}]})
    assert [each.filename for each in message.attachments] == ["a.png"]


async def test_an_embed_with_the_bare_address_of_a_file_gets_a_signed_one(stage: Stage) -> None:
    """Discord refreshes such addresses (discord.md 3); the file stays an attachment, so it is seen twice."""
    message = await stage.sent({}, files={"a.png": b"x"})
    bare = message.attachments[0].url.split("?")[0]
    _, answer = await stage.edit(message, {"embeds": [{"image": {"url": bare}}]})
    assert (await stage.caller.call("GET", answer["embeds"][0]["image"]["url"]))[0] == 200
    assert len(answer["attachments"]) == 1


async def test_icons_of_an_embed_show_files_as_well(stage: Stage) -> None:
    """Footer and author; the address ends up under icon_url."""
    body = {"embeds": [{"footer": {"text": "x", "icon_url": "attachment://a.png"}}]}
    _, answer = await stage.send(body, files={"a.png": b"x"})
    assert (await stage.caller.call("GET", answer["embeds"][0]["footer"]["icon_url"]))[0] == 200
    assert answer["attachments"] == []


async def test_an_embed_that_shows_no_file_is_a_violation(stage: Stage) -> None:
    """Discord drops such an image without a word; no caller can have meant it."""
    message = await stage.sent({"embeds": [{"title": "x", "image": {"url": "attachment://gone.png"}}]})
    assert "image" not in message.embeds[0]
    assert "gone.png" in stage.sandbox.violations[0].what


async def test_a_gallery_shows_its_file_and_v2_is_never_taken_back(stage: Stage) -> None:
    """The component carries the file's address and id; a later edit without the flag stays version 2."""
    gallery = {"type": 12, "items": [{"media": {"url": "attachment://a.png"}, "description": "alt"}]}
    message = await stage.sent({"flags": V2, "components": [gallery]}, files={"a.png": b"x"})
    assert message.attachments == []
    status, answer = await stage.edit(message, {"flags": 0, "content": "text"})
    assert (status, answer["code"]) == (400, 50035)
    assert (await stage.edit(message, {"components": [text_display("only text")]}))[0] == 200
    assert [each.filename for each in message.attachments] == ["a.png"]


async def test_v2_cannot_be_put_on_a_message_that_keeps_its_content(stage: Stage) -> None:
    """Content must be nulled in the same edit (discord.md 4)."""
    message = await stage.sent({"content": "old"})
    body = {"flags": V2, "components": [text_display()]}
    assert (await stage.edit(message, body))[1]["code"] == 50035
    assert (await stage.edit(message, {**body, "content": None}))[0] == 200


MENTIONS = [
    ("<@{alice}>", None, ["alice"]),
    ("<@{alice}>", {"parse": []}, []),
    ("<@{alice}>", {"users": ["{alice}"]}, ["alice"]),
    ("<@&{role}>", None, ["alice"]),
    ("<@&{role}>", {"parse": ["users"]}, []),
    ("<@&{role}>", {"roles": ["{role}"]}, ["alice"]),
    ("@everyone", None, []),
]


@pytest.mark.parametrize(("text", "allowed", "pinged"), MENTIONS)
async def test_pings_reach_whom_allowed_mentions_let_through(
    stage: Stage, text: str, allowed: dict[str, Any] | None, pinged: list[str]
) -> None:
    """`pinged` is who was really notified."""
    role = stage.guild.add_role("painters")
    stage.guild.change_roles(stage.alice, [role])
    ids = {"alice": stage.alice.id, "role": role.id}
    filled = {k: [v.format(**ids) if "{" in v else v for v in vs] for k, vs in allowed.items()} if allowed else None
    message = await stage.sent({"content": text.format(**ids), "allowed_mentions": filled})
    assert [each.name for each in message.pinged] == pinged


async def test_everyone_is_pinged_only_by_who_may(stage: Stage) -> None:
    """MENTION_EVERYONE decides."""
    stage.guild.everyone.permissions |= Permission.MENTION_EVERYONE
    message = await stage.sent({"content": "@everyone"})
    assert stage.alice in message.pinged


async def test_an_enforced_nonce_sends_once(stage: Stage) -> None:
    """The same nonce within minutes gives back the first message; later it is forgotten."""
    body = {"content": "x", "nonce": "job-1", "enforce_nonce": True}
    first, again = await stage.sent(body), await stage.sent(body)
    assert first is again
    assert (await stage.sent({"content": "x", "nonce": "job-1"})) is not first
    await stage.clock.advance(301)
    assert (await stage.sent(body)) is not first


@pytest.mark.parametrize(
    ("denied", "files", "body", "code"),
    [
        (Permission.VIEW_CHANNEL, None, {"content": "x"}, 50001),
        (Permission.SEND_MESSAGES, None, {"content": "x"}, 50013),
        (Permission.ATTACH_FILES, {"a.txt": b"x"}, {}, 50013),
        (Permission.EMBED_LINKS, None, {"embeds": [{"title": "x"}]}, 50013),
    ],
)
async def test_a_send_without_permission_is_refused(
    stage: Stage, denied: Permission, files: dict[str, bytes] | None, body: dict[str, Any], code: int
) -> None:
    """403 with the code of what is missing."""
    stage.channel.deny(stage.sandbox.world.bot, denied)
    status, answer = await stage.send(body, files=files)
    assert (status, answer["code"]) == (403, code)


async def test_replies_need_the_history_and_carry_what_they_answer(stage: Stage) -> None:
    """160002 without READ_MESSAGE_HISTORY; with it the answer holds the message replied to."""
    asked = await stage.alice.say(stage.channel, "hello")
    body = {"content": "x", "message_reference": {"message_id": str(asked.id)}}
    _, answer = await stage.send(body)
    assert (answer["type"], answer["referenced_message"]["id"]) == (19, str(asked.id))
    assert [each["id"] for each in answer["mentions"]] == [str(stage.alice.id)]
    stage.channel.deny(stage.sandbox.world.bot, Permission.READ_MESSAGE_HISTORY)
    assert (await stage.send(body))[1]["code"] == 160002
    assert (await stage.caller.call("GET", f"/channels/{stage.channel.id}/messages")) == (200, [])
    path = f"/channels/{stage.channel.id}/messages/{asked.id}"
    assert (await stage.caller.call("GET", path))[1]["code"] == 50001


async def test_only_own_messages_are_edited_and_others_deleted_by_moderators(stage: Stage) -> None:
    """50005, 50013, and 10008 once it is gone."""
    theirs = await stage.alice.say(stage.channel, "hello")
    assert (await stage.edit(theirs, {"content": "mine"}))[1]["code"] == 50005
    path = f"/channels/{stage.channel.id}/messages/{theirs.id}"
    assert (await stage.caller.call("DELETE", path))[1]["code"] == 50013
    stage.channel.allow(stage.sandbox.world.bot, Permission.MANAGE_MESSAGES)
    assert (await stage.caller.call("DELETE", path))[0] == 204
    assert theirs.deleted
    assert (await stage.caller.call("GET", path))[1]["code"] == 10008


async def test_an_archived_thread_takes_no_edits_but_a_message_wakes_it(stage: Stage) -> None:
    """50083 for edits and deletions; a send un-archives, unless the thread is locked."""
    thread = stage.channel.add_thread("results")
    path = f"/channels/{thread.id}/messages"
    _, first = await stage.caller.call("POST", path, {"content": "x"})
    thread.archive()
    assert (await stage.caller.call("PATCH", f"{path}/{first['id']}", {"content": "y"}))[1]["code"] == 50083
    assert (await stage.caller.call("DELETE", f"{path}/{first['id']}"))[1]["code"] == 50083
    assert (await stage.caller.call("POST", path, {"content": "x"}))[0] == 200
    assert not thread.archived
    thread.archive(locked=True)
    assert (await stage.caller.call("POST", path, {"content": "x"}))[1]["code"] == 50083


async def test_direct_messages_reach_who_takes_them(stage: Stage) -> None:
    """The channel opens once and stays; a closed door is 50007; an unknown person 10013."""
    body = {"recipient_id": str(stage.alice.id)}
    _, opened = await stage.caller.call("POST", "/users/@me/channels", body)
    _, again = await stage.caller.call("POST", "/users/@me/channels", body)
    assert opened["id"] == again["id"]
    path = f"/channels/{opened['id']}/messages"
    assert (await stage.caller.call("POST", path, {"content": "x"}))[0] == 200
    said = await stage.alice.say(await stage.alice.direct_messages(), "hi")
    assert (await stage.caller.call("DELETE", f"{path}/{said.id}"))[1]["code"] == 50003
    stage.alice.accepts_direct_messages = False
    assert (await stage.caller.call("POST", path, {"content": "x"}))[1]["code"] == 50007
    assert (await stage.caller.call("POST", "/users/@me/channels", {"recipient_id": "1"}))[1]["code"] == 10013


async def test_history_is_newest_first_and_pages(stage: Stage) -> None:
    """before, after, around and limit, as documented."""
    ids = [(await stage.sent({"content": str(n)})).id for n in range(5)]
    path = f"/channels/{stage.channel.id}/messages"

    async def read(query: str) -> list[int]:
        _, answer = await stage.caller.call("GET", f"{path}?{query}")
        return [ids.index(int(each["id"])) for each in answer]

    assert await read("") == [4, 3, 2, 1, 0]
    assert await read("limit=2") == [4, 3]
    assert await read(f"limit=2&before={ids[2]}") == [1, 0]
    assert await read(f"limit=2&after={ids[1]}") == [3, 2]
    assert await read(f"limit=3&around={ids[2]}") == [3, 2, 1]
    assert (await stage.caller.call("GET", f"{path}?limit=101"))[1]["code"] == 50035


async def test_a_deleted_channel_is_unknown(stage: Stage) -> None:
    """10003."""
    message = await stage.sent({"content": "x"})
    stage.channel.delete()
    assert (await stage.send({"content": "x"}))[1]["code"] == 10003
    assert (await stage.edit(message, {"content": "y"}))[1]["code"] == 10003
