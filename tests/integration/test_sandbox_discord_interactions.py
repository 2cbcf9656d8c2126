"""The life of an interaction through raw calls: one answer, in time, of a fitting type; then its token."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest

from bot.sandbox.discord import Channel, DiscordSandbox, Exchange, Guild, NoAnswer, Person
from tests.support.clock import ManualClock
from tests.support.discord_caller import IMAGINE, DiscordCaller, GatewayCaller

BUTTON = {"type": 2, "style": 1, "label": "Cancel", "custom_id": "v1:cancel:7"}
CARD: dict[str, Any] = {"content": "working", "components": [{"type": 1, "components": [BUTTON]}]}


@dataclass(kw_only=True)
class Stage:
    """A guild, a channel, a person and /imagine."""

    clock: ManualClock
    sandbox: DiscordSandbox
    caller: DiscordCaller
    guild: Guild
    channel: Channel
    alice: Person

    async def use(self, **options: Any) -> Exchange:
        """Let alice use /imagine."""
        return await self.alice.use(self.channel, "/imagine", prompt=options.pop("prompt", "x"), **options)

    async def pressed(self) -> Exchange:
        """Let alice press the button of a fresh card."""
        use = await self.use()
        assert (await self.caller.answer(use, 4, CARD))[0] == 200
        return await self.alice.press(await use.message(), "Cancel")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """Open the stage; no gateway is connected, the calls are made by hand."""
    clock = ManualClock()
    async with DiscordSandbox(clock=clock) as sandbox, DiscordCaller(sandbox) as caller:
        guild = sandbox.add_guild("Paper Harbour")
        channel = guild.add_text_channel("pictures")
        alice = guild.add_member("alice", locale="de")
        everywhere = {**IMAGINE, "integration_types": [0, 1], "contexts": [0, 1, 2]}
        await caller.register(everywhere, {"name": "Edit image", "type": 3})
        yield Stage(clock=clock, sandbox=sandbox, caller=caller, guild=guild, channel=channel, alice=alice)


async def test_an_answer_in_time_is_seen_and_described(stage: Stage) -> None:
    """The callback object names message, loading and privacy; the person sees the message and how long it took."""
    use = await stage.use()
    await stage.clock.advance(0.25)
    status, body = await stage.caller.answer(use, 4, {"content": "hello", "flags": 64})
    message = await use.message()
    assert status == 200
    assert body["interaction"] == {
        "id": str(use.id),
        "type": 2,
        "response_message_id": str(message.id),
        "response_message_loading": False,
        "response_message_ephemeral": True,
    }
    assert body["resource"]["type"] == 4
    assert body["resource"]["message"]["content"] == "hello"
    assert use.response is not None
    assert (use.response.after_ms, use.response.ephemeral, use.response.deferred) == (250, True, False)


async def test_without_with_response_the_answer_is_empty(stage: Stage) -> None:
    """204."""
    use = await stage.use()
    path = f"/interactions/{use.id}/{use.token}/callback"
    assert (await stage.caller.call("POST", path, {"type": 5}))[0] == 204
    assert (await use.answered()).deferred


async def test_three_seconds_are_the_limit(stage: Stage) -> None:
    """At 3.0 s the answer still counts; later it is 404 10062 and the person reads that nothing came."""
    in_time, late = await stage.use(), await stage.use()
    await stage.clock.advance(3)
    assert (await stage.caller.answer(in_time, 5))[0] == 200
    await stage.clock.advance(0.01)
    status, body = await stage.caller.answer(late, 5)
    assert (status, body) == (404, {"message": "Unknown interaction", "code": 10062})
    with pytest.raises(NoAnswer):
        await late.message()


async def test_a_second_answer_is_refused(stage: Stage) -> None:
    """40060."""
    use = await stage.use()
    await stage.caller.answer(use, 5)
    status, body = await stage.caller.answer(use, 4, {"content": "x"})
    assert (status, body["code"]) == (400, 40060)


async def test_an_unknown_interaction_is_unknown(stage: Stage) -> None:
    """10062 for a wrong token and for a token under another id."""
    use, other = await stage.use(), await stage.use()
    path = f"/interactions/{use.id}/{other.token}/callback"
    assert (await stage.caller.call("POST", path, {"type": 5}))[1]["code"] == 10062


@pytest.mark.parametrize(
    ("kind", "data", "path"),
    [
        (6, None, "type"),
        (7, {"content": "x"}, "type"),
        (8, {"choices": []}, "type"),
        (1, None, "type"),
        (12, None, "type"),
        (5, {"flags": 32768}, "data.flags"),
        (5, {"content": "x"}, "data.content"),
        (4, {"content": "x", "flags": 1}, "data.flags"),
        (4, {"content": "x" * 2001}, "data.content"),
        (9, {"custom_id": "m", "title": "t"}, "data.components"),
        (9, None, "data.title"),
    ],
)
async def test_an_answer_of_the_wrong_kind_or_form_is_refused(stage: Stage, kind: int, data: Any, path: str) -> None:
    """50035 that names the field; the interaction can still be answered."""
    use = await stage.use()
    status, body = await stage.caller.answer(use, kind, data)
    assert (status, body["code"]) == (400, 50035)
    node = body["errors"]
    for part in path.split("."):
        node = node[part]
    assert node["_errors"]
    assert (await stage.caller.answer(use, 5))[0] == 200


async def test_an_unknown_field_beside_type_is_refused(stage: Stage) -> None:
    """Only type and data are known."""
    use = await stage.use()
    path = f"/interactions/{use.id}/{use.token}/callback"
    status, body = await stage.caller.call("POST", path, {"type": 5, "flags": 64})
    assert (status, list(body["errors"])) == (400, ["flags"])


async def test_a_deferred_answer_thinks_until_it_is_edited(stage: Stage) -> None:
    """The message exists at once with the LOADING flag; the first edit takes the flag away."""
    use = await stage.use()
    _, body = await stage.caller.answer(use, 5)
    assert body["interaction"]["response_message_loading"] is True
    assert "message" not in body["resource"]
    message = await use.message()
    assert message.thinking
    _, edited = await stage.caller.call("PATCH", stage.caller.hook(use, "@original"), {"content": "done"})
    assert (edited["flags"], message.content, message.thinking) == (0, "done", False)
    assert [state.thinking for state in message.states] == [True, False]


async def test_the_token_reaches_only_its_own_messages_until_it_dies(stage: Stage) -> None:
    """10008 for somebody else's message, 50027 with 401 after 15 minutes or for no token at all."""
    use, other = await stage.use(), await stage.use()
    for each in (use, other):
        await stage.caller.answer(each, 4, {"content": "x"})
    theirs = await other.message()
    status, body = await stage.caller.call("GET", stage.caller.hook(use, theirs.id))
    assert (status, body["code"]) == (404, 10008)
    await stage.clock.advance(15 * 60 - 1)
    assert (await stage.caller.call("GET", stage.caller.hook(use, "@original")))[0] == 200
    await stage.clock.advance(1)
    expected = (401, {"message": "Invalid Webhook Token", "code": 50027})
    assert await stage.caller.call("PATCH", stage.caller.hook(use, "@original"), {"content": "y"}) == expected
    app_id = stage.sandbox.application.id
    assert await stage.caller.call("GET", f"/webhooks/{app_id}/nonsense/messages/@original") == expected
    assert (await stage.caller.call("GET", f"/webhooks/1/{other.token}/messages/@original"))[1]["code"] == 10015


