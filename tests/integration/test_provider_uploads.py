"""The file service over real sockets: what is sent, both ways of success:false, and the way round."""

import base64
import json
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from bot.provider import errors
from bot.provider.retry import ATTEMPTS
from bot.provider.uploads import SOURCE_MAX_BYTES, FileService
from tests.support.provider import KEY, InstantClock, files_at
from tests.support.scripted_server import Answer, Cut, Reset, Seen, serve

FILE_URL = "https://files.evolink.ai/x/a1.png"
UPLOADED = {"success": True, "code": 200, "data": {"file_id": "f_1", "file_url": FILE_URL}}
STREAM = "/api/v1/files/upload/stream"
BASE64 = "/api/v1/files/upload/base64"
NAMED = {"file_name": "a1.png", "media_type": "image/png"}


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "source.png"
    path.write_bytes(bytes(range(256)) * 8000)  # two pieces of base64, and not a multiple of three
    return path


def parts(seen: Seen) -> dict[str, Any]:
    """Take a multipart body apart with the standard library's mail parser."""
    head = f"Content-Type: {seen.headers['Content-Type']}\r\n\r\n".encode()
    return {
        str(part.get_param("name", header="Content-Disposition")): part
        for part in message_from_bytes(head + seen.body).get_payload()
    }


async def test_a_stream_upload_sends_the_file_and_its_names_as_a_form(picture: Path) -> None:
    """multipart `file`, `upload_path`, `file_name`, with a length so that no proxy stumbles (provider.md 5)."""
    async with serve(Answer(body=UPLOADED)) as server, files_at(server.base, InstantClock()) as files:
        upload = await files.upload_stream(picture, **NAMED, folder="refs/2026")
    sent = server.seen[0]
    form = parts(sent)
    assert (sent.method, sent.path) == ("POST", STREAM)
    assert sent.headers["Authorization"] == f"Bearer {KEY}"
    assert int(sent.headers["Content-Length"]) == len(sent.body)
    assert form["file"].get_payload(decode=True) == picture.read_bytes()
    assert form["file"].get_content_type() == "image/png"
    assert form["file"].get_filename() == "a1.png"
    assert form["file_name"].get_payload() == "a1.png"
    assert form["upload_path"].get_payload() == "refs/2026"
    assert upload.file_url == FILE_URL


@pytest.mark.parametrize("n_bytes", [1, 2, 3, 768 * 1024, 768 * 1024 + 1])
async def test_a_base64_upload_is_one_json_body_of_the_announced_length(n_bytes: int, tmp_path: Path) -> None:
    """It is made in pieces, and nobody can tell."""
    path = tmp_path / "source.png"
    path.write_bytes(b"\x89" * n_bytes)
    async with serve(Answer(body=UPLOADED)) as server, files_at(server.base, InstantClock()) as files:
        await files.upload_base64(path, **NAMED, folder="refs")
    sent = server.seen[0]
    assert (sent.method, sent.path) == ("POST", BASE64)
    assert (sent.headers["Content-Type"], int(sent.headers["Content-Length"])) == ("application/json", len(sent.body))
    prefix, _, data = sent.json["base64_data"].partition(",")
    assert prefix == "data:image/png;base64"
    assert base64.b64decode(data, validate=True) == path.read_bytes()
    assert (sent.json["file_name"], sent.json["upload_path"]) == ("a1.png", "refs")


async def test_an_upload_by_address_lets_the_service_fetch() -> None:
    """JSON `file_url`; names are left out where none are given."""
    async with serve(Answer(body=UPLOADED)) as server, files_at(server.base, InstantClock()) as files:
        await files.upload_url("https://example.org/a.png")
    assert server.seen[0].path == "/api/v1/files/upload/url"
    assert server.seen[0].json == {"file_url": "https://example.org/a.png"}


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(status=408, body=b""),
        Answer(status=425, body=b""),
        Answer(status=500, body=b""),
        Answer(status=502, body=b"<html>"),
        Answer(body={"success": False, "code": 50001, "msg": "storage"}),
        Reset(),
        Cut(),
    ],
    ids=lambda answer: repr(answer)[:60],
)
async def test_an_upload_takes_the_other_way_where_the_stream_does_not_get_through(
    trouble: Answer | Reset | Cut, picture: Path
) -> None:
    """Stream once, then base64, as public clients do (provider.md 5)."""
    async with serve(trouble, Answer(body=UPLOADED)) as server, files_at(server.base, InstantClock()) as files:
        upload = await files.upload(picture, **NAMED)
    assert [sent.path for sent in server.seen] == [STREAM, BASE64]
    assert json.loads(server.seen[1].body)["base64_data"].endswith(base64.b64encode(picture.read_bytes()).decode())
    assert upload.file_url == FILE_URL


async def test_a_rate_limited_upload_waits_and_stays_with_the_stream(picture: Path) -> None:
    """The way round does not help against a limit."""
    clock = InstantClock()
    limited = Answer(status=429, headers={"Retry-After": "4"})
    async with serve(limited, Answer(body=UPLOADED)) as server, files_at(server.base, clock) as files:
        await files.upload(picture, **NAMED)
    assert [sent.path for sent in server.seen] == [STREAM, STREAM]
    assert clock.waited_s == [4]


async def test_an_upload_that_fails_both_ways_says_why_after_a_bounded_number_of_tries(picture: Path) -> None:
    """One stream, four times base64."""
    async with serve(Answer(status=502, body=b"")) as server, files_at(server.base, InstantClock()) as files:
        with pytest.raises(errors.ServerFault):
            await files.upload(picture, **NAMED)
    assert [sent.path for sent in server.seen] == [STREAM] + [BASE64] * ATTEMPTS


