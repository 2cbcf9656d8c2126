"""`imagebot check` against both stand-ins: each thing sound, each thing broken."""

import contextlib
import errno
import os
import socket
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.check import Finding, findings, here, traces
from bot.clock import SystemClock
from bot.files import DataFolder, ProcessLock
from bot.sandbox.discord import DiscordSandbox
from bot.sandbox.evolink import EvoLinkSandbox
from bot.sandbox.evolink.knobs import HttpFault
from bot.settings import FixedSettings
from tests.support.evolink_thread import HurriedClock
from tests.support.scripted_server import Answer, serve

KEY, TOKEN = "sk-test-0123456789", "sandbox-token"
NOBODY_THERE = "http://127.0.0.1:1"


@dataclass(kw_only=True)
class Outside:
    """What the check asks."""

    evolink: EvoLinkSandbox
    discord: DiscordSandbox
    folder: Path

    async def check(self, **changes: Any) -> dict[str, Finding]:
        values = {
            "discord_token": TOKEN,
            "evolink_api_key": KEY,
            "evolink_api_base": self.evolink.api_base,
            "evolink_files_base": self.evolink.files_base,
            "discord_api_base": self.discord.api_base,
            "data_dir": self.folder,
            **changes,
        }
        return {
            finding.subject: finding
            async for finding in findings(FixedSettings.of(**values), quick=False, clock=HurriedClock())
        }


@contextlib.asynccontextmanager
async def outside(folder: Path) -> AsyncGenerator[Outside, None]:
    clock = SystemClock()
    async with EvoLinkSandbox(clock=clock, api_key=KEY) as evolink, DiscordSandbox(clock=clock, token=TOKEN) as discord:
        yield Outside(evolink=evolink, discord=discord, folder=folder)


async def test_where_all_is_well_every_line_says_so(tmp_path: Path) -> None:
    """Asked by free reads alone: nothing is created, nothing is spent, nothing is posted."""
    async with outside(tmp_path / "data") as there:
        found = await there.check()
        assert [finding.subject for finding in found.values() if not finding.ok] == []
        assert list(found) == [
            *("settings", "DATA_DIR", "database", "disk", "pictures", "lost answers"),
            *("EvoLink key", "EvoLink model", "EvoLink files", "Discord token"),
        ]
        assert list(tmp_path.iterdir()) == []
        assert "credits to spend" in found["EvoLink key"].sentence
        assert "message content not granted" in found["Discord token"].sentence
        assert there.evolink.tasks == {}
        assert {seen.method for seen in there.discord.requests} == {"GET"}
        assert there.discord.violations == []


@pytest.mark.parametrize(
    ("changes", "subject", "words"),
    [
        ({"evolink_api_key": "sk-wrong-key"}, "EvoLink key", "EVOLINK_API_KEY is refused; copy it again"),
        ({"evolink_api_key": "sk-wrong-key"}, "EvoLink files", "EVOLINK_API_KEY is refused; copy it again"),
        ({"evolink_api_base": NOBODY_THERE}, "EvoLink key", "look at the network and at EVOLINK_API_BASE"),
        ({"evolink_files_base": NOBODY_THERE}, "EvoLink files", "look at the network and at EVOLINK_FILES_BASE"),
        ({"discord_token": "wrong"}, "Discord token", "Discord does not accept DISCORD_TOKEN"),
        ({"discord_api_base": NOBODY_THERE}, "Discord token", "Discord cannot be reached"),
        (
            {"discord_gateway_url": "ws://127.0.0.1:1"},
            "Discord token",
            "Discord cannot be reached: nobody answers at 127.0.0.1, port 1; look at the network, and at DISCORD_",
        ),
        ({"message_content_intent": "on"}, "Discord token", "switch it on in the developer portal"),
        ({"public_base_url": NOBODY_THERE}, "own web address", "leads nowhere"),
        ({"public_base_url": NOBODY_THERE}, "own web address", "(nobody answers at 127.0.0.1, port 1)"),
        (
            {"public_base_url": NOBODY_THERE, "web_host": "192.0.2.1"},
            "web server",
            "WEB_HOST is 192.0.2.1, which is",
        ),
        (
            {"web_port": 0, "web_host": "no such host"},
            "web server",
            "WEB_HOST is no address of this machine",
        ),
        ({"data_dir": Path("/proc/imagebot")}, "DATA_DIR", "set DATA_DIR to a folder that can be written"),
        ({"min_free_disk_mb": 1_000_000}, "disk", "(MIN_FREE_DISK_MB) no new work is taken; make room"),
        ({"evolink_model": "gemini-3.1-flash-imagine"}, "EvoLink model", "EVOLINK_MODEL is not offered to this key"),
        ({"dev_guild_id": 4711}, "DEV_GUILD_ID", "is a server that the bot is not in; invite the bot there"),
    ],
)
async def test_each_fault_is_a_line_with_advice(
    changes: dict[str, Any], subject: str, words: str, tmp_path: Path
) -> None:
    """One thing that is wrong hides no other; no line shows the key or the token."""
    async with outside(tmp_path) as there:
        found = await there.check(**changes)
    assert not found[subject].ok
    assert words in found[subject].sentence
    text = "\n".join(map(str, found.values()))
    assert not any(secret in text for secret in (KEY, TOKEN, "sk-wrong-key"))
    assert sum(finding.ok for finding in found.values()) >= len(found) - 2


