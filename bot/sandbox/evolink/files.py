"""The file service's routes (provider.md 5): three ways to upload, quota, list and delete."""

import base64
import binascii
import json
from typing import cast

from aiohttp import BodyPartReader, web
from aiohttp.typedefs import Handler, Middleware

from bot.sandbox.evolink import plumbing, sources, uploads
from bot.sandbox.evolink.envelope import JsonObject, json_response
from bot.sandbox.evolink.knobs import HttpFault, Slow, UploadFault
from bot.sandbox.evolink.state import State
from bot.sandbox.evolink.uploads import FileError

_MAX_REQUEST_BYTES = 150_000_000


def app(state: State) -> web.Application:
    """Build the application that answers at the file service's base."""
    service = _Files(state)
    application = web.Application(
        client_max_size=_MAX_REQUEST_BYTES, middlewares=[plumbing.recorder(state, "files"), _envelopes(state)]
    )
    application.add_routes(
        [
            web.post("/api/v1/files/upload/base64", service.upload_base64),
            web.post("/api/v1/files/upload/stream", service.upload_stream),
            web.post("/api/v1/files/upload/url", service.upload_url),
            web.get("/api/v1/files/quota", service.quota),
            web.get("/api/v1/files/list", service.list_files),
            web.delete("/api/v1/files/{file_id}", service.delete),
        ]
    )
    return application


