"""The stand-in's file service by raw requests (provider.md 5)."""

import asyncio
import base64
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bot.sandbox.evolink import HttpFault, Slow, UploadFault
from tests.support.evolink_caller import Caller, Elsewhere, calling, elsewhere, picture

PNG = picture()


@pytest.fixture
async def caller() -> AsyncIterator[Caller]:
    async with calling() as opened:
        yield opened


@pytest.fixture
async def place() -> AsyncIterator[Elsewhere]:
    async with elsewhere() as opened:
        yield opened


async def test_a_streamed_file_is_answered_as_documented(caller: Caller) -> None:
    """Every member of provider.md 5, times in +08:00, three days of life."""
    answer = await caller.upload(PNG, name="photo.png", upload_path="refs", file_name="a1b2c3.png")
    data = answer.body.pop("data")
    file_id, url = data.pop("file_id"), data.pop("file_url")
    assert answer.status == 200
    assert answer.body == {"success": True, "code": 200, "msg": "File uploaded successfully"}
    assert data == {
        "file_name": "a1b2c3.png",
        "original_name": "photo.png",
        "file_size": len(PNG),
        "mime_type": "image/png",
        "upload_path": "refs",
        "download_url": f"{caller.evolink.results_base}/api/v1/files/download/{file_id}",
        "upload_time": "2026-11-22T17:00:00+08:00",
        "expires_at": "2026-11-25T17:00:00+08:00",
    }
    assert url.startswith(caller.evolink.results_base)
    assert url.endswith("/refs/a1b2c3.png")


@pytest.mark.parametrize(
    ("encoding", "mime_type", "extension"),
    [
        ("PNG", "image/png", ".png"),
        ("JPEG", "image/jpeg", ".jpg"),
        ("GIF", "image/gif", ".gif"),
        ("WEBP", "image/webp", ".webp"),
    ],
)
async def test_the_kind_of_a_file_is_found_from_its_content(
    caller: Caller, encoding: str, mime_type: str, extension: str
) -> None:
    """Four kinds are taken whatever their name says; unique names are made; the bytes come back."""
    data = picture(encoding)
    first = (await caller.upload(data, name="lie.txt")).body["data"]
    second = (await caller.upload(data, name="lie.txt")).body["data"]
    assert (first["mime_type"], first["original_name"]) == (mime_type, "lie.txt")
    assert first["file_name"].endswith(extension)
    assert first["file_name"] != second["file_name"]
    for url in (first["file_url"], first["download_url"]):
        served = await caller.download(url)
        assert (served.status, served.headers["Content-Type"], served.body) == (200, mime_type, data)


@pytest.mark.parametrize(
    "names", [{"upload_path": "a", "file_name": "b.png"}, {"uploadPath": "a", "fileName": "b.png"}]
)
async def test_both_spellings_of_the_names_are_known_to_the_stream(caller: Caller, names: dict[str, str]) -> None:
    """upload_path or uploadPath, file_name or fileName."""
    data = (await caller.upload(PNG, **names)).body["data"]
    assert (data["upload_path"], data["file_name"]) == ("a", "b.png")


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,"])
async def test_base64_is_taken_bare_or_as_a_data_url(caller: Caller, prefix: str) -> None:
    """Either form gives the same file."""
    body = {"base64_data": prefix + base64.b64encode(PNG).decode(), "file_name": "x.png"}
    answer = await caller.files("POST", "upload/base64", json=body)
    data = answer.body["data"]
    assert (data["file_size"], data["file_name"], data["original_name"]) == (len(PNG), "x.png", "x.png")
    assert (await caller.download(data["file_url"])).body == PNG


async def test_a_url_is_fetched_and_kept(caller: Caller, place: Elsewhere) -> None:
    """The service downloads the address itself; the copy outlives the original."""
    url = place.serve("/one.png", PNG)
    data = (await caller.files("POST", "upload/url", json={"file_url": url + "?sig=1"})).body["data"]
    place.pages.clear()
    assert data["original_name"] == "one.png"
    assert (await caller.download(data["file_url"])).body == PNG


async def test_an_uploaded_file_can_be_a_source(caller: Caller) -> None:
    """`file_url` is good for `image_urls`."""
    url = (await caller.upload(PNG)).body["data"]["file_url"]
    task = await caller.done(image_urls=[url])
    assert task.final_status == "completed"
    assert (task.sources[0].width, task.sources[0].height) == (300, 200)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("upload/base64", {}),
        ("upload/base64", {"base64_data": ""}),
        ("upload/base64", {"base64_data": 7}),
        ("upload/base64", {"base64_data": "%%%"}),
        ("upload/base64", {"base64_data": base64.b64encode(PNG).decode(), "file_name": 7}),
        ("upload/base64", {"base64_data": base64.b64encode(PNG).decode(), "file_name": "../x.png"}),
        ("upload/base64", {"base64_data": base64.b64encode(PNG).decode(), "upload_path": "a/../../b"}),
        ("upload/base64", []),
        ("upload/url", {}),
        ("upload/url", {"file_url": "ftp://example.org/a.png"}),
        ("upload/url", {"file_url": "data:image/png;base64,AAAA"}),
    ],
    ids=str,
)
async def test_a_request_against_the_rules_is_refused(caller: Caller, path: str, body: Any) -> None:
    """HTTP 400 with success false and code 400; nothing is stored."""
    answer = await caller.files("POST", path, json=body)
    assert (answer.status, answer.body["success"], answer.body["code"]) == (400, False, 400)
    assert answer.body["msg"]
    assert not caller.evolink.files


