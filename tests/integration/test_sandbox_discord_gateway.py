"""The gateway by hand: greeting, events by intent, resuming, and every way to be closed."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sandbox.discord import DiscordSandbox, Fault, Permission, Person
from bot.sandbox.discord.ids import shard_of
from bot.sandbox.discord.sessions import MAX_REPLAYED
from tests.support.clock import ManualClock
from tests.support.discord_caller import DiscordCaller, GatewayCaller

GUILDS, GUILD_MEMBERS, GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1, 1 << 1, 1 << 9, 1 << 12, 1 << 15


@pytest.fixture
async def sandbox() -> AsyncIterator[DiscordSandbox]:
    """Open a sandbox with the clock at rest."""
    async with DiscordSandbox(clock=ManualClock()) as opened:
        yield opened


@pytest.mark.parametrize("query", ["v=10&encoding=json", "v=10&encoding=json&compress=zlib-stream", "v=10"])
async def test_a_client_is_greeted_with_ready_and_its_guilds(sandbox: DiscordSandbox, query: str) -> None:
    """HELLO, READY with unavailable guilds and a resume address of our own, then each guild whole."""
    guild = sandbox.add_guild("Paper Harbour", premium_tier=2)
    channel = guild.add_text_channel("pictures", nsfw=True)
    thread = channel.add_thread("results")
    async with GatewayCaller(sandbox, query=query) as gateway:
        hello = await gateway.until(10)
        assert hello["heartbeat_interval"] == 41_250
        await gateway.send(1, None)
        await gateway.until(11)
        ready = await gateway.identify()
        assert ready["guilds"] == [{"id": str(guild.id), "unavailable": True}]
        assert ready["resume_gateway_url"] == sandbox.gateway_url
        assert ready["application"]["id"] == str(sandbox.application.id)
        whole = await gateway.until("GUILD_CREATE")
        assert [each["id"] for each in whole["channels"]] == [str(channel.id)]
        assert [each["id"] for each in whole["threads"]] == [str(thread.id)]
        assert (whole["premium_tier"], whole["member_count"], len(whole["members"])) == (2, 2, 1)
        assert whole["threads"][0]["nsfw"] is True


async def test_what_changes_in_a_guild_is_told(sandbox: DiscordSandbox) -> None:
    """Guilds, channels, threads, roles; members only with their intent."""
    async with GatewayCaller(sandbox) as gateway:
        await gateway.identify()
        guild = sandbox.add_guild("Later")
        await gateway.until("GUILD_CREATE")
        channel = guild.add_text_channel("pictures")
        assert (await gateway.until("CHANNEL_CREATE"))["name"] == "pictures"
        role = guild.add_role("painters")
        assert (await gateway.until("GUILD_ROLE_CREATE"))["role"]["id"] == str(role.id)
        channel.allow(role, Permission.SEND_MESSAGES)
        channel.deny(role, Permission.SEND_MESSAGES | Permission.ATTACH_FILES)
        channel.allow(role, Permission.SEND_MESSAGES)
        for _ in range(3):
            changed = await gateway.until("CHANNEL_UPDATE")
        assert changed["permission_overwrites"] == [
            {"id": str(role.id), "type": 0, "allow": str(1 << 11), "deny": str(1 << 15)}
        ]
        thread = channel.add_thread("results")
        await gateway.until("THREAD_CREATE")
        thread.archive()
        assert (await gateway.until("THREAD_UPDATE"))["thread_metadata"]["archived"] is True
        thread.delete()
        await gateway.until("THREAD_DELETE")
        channel.delete()
        await gateway.until("CHANNEL_DELETE")
        guild.remove_bot()
        assert (await gateway.until("GUILD_DELETE"))["id"] == str(guild.id)


async def test_members_are_told_only_to_who_may_know(sandbox: DiscordSandbox) -> None:
    """With the granted intent: joins, changed roles and op 8."""
    sandbox.application.members_granted = True
    guild = sandbox.add_guild("Paper Harbour")
    async with GatewayCaller(sandbox) as gateway:
        await gateway.identify(intents=GUILDS | GUILD_MEMBERS)
        alice = guild.add_member("alice")
        assert (await gateway.until("GUILD_MEMBER_ADD"))["user"]["username"] == "alice"
        guild.change_roles(alice, [guild.add_role("painters")])
        assert len((await gateway.until("GUILD_MEMBER_UPDATE"))["roles"]) == 1
        await gateway.send(8, {"guild_id": str(guild.id), "query": "", "limit": 0, "nonce": "n", "presences": True})
        chunk = await gateway.until("GUILD_MEMBERS_CHUNK")
        assert (len(chunk["members"]), chunk["nonce"], chunk["presences"]) == (3, "n", [])
        await gateway.send(8, {"guild_id": str(guild.id), "user_ids": [str(alice.id), "5"], "limit": 1})
        chunk = await gateway.until("GUILD_MEMBERS_CHUNK")
        assert ([each["user"]["username"] for each in chunk["members"]], chunk["not_found"]) == (["alice"], ["5"])
        await gateway.send(8, {"guild_id": "5", "query": "", "limit": 0})
        await gateway.send(8, {"guild_id": str(guild.id), "user_ids": str(alice.id)})
        assert len((await gateway.until("GUILD_MEMBERS_CHUNK"))["members"]) == 1


async def test_asking_for_all_members_without_the_intent_closes(sandbox: DiscordSandbox) -> None:
    """4014 while running as well."""
    guild = sandbox.add_guild("Paper Harbour")
    async with GatewayCaller(sandbox) as gateway:
        await gateway.identify()
        await gateway.send(8, {"guild_id": str(guild.id), "query": "", "limit": 0})
        assert await gateway.until_closed() == 4014


async def test_messages_come_with_their_intents_only(sandbox: DiscordSandbox) -> None:
    """Guild messages, direct messages, neither of the other; nothing from hidden channels."""
    guild = sandbox.add_guild("Paper Harbour")
    channel, hidden = guild.add_text_channel("a"), guild.add_text_channel("b", hidden_from_bot=True)
    alice = guild.add_member("alice")
    async with GatewayCaller(sandbox) as guilds_only, GatewayCaller(sandbox) as direct_only:
        await guilds_only.identify(intents=GUILDS | GUILD_MESSAGES)
        await direct_only.identify(intents=DIRECT_MESSAGES)
        await alice.say(hidden, "secret")
        said = await alice.say(channel, "in the guild")
        await alice.say(await alice.direct_messages(), "to the bot")
        told = await guilds_only.until("MESSAGE_CREATE")
        assert (told["id"], told["guild_id"], told["member"]["roles"]) == (str(said.id), str(guild.id), [])
        told = await direct_only.until("MESSAGE_CREATE")
        assert told["content"] == "to the bot"
        assert "guild_id" not in told
        await alice.delete(said)
        assert (await guilds_only.until("MESSAGE_DELETE"))["id"] == str(said.id)
        assert not [each for each in direct_only.received if each["t"] == "GUILD_CREATE"]


@pytest.fixture
async def talk(sandbox: DiscordSandbox) -> AsyncIterator[tuple[GatewayCaller, Person, Any]]:
    """Connect without message content; alice has a channel."""
    guild = sandbox.add_guild("Paper Harbour")
    channel = guild.add_text_channel("pictures")
    alice = guild.add_member("alice")
    async with GatewayCaller(sandbox) as gateway:
        await gateway.identify()
        yield gateway, alice, channel


async def test_without_the_intent_only_the_exceptions_are_readable(
    sandbox: DiscordSandbox, talk: tuple[GatewayCaller, Person, Any]
) -> None:
    """Own messages, mentions, ping-replies to regular bot messages; not replies to slash answers (discord.md 5)."""
    gateway, alice, channel = talk

    async def heard() -> str:
        return (await gateway.until("MESSAGE_CREATE"))["content"]

    async with DiscordCaller(sandbox) as caller:
        await alice.say(channel, "plain", attachments=[("a.txt", b"a")])
        told = await gateway.until("MESSAGE_CREATE")
        assert (told["content"], told["attachments"]) == ("", [])
        await alice.say(channel, f"{sandbox.world.bot.mention} draw")
        assert (await heard()).endswith("draw")
        await caller.call("POST", f"/channels/{channel.id}/messages", {"content": "regular"})
        assert await heard() == "regular"
        regular = list(channel.messages.values())[-1]
        await alice.say(channel, "pinging", reply_to=regular)
        assert await heard() == "pinging"
        await alice.say(channel, "silent", reply_to=regular, ping=False)
        assert await heard() == ""
        await caller.register()
        use = await alice.use(channel, "/imagine", prompt="x")
        await caller.answer(use, 4, {"content": "answer"})
        assert await heard() == "answer"
        await alice.say(channel, "pinging a slash answer", reply_to=await use.message())
        assert await heard() == ""
        _, history = await caller.call("GET", f"/channels/{channel.id}/messages")
        assert [each["content"] for each in history][:2] == ["", "answer"]


async def test_with_the_granted_intent_everything_is_readable(sandbox: DiscordSandbox) -> None:
    """Over the gateway and by REST."""
    sandbox.application.message_content_granted = True
    guild = sandbox.add_guild("Paper Harbour")
    channel = guild.add_text_channel("pictures")
    alice = guild.add_member("alice")
    async with GatewayCaller(sandbox) as gateway, DiscordCaller(sandbox) as caller:
        await gateway.identify(intents=GUILDS | GUILD_MESSAGES | MESSAGE_CONTENT)
        await alice.say(channel, "plain")
        assert (await gateway.until("MESSAGE_CREATE"))["content"] == "plain"
        _, history = await caller.call("GET", f"/channels/{channel.id}/messages")
        assert history[0]["content"] == "plain"
        _, application = await caller.call("GET", "/applications/@me")
        assert application["flags"] & (1 << 18 | 1 << 19)


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"op": 2, "d": {"token": "wrong", "properties": {}, "intents": 0}}, 4004),
        ({"op": 2, "d": {"token": "TOKEN", "properties": {}, "intents": MESSAGE_CONTENT}}, 4014),
        ({"op": 2, "d": {"token": "TOKEN", "properties": {}, "intents": 1 << 30}}, 4013),
        ({"op": 2, "d": {"token": "TOKEN", "properties": {}, "intents": 0, "shard": [1, 1]}}, 4010),
        ({"op": 2, "d": {"token": "TOKEN", "properties": {}}}, 4002),
        ({"op": 6, "d": {"token": "wrong", "session_id": "x", "seq": 1}}, 4004),
        ({"op": 3, "d": {}}, 4003),
        ({"op": 99, "d": {}}, 4001),
        ([], 4002),
        ("not json", 4002),
        ({"op": 1, "d": "x" * 4096}, 4002),
    ],
)
async def test_a_wrong_payload_closes_with_its_code(sandbox: DiscordSandbox, sent: Any, code: int) -> None:
    """The code is Discord's, and it stands among the violations."""
    raw = sent if isinstance(sent, str) else json.dumps(sent).replace("TOKEN", sandbox.token)
    async with GatewayCaller(sandbox) as gateway:
        await gateway.send_raw(raw)
        assert await gateway.until_closed() == code
    assert [each.where for each in sandbox.violations] == ["gateway"]