@pytest.mark.parametrize(
    ("is_used", "is_well", "words"),
    [(False, True, "it is filled at the first start"), (True, False, "put the last backup in its place")],
)
async def test_an_empty_database_is_a_fault_where_there_are_pictures(
    is_used: bool, is_well: bool, words: str, tmp_path: Path
) -> None:
    """Then it is a copy that was cut short; otherwise a start was cut short."""
    folder = DataFolder(tmp_path)
    folder.make()
    folder.database.touch()
    if is_used:
        (folder.sources / "0123456789abcdef.webp").touch()
    found = await here.check_database(folder, can_be_written=True)
    assert found.ok is is_well
    assert words in found.sentence


async def test_a_file_in_the_place_of_the_folder_promises_no_database(tmp_path: Path) -> None:
    """The line of DATA_DIR says what is wrong; that of the database does not say that all will be well."""
    (tmp_path / "afile").touch()
    folder = DataFolder(tmp_path / "afile")
    assert "is a file, not a folder" in (await here.check_folder(folder)).sentence
    found = await here.check_database(folder, can_be_written=False)
    assert "made at the first start" not in found.sentence
    assert "before DATA_DIR can be written" in found.sentence
    assert "DATA_DIR is not a folder" in here.check_running(folder, SystemClock()).sentence


@pytest.mark.parametrize(
    ("number", "is_there", "advice"),
    [
        (errno.EROFS, True, "cannot be written (Read-only file system); mount its disk writable, or set DATA_DIR to"),
        (errno.EROFS, False, "does not exist and cannot be made (Read-only file system); mount its disk writable, or"),
        (errno.EACCES, True, "cannot be written (Permission denied); give it to the bot's user, or set DATA_DIR to"),
        (errno.EACCES, False, "does not exist and cannot be made (Permission denied); set DATA_DIR to"),
        (errno.ENOSPC, True, "cannot be written (No space left on device); make room on its disk"),
    ],
)
def test_what_helps_is_said_of_each_cause(number: int, is_there: bool, advice: str) -> None:
    """No owner can write to what is mounted read-only."""
    assert here.told(OSError(number, os.strerror(number)), is_there=is_there).startswith(advice)


@pytest.mark.parametrize(("is_damaged", "is_well"), [(False, True), (True, False)])
async def test_what_keeps_the_folder_from_being_written_is_told_once(
    is_damaged: bool, is_well: bool, tmp_path: Path
) -> None:
    """It is no fault of the database that it cannot be opened then; damage is."""
    folder = DataFolder(tmp_path)
    if is_damaged:
        folder.database.write_bytes(b"Dear aunt, " * 500)
    else:
        folder.database.mkdir()
    found = await here.check_database(folder, can_be_written=False)
    assert found.ok is is_well
    assert ("before DATA_DIR can be written" in found.sentence) is is_well


async def test_an_empty_account_is_a_fault(tmp_path: Path) -> None:
    """The key works, and no picture would come of it."""
    async with outside(tmp_path) as there:
        there.evolink.knobs.credits.append(
            HttpFault(
                status=200,
                content_type="application/json",
                body=b'{"success":true,"data":{"user":{"remaining_credits":0}}}',
            )
        )
        found = await there.check()
    assert (found["EvoLink key"].ok, found["EvoLink key"].sentence) == (
        False,
        "works, and no credits are left; top the account up",
    )


