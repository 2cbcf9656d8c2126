"""Hosting in an S3 bucket, on moto's server; `.ci/prove-s3` says the same of another one that checks signatures."""

import contextlib
import logging
from collections.abc import AsyncGenerator, Generator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer
from pydantic import SecretStr

from bot.errors import HostingFailed
from bot.hosting import HostedFolder, Tidying
from bot.hosting.s3 import S3Host
from tests.support.hosting import BriefClock, Desk, faults_of, fetch, make_asset, open_assets, open_desk

ACCESS, SECRET, BUCKET = "access-of-the-test", "secret-of-the-test", "pictures"


@pytest.fixture(scope="module")
def bucket_server() -> Generator[str]:
    """Run moto with one bucket."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@dataclass(frozen=True, kw_only=True)
class Place:
    """The bucket, our end of it, and the hosting in between."""

    host: S3Host
    desk: Desk
    clock: BriefClock


def s3_host(endpoint: str | None, clock: BriefClock, **changes: Any) -> S3Host:
    given: dict[str, Any] = {
        "endpoint": endpoint,
        "bucket": BUCKET,
        "region": "eu-central-1",
        "access_key": SecretStr(ACCESS),
        "secret_key": SecretStr(SECRET),
        "public_base": None,
        "life": timedelta(hours=72),
        "clock": clock,
    }
    return S3Host(**{**given, **changes})


@contextlib.asynccontextmanager
async def open_place(endpoint: str, folder: Path, **changes: Any) -> AsyncGenerator[Place, None]:
    clock = BriefClock()
    async with aiohttp.ClientSession() as session:
        async with session.post(f"{endpoint}/moto-api/reset") as answer:
            assert answer.status == 200
        async with session.put(f"{endpoint}/{BUCKET}") as answer:
            assert answer.status == 200
    host = s3_host(endpoint, clock, **changes)
    async with open_assets(folder) as assets, open_desk(assets, clock, host) as desk:
        yield Place(host=host, desk=desk, clock=clock)


@pytest.mark.parametrize(("kind", "ending"), [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp")])
async def test_a_signed_url_gives_the_exact_bytes(kind: str, ending: str, bucket_server: str, tmp_path: Path) -> None:
    """With the type of the picture, for 72 hours, without any further header; moto refuses who has no signature."""
    asset = make_asset(tmp_path, kind=kind)
    async with open_place(bucket_server, tmp_path) as place:
        hosted = await place.desk.hosting.ensure(asset)
        assert await fetch(hosted.url) == (200, asset.path.read_bytes(), asset.media_type)
        parts = urlsplit(hosted.url)
        assert parts.path.startswith(f"/{BUCKET}/imagebot/")
        assert parts.path.endswith(ending)
        assert parse_qs(parts.query)["X-Amz-Expires"] == [str(72 * 3600)]
        assert hosted.expires_at - place.clock.now() == timedelta(hours=72)
        assert (await fetch(hosted.url.partition("?")[0]))[0] == 403


async def test_the_signature_is_the_one_that_the_reference_library_computes(bucket_server: str, tmp_path: Path) -> None:
    """Amazon's own code, given the same key, URL and time, comes to the same."""
    async with open_place(bucket_server, tmp_path) as place:
        hosted = await place.desk.hosting.ensure(make_asset(tmp_path))
    unsigned, _, signature = hosted.url.partition("&X-Amz-Signature=")
    auth = S3SigV4QueryAuth(Credentials(ACCESS, SECRET), "s3", "eu-central-1", expires=72 * 3600)
    request = AWSRequest(method="GET", url=unsigned)
    request.context["timestamp"] = parse_qs(urlsplit(unsigned).query)["X-Amz-Date"][0]
    assert auth.signature(auth.string_to_sign(request, auth.canonical_request(request)), request) == signature