@pytest.mark.parametrize(("query", "code"), [("v=9", 4012), ("v=10&encoding=etf", 4002)])
async def test_a_wrong_address_closes(sandbox: DiscordSandbox, query: str, code: int) -> None:
    """Only version 10 in JSON is spoken."""
    async with GatewayCaller(sandbox, query=query) as gateway:
        assert await gateway.until_closed() == code


async def test_identifying_twice_and_talking_too_much_close(sandbox: DiscordSandbox) -> None:
    """4005 and 4008."""
    async with GatewayCaller(sandbox) as gateway:
        await gateway.identify()
        await gateway.send(2, {"token": sandbox.token, "properties": {}, "intents": 0})
        assert await gateway.until_closed() == 4005
    async with GatewayCaller(sandbox) as gateway:
        for _ in range(121):
            await gateway.send(1, None)
        assert await gateway.until_closed() == 4008


async def test_a_dropped_client_resumes_and_hears_what_it_missed(sandbox: DiscordSandbox) -> None:
    """The missed events come in order, then RESUMED."""
    guild = sandbox.add_guild("Paper Harbour")
    channel = guild.add_text_channel("pictures")
    alice = guild.add_member("alice")
    async with GatewayCaller(sandbox) as gateway:
        ready = await gateway.identify()
        await gateway.until("GUILD_CREATE")
        seq = gateway.received[-1]["s"]
        sandbox.gateway.drop_all()
        await gateway.until_closed()
    missed = [await alice.say(channel, text) for text in ("one", "two")]
    async with GatewayCaller(sandbox) as again:
        await again.send(6, {"token": sandbox.token, "session_id": ready["session_id"], "seq": seq})
        for message in missed:
            assert (await again.until("MESSAGE_CREATE"))["id"] == str(message.id)
        await again.until("RESUMED")
        await again.send(6, {"token": sandbox.token, "session_id": ready["session_id"], "seq": seq})
        assert await again.until_closed() == 4005
    assert sandbox.gateway.identifies == 1