async def test_before_the_first_answer_there_is_no_webhook(stage: Stage) -> None:
    """10015."""
    use = await stage.use()
    status, body = await stage.caller.call("POST", stage.caller.hook(use), {"content": "x"})
    assert (status, body["code"]) == (404, 10015)


async def test_the_channel_route_edits_a_public_answer_and_never_a_private_one(stage: Stage) -> None:
    """After 15 minutes too; an ephemeral message is 10008 there (discord.md 1)."""
    public, private = await stage.use(), await stage.use()
    await stage.caller.answer(public, 4, {"content": "x"})
    await stage.caller.answer(private, 4, {"content": "x", "flags": 64})
    await stage.clock.advance(3600)
    path = f"/channels/{stage.channel.id}/messages"
    seen = (await public.message()).id
    hidden = (await private.message()).id
    assert (await stage.caller.call("PATCH", f"{path}/{seen}", {"content": "y"}))[0] == 200
    assert (await stage.caller.call("PATCH", f"{path}/{hidden}", {"content": "y"}))[1]["code"] == 10008
    assert (await stage.caller.call("GET", f"{path}/{hidden}"))[1]["code"] == 10008


async def test_a_channel_hidden_from_the_bot_takes_its_answers_but_no_calls(stage: Stage) -> None:
    """Commands work there by token; the channel route is 403 50001."""
    hidden = stage.guild.add_text_channel("secret", hidden_from_bot=True)
    use = await stage.alice.use(hidden, "/imagine", prompt="x")
    assert (await stage.caller.answer(use, 4, {"content": "x"}))[0] == 200
    message = await use.message()
    status, body = await stage.caller.call("PATCH", f"/channels/{hidden.id}/messages/{message.id}", {"content": "y"})
    assert (status, body["code"]) == (403, 50001)
    assert (await stage.caller.call("PATCH", stage.caller.hook(use, "@original"), {"content": "y"}))[0] == 200