def _envelopes(state: State) -> Middleware:
    @web.middleware
    async def wrap(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            problem = FileError(error.status, f"Invalid URL ({request.method} {request.path})")
        except FileError as error:
            problem = error
        status = problem.code if problem.code < 1000 else _status_of(problem.code, state)
        return json_response({"success": False, "code": problem.code, "msg": problem.msg}, status=status)

    return wrap


def _status_of(code: int, state: State) -> int:
    """Choose the HTTP status of a code that is none itself."""
    if state.knobs.upload_errors_at_200:
        return 200
    return {40001: 413, 40003: 403, 50001: 500}.get(code, 400)


class _Files:
    def __init__(self, state: State) -> None:
        self._state = state

    async def upload_base64(self, request: web.Request) -> web.StreamResponse:
        """Take a picture as text: a data: URL or bare base64."""
        fault = await self._begin_upload(request)
        if isinstance(fault, web.StreamResponse):
            return fault
        body = _object(await request.read())
        text = uploads.text_field(body, "base64_data", required=True)
        if text.startswith("data:"):
            text = text.partition(",")[2]
        try:
            data = base64.b64decode("".join(text.split()), validate=True)
        except (binascii.Error, ValueError) as error:
            raise FileError(400, "base64_data is not valid base64") from error
        return await self._finish_upload(data, body, original_name="", fault=fault)

    async def upload_stream(self, request: web.Request) -> web.StreamResponse:
        """Take a picture as multipart form data; both spellings of the two names are known here."""
        fault = await self._begin_upload(request)
        if isinstance(fault, web.StreamResponse):
            return fault
        if not request.content_type.startswith("multipart/"):
            raise FileError(400, "The body must be multipart/form-data")
        data, original_name, fields = await self._read_form(request)
        if data is None:
            raise FileError(400, "file is required")
        return await self._finish_upload(data, fields, original_name=original_name, fault=fault)

    async def _read_form(self, request: web.Request) -> tuple[bytes | None, str, JsonObject]:
        data: bytes | None = None
        original_name = ""
        fields: JsonObject = {}
        spellings = {"uploadPath": "upload_path", "fileName": "file_name"}
        try:
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader) or part.name is None:
                    continue
                if part.name == "file":
                    if data is not None:
                        raise FileError(400, "One image a request")
                    original_name = part.filename or ""
                    data = await self._read_part(part)
                else:
                    fields[spellings.get(part.name, part.name)] = await part.text()
        except ValueError as error:
            raise FileError(400, "The body is not valid multipart/form-data") from error
        return data, original_name, fields

    async def _read_part(self, part: BodyPartReader) -> bytes:
        body = bytearray()
        while chunk := await part.read_chunk(65_536):
            body += chunk
            if len(body) > self._state.knobs.max_upload_bytes:
                raise FileError(40001, "File too large")
        return bytes(body)

    async def upload_url(self, request: web.Request) -> web.StreamResponse:
        """Take a picture by fetching its address."""
        fault = await self._begin_upload(request)
        if isinstance(fault, web.StreamResponse):
            return fault
        body = _object(await request.read())
        url = uploads.text_field(body, "file_url", required=True)
        if not url.startswith(("http://", "https://")):
            raise FileError(400, "file_url must be an http or https URL")
        try:
            data = await sources.fetch(self._state, url, max_bytes=self._state.knobs.max_upload_bytes)
        except sources.FetchError as error:
            raise FileError(40004, f"The file could not be downloaded: {error}") from error
        return await self._finish_upload(
            data, body, original_name=url.rpartition("/")[2].partition("?")[0], fault=fault
        )

    async def _begin_upload(self, request: web.Request) -> UploadFault | web.StreamResponse | None:
        """Check the key and meet the knob's fault: an answer, or one that shapes the success."""
        self._require_key(request)
        fault = self._state.knobs.upload.take()
        if fault is None:
            return None
        if isinstance(fault, HttpFault | Slow):
            answer = await plumbing.meet(self._state, request, fault)
            if answer is None and isinstance(fault, HttpFault):
                body = {"success": False, "code": fault.code or fault.status, "msg": fault.message or "Error"}
                headers = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                answer = json_response(body, status=fault.status, headers=headers)
            return answer
        if fault.without_file_url:
            return fault
        return json_response({"success": False, "code": fault.code, "msg": fault.msg}, status=fault.status)

    async def _finish_upload(
        self, data: bytes, fields: JsonObject, *, original_name: str, fault: UploadFault | None
    ) -> web.Response:
        """Store what came, and tell where it is."""
        stored = await uploads.store(self._state, data, fields, original_name=original_name)
        answer = uploads.described(stored)
        if fault is not None:
            del answer["file_url"]
        return json_response({"success": True, "code": 200, "msg": "File uploaded successfully", "data": answer})

    async def quota(self, request: web.Request) -> web.StreamResponse:
        """Tell how many files there are and may be."""
        self._require_key(request)
        used, most = len(uploads.live(self._state)), self._state.knobs.max_files
        return _success(
            {
                "user_group": "default",
                "used_files": used,
                "max_files": most,
                "remain_files": max(0, most - used),
                "is_custom": False,
                "quota_reason": "default",
            }
        )

    async def list_files(self, request: web.Request) -> web.StreamResponse:
        """List the live files, newest first."""
        self._require_key(request)
        if not self._state.knobs.list_and_delete:
            raise web.HTTPNotFound
        page, size = _positive(request, "page", 1), _positive(request, "pageSize", 20)
        if size > 100:
            raise FileError(400, "pageSize must be at most 100")
        live = uploads.live(self._state)[::-1]
        rows = [
            {
                "file_id": one.id,
                "file_name": one.name,
                "file_size": one.n_bytes,
                "upload_time": uploads.shanghai_time(one.uploaded_at),
            }
            for one in live[(page - 1) * size : page * size]
        ]
        return _success({"total": len(live), "files": rows})

    async def delete(self, request: web.Request) -> web.StreamResponse:
        """Delete a file; its links answer 404 from now on."""
        self._require_key(request)
        file_id = request.match_info["file_id"]
        if not self._state.knobs.list_and_delete or file_id not in {one.id for one in uploads.live(self._state)}:
            raise FileError(404, "File not found")
        del self._state.files[file_id]
        return _success({"file_id": file_id})

    def _require_key(self, request: web.Request) -> None:
        if not plumbing.has_key(self._state, request):
            raise FileError(401, "Invalid API key")


def _success(data: JsonObject) -> web.Response:
    return json_response({"success": True, "code": 200, "msg": "success", "data": data})


def _object(raw: bytes) -> JsonObject:
    try:
        body: object = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise FileError(400, "The body is not valid JSON") from error
    if not isinstance(body, dict):
        raise FileError(400, "The body must be a JSON object")
    return cast("JsonObject", body)


def _positive(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise FileError(400, f"{name} must be a positive integer")
    return int(text)
