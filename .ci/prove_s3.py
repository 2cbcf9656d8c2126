"""Hosting in a bucket of the given S3 server, which must check signatures and expiry and have the usual keys."""

import asyncio
import hashlib
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from bot.clock import SystemClock
from bot.errors import HostingFailed
from bot.hosting import Asset, HostedFolder, Hosting, Inspector, Tidying
from bot.hosting.s3 import S3Host
from bot.net import make_session
from bot.store.assets import AssetStore
from bot.store.database import Database

BYTES = 12_000_000


class LaterClock(SystemClock):
    """The machine's time, some hours on."""

    ahead = timedelta()

    def now(self):
        return super().now() + self.ahead


def s3_host(endpoint, clock, *, secret="S3RVER", access="S3RVER", life=timedelta(hours=72)):
    return S3Host(
        endpoint=endpoint,
        bucket="pictures",
        region="us-east-1",
        access_key=SecretStr(access),
        secret_key=SecretStr(secret),
        public_base=None,
        life=life,
        clock=clock,
    )


async def nobody_needs(_sha256):
    return False


async def fetch(url):
    async with aiohttp.ClientSession() as session, session.get(url) as answer:
        return answer.status, await answer.read()


def prove(what, found, expected):
    if found != expected:
        raise SystemExit(f"FAILED: {what}: {found!r} instead of {expected!r}")
    print(f"proved: {what}")


async def main(endpoint, folder):
    clock = LaterClock()
    picture = folder / "picture"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + os.urandom(BYTES))
    data = picture.read_bytes()
    asset = Asset(sha256=hashlib.sha256(data).hexdigest(), media_type="image/png", n_bytes=len(data), path=picture)
    database = await Database.open(folder / "imagebot.sqlite3")
    assets = AssetStore(database)
    async with make_session(allow_loopback=True) as session:
        inspector = Inspector(session=session, clock=clock)

        def hosting(host):
            return Hosting(hosts=[host], assets=assets, inspector=inspector, in_use=nobody_needs, clock=clock)

        host = s3_host(endpoint, clock)
        hosted = await hosting(host).ensure(asset)
        url = hosted.url
        prove("the signed URL gives the exact bytes", await fetch(url), (200, data))
        prove("the same content is put once", (await hosting(host).ensure(asset)).url, url)
        prove("a forged signature is refused", (await fetch(url[:-4] + "beef"))[0], 403)
        prove("a lengthened life is refused", (await fetch(url.replace("Expires=259200", "Expires=604800")))[0], 403)
        other = url.replace("/imagebot/", "/imagebot/0")
        prove("a signature is no good for another object", (await fetch(other))[0], 403)

        brief = await s3_host(endpoint, clock, life=timedelta(seconds=1)).put(asset, name="brief.png")
        prove("a brief URL works while it lives", (await fetch(brief.url))[0], 200)
        await asyncio.sleep(2.1)
        prove("an expired URL is refused", (await fetch(brief.url))[0], 403)

        for how, host_of in (("secret", {"secret": "wrong"}), ("key", {"access": "nobody"})):
            stranger = s3_host(endpoint, clock, **host_of)
            stranger.account = how
            try:
                await hosting(stranger).ensure(asset)
            except HostingFailed as failed:
                [fault] = failed.faults
                prove(f"a wrong {how} is a refusal", (fault.reason, fault.passing), ("refused", False))
                print(f"        told as: {fault}")
            else:
                raise SystemExit(f"FAILED: a wrong {how} was accepted")

        clock.ahead = timedelta(hours=73)
        folder_of_self = HostedFolder(folder / "hosted", assets=assets, clock=clock)
        swept = await Tidying(hosts=[host], assets=assets, folder=folder_of_self, clock=clock).sweep()
        prove("an expired object is removed", (swept, (await fetch(url))[0]), (1, 404))
    await database.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        asyncio.run(main(sys.argv[1], Path(made)))