async def test_follow_ups_reply_to_the_original_and_can_be_edited_and_deleted(stage: Stage) -> None:
    """The first one after a defer fills the original instead and keeps its privacy."""
    use = await stage.use()
    await stage.caller.answer(use, 5, {"flags": 64})
    _, filled = await stage.caller.call("POST", stage.caller.hook(use), {"content": "first"})
    original = await use.message()
    assert (filled["id"], original.ephemeral, original.thinking) == (str(original.id), True, False)
    _, second = await stage.caller.call("POST", stage.caller.hook(use) + "?wait=true", {"content": "second"})
    followup = await use.followup()
    assert (second["id"], second["type"], followup.ephemeral) == (str(followup.id), 19, False)
    path = stage.caller.hook(use, followup.id)
    assert (await stage.caller.call("PATCH", path, {"content": "changed"}))[0] == 200
    assert (await stage.caller.call("DELETE", path))[0] == 204
    assert (await stage.caller.call("GET", path))[1]["code"] == 10008


async def test_a_removed_answer_is_unknown(stage: Stage) -> None:
    """10008 by token and by channel once a person with the right to it deleted the message."""
    use = await stage.use()
    await stage.caller.answer(use, 4, {"content": "x"})
    message = await use.message()
    await stage.alice.world.application.owner.delete(message)  # type: ignore[attr-defined]
    assert (await stage.caller.call("PATCH", stage.caller.hook(use, "@original"), {"content": "y"}))[1]["code"] == 10008
    path = f"/channels/{stage.channel.id}/messages/{message.id}"
    assert (await stage.caller.call("PATCH", path, {"content": "y"}))[1]["code"] == 10008


async def test_a_removed_channel_is_unknown_to_the_token_as_well(stage: Stage) -> None:
    """10003 for edits, follow-ups and first answers."""
    use, late = await stage.use(), await stage.use()
    await stage.caller.answer(use, 4, {"content": "x"})
    stage.channel.delete()
    assert (await stage.caller.call("PATCH", stage.caller.hook(use, "@original"), {"content": "y"}))[1]["code"] == 10003
    assert (await stage.caller.call("POST", stage.caller.hook(use), {"content": "y"}))[1]["code"] == 10003
    assert (await stage.caller.answer(late, 5))[1]["code"] == 10003


async def test_a_press_updates_its_message_now_or_later(stage: Stage) -> None:
    """Type 7 changes the message, type 6 makes it the token's original; both show no new message."""
    now, later = await stage.pressed(), await stage.pressed()
    _, body = await stage.caller.answer(now, 7, {"content": "cancelled", "components": []})
    assert body["resource"]["message"]["content"] == "cancelled"
    assert now.source is not None
    assert (now.source.content, now.source.labels) == ("cancelled", [])
    await stage.caller.answer(later, 6)
    await stage.caller.call("PATCH", stage.caller.hook(later, "@original"), {"content": "edited"})
    assert later.source is not None
    assert later.source.content == "edited"
    assert await later.message() is later.source


async def test_a_press_can_be_answered_with_a_new_message(stage: Stage) -> None:
    """It replies to the message that carries the button."""
    press = await stage.pressed()
    _, body = await stage.caller.answer(press, 4, {"content": "private", "flags": 64})
    written = body["resource"]["message"]
    assert press.source is not None
    assert (written["type"], written["message_reference"]["message_id"]) == (19, str(press.source.id))
    assert written["interaction_metadata"]["interacted_message_id"] == str(press.source.id)


async def test_a_press_on_a_message_that_was_deleted_meanwhile_cannot_update_it(stage: Stage) -> None:
    """10008."""
    press = await stage.pressed()
    assert press.source is not None
    stage.sandbox.world.remove(press.source)
    assert (await stage.caller.answer(press, 7, {"content": "x"}))[1]["code"] == 10008