async def test_a_session_that_is_gone_cannot_be_resumed(sandbox: DiscordSandbox) -> None:
    """Op 9 false after an orderly end or an unknown id; 4007 for a number from the future."""
    async with GatewayCaller(sandbox) as gateway:
        await gateway.send(6, {"token": sandbox.token, "session_id": "x", "seq": 1})
        assert await gateway.until(9) is False
        ready = await gateway.identify()
        sandbox.gateway.close_all(4000)
        assert await gateway.until_closed() == 4000
    async with GatewayCaller(sandbox) as gateway:
        await gateway.send(6, {"token": sandbox.token, "session_id": ready["session_id"], "seq": 999})
        assert await gateway.until_closed() == 4007


async def test_a_client_that_missed_too_much_starts_anew(sandbox: DiscordSandbox) -> None:
    """Only so many events are kept; beyond them a resume is answered with op 9."""
    guild = sandbox.add_guild("Paper Harbour")
    async with GatewayCaller(sandbox) as gateway:
        ready = await gateway.identify()
        sandbox.gateway.drop_all()
        await gateway.until_closed()
    channel = guild.add_text_channel("pictures")
    [session] = sandbox.gateway.sessions.values()
    for _ in range(MAX_REPLAYED):
        session.dispatch("CHANNEL_UPDATE", {"id": str(channel.id)})
    async with GatewayCaller(sandbox) as again:
        await again.send(6, {"token": sandbox.token, "session_id": ready["session_id"], "seq": 1})
        assert await again.until(9) is False