REFUSED = [
    (200, 40001, errors.UploadRefused),
    (200, 40002, errors.UploadRefused),
    (200, 40003, errors.UploadRefused),
    (200, "40004", errors.UploadRefused),
    (400, 40002, errors.UploadRefused),
    (403, 40003, errors.UploadRefused),
    (200, 400, errors.BadRequest),
    (200, 401, errors.Unauthorized),
    (401, 401, errors.Unauthorized),
    (200, 403, errors.AccessDenied),
    (200, 404, errors.NotFound),
    (413, None, errors.TooLarge),
    (200, None, errors.BadRequest),
    (200, "whatever", errors.BadRequest),
]


@pytest.mark.parametrize(("status", "code", "kind"), REFUSED)
async def test_a_refused_upload_is_told_with_its_code_and_not_repeated(
    status: int, code: object, kind: type[errors.ProviderError], picture: Path
) -> None:
    """`success: false` comes on non-2xx and at HTTP 200 (provider.md 5)."""
    body = {"success": False, "code": code, "msg": "no"}
    async with serve(Answer(status=status, body=body)) as server, files_at(server.base, InstantClock()) as files:
        with pytest.raises(errors.ProviderError) as refused:
            await files.upload(picture, **NAMED)
    assert type(refused.value) is kind
    assert (refused.value.code, refused.value.message) == (None if code is None else str(code), "no")
    assert len(server.seen) == 1


@pytest.mark.parametrize(("status", "code"), [(200, 50001), (200, 500), (500, 50001)])
async def test_a_storage_fault_of_the_service_is_passing(status: int, code: int, picture: Path) -> None:
    """The code stands for the status."""
    fault = Answer(status=status, body={"success": False, "code": code, "msg": "storage"})
    async with serve(fault, Answer(body=UPLOADED)) as server, files_at(server.base, InstantClock()) as files:
        upload = await files.upload_stream(picture, **NAMED)
    assert [sent.path for sent in server.seen] == [STREAM, STREAM]
    assert len(server.seen[1].body) > picture.stat().st_size
    assert upload.file_id == "f_1"


async def test_an_upload_that_names_no_file_is_a_bad_answer(picture: Path) -> None:
    """A knob of provider.md 12: there is nothing to hand to the model."""
    nameless = Answer(body={"success": True, "data": {}})
    async with serve(nameless) as server, files_at(server.base, InstantClock()) as files:
        with pytest.raises(errors.BadAnswer):
            await files.upload(picture, **NAMED)


async def call(files: FileService, path: Path, **changed: Any) -> None:
    await files.upload(path, **{**NAMED, **changed})


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"media_type": "image/gif"}, "media_type"),
        ({"media_type": "image/heic"}, "media_type"),
        ({"file_name": "../a.png"}, "file_name"),
        ({"file_name": ""}, "file_name"),
        ({"file_name": "x" * 201}, "file_name"),
        ({"file_name": 'a".png'}, "file_name"),
        ({"folder": "/etc"}, "upload_path"),
        ({"folder": "a/../b"}, "upload_path"),
    ],
)
async def test_what_the_model_would_refuse_is_refused_before_any_call(
    changed: dict[str, str], field: str, picture: Path
) -> None:
    """The service takes GIF, the model does not (C3)."""
    async with serve(Answer(body=UPLOADED)) as server, files_at(server.base, InstantClock()) as files:
        with pytest.raises(errors.InvalidRequest) as refused:
            await call(files, picture, **changed)
    assert refused.value.field == field
    assert server.seen == []


@pytest.mark.parametrize("n_bytes", [0, SOURCE_MAX_BYTES + 1])
async def test_a_file_that_is_empty_or_over_20_mb_is_refused_before_any_call(n_bytes: int, tmp_path: Path) -> None:
    """The model's own limit (C2)."""
    path = tmp_path / "source.png"
    with path.open("wb") as file:
        file.truncate(n_bytes)
    async with serve(Answer(body=UPLOADED)) as server, files_at(server.base, InstantClock()) as files:
        with pytest.raises(errors.InvalidRequest) as refused:
            await call(files, path)
    assert refused.value.field == "file"
    assert server.seen == []


async def test_an_upload_by_address_takes_http_only() -> None:
    """The service could not fetch anything else."""
    async with serve(Answer(body=UPLOADED)) as server, files_at(server.base, InstantClock()) as files:
        with pytest.raises(errors.InvalidRequest) as refused:
            await files.upload_url("data:image/png;base64,AAAA")
    assert (refused.value.field, server.seen) == ("file_url", [])


async def test_quota_list_and_delete_have_the_addresses_of_the_service() -> None:
    """provider.md 5; a page has at most a hundred lines."""
    answers = (
        Answer(body={"success": True, "data": {"used_files": 1, "max_files": 3, "remain_files": 2}}),
        Answer(body={"success": True, "data": {"total": 1, "files": [{"file_id": "f_1"}]}}),
        Answer(body={"success": True}),
    )
    async with serve(*answers) as server, files_at(server.base, InstantClock()) as files:
        quota = await files.quota()
        listed = await files.list_files(page=2, page_size=500)
        await files.delete(listed[0].file_id)
    assert quota.remaining == 2
    assert [(sent.method, sent.path) for sent in server.seen] == [
        ("GET", "/api/v1/files/quota"),
        ("GET", "/api/v1/files/list?page=2&pageSize=100"),
        ("DELETE", "/api/v1/files/f_1"),
    ]


async def test_deleting_nothing_is_refused_before_any_call() -> None:
    """An empty id would name the whole folder."""
    async with serve(Answer(body={})) as server, files_at(server.base, InstantClock()) as files:
        with pytest.raises(errors.InvalidRequest):
            await files.delete("")
    assert server.seen == []