async def test_a_user_install_has_five_follow_ups(stage: Stage) -> None:
    """40094 for the sixth; the owners map holds only the person."""
    elsewhere = stage.sandbox.add_guild("Without the bot", with_bot=False)
    channel = elsewhere.add_text_channel("general")
    elsewhere.admit(stage.alice)
    stage.alice.installed_app = True
    use = await stage.alice.use(channel, "/imagine", prompt="x")
    assert use.owners == {"1": str(stage.alice.id)}
    await stage.caller.answer(use, 4, {"content": "x"})
    stage.sandbox.limits.enabled = False
    for _ in range(5):
        assert (await stage.caller.call("POST", stage.caller.hook(use), {"content": "x"}))[0] == 200
    assert (await stage.caller.call("POST", stage.caller.hook(use), {"content": "x"}))[1]["code"] == 40094
    status, body = await stage.caller.call("GET", f"/channels/{channel.id}")
    assert (status, body["code"]) == (403, 50001)


async def test_where_external_apps_are_off_a_user_install_answers_in_private(stage: Stage) -> None:
    """The callback object tells that the message became ephemeral."""
    stage.alice.installed_app = True
    bob = stage.sandbox.add_person("bob")
    channel = stage.sandbox.add_private_channel(stage.alice, bob)
    stage.sandbox.faults.force_ephemeral = True
    use = await stage.alice.use(channel, "/imagine", prompt="x")
    _, body = await stage.caller.answer(use, 5)
    assert body["interaction"]["response_message_ephemeral"] is True


async def test_the_payload_has_every_key_that_libraries_read(stage: Stage) -> None:
    """discord.md 13's list, in a guild and in direct messages."""
    async with GatewayCaller(stage.sandbox) as gateway:
        await gateway.identify(intents=0)
        stage.alice.upload_limit_bytes = 500 * 1024 * 1024
        await stage.use()
        payload = await gateway.until("INTERACTION_CREATE")
        for key in ("app_permissions", "authorizing_integration_owners", "channel", "entitlements", "guild", "token"):
            assert key in payload
        assert (payload["context"], payload["locale"], payload["guild_locale"]) == (0, "de", "en-US")
        assert payload["attachment_size_limit"] == 500 * 1024 * 1024
        assert payload["member"]["user"]["id"] == str(stage.alice.id)
        assert int(payload["member"]["permissions"])
        assert payload["data"]["options"] == [{"name": "prompt", "type": 3, "value": "x"}]
        await stage.alice.use(await stage.alice.direct_messages(), "/imagine", prompt="x")
        payload = await gateway.until("INTERACTION_CREATE")
        assert (payload["context"], payload["authorizing_integration_owners"]) == (1, {"0": "0"})
        assert payload["user"]["id"] == str(stage.alice.id)
        assert "member" not in payload
        assert "guild_id" not in payload


async def test_uploads_may_weigh_what_the_interaction_allows(stage: Stage) -> None:
    """The invoking person's own limit counts on the token route, not on the channel route."""
    stage.alice.upload_limit_bytes = 12 * 1024 * 1024
    use = await stage.use()
    await stage.caller.answer(use, 5)
    eleven = {"a.bin": bytes(11 * 1024 * 1024)}
    assert (await stage.caller.call("PATCH", stage.caller.hook(use, "@original"), {}, files=eleven))[0] == 200
    message = await use.message()
    path = f"/channels/{stage.channel.id}/messages/{message.id}"
    status, body = await stage.caller.call("PATCH", path, {}, files=eleven)
    assert (status, body["code"]) == (413, 40005)
    thirteen = {"a.bin": bytes(13 * 1024 * 1024)}
    status, body = await stage.caller.call("PATCH", stage.caller.hook(use, "@original"), {}, files=thirteen)
    assert (status, body["code"]) == (413, 40005)


async def test_an_answer_in_an_archived_thread_cannot_be_edited(stage: Stage) -> None:
    """50083 by token too."""
    thread = stage.channel.add_thread("results")
    use = await stage.alice.use(thread, "/imagine", prompt="x")
    await stage.caller.answer(use, 4, {"content": "x"})
    thread.archive()
    for method, body in (("PATCH", {"content": "y"}), ("DELETE", None)):
        status, answer = await stage.caller.call(method, stage.caller.hook(use, "@original"), body)
        assert (status, answer["code"]) == (400, 50083)