async def test_a_stream_without_a_file_is_refused(caller: Caller) -> None:
    """No form, a broken form, a form without `file`, a form with two: 400."""
    no_file, two = aiohttp.MultipartWriter("form-data"), aiohttp.FormData()
    no_file.append("refs").set_content_disposition("form-data", name="upload_path")
    two.add_field("file", PNG, filename="a.png")
    two.add_field("file", PNG, filename="b.png")
    broken = {"data": b"--x\r\nnonsense", "headers": {"Content-Type": "multipart/form-data"}}
    for options in ({"json": {}}, broken, {"data": no_file}, {"data": two}):
        answer = await caller.files("POST", "upload/stream", **options)
        assert (answer.status, answer.body["code"]) == (400, 400)


async def test_a_body_that_is_no_json_is_refused(caller: Caller) -> None:
    """Broken JSON: 400."""
    answer = await caller.files("POST", "upload/base64", data=b"{")
    assert (answer.status, answer.body["code"]) == (400, 400)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "upload/stream"),
        ("POST", "upload/base64"),
        ("POST", "upload/url"),
        ("GET", "quota"),
        ("GET", "list"),
        ("DELETE", "f_1"),
    ],
)
async def test_every_call_needs_the_key(caller: Caller, method: str, path: str) -> None:
    """401 in the service's own envelope."""
    answer = await caller.call(method, f"{caller.evolink.files_base}/api/v1/files/{path}", key="sk-other")
    assert (answer.status, answer.body["success"], answer.body["code"]) == (401, False, 401)


@pytest.mark.parametrize(
    ("at_200", "code", "http_status"),
    [
        (True, 40001, 200),
        (True, 40002, 200),
        (True, 40003, 200),
        (True, 40004, 200),
        (False, 40001, 413),
        (False, 40002, 400),
        (False, 40003, 403),
        (False, 40004, 400),
    ],
)
async def test_refusals_of_the_content_come_at_http_200_or_not(
    caller: Caller, at_200: bool, code: int, http_status: int
) -> None:
    """Too large, wrong type, quota used up, address dead: `success:false` with the code, as the knob says."""
    caller.knobs.upload_errors_at_200 = at_200
    caller.knobs.max_upload_bytes = 5000
    if code == 40004:
        answer = await caller.files("POST", "upload/url", json={"file_url": "http://127.0.0.1:1/a.png"})
    elif code == 40003:
        caller.knobs.max_files = 1
        await caller.upload(PNG)
        answer = await caller.upload(PNG)
    else:
        answer = await caller.upload(PNG + bytes(6000) if code == 40001 else b"<svg/>")
    assert (answer.status, answer.body["success"], answer.body["code"]) == (http_status, False, code)


@pytest.mark.parametrize("path", ["upload/base64", "upload/url"])
async def test_the_limit_of_bytes_holds_for_every_way(caller: Caller, place: Elsewhere, path: str) -> None:
    """Base64 counts as decoded; a fetched file that is too large could not be downloaded."""
    caller.knobs.max_upload_bytes = len(PNG) - 1
    body = {"base64_data": base64.b64encode(PNG).decode(), "file_url": place.serve("/one.png", PNG)}
    answer = await caller.files("POST", path, json=body)
    assert answer.body["code"] == (40001 if path == "upload/base64" else 40004)


async def test_the_quota_counts_live_files(caller: Caller) -> None:
    """Used and remaining add up; a file that has expired counts no more, and is gone."""
    caller.knobs.max_files = 3
    url = (await caller.upload(PNG)).body["data"]["file_url"]
    answer = await caller.files("GET", "quota")
    assert answer.body["success"] is True
    assert answer.body["data"] == {
        "user_group": "default",
        "used_files": 1,
        "max_files": 3,
        "remain_files": 2,
        "is_custom": False,
        "quota_reason": "default",
    }
    await caller.clock.advance(72 * 3600 - 1)
    assert (await caller.download(url)).status == 200
    await caller.clock.advance(1)
    assert (await caller.download(url)).status == 404
    assert (await caller.files("GET", "quota")).body["data"]["used_files"] == 0


async def test_files_are_listed_in_pages(caller: Caller) -> None:
    """Newest first, at most 100 a page."""
    names = [f"n{number}.png" for number in range(3)]
    for name in names:
        await caller.upload(PNG, file_name=name)
    body = (await caller.files("GET", "list?page=2&pageSize=2")).body
    assert body["data"]["total"] == 3
    (row,) = body["data"]["files"]
    assert (row["file_name"], row["file_size"]) == ("n0.png", len(PNG))
    assert row["upload_time"] == "2026-11-22T17:00:00+08:00"
    assert set(row) == {"file_id", "file_name", "file_size", "upload_time"}
    for query in ("pageSize=101", "page=0", "page=x"):
        assert (await caller.files("GET", f"list?{query}")).status == 400


