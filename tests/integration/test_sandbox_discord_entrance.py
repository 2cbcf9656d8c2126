"""What every REST call passes: routes, token, bodies, rate limits by the clock, ordered faults, the journal."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.discord import DiscordSandbox, Fault, Known, Limit
from tests.support.clock import ManualClock
from tests.support.discord_caller import DiscordCaller


@pytest.fixture
async def sandbox() -> AsyncIterator[DiscordSandbox]:
    """Open a sandbox with one guild and the clock at rest."""
    async with DiscordSandbox(clock=ManualClock()) as opened:
        opened.add_guild("Paper Harbour").add_text_channel("pictures")
        yield opened


@pytest.fixture
async def caller(sandbox: DiscordSandbox) -> AsyncIterator[DiscordCaller]:
    """Call by hand."""
    async with DiscordCaller(sandbox) as opened:
        yield opened


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nothing", 404, 0),
        ("PUT", "/users/@me", 405, 0),
        ("GET", "/channels/5", 404, 10003),
        ("GET", "/guilds/5", 404, 10004),
        ("GET", "/users/5", 404, 10013),
        ("GET", "/channels/abc", 400, 50035),
        ("GET", "/users/@me?fresh=1", 400, 50035),
    ],
)
async def test_what_does_not_exist_is_refused_in_discords_words(
    caller: DiscordCaller, method: str, path: str, status: int, code: int
) -> None:
    """Unknown routes, methods, things and query fields."""
    found, answer = await caller.call(method, path)
    assert (found, answer["code"]) == (status, code)


async def test_unknown_routes_and_versions_stand_among_the_violations(
    sandbox: DiscordSandbox, caller: DiscordCaller
) -> None:
    """So that a test can assert that there were none; a thing that is merely gone is none."""
    await caller.call("GET", "/channels/5")
    assert sandbox.violations == []
    await caller.call("GET", "/nothing")
    old = sandbox.api_base.replace("v10", "v6")
    assert (await caller.call("GET", f"{old}/users/@me"))[1]["code"] == 50041
    assert [each.where for each in sandbox.violations] == ["GET /api/v10/nothing", "GET /api/v6/users/@me"]


async def test_a_wrong_token_is_unauthorised(sandbox: DiscordSandbox, caller: DiscordCaller) -> None:
    """401 with code 0; the gateway's address needs none."""
    status, answer = await caller.call("GET", "/users/@me", token="wrong")
    assert (status, answer) == (401, {"message": "401: Unauthorized", "code": 0})
    assert (await caller.call("GET", "/gateway", token="wrong"))[1] == {"url": sandbox.gateway_url}


@pytest.mark.parametrize(
    ("data", "kind", "code"),
    [(b"{", "application/json", 50109), (b"a=b", "application/x-www-form-urlencoded", 50035)],
)
async def test_a_body_that_is_no_json_is_refused(
    sandbox: DiscordSandbox, caller: DiscordCaller, data: bytes, kind: str, code: int
) -> None:
    """50109 for broken JSON, 50035 for another type of body."""
    [channel] = sandbox.world.channels.values()
    path = f"/channels/{channel.id}/messages"
    status, answer, _ = await caller.call_with_headers("POST", path, data=data, headers={"Content-Type": kind})
    assert (status, answer["code"]) == (400, code)
    assert (await caller.call("POST", path, ["x"]))[1]["code"] == 50035


async def test_unknown_parts_and_broken_payloads_of_a_form_are_refused(
    sandbox: DiscordSandbox, caller: DiscordCaller
) -> None:
    """Only payload_json and files[n] are known."""
    [channel] = sandbox.world.channels.values()
    path = f"/channels/{channel.id}/messages"
    for name, value, code in (("payload", "{}", 50035), ("payload_json", "{", 50109)):
        data = aiohttp.FormData(default_to_multipart=True)
        data.add_field(name, value)
        _, answer, _ = await caller.call_with_headers("POST", path, data=data)
        assert answer["code"] == code


async def test_answers_are_json_without_a_charset(caller: DiscordCaller) -> None:
    """Libraries compare the whole header (sandbox.md)."""
    _, _, headers = await caller.call_with_headers("GET", "/users/@me")
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "path",
    [
        "/gateway/bot",
        "/users/@me",
        "/users/@me/guilds",
        "/users/{owner}",
        "/applications/@me",
        "/oauth2/applications/@me",
        "/guilds/{guild}?with_counts=true",
        "/guilds/{guild}/channels",
        "/guilds/{guild}/roles",
        "/guilds/{guild}/members/{owner}",
        "/channels/{channel}",
    ],
)
async def test_what_can_be_read_is_read(sandbox: DiscordSandbox, caller: DiscordCaller, path: str) -> None:
    """Every reading route answers."""
    [guild], [channel] = sandbox.world.guilds.values(), sandbox.world.channels.values()
    filled = path.format(owner=guild.owner.id, guild=guild.id, channel=channel.id)
    status, answer = await caller.call("GET", filled)
    assert status == 200
    assert answer


async def test_a_member_who_is_not_there_is_unknown(sandbox: DiscordSandbox, caller: DiscordCaller) -> None:
    """10007; and a guild the bot left is 50001."""
    [guild] = sandbox.world.guilds.values()
    assert (await caller.call("GET", f"/guilds/{guild.id}/members/5"))[1]["code"] == 10007
    guild.remove_bot()
    assert (await caller.call("GET", f"/guilds/{guild.id}"))[1]["code"] == 50001


