"""How long people wait for us: the first answer alone and in a crowd, and a 24 MB picture after it came down.

`python -m benchmarks.answers` runs the bot as an ordinary process against both stand-ins in this one, in real time; the
provider calls back, so that no waiting between looks is measured. The floor beside the 24 MB row is a copy of the same
file through a socket of this machine and back, without any work on it.
"""

import asyncio
import contextlib
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from pathlib import Path

from bot.clock import SystemClock
from bot.sandbox.discord import Channel, DiscordSandbox, Message, Person
from bot.sandbox.evolink import EvoLinkSandbox
from bot.sandbox.evolink import outcomes as endings

CROWD = 50
LARGE_RUNS = 3


@contextlib.asynccontextmanager
async def running_bot(evolink: EvoLinkSandbox, discord: DiscordSandbox, data_dir: Path) -> AsyncGenerator[None, None]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings = {
        "DISCORD_TOKEN": discord.token,
        "EVOLINK_API_KEY": "sk-sandbox",
        "EVOLINK_API_BASE": evolink.api_base,
        "EVOLINK_FILES_BASE": evolink.files_base,
        "DISCORD_API_BASE": discord.api_base,
        "DISCORD_GATEWAY_URL": discord.gateway_url,
        "DATA_DIR": str(data_dir),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "WEB_PORT": str(port),
        "LOG_LEVEL": "ERROR",
    }
    process = await asyncio.create_subprocess_exec(sys.executable, "-m", "bot", env={**os.environ, **settings})
    try:
        await discord.wait_for_bot()
        yield
    finally:
        process.terminate()
        await process.wait()


async def first_answer_ms(person: Person, channel: Channel, prompt: str) -> tuple[float, Message]:
    began = time.perf_counter()
    use = await person.use(channel, "/imagine", prompt=prompt, quality="0.5K")
    message = await use.message()
    return (time.perf_counter() - began) * 1000, message


async def answers(channel: Channel, people: list[Person]) -> None:
    alone = [(await first_answer_ms(people[0], channel, f"alone {number}"))[0] for number in range(20)]
    print(f"first answer, alone (20):      median {statistics.median(alone):6.1f} ms   worst {max(alone):6.1f} ms")
    crowd = await asyncio.gather(*(first_answer_ms(each, channel, each.name) for each in people))
    waits = sorted(wait for wait, _ in crowd)
    print(f"first answer, {CROWD} at once:     median {statistics.median(waits):6.1f} ms   worst {waits[-1]:6.1f} ms")
    await asyncio.gather(*(message.wait_until(lambda seen: seen.attachments, timeout=60) for _, message in crowd))


async def large_picture(evolink: EvoLinkSandbox, channel: Channel, person: Person, results: Path) -> None:
    for _ in range(LARGE_RUNS):
        evolink.knobs.task.append(endings.PNG_24MB)
        known = set(results.iterdir())
        use = await person.use(channel, "/imagine", prompt="a large one", quality="4K")
        message = await use.message()
        while not (new := {file for file in results.iterdir() if file.suffix == ".png"} - known):  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        downloaded = time.perf_counter()
        await message.wait_until(lambda seen: seen.attachments, timeout=60)
        took_s = time.perf_counter() - downloaded
        [file] = new
        sent = message.attachments[0]
        print(
            f"{file.stat().st_size / 1e6:.1f} MB PNG, from disk into the message: {took_s:5.2f} s "
            f"({sent.n_bytes / 1e6:.1f} MB sent)   floor {await floor_s(file):5.2f} s"
        )


async def floor_s(file: Path) -> float:
    """Send a file through a local socket and read it back."""
    content = file.read_bytes()

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(await reader.readexactly(len(content)))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname()[:2])
    writer.write(content)
    await writer.drain()
    await reader.readexactly(len(content))
    took_s = time.perf_counter() - began
    writer.close()
    server.close()
    return took_s


async def main() -> None:
    clock = SystemClock()
    with tempfile.TemporaryDirectory() as data_dir:
        async with EvoLinkSandbox(clock=clock) as evolink, DiscordSandbox(clock=clock) as discord:
            evolink.knobs.duration_s = 0.5
            evolink.knobs.loopback_callbacks = True
            discord.limits.enabled = False
            guild = discord.add_guild("Bench")
            channel = guild.add_text_channel("pictures")
            people = [guild.add_member(f"person {number}") for number in range(CROWD)]
            async with running_bot(evolink, discord, Path(data_dir)):
                await answers(channel, people)
                await large_picture(evolink, channel, people[0], Path(data_dir) / "results")


if __name__ == "__main__":
    asyncio.run(main())