async def test_reconnects_and_invalid_sessions_can_be_ordered(sandbox: DiscordSandbox) -> None:
    """Op 7, op 9 resumable, op 9 not."""
    async with GatewayCaller(sandbox) as gateway:
        await gateway.identify()
        sandbox.gateway.ask_to_reconnect()
        assert await gateway.until(7) is None
        sandbox.gateway.invalidate(resumable=True)
        assert await gateway.until(9) is True
        assert len(sandbox.gateway.sessions) == 1
        sandbox.gateway.invalidate()
        assert await gateway.until(9) is False
        assert sandbox.gateway.sessions == {}


async def test_each_shard_hears_of_its_own_guilds(sandbox: DiscordSandbox) -> None:
    """(id >> 22) % shards decides; direct messages and what has no guild go to shard 0."""
    guilds = []
    while {shard_of(each.id, 2) for each in guilds} != {0, 1}:
        guilds.append(sandbox.add_guild("Paper Harbour"))
        await sandbox.world.clock.advance(0.001)  # type: ignore[attr-defined]
    for number in (0, 1):
        async with GatewayCaller(sandbox) as gateway:
            ready = await gateway.identify(shard=[number, 2])
            expected = [str(each.id) for each in guilds if shard_of(each.id, 2) == number]
            assert [each["id"] for each in ready["guilds"]] == expected


async def test_ordered_faults_replace_the_answer(sandbox: DiscordSandbox) -> None:
    """Each kind once, then the truth again; `performed` leaves the work done."""
    guild = sandbox.add_guild("Paper Harbour")
    channel = guild.add_text_channel("pictures")
    route, path = "POST /channels/{channel_id}/messages", f"/channels/{channel.id}/messages"
    sandbox.faults.inject(
        route,
        Fault.rate_limited(0.2),
        Fault.server_error(503),
        Fault.too_large(),
        Fault.too_large_at_the_edge(),
        Fault.server_error(500, performed=True),
    )
    async with DiscordCaller(sandbox) as caller:
        seen = [await caller.call_with_headers("POST", path, {"content": "x"}) for _ in range(6)]
    assert [status for status, _, _ in seen] == [429, 503, 413, 413, 500, 200]
    assert (seen[0][1]["retry_after"], seen[0][2]["Via"], seen[0][2]["X-RateLimit-Remaining"]) == (
        0.2,
        "1.1 google",
        "0",
    )
    assert seen[2][1]["code"] == 40005
    assert seen[3][1].startswith(b"<html>")
    assert len(channel.messages) == 2
    assert sandbox.faults.unserved == 0