async def test_a_deleted_file_is_gone(caller: Caller) -> None:
    """Its link answers 404, its place is free, a second delete is 404."""
    data = (await caller.upload(PNG)).body["data"]
    assert (await caller.files("DELETE", data["file_id"])).body["success"] is True
    assert (await caller.download(data["file_url"])).status == 404
    assert (await caller.download(data["download_url"])).status == 404
    assert (await caller.files("DELETE", data["file_id"])).status == 404


async def test_list_and_delete_can_be_missing(caller: Caller) -> None:
    """No docs page promises them: with the knob off both are 404."""
    file_id = (await caller.upload(PNG)).body["data"]["file_id"]
    caller.knobs.list_and_delete = False
    assert (await caller.files("GET", "list")).status == 404
    assert (await caller.files("DELETE", file_id)).status == 404
    assert file_id in caller.evolink.files


async def test_a_file_of_the_same_name_replaces_the_old_one_late(caller: Caller) -> None:
    """One place is used; caches give the old bytes for a minute, then the new ones."""
    other = picture("PNG", (10, 10))
    url = (await caller.upload(PNG, file_name="same.png")).body["data"]["file_url"]
    assert (await caller.upload(other, file_name="same.png")).body["data"]["file_url"] == url
    assert (await caller.download(url)).body == PNG
    await caller.clock.advance(60)
    assert (await caller.download(url)).body == other
    assert (await caller.files("GET", "quota")).body["data"]["used_files"] == 1


async def test_a_name_of_an_expired_file_can_be_used_again(caller: Caller) -> None:
    """After 72 hours the same name gives the new bytes at once."""
    other = picture("PNG", (10, 10))
    await caller.upload(PNG, file_name="same.png")
    await caller.clock.advance(72 * 3600)
    url = (await caller.upload(other, file_name="same.png")).body["data"]["file_url"]
    assert (await caller.download(url)).body == other


@pytest.mark.parametrize("name", ["with space.png", "schön & gut #1.png", "100%.png"])
async def test_any_file_name_gives_an_address_that_works(caller: Caller, name: str) -> None:
    """Spaces, umlauts and signs are quoted."""
    data = (await caller.upload(PNG, file_name=name)).body["data"]
    assert data["file_name"] == name
    assert (await caller.download(data["file_url"])).body == PNG


async def test_the_quota_holds_for_uploads_at_the_same_moment(caller: Caller) -> None:
    """Of ten at once with three places, three get in."""
    caller.knobs.max_files = 3
    answers = await asyncio.gather(*(caller.upload(PNG) for _ in range(10)))
    assert sorted(answer.body["code"] for answer in answers) == [200] * 3 + [40003] * 7
    assert len(caller.evolink.files) == 3


async def test_an_upload_can_come_without_its_address(caller: Caller) -> None:
    """No `file_url`, yet `download_url` works."""
    caller.knobs.upload.append(UploadFault(without_file_url=True))
    data = (await caller.upload(PNG)).body["data"]
    assert "file_url" not in data
    assert (await caller.download(data["download_url"])).body == PNG


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (UploadFault(), 200, 50001),
        (UploadFault(code=500, msg="x", status=500), 500, 500),
        (HttpFault(status=503, retry_after=3), 503, 503),
        (HttpFault(status=429, code=429, message="slow down"), 429, 429),
    ],
)
async def test_an_upload_can_fail(caller: Caller, fault: UploadFault | HttpFault, status: int, code: int) -> None:
    """`success:false` at any status, once, and nothing is stored."""
    caller.knobs.upload.append(fault)
    answer = await caller.upload(PNG)
    assert (answer.status, answer.body["success"], answer.body["code"]) == (status, False, code)
    assert not caller.evolink.files
    assert (await caller.upload(PNG)).status == 200


@pytest.mark.parametrize("path", ["upload/base64", "upload/url", "upload/stream"])
async def test_every_way_of_uploading_meets_faults(caller: Caller, path: str) -> None:
    """A body that is no JSON, a dropped connection."""
    caller.knobs.upload.append(HttpFault(status=200, body=b"<html>"))
    caller.knobs.upload.append(HttpFault(drop=True))
    assert (await caller.files("POST", path, data=b"x")).body == b"<html>"
    with pytest.raises(aiohttp.ClientError):
        await caller.files("POST", path, data=b"x")


async def test_an_upload_can_be_slow(caller: Caller) -> None:
    """Late, yet right."""
    caller.knobs.upload.append(Slow(delay_s=20))
    call = asyncio.create_task(caller.upload(PNG))
    await caller.clock.run_until(call.done)
    assert (await call).body["success"] is True


async def test_an_unknown_route_is_refused_in_the_envelope(caller: Caller) -> None:
    """404 as JSON."""
    answer = await caller.files("GET", "nothing/here")
    assert (answer.status, answer.body["code"]) == (404, 404)