async def test_a_bucket_runs_dry_and_fills_again_by_the_clock(sandbox: DiscordSandbox, caller: DiscordCaller) -> None:
    """Five sends in five seconds a channel; the sixth is 429 with everything a library needs to wait."""
    [channel] = sandbox.world.channels.values()
    path = f"/channels/{channel.id}/messages"
    remaining = []
    for _ in range(5):
        status, _, headers = await caller.call_with_headers("POST", path, {"content": "x"})
        remaining.append(headers["X-RateLimit-Remaining"])
        assert status == 200
    assert remaining == ["4", "3", "2", "1", "0"]
    status, answer, headers = await caller.call_with_headers("POST", path, {"content": "x"})
    assert (status, answer["retry_after"], answer["global"]) == (429, 5, False)
    assert (headers["Via"], headers["Retry-After"], headers["X-RateLimit-Scope"]) == ("1.1 google", "5", "user")
    assert headers["X-RateLimit-Reset-After"] == "5.000"
    assert len(channel.messages) == 5
    clock: Any = sandbox.world.clock
    await clock.advance(5)
    assert (await caller.call("POST", path, {"content": "x"}))[0] == 200
    assert sandbox.violations == []


async def test_the_whole_bot_has_fifty_calls_a_second(sandbox: DiscordSandbox, caller: DiscordCaller) -> None:
    """The global limit says so; it can be loosened or switched off."""
    sandbox.limits.everything = Limit(calls=2, window_s=1)
    for _ in range(2):
        assert (await caller.call("GET", "/users/@me"))[0] == 200
    status, answer, headers = await caller.call_with_headers("GET", "/users/@me")
    assert (status, answer["global"], headers["X-RateLimit-Scope"]) == (429, True, "global")
    sandbox.limits.enabled = False
    assert (await caller.call("GET", "/users/@me"))[0] == 200


async def test_a_slow_answer_waits_by_the_clock(sandbox: DiscordSandbox, caller: DiscordCaller) -> None:
    """The truth comes late, not changed."""
    sandbox.faults.inject("GET /users/@me", Fault.slow(2.5))
    clock: Any = sandbox.world.clock
    calling = asyncio.create_task(caller.call("GET", "/users/@me"))
    await clock.run_until(calling.done, limit_s=10)
    assert calling.result()[0] == 200
    assert clock.monotonic() >= 2.5


async def test_a_dropped_answer_breaks_the_connection(sandbox: DiscordSandbox, caller: DiscordCaller) -> None:
    """With or without the work done."""
    [channel] = sandbox.world.channels.values()
    route = "POST /channels/{channel_id}/messages"
    sandbox.faults.inject(route, Fault.dropped(), Fault.dropped(performed=True))
    for done in (0, 1):
        with pytest.raises(aiohttp.ClientError):
            await caller.call("POST", f"/channels/{channel.id}/messages", {"content": "x"})
        assert len(channel.messages) == done


async def test_any_refusal_can_be_ordered(sandbox: DiscordSandbox, caller: DiscordCaller) -> None:
    """By its name, several times."""
    sandbox.faults.inject("GET /users/@me", Fault.refused(Known.FILE_TOO_LARGE), times=2)
    assert [(await caller.call("GET", "/users/@me"))[0] for _ in range(3)] == [400, 400, 200]
    with pytest.raises(ValueError, match="no route"):
        sandbox.faults.inject("GET /user/@me", Fault.slow(1))


async def test_every_call_is_kept(sandbox: DiscordSandbox, caller: DiscordCaller) -> None:
    """Route, body, files, headers and what was answered."""
    [channel] = sandbox.world.channels.values()
    await caller.call("POST", f"/channels/{channel.id}/messages", {"content": "x"}, files={"a.txt": b"abc"})
    await sandbox.journal.wait_for_calls("POST", "/messages")
    [kept] = sandbox.journal.calls("POST", "/messages")
    assert (kept.route, kept.status, kept.code) == ("/channels/{channel_id}/messages", 200, None)
    assert (kept.fields, kept.files) == ({"content": "x"}, (("a.txt", 3),))
    assert kept.headers["Authorization"].startswith("Bot ")
    assert sandbox.requests == [kept]


async def test_original_is_a_name_for_tokens_only(sandbox: DiscordSandbox, caller: DiscordCaller) -> None:
    """On the channel route it is no message id."""
    [channel] = sandbox.world.channels.values()
    status, answer = await caller.call("GET", f"/channels/{channel.id}/messages/@original")
    assert (status, list(answer["errors"])) == (400, ["message_id"])


async def test_a_call_that_met_a_fault_is_kept_with_its_files(sandbox: DiscordSandbox, caller: DiscordCaller) -> None:
    """So that tests can tell what was tried; a large body does not break the connection."""
    [channel] = sandbox.world.channels.values()
    sandbox.faults.inject("POST /channels/{channel_id}/messages", Fault.too_large())
    files = {"a.bin": bytes(5 * 1024 * 1024)}
    status, _ = await caller.call("POST", f"/channels/{channel.id}/messages", {"content": "x"}, files=files)
    status_without_token, _ = await caller.call(
        "POST", f"/channels/{channel.id}/messages", {"content": "x"}, files=files, token="wrong"
    )
    assert (status, status_without_token) == (413, 401)
    assert sandbox.requests[0].files == (("a.bin", 5 * 1024 * 1024),)