async def test_the_same_content_is_put_once(bucket_server: str, tmp_path: Path) -> None:
    """The same URL, and one object."""
    asset = make_asset(tmp_path)
    async with open_place(bucket_server, tmp_path) as place:
        hosted = [await place.desk.hosting.ensure(asset) for _ in range(3)]
        assert len({one.url for one in hosted}) == 1
        assert await place.desk.assets.list_names(host="s3") == {urlsplit(hosted[0].url).path.rpartition("/")[2]}


async def test_a_public_bucket_is_handed_out_by_its_public_address(bucket_server: str, tmp_path: Path) -> None:
    """A plain URL that ends in the extension; a bucket that is not public after all is a broken host."""
    asset = make_asset(tmp_path)
    async with open_place(bucket_server, tmp_path, public_base=f"{bucket_server}/{BUCKET}") as place:
        assert await faults_of(place.desk, asset) == (HostingFailed, [("s3", "broken")])
        policy = (
            '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject",'
            f'"Resource":"arn:aws:s3:::{BUCKET}/*"}}]}}'
        )
        where = f"{bucket_server}/{BUCKET}?policy"
        async with aiohttp.ClientSession() as session, session.put(where, data=policy) as answer:
            assert answer.status < 300
        hosted = await place.desk.hosting.ensure(asset)
        assert hosted.url.startswith(f"{bucket_server}/{BUCKET}/imagebot/")
        assert hosted.url.endswith(".png")
        assert (await fetch(hosted.url))[1] == asset.path.read_bytes()


async def test_an_expired_object_is_removed(bucket_server: str, tmp_path: Path) -> None:
    """A bucket keeps everything until it is told otherwise."""
    async with open_place(bucket_server, tmp_path) as place:
        hosted = await place.desk.hosting.ensure(make_asset(tmp_path))
        await place.clock.advance(73 * 3600)
        folder = HostedFolder(tmp_path / "hosted", assets=place.desk.assets, clock=place.clock)
        tidying = Tidying(hosts=[place.host], assets=place.desk.assets, folder=folder, clock=place.clock)
        assert await tidying.sweep() == 1
        assert (await fetch(hosted.url))[0] == 404
        assert await tidying.sweep() == 0


async def test_a_bucket_that_does_not_exist_is_a_refusal(bucket_server: str, tmp_path: Path) -> None:
    """With S3's own word for it, and nothing else of its answer."""
    async with open_place(bucket_server, tmp_path, bucket="nowhere") as place:
        with pytest.raises(HostingFailed) as failed:
            await place.desk.hosting.ensure(make_asset(tmp_path))
    [fault] = failed.value.faults
    assert (fault.host, fault.reason, fault.passing, fault.detail) == ("s3", "refused", False, "NoSuchBucket")


async def test_a_server_that_is_down_is_a_passing_fault(tmp_path: Path) -> None:
    """Neither key nor signature is in what is said of it."""
    clock = BriefClock()
    async with open_assets(tmp_path) as assets, open_desk(assets, clock, s3_host("http://127.0.0.1:1", clock)) as desk:
        with pytest.raises(HostingFailed) as failed:
            await desk.hosting.ensure(make_asset(tmp_path))
    [fault] = failed.value.faults
    assert (fault.reason, fault.passing) == ("unreachable", True)
    assert ACCESS not in str(failed.value)
    assert failed.value.__cause__ is None


@pytest.mark.parametrize(
    ("endpoint", "region", "base"),
    [
        (None, "eu-central-1", "https://s3.eu-central-1.amazonaws.com/pictures/imagebot/a.png?"),
        ("https://objects.example/s3", "auto", "https://objects.example/s3/pictures/imagebot/a.png?"),
    ],
)
async def test_the_address_comes_from_the_endpoint_or_from_the_region(
    endpoint: str | None, region: str, base: str
) -> None:
    """Signing asks nobody."""
    host = s3_host(endpoint, BriefClock(), region=region)
    assert (await host._url("imagebot/a.png")).startswith(base)


async def test_a_bucket_has_no_room_that_could_be_told() -> None:
    """None means: not limited, as far as is known."""
    assert (await s3_host("http://127.0.0.1:1", BriefClock()).room()).left is None