async def test_what_the_provider_answers_instead_is_told(tmp_path: Path) -> None:
    """A refusal that has no advice of its own comes with its facts."""
    async with outside(tmp_path) as there:
        there.evolink.knobs.credits.append(HttpFault(status=403, message="Not from here."), times=None)
        found = await there.check()
    assert found["EvoLink key"].sentence.endswith("and at EVOLINK_MODEL (HTTP 403): Not from here")


@pytest.mark.parametrize(
    ("status", "body", "ok"),
    [
        (200, {"healthy": True}, True),
        (503, {"healthy": False}, True),
        (200, b"<html>Welcome", False),
        (404, b"", False),
    ],
)
async def test_the_own_address_must_lead_to_a_bot(status: int, body: Any, *, ok: bool, tmp_path: Path) -> None:
    """A bot that is still connecting counts; another page does not."""
    async with outside(tmp_path) as there, serve(Answer(status=status, body=body)) as proxy:
        found = await there.check(public_base_url=proxy.base)
    assert found["own web address"].ok is ok
    assert [seen.path for seen in proxy.seen] == ["/healthz"]


@pytest.mark.parametrize(
    ("base", "words"),
    [
        (None, "without PUBLIC_BASE_URL an order whose answer is lost on the way may be paid for and never found"),
        (NOBODY_THERE, "EvoLink cannot call PUBLIC_BASE_URL, an address of this machine"),
        ("https://bot.example", "is found again"),
    ],
)
def test_it_is_noted_what_finds_an_order_whose_answer_was_lost(base: str | None, words: str) -> None:
    """No fault: the bot works without."""
    settings = FixedSettings.of(discord_token=TOKEN, evolink_api_key=KEY, public_base_url=base)
    found = traces.check_callbacks(settings)
    assert found.ok
    assert words in found.sentence


async def test_a_list_of_models_that_is_not_to_be_had_is_passed_over(tmp_path: Path) -> None:
    """It is not documented: without it nothing is said, and nothing is wrong."""
    async with outside(tmp_path) as there, serve(Answer(status=404), Answer(body={"data": []})) as provider:
        for _ in range(2):
            found = await there.check(evolink_api_base=provider.base, evolink_model="something/new")
            assert "EvoLink model" not in found
        assert "/v1/models" in {seen.path for seen in provider.seen}


async def test_a_development_server_that_the_bot_is_in_is_told(tmp_path: Path) -> None:
    """By reading its commands, which changes nothing."""
    async with outside(tmp_path) as there:
        guild = there.discord.add_guild("Paper Harbour")
        found = await there.check(dev_guild_id=guild.id)
        assert {seen.method for seen in there.discord.requests} == {"GET"}
    assert found["DEV_GUILD_ID"].ok


@pytest.mark.parametrize(
    ("held", "answer", "ok"),
    [
        (True, Answer(status=200, body={"healthy": True}), True),
        (True, Answer(status=404), False),
        (False, Answer(status=200, body={"healthy": True}), False),
    ],
    ids=["our own bot", "our bot, another program on the port", "another bot"],
)
async def test_a_taken_port_is_a_fault_unless_the_own_bot_has_it(
    answer: Answer, *, held: bool, ok: bool, tmp_path: Path
) -> None:
    """Whoever has it is asked for its health where a bot works on this DATA_DIR."""
    folder = DataFolder(tmp_path)
    lock = ProcessLock(folder.lock)
    if held:
        lock.take()
    try:
        async with outside(tmp_path) as there, serve(answer) as on_the_port:
            found = await there.check(web_port=on_the_port.port)
    finally:
        lock.release()
    assert found["web server"].ok is ok
    words = "the running bot listens at" if ok else f"WEB_PORT {on_the_port.port} at WEB_HOST 127.0.0.1 is taken by"
    assert words in found["web server"].sentence


async def test_a_free_port_is_well_and_left_free(tmp_path: Path) -> None:
    """Taken for a moment, by nobody afterwards."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    async with outside(tmp_path) as there:
        for _ in range(2):
            found = await there.check(web_port=port)
            assert found["web server"].sentence == f"can listen at 127.0.0.1, port {port}"


async def test_a_granted_intent_is_told(tmp_path: Path) -> None:
    """As the developer portal has it."""
    async with outside(tmp_path) as there:
        there.discord.application.message_content_granted = True
        found = await there.check(message_content_intent="on")
    assert found["Discord token"].ok
    assert "message content granted" in found["Discord token"].sentence
